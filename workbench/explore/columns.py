"""Which columns fit which chart, told from the names of their types alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from workbench.errors import BadInput
from workbench.explore.contract import Chart, Fit, Slot

_NUMBERS = ("Int", "UInt", "Float", "Decimal")
_MOMENTS = ("Date", "Duration", "Time")  # Datetime begins like Date
_WORDS = ("String", "Boolean", "Categorical", "Enum")
_NAMES: dict[Fit, str] = {"number": "numbers", "moment": "moments", "word": "words"}


def fit_of(dtype: str) -> Fit | Literal["none"]:
    """Return what a column of this type (as Polars writes it) is to a chart; `none` fits nowhere."""
    if dtype.startswith(_NUMBERS):
        return "number"
    if dtype.startswith(_MOMENTS):
        return "moment"
    return "word" if dtype.startswith(_WORDS) else "none"


def fitting(slot: Slot, types: Mapping[str, str]) -> list[str]:
    """Return the columns that may stand in a slot; `types` is name → type."""
    return [name for name, dtype in types.items() if fit_of(dtype) in slot.fits]


def take(chart: Chart, types: Mapping[str, str], columns: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the columns of each slot, in the slots' order.

    A slot for one takes one; the slot for several takes what the others leave. Raises BadInput for a
    column that does not exist or does not fit, and for too few or too many.
    """
    for name in columns:
        if name not in types:
            raise no_column(name, types)
    taken: list[tuple[str, ...]] = []
    left = list(columns)
    for place, slot in enumerate(chart.slots):
        later = sum(other.least for other in chart.slots[place + 1 :])
        room = max(len(left) - later, 0)
        count = room if slot.most == 0 else min(slot.most, room)
        taken.append(tuple(left[:count]))
        left = left[count:]
    if left or any(len(t) < s.least for t, s in zip(taken, chart.slots, strict=True)):
        raise _wrong_number(chart, columns)
    for names, slot in zip(taken, chart.slots, strict=True):
        for name in names:
            if fit_of(types[name]) not in slot.fits:
                raise _unfit(chart, slot, name, types[name])
    return taken


def check_group(chart: Chart, types: Mapping[str, str], group: str) -> None:
    """Raise BadInput unless the chart can be split by the column `group` (empty: by none)."""
    if not group:
        return
    if not chart.groups:
        raise BadInput(
            f"A chart of the kind {chart.name} is not split by groups",
            where=group,
            why="it compares columns with each other, not groups of rows",
            fix="Leave the group out, or filter by one of its values",
            code="chart.group",
        )
    if group not in types:
        raise no_column(group, types)
    if fit_of(types[group]) == "none":
        raise BadInput(
            f"Rows cannot be grouped by {group}",
            where=group,
            why=f"its values are {types[group]}",
            fix="Group by a column of words or of a few numbers",
            code="chart.group",
        )


def no_column(name: str, types: Mapping[str, str]) -> BadInput:
    """Return the refusal of a column that is not there."""
    return BadInput(
        f"There is no column {name}",
        where=name,
        why="the columns are " + ", ".join(list(types)[:20]),
        fix="Name one of them",
        code="chart.column",
    )


def _wrong_number(chart: Chart, columns: Sequence[str]) -> BadInput:
    wanted = " ".join(_shown(slot) for slot in chart.slots)
    return BadInput(
        f"{len(columns) or 'No'} column{'' if len(columns) == 1 else 's'} "
        f"cannot make a chart of the kind {chart.name}",
        where=", ".join(columns),
        why=f"it takes {wanted}",
        fix="Name as many columns as it takes, in that order",
        code="chart.column",
    )


def _shown(slot: Slot) -> str:
    name = slot.name.upper() + ("..." if slot.most != 1 else "")
    return name if slot.least else f"[{name}]"


def usage(chart: Chart) -> str:
    """Return how its columns are given: `X Y`, `[COLUMN...]`."""
    return " ".join(_shown(slot) for slot in chart.slots)


def _unfit(chart: Chart, slot: Slot, name: str, dtype: str) -> BadInput:
    return BadInput(
        f"The column {name} has no {chart.name}"
        if len(chart.slots) == 1
        else f"The column {name} cannot be the {slot.name} of a chart of the kind {chart.name}",
        where=name,
        why=f"its values are {dtype}",
        fix="Choose a column of " + " or ".join(_NAMES[fit] for fit in slot.fits),
        code="chart.type",
    )
