"""Figures as the place writes them: four digits that line up, what was reached, what is the best."""

from __future__ import annotations

import math

from workbench.numbers import Figure, from_figure


def figure(value: Figure | None) -> str:
    """Write a figure so that many line up: `0.9130`, `0.0028`, `12.30`, `1.240e+06`, `1.200e-05`."""
    if value is None:
        return "–"
    number = from_figure(value)
    if not math.isfinite(number):
        return str(value)
    if abs(number) < 1 and (number == 0 or abs(number) >= 0.0005):
        return f"{number:.4f}"
    return f"{number:#.4g}".rstrip(".")


def value_text(value: object) -> str:
    """Write a parameter as people type it; what was left out is a dash."""
    if value is None:
        return "–"
    return str(value).lower() if isinstance(value, bool) else str(value)


def reached(value: Figure | None, threshold: float | None, direction: str) -> bool | None:
    """Tell whether a figure is good enough; None where nobody said what is, or nothing is known."""
    if value is None or threshold is None or math.isnan(number := from_figure(value)):
        return None
    return number >= threshold if direction == "maximize" else number <= threshold
