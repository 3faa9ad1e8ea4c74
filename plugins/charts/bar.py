"""A bar for each value of a column: how many rows it has, or what another column comes to in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plugins.charts.counting import label_of, most_frequent
from plugins.charts.groups import Groups, groups_of
from plugins.charts.listing import Row, listing
from plugins.charts.plot import finish, fit, heading, legend
from plugins.charts.values import missing_note, number, types_of
from workbench.explore.columns import take
from workbench.explore.contract import Figures, Slot
from workbench.options import Option, Value, settle

if TYPE_CHECKING:
    import polars as pl


class Bar:
    """Values of a column with a bar each. See `workbench.explore.contract.Chart`."""

    name = "bar"
    title = "Bars"
    help = "rows of each value, or the mean, sum or range of another column in them"
    slots = (
        Slot("category", "a bar for each of its values"),
        Slot("value", "what is summed up", ("number",), least=0),
    )
    groups = True
    zooms = ()
    options = (
        Option("top", "int", 20, "most frequent values that are shown", minimum=1, maximum=200),
        Option(
            "of", "choice", "mean", "of the value column", choices=("mean", "sum", "min", "max")
        ),
        Option("order", "choice", "size", "which bar is first", choices=("size", "label")),
        Option("share", "bool", False, "rows in percent (in a group, of that group)"),
    )

    def compute(
        self,
        table: pl.LazyFrame,
        columns: tuple[str, ...],
        options: Mapping[str, Value],
        *,
        group: str = "",
    ) -> Figures:
        """Sum up each of the most frequent values."""
        chosen = settle(self.options, options, owner=self.name)
        (name,), value = take(self, types_of(table), columns)
        found = most_frequent(table, name, int(chosen["top"] or 20))
        groups = groups_of(table, group)
        values = [one for one, _ in found.values]
        cells = _sums(table, name, values, value[0] if value else "", str(chosen["of"]), groups)
        order = list(range(len(values)))
        if chosen["order"] == "label":
            order.sort(key=lambda at: values[at])
        elif value:
            total = [sum(abs(c["size"] or 0.0) for c in cells[at]) for at in order]
            order.sort(key=lambda at: -total[at])
        notes = missing_note(found.rows - found.filled, found.rows)
        what = f"{chosen['of']} of {value[0]} by {name}" if value else name
        return Figures(
            title=f"{what} ({found.rows:,} rows, {found.distinct:,} values)",
            data={
                "values": [label_of(values[at]) for at in order],
                "sizes_of": [[cell["size"] for cell in cells[at]] for at in order],
                "rows_of": [[cell["rows"] for cell in cells[at]] for at in order],
                "value": value[0] if value else "",
                "of": chosen["of"],
                "share": chosen["share"],
                "rows": found.filled,
                "others": found.filled - sum(rows for _, rows in found.values),
                "other_values": max(found.distinct - len(values), 0),
                **groups.data,
            },
            notes=(*groups.notes, *notes),
        )

    def draw(self, figures: Figures, width: int, height: int, *, colour: bool = True) -> str:
        """Draw a line for each value, and in groups for each group of it."""
        data = figures.data
        lines = [heading(figures.title, figures.notes, width)]
        if not data["values"]:
            return finish([*lines, fit("No values.", width).rstrip()], height)
        if any(data["labels"]):
            lines.append(legend(data["labels"], data["sizes"], width, colour=colour))
        wholes = data["sizes"] if any(data["labels"]) else [data["rows"]]
        rows = []
        for at, label in enumerate(data["values"]):
            for series, size in enumerate(data["sizes_of"][at]):
                whole = wholes[series] if data["share"] else 0
                shown = _written(size, whole, data["value"])
                length = (size or 0.0) / whole if whole else size or 0.0
                rows.append(Row(label if series == 0 else "", length, shown, series))
        totals = [sum(counts) for counts in data["rows_of"]]
        hidden = (data["other_values"], data["others"], totals)
        room, each = height - len(lines), len(data["sizes_of"][0])
        lines += listing(rows, width, room, colour=colour, hidden=hidden, each=each)
        return finish(lines, height)


def _written(size: float | None, whole: int, value: str) -> str:
    if size is None:
        return "–"
    if value:
        return f"{size:,.4g}" if abs(size) < 1e5 else f"{size:,.0f}"
    return f"{size / whole:.1%}" if whole else f"{int(size):,}"


def _sums(
    table: pl.LazyFrame, name: str, values: Sequence[Any], value: str, of: str, groups: Groups
) -> list[list[dict[str, Any]]]:
    """Return size and rows of each value in each group."""
    import polars as pl

    schema = table.collect_schema()
    dtype = schema[name]
    place = pl.lit(None, pl.Int32)
    for at, one in reversed(list(enumerate(values))):
        here = pl.col(name) == pl.lit(one, dtype)
        place = pl.when(here).then(pl.lit(at, pl.Int32)).otherwise(place)
    wanted = [place.alias("at"), groups.code.alias("code")]
    sums = [pl.len().alias("rows")]
    if value:
        wanted.append(number(value, schema[value]).alias("value"))
        inside = pl.col("value")
        kinds = {"mean": inside.mean(), "sum": inside.sum(), "min": inside.min()}
        sums.append(kinds.get(of, inside.max()).alias("size"))
        sums.append(inside.count().alias("n"))
    found = table.select(wanted).group_by("at", "code").agg(sums).collect(engine="streaming")
    cells = [[_cell(0, None if value else 0) for _ in range(groups.count)] for _ in values]
    for row in found.iter_rows(named=True):
        if row["at"] is not None and row["code"] is not None:
            size = (row["size"] if row["n"] else None) if value else row["rows"]
            cells[row["at"]][row["code"]] = _cell(row["rows"], size)
    return cells


def _cell(rows: int, size: float | None) -> dict[str, Any]:
    return {"rows": rows, "size": size}


CHART = Bar()
