"""Real tables that come with the wheel: see README.md here. Imports nothing of ours."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

NAMES = ("flights_winter", "flights_summer", "penguins", "speeches")
"""The tables, each a CSV file in this folder."""


def path(name: str) -> Path:
    """Return the CSV file of the table `name`; raises ValueError for a name that is not in NAMES."""
    if name not in NAMES:
        raise ValueError(f"there is no sample table {name!r}; known: {', '.join(NAMES)}")
    return Path(str(files(__name__))) / f"{name}.csv"
