"""The journal, its projection into DuckDB, and the content-addressed objects."""
