"""Values of tables as text: one way for pages, heads and answers."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from workbench.text import clean

NULL = "∅"
"""How a missing value is drawn, so that it differs from an empty text."""


def cell_text(value: Any, cap: int = 80, *, null: str = NULL) -> str:
    """Return a value as one line of text that is safe to draw, at most `cap` characters long."""
    if value is None:
        return null
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value) if abs(value) < 1e16 else f"{value:.6g}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, bytes):
        return f"{len(value)} bytes {value[:8].hex()}{'…' if len(value) > 8 else ''}"
    return clean(value, cap)


def json_value(value: Any) -> Any:
    """Return a value as JSON has it: moments in ISO 8601, bytes in hexadecimal, exact text else."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(key): json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    return str(value)
