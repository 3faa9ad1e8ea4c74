"""How grave a difference is, and from which figure on: declared once."""

from __future__ import annotations

from typing import Literal

Severity = Literal["low", "medium", "high"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high")
"""From what is worth knowing to what breaks a model that was trained on the version before."""

LIMITS: dict[str, tuple[float, float, float]] = {
    # 0.1 and 0.25 are the usual ones (Siddiqi, Credit Risk Scorecards, 2006); half of the first is
    # worth a line.
    "psi": (0.05, 0.1, 0.25),
    # Ours. A distance of d says that for some limit a share d of the rows has gone to its other side.
    "ks": (0.05, 0.1, 0.2),
    # 0.1 is the default alarm of Evidently and of NannyML; 0.2 is about a PSI of 0.25, since for near
    # distributions it is sqrt(PSI / (8 ln 2)).
    "jensen_shannon": (0.05, 0.1, 0.2),
    # Ours. The share of rows that repeat an earlier one: each can stand in training and in test alike.
    "duplicates": (0.0, 0.01, 0.1),
}
"""Measure → the figures from which it is low, medium and high; all but the last are distances."""


def severity_of(measure: str, distance: float) -> Severity | None:
    """Return how grave a distance is, None where it is not worth a line."""
    reached = [s for s, limit in zip(SEVERITIES, LIMITS[measure], strict=True) if distance >= limit]
    return reached[-1] if reached else None
