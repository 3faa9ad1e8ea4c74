"""What a reproduced run is told with: what differs beforehand, and how the two compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.cli.base import table
from workbench.numbers import from_figure
from workbench.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.experiments.reproduce import Changed, FigureChange, Plan, Reproduction
    from workbench.numbers import Figure

MOST = 20
"""Lines of what differs; the rest is counted."""


def plan_text(plan: Plan) -> str:
    """Return what differs from when the run was made."""
    if not plan.changed:
        return f"Nothing that is recorded differs from when {plan.run} was made."
    return f"Since {plan.run} was made, this has changed:\n\n" + _changed(plan.changed)


def reproduction_text(found: Reproduction) -> str:
    """Return how the two runs compare, and by how much which figures differ."""
    lines = [found.words]
    if found.figures:
        rows = [
            (item.name, _exact(item.before), _exact(item.now), _apart(item))
            for item in found.figures
        ]
        heads = ("METRIC", clean(found.first).upper(), clean(found.second).upper(), "CHANGE")
        lines += ["", table(heads, rows, right=heads[1:])]
        if found.changed:
            lines += ["", "What was not as it was:", "", _changed(found.changed)]
    return "\n".join(lines)


def _changed(changed: Sequence[Changed]) -> str:
    rows = [(one.name, _shown(one.before), _shown(one.now)) for one in changed[:MOST]]
    more = [f"and {len(changed) - MOST} more"] if len(changed) > MOST else []
    return "\n".join([table(("WHAT", "THEN", "NOW"), rows), *more])


def _shown(text: str) -> str:
    return clean(text, 48) or "none"


def _exact(value: Figure | None) -> str:
    """Return a figure with every digit that two of them may differ in."""
    return "-" if value is None else f"{from_figure(value):.10g}"


def _apart(item: FigureChange) -> str:
    return "-" if item.change is None else f"{from_figure(item.change):+.3g}"
