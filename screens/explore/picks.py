"""Choosing for a chart: its kind, a second column, the group; and the form for everything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from screens.explore.figuring import Figuring
from screens.explore.spec import Spec, ordered
from screens.modals.choose import Choose
from screens.modals.form import FormModal, Values
from screens.text import Styled
from screens.widgets.fields import Field, from_option
from screens.widgets.source import Cell, Column
from workbench.data.datasets import DatasetVersion
from workbench.explore.charts import find_chart, kinds
from workbench.explore.columns import fit_of, fitting, usage
from workbench.options import Value

if TYPE_CHECKING:
    from workbench.explore.contract import Chart
    from workbench.project.project import Project

NONE = "(none)"
"""What stands for no group and no column."""


def kind_chooser(now: str) -> Choose:
    """Return the list of kinds, with what each shows and takes."""
    names = ordered(kinds())
    charts = {name: find_chart(name) for name in names}
    more: dict[str, tuple[Cell, ...]] = {
        name: (Styled(chart.help, "muted"), Styled(usage(chart), "muted"))
        for name, chart in charts.items()
    }
    columns = (Column("what", "What", cap=64, grow=True), Column("takes", "Columns", cap=24))
    return Choose("Kind of chart", names, now, columns=columns, more=more, head="Kind")


def column_chooser(title: str, names: list[str], types: Mapping[str, str], now: str) -> Choose:
    """Return a list of columns with their types."""
    more: dict[str, tuple[Cell, ...]] = {
        name: (Styled(types[name].partition("(")[0], "muted"),) for name in names if name in types
    }
    return Choose(title, names, now, columns=(Column("type", "Type"),), more=more, head="Column")


def groupable(types: Mapping[str, str]) -> list[str]:
    """Return the columns that rows may be grouped by: words first."""
    words = [name for name, dtype in types.items() if fit_of(dtype) == "word"]
    return words + [name for name, dtype in types.items() if fit_of(dtype) in {"number", "moment"}]


class ChartForm(FormModal):
    """The form of a chart: its columns, group, rows and options; gives the chart that is wanted.

    Its button counts the chart, so that what is refused is told beside its field.
    """

    def __init__(
        self,
        project: Project,
        version: DatasetVersion,
        spec: Spec,
        types: Mapping[str, str],
        figuring: Figuring,
    ) -> None:
        chart = find_chart(spec.kind)
        self._spec = spec
        self._single = [slot for slot in chart.slots if slot.most == 1]
        self._plain = {option.name: option.default for option in chart.options}

        def counted(values: Values) -> Spec:
            wanted = self.wanted_by(values)
            figuring.numbers(project, version, wanted)
            return wanted

        super().__init__(
            f"How {spec.words} is drawn",
            [*self._columns(types), *_rows(chart, spec, types), *_options(chart, spec)],
            counted,
            verb="Draw",
            command=lambda values: self.wanted_by(values).argv(version.reference),
        )

    def _columns(self, types: Mapping[str, str]) -> list[Field]:
        now = self._spec.columns
        return [
            Field(
                f"column_{slot.name}",
                slot.name,
                slot.help,
                kind="choice",
                default=now[at] if at < len(now) else NONE,
                choices=((NONE,) if not slot.least else ()) + tuple(fitting(slot, types)),
            )
            for at, slot in enumerate(self._single)
        ]

    def wanted_by(self, values: Values) -> Spec:
        """Return the chart that the fields say."""
        named = [str(values[f"column_{slot.name}"]) for slot in self._single]
        columns = [name for name in named if name != NONE]
        columns += self._spec.columns[len(self._single) :]
        plain = self._plain
        options = {k: v for k, v in values.items() if k in plain and v != plain[k]}
        group = str(values.get("group", NONE))
        return Spec(
            self._spec.kind,
            tuple(columns),
            "" if group == NONE else group,
            str(values["where"]).strip(),
            tuple(options.items()),
        )


def _rows(chart: Chart, spec: Spec, types: Mapping[str, str]) -> list[Field]:
    """Return the fields for which rows there are, and how they are split."""
    group = Field(
        "group",
        "group by",
        "split by the values of this column",
        kind="choice",
        default=spec.group or NONE,
        choices=(NONE, *groupable(types)),
    )
    where = Field("where", "rows", "only those for which this SQL is true", default=spec.where)
    return [group, where] if chart.groups else [where]


def _options(chart: Chart, spec: Spec) -> list[Field]:
    now = dict(spec.options)
    return [
        replace(from_option(option), default=_typed(now.get(option.name, option.default)))
        for option in chart.options
    ]


def _typed(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
