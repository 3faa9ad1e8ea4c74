"""Types of columns as a person tells them: `id=text,price=float`; names with commas in quotes."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from workbench.errors import BadInput
from workbench.options import Value

KINDS = ("boolean", "integer", "float", "date", "moment", "moment_utc", "text")
"""The types that a source of text can give a column, from narrow to wide."""

TYPES = "types"
"""The option of a source that takes them."""


def told_types(value: Value) -> dict[str, str]:
    """Return column → type; raises BadInput for what is no such list."""
    found: dict[str, str] = {}
    for part in next(csv.reader([str(value or "")], skipinitialspace=True), []):
        if not part.strip():
            continue
        name, equals, kind = part.rpartition("=")
        if not equals or not name.strip() or kind.strip() not in KINDS:
            raise BadInput(
                f"{part.strip()[:60]!r} tells no type of a column",
                where="--types",
                why="a type is one of " + ", ".join(KINDS)
                if equals
                else "expected COLUMN=TYPE, with commas between",
                fix="Write it like --types id=text,price=float",
                code="option.value",
            )
        found[name.strip()] = kind.strip()
    return found


def write_types(told: Mapping[str, str]) -> str:
    """Return the text that `told_types` reads."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([f"{name}={kind}" for name, kind in told.items()])
    return out.getvalue() if told else ""
