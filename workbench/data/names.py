"""Column names: kept as they are, made unique where they are not."""

from __future__ import annotations

from collections.abc import Sequence

RESERVED = frozenset({"file_row_number"})
"""Names that DuckDB needs for itself when it reads Parquet."""


def unique_names(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names that are unique and not empty, and a sentence on each that was changed.

    Capitals are ignored in the comparison, because SQL does: of `A` and `a` the second becomes
    `a_2`; so does one of the RESERVED names. An empty name becomes `column_N` after its place,
    counted from 1.
    """
    taken = {name.lower() for name in names if name.strip()} | RESERVED
    given: set[str] = set(RESERVED)
    result: list[str] = []
    warnings: list[str] = []
    for place, name in enumerate(names, 1):
        empty = not name.strip()
        new = f"column_{place}" if empty else name
        if empty or new.lower() in given:
            new = _free(new, taken | given if empty else taken)
            warnings.append(
                f"Column {place} has no name and is called {new}."
                if empty
                else f"Column {place} cannot have the name {name!r} and is called {new!r}."
            )
            taken.add(new.lower())
        given.add(new.lower())
        result.append(new)
    return tuple(result), tuple(warnings)


def _free(stem: str, taken: set[str]) -> str:
    if stem.startswith("column_") and stem.lower() not in taken:
        return stem
    number = 2
    while f"{stem}_{number}".lower() in taken:
        number += 1
    return f"{stem}_{number}"
