"""Datasets: sources, versions, profiles, shape diffs, pages and SQL."""
