"""What a chart of the grid is: its kind, columns, group, rows and options. Pure: no widget, no store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from workbench.explore.columns import fit_of, fitting
from workbench.explore.contract import Chart, Slot
from workbench.options import Value

Options = tuple[tuple[str, Value], ...]

_FOLLOWS = {"line": 1}
"""Kinds of which not the first place follows the cursor: on a line of time it is the value."""

ORDER = (
    "histogram",
    "density",
    "box",
    "bar",
    "scatter",
    "line",
    "target",
    "correlation",
    "missing",
)
"""In which order kinds are gone through; others come behind."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One chart. `options` are those that differ from their defaults."""

    kind: str = "histogram"
    columns: tuple[str, ...] = ()
    group: str = ""
    where: str = ""
    options: Options = ()

    def argv(self, reference: str) -> tuple[str, ...]:
        """Return the chart as arguments of `workbench`."""
        argv = ["explore", "chart", self.kind, reference, *self.columns]
        argv += ["--group", self.group] if self.group else []
        argv += ["--where", self.where] if self.where else []
        for name, value in self.options:
            argv += ["-P", f"{name}={str(value).lower() if isinstance(value, bool) else value}"]
        return tuple(argv)

    def having(self, **options: Value) -> Spec:
        """Return it with some options set; an empty text takes one away."""
        now = {**dict(self.options), **options}
        return replace(self, options=tuple((k, v) for k, v in now.items() if v != ""))

    @property
    def words(self) -> str:
        """What it shows, for a title."""
        words = " and ".join(self.columns[:2]) if self.columns else "all columns"
        if len(self.columns) > 2:
            words = f"{self.columns[0]} and {len(self.columns) - 1} more"
        return words + (f" by {self.group}" if self.group else "")


def ordered(kinds: Sequence[str]) -> list[str]:
    """Return the kinds in the order in which they are gone through."""
    known = [kind for kind in ORDER if kind in kinds]
    return known + [kind for kind in kinds if kind not in ORDER]


def several(slot: Slot) -> bool:
    """Tell whether a place takes any number of columns."""
    return slot.most != 1


def moved(spec: Spec, chart: Chart, types: Mapping[str, str], column: str) -> Spec:
    """Return the chart with the column under the cursor in the place that follows it.

    A chart of any number of columns stays as it is; so does the axis that was seen in part, unless
    another column is on it.
    """
    if not chart.slots or column not in types:
        return spec
    at = min(_FOLLOWS.get(spec.kind, 0), len(chart.slots) - 1)
    slot = chart.slots[at]
    if several(slot) and not slot.least and at == 0:
        return spec
    if at and fit_of(types[column]) not in slot.fits:
        return spec if spec.columns else replace(spec, columns=_first(chart, types))
    columns = list(spec.columns[:at] or (_first(chart, types) if at else ()))
    columns += [column, *(() if several(slot) else spec.columns[at + 1 :])]
    if tuple(columns) == spec.columns:
        return spec
    return unzoomed(replace(spec, columns=tuple(columns)))


def _first(chart: Chart, types: Mapping[str, str]) -> tuple[str, ...]:
    """Return the first column that fits the first place: of a line of time, a moment if there is one."""
    found = fitting(chart.slots[0], types)
    moments = [name for name in found if fit_of(types[name]) == "moment"]
    return tuple((moments or found)[:1])


def unzoomed(spec: Spec) -> Spec:
    """Return the chart with its whole axes."""
    ends = {"low", "high", "floor", "ceiling"}
    return replace(spec, options=tuple((k, v) for k, v in spec.options if k not in ends))


def as_kind(
    spec: Spec, chart: Chart, types: Mapping[str, str], columns: Sequence[str], target: str = ""
) -> Spec:
    """Return a chart of another kind of these columns (the first of them leads).

    Places that they do not fill get a guess: the target, else a column that fits and is not there
    yet. Options of another kind go; so does a group where there are none.
    """
    given = [name for name in columns if name in types]
    more = len(given) > 1
    lead = _FOLLOWS.get(chart.name, 0)
    found: list[str] = []
    for at, slot in enumerate(chart.slots):
        room = [name for name in fitting(slot, types) if name not in found]
        if several(slot):
            wanted = [name for name in given if name in room]
            few = not more and at == 0 and not slot.least
            found += [] if few else wanted
            continue
        usable = given if at == lead or more else []
        mine = next((name for name in usable if name in room), None)
        if mine is None and at == lead and given and slot.least:
            mine = given[0]  # it does not fit, and the chart will say why
        if mine is None and slot.least:
            mine = _guess(slot, room, types, [*found, *given], target)
        if mine is not None:
            found.append(mine)
            given = [name for name in given if name != mine]
    group = spec.group if chart.groups and spec.group not in found else ""
    return Spec(chart.name, tuple(found), group, spec.where)


def _guess(
    slot: Slot, room: Sequence[str], types: Mapping[str, str], taken: Sequence[str], target: str
) -> str | None:
    """Return the target if it fits, else a column of what the place is made for first."""
    if target in room and target not in taken:
        return target
    free = [name for name in room if name not in taken] or list(room)
    booleans = [name for name in free if types[name] == "Boolean"]
    best = [name for name in free if fit_of(types[name]) == slot.fits[0]]
    return next(iter(booleans or best or free), None)


def stepped(names: Sequence[str], now: str, by: int) -> str:
    """Return the column so many places on, around the end."""
    if not names:
        return now
    at = names.index(now) if now in names else -1
    return names[(at + by) % len(names)]
