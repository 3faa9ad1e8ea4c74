"""What a shell may offer for the word at its cursor: nouns, verbs, flags and the project's own names.

A shell asks at every Tab, so the way from its question to the answer imports neither click nor DuckDB:
the tree of commands and the names stand in caches that are made again when what they tell of changed.
"""
