"""Figures in JSON: non-finite numbers are the strings NaN, Infinity, -Infinity (contract of the formats)."""

from __future__ import annotations

import math
from typing import Any, Literal

Figure = float | Literal["NaN", "Infinity", "-Infinity"]
"""A number as it stands in the journal and in `--json`."""


def to_figure(value: float) -> Figure:
    """Turn a float into what JSON can hold."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(value)


def from_figure(value: Figure) -> float:
    """Turn a figure back into a float."""
    return float(value)


def json_ready(value: Any) -> Any:
    """Return `value` with every non-finite float in it written as its string, at any depth."""
    if isinstance(value, float):
        return to_figure(value)
    if isinstance(value, dict):
        return {key: json_ready(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(item) for item in value]
    return value
