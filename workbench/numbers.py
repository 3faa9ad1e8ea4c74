"""Figures in JSON: non-finite numbers are the strings NaN, Infinity, -Infinity (contract of the formats)."""

from __future__ import annotations

import math
from typing import Any, Literal

Figure = float | Literal["NaN", "Infinity", "-Infinity"]
"""A number as it stands in the journal and in `--json`."""

MOST_DECIMALS = 8
_MINUTE = 0.0005


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


def even(*values: Figure, digits: int = 4, signed: bool = False) -> tuple[str, ...]:
    """Write figures that are read together, a value and the ends of its interval, with equal decimals.

    As many as give the largest of them `digits` digits (4.440, 44.40; under one 0.4440, 0.0444), or more
    where that would not show how far apart they are: one digit of it, of differences (`signed`) two. Of
    what is huge or minute all have an exponent. What is not finite is its word.
    """
    numbers = [from_figure(value) for value in values]
    finite = [number for number in numbers if math.isfinite(number)]
    largest = max(map(abs, finite), default=0.0)
    plus = "+" if signed else "z"  # z: what rounds to zero has no sign
    if largest and not _MINUTE <= largest < 10**digits:
        form = f"{plus}.{digits - 1}e"
    else:
        apart = max(finite, default=0.0) - min(finite, default=0.0)
        decimals = digits - max(_places(largest), 0)
        if apart:
            decimals = max(decimals, min((2 if signed else 1) - _places(apart), MOST_DECIMALS))
        form = f"{plus}.{decimals}f"
    return tuple(
        format(number, form) if math.isfinite(number) else str(to_figure(number))
        for number in numbers
    )


def _places(number: float) -> int:
    """Return how many places a positive number has before the point: 1 for 4.4, 0 for 0.44, -1 for 0.044."""
    return math.floor(math.log10(number)) + 1 if number else 0


def json_ready(value: Any) -> Any:
    """Return `value` with every non-finite float in it written as its string, at any depth."""
    if isinstance(value, float):
        return to_figure(value)
    if isinstance(value, dict):
        return {key: json_ready(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(item) for item in value]
    return value
