"""Where values are missing: along the rows, and in which columns at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plugins.charts.plot import cells, finish, fit, heading, paint, shade_of, x_axis
from plugins.charts.values import types_of
from workbench.explore.axes import Axis
from workbench.explore.columns import take
from workbench.explore.contract import MUTED, Figures, Slot
from workbench.options import Option, Value, settle
from workbench.text import clean

if TYPE_CHECKING:
    import polars as pl

MOST = 60
"""Columns that are shown: those in which most is missing."""

TOGETHER = 8
"""Combinations of columns that are listed."""

SHADES = " ·░▒▓█"
_MANY = 50_000  # combinations that are counted apart


class Missing:
    """A map of what is missing. See `workbench.explore.contract.Chart`."""

    name = "missing"
    title = "Missing"
    help = "where values are missing along the rows, and in which columns at once"
    slots = (Slot("column", "which columns (none: all)", ("number", "moment", "word"), 0, 0),)
    groups = False
    zooms = ()
    options = (
        Option("bins", "int", 60, "stretches of rows, in their order", minimum=5, maximum=200),
        Option("nan", "bool", True, "NaN counts as missing"),
    )

    def compute(
        self,
        table: pl.LazyFrame,
        columns: tuple[str, ...],
        options: Mapping[str, Value],
        *,
        group: str = "",
    ) -> Figures:
        """Count what is missing in each stretch of rows, and in which columns together."""
        import polars as pl

        chosen = settle(self.options, options, owner=self.name)
        types = types_of(table)
        (named,) = take(self, types, columns)
        names = list(named) or list(types)
        gone = {name: _gone(name, types[name], nan=bool(chosen["nan"])) for name in names}
        totals = table.select(
            pl.len().alias("rows"),
            *[gone[name].sum().alias(f"m{at}") for at, name in enumerate(names)],
        ).collect(engine="streaming")
        rows, *counts = (int(value) for value in totals.row(0))
        ranked = sorted(zip(names, counts, strict=True), key=lambda pair: -pair[1])
        shown = [name for name, count in ranked if count][:MOST]
        whole = sum(not count for count in counts)
        bins = max(min(int(chosen["bins"] or 60), rows), 1)
        known = dict(zip(names, counts, strict=True))
        data: dict[str, Any] = {
            "columns": shown,
            "missing": [known[name] for name in shown],
            "rows": rows,
            "sizes": [],
            "bins": [],
            "together": [],
        }
        if shown:
            data |= _along(table, [gone[name] for name in shown], rows, bins)
            data["together"] = _together(table, shown, [gone[name] for name in shown])
        more = sum(count > 0 for count in counts) - len(shown)
        notes = [f"{whole} of {len(names)} columns complete"]
        notes += [f"{more} more with less missing"] if more else []
        return Figures(title=f"missing values ({rows:,} rows)", data=data, notes=tuple(notes))

    def draw(self, figures: Figures, width: int, height: int, *, colour: bool = True) -> str:
        """Draw a line a column, from the first row to the last; below it what is missing together."""
        data = figures.data
        lines = [heading(figures.title, figures.notes, width)]
        names = data["columns"]
        if not names:
            words = "Nothing is missing." if data["rows"] else "No rows."
            return finish([*lines, fit(words, width).rstrip()], height)
        labels = [clean(name, 200) for name in names]
        left = min(max(map(cells, labels)), max(width // 4, 6))
        shares = [f"{count / data['rows']:.1%}" for count in data["missing"]]
        right = max(map(len, shares))
        room = width - left - right - 3
        if room < 5:
            rows = [
                fit(f"{name} {share}", width) for name, share in zip(labels, shares, strict=True)
            ]
            return finish(lines + rows, height)
        listed = data["together"][: max(min(height - len(names) - 4, TOGETHER), 0)]
        down = height - len(lines) - 2 - (len(listed) + 1 if listed else 0)
        for at, label in list(enumerate(labels))[: max(down, 1)]:
            body = _strip(data["bins"][at], data["sizes"], room)
            lines.append(
                f"{fit(label, left)} {paint('▕', MUTED, colour=colour)}"
                f"{paint(body, shade_of(1), colour=colour)}"
                f" {shares[at].rjust(right)}"
            )
        if height > 4:
            axis = Axis("whole", 1.0, float(max(data["rows"], 1)), "row")
            lines += x_axis(axis, left + 1, room, colour=colour, corner="╶")
        if listed:
            lines.append(paint(fit("missing together:", width).rstrip(), MUTED, colour=colour))
        for one in listed:
            amount = f"{one['rows']:,}"
            what = " + ".join(one["columns"]) or "nothing"
            lines.append(f"{amount.rjust(left)} {fit(what, width - left - 1)}".rstrip())
        return finish(lines, height)


def _gone(name: str, dtype: str, *, nan: bool) -> pl.Expr:
    import polars as pl

    gone = pl.col(name).is_null()
    return (
        gone | pl.col(name).is_nan().fill_null(False) if nan and dtype.startswith("Float") else gone
    )


def _along(table: pl.LazyFrame, gone: Sequence[pl.Expr], rows: int, bins: int) -> dict[str, Any]:
    """Return how many rows each stretch has, and for each column how many are missing in it."""
    import polars as pl

    counted = (
        table.select([one.alias(f"m{at}") for at, one in enumerate(gone)])
        .with_row_index("row")
        .with_columns(bin=(pl.col("row").cast(pl.Int64) * bins) // rows)
        .group_by("bin")
        .agg(pl.len().alias("size"), *[pl.col(f"m{at}").sum() for at in range(len(gone))])
        .collect(engine="streaming")
        .sort("bin")
    )
    return {
        "sizes": counted["size"].to_list(),
        "bins": [counted[f"m{at}"].to_list() for at in range(len(gone))],
    }


def _together(
    table: pl.LazyFrame, names: Sequence[str], gone: Sequence[pl.Expr]
) -> list[dict[str, Any]]:
    """Return the most frequent combinations of two or more columns that are missing at once.

    Each combination is a number, a bit a column; columns beyond the sixtieth take no part.
    """
    import polars as pl

    key = pl.lit(0, pl.Int64)
    for at, one in enumerate(gone[:MOST]):
        key = key + one.cast(pl.Int64) * (1 << at)
    counts = table.select(key.alias("key")).group_by("key").len().top_k(_MANY, by="len")
    found = []
    for bits, rows in counts.collect(engine="streaming").sort("len", descending=True).rows():
        columns = [name for at, name in enumerate(names) if bits >> at & 1]
        if len(columns) > 1:
            found.append({"columns": columns, "rows": rows})
        if len(found) == TOGETHER:
            break
    return found


def _strip(missing: Sequence[int], sizes: Sequence[int], room: int) -> str:
    """Return a line of shades: the share that is missing in each cell's rows."""
    bins, text = len(sizes), ""
    for cell in range(room):
        first = cell * bins // room
        last = max((cell + 1) * bins // room, first + 1)
        gone, size = sum(missing[first:last]), sum(sizes[first:last])
        if not gone or not size:
            text += SHADES[0]
        elif gone == size:
            text += SHADES[-1]
        else:
            # Nothing and all keep signs of their own.
            text += SHADES[min(1 + int(gone / size * (len(SHADES) - 2)), len(SHADES) - 2)]
    return text


CHART = Missing()
