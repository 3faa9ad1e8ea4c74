"""How strongly columns go together, each with each.

Two columns of numbers: Pearson's r, or Spearman's rank correlation. Two columns of words: Cramér's V
(Cramér 1946), without correction. A column of numbers and one of words: the correlation ratio eta
(Pearson 1905), the root of the share of the variance that lies between the categories. Each pair counts
the rows in which both are there. V and eta have no sign.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plugins.charts.associations import Associations, Columns, codes_of
from plugins.charts.counting import batches
from plugins.charts.plot import cells, finish, fit, heading, paint, shade_of
from plugins.charts.values import number, types_of
from workbench.explore.columns import fit_of, take
from workbench.explore.contract import MUTED, Figures, Slot
from workbench.options import Option, Value, settle
from workbench.text import clean

if TYPE_CHECKING:
    import polars as pl

MOST = 30
"""Columns of a heatmap."""

RANKED = 50_000
"""Rows that ranks are taken of."""

SHADES = "·░▒▓█"


class Correlation:
    """A heatmap of associations. See `workbench.explore.contract.Chart`."""

    name = "correlation"
    title = "Correlation"
    help = "how strongly columns go together, each with each"
    slots = (Slot("column", "two or more (none: all that fit)", ("number", "word"), 0, 0),)
    groups = False
    zooms = ()
    options = (
        Option("method", "choice", "pearson", "between numbers", choices=("pearson", "spearman")),
        Option("words", "bool", True, "columns of words too (Cramér's V, eta)"),
    )

    def compute(
        self,
        table: pl.LazyFrame,
        columns: tuple[str, ...],
        options: Mapping[str, Value],
        *,
        group: str = "",
    ) -> Figures:
        """Sum up products and counts of all pairs in one pass (ranks: of every k-th row)."""
        import polars as pl

        chosen = settle(self.options, options, owner=self.name)
        types = types_of(table)
        (names,) = take(self, types, columns)
        wanted = list(names) or [
            name for name in types if fit_of(types[name]) in {"number", "word"}
        ]
        if not chosen["words"]:
            wanted = [name for name in wanted if fit_of(types[name]) == "number"]
        rows = int(table.select(pl.len()).collect(engine="streaming").item())
        found, left_out = _columns(table, wanted, types)
        shown = Columns(
            numbers=tuple(name for name in wanted if name in found and not found[name]),
            words={name: found[name] for name in wanted if found.get(name)},
        )
        step = max(1, -(-rows // RANKED)) if chosen["method"] == "spearman" else 1
        sums = Associations(shown)
        exprs = _exprs(table, shown)
        for batch in batches(table.select(exprs)) if shown.count > 1 and rows else ():
            sums.feed(batch)
        matrix = sums.matrix()
        if chosen["method"] == "spearman" and shown.numbers:
            _rank(table.select(exprs[: len(shown.numbers)]), step, matrix, shown.numbers)
        order = [name for name in wanted if name in shown.names]
        notes = [f"{chosen['method']}" + (", Cramér's V, eta" if shown.words else "")]
        notes += [f"ranks of every {step}th row"] if step > 1 else []
        notes += [f"{len(left_out)} left out: {', '.join(left_out[:3])}"] if left_out else []
        return Figures(
            title=f"correlation of {len(order)} columns ({rows:,} rows)",
            data={
                "columns": order,
                "kinds": ["word" if name in shown.words else "number" for name in order],
                "values": [[matrix.get((a, b)) for b in order] for a in order],
                "left_out": left_out,
            },
            notes=tuple(notes),
        )

    def draw(self, figures: Figures, width: int, height: int, *, colour: bool = True) -> str:
        """Draw a row a column: figures where there is room for them, else signs and shades."""
        data = figures.data
        lines = [heading(figures.title, figures.notes, width)]
        names = data["columns"]
        if len(names) < 2:
            words = "Two columns of numbers or of few words are needed."
            return finish([*lines, fit(words, width).rstrip()], height)
        labels = [f"{at} {clean(name, 200)}" for at, name in enumerate(names, 1)]
        left = min(max(map(cells, labels)), max(width // 3, 6))
        each = next((size for size in (6, 5, 2) if left + 1 + size * len(names) <= width), 0)
        fitting = len(names) if each else max((width - left - 1) // 2, 1)
        each = each or 2
        # In two cells there is room for the last figure of a number only, or they run together.
        shown = [str(at) if each > 2 else str(at % 10) for at in range(1, fitting + 1)]
        head = "".join(number_of.rjust(each) for number_of in shown)
        lines.append(paint(" " * (left + 1) + head, MUTED, colour=colour))
        room = height - len(lines) - 1
        for row, label in list(enumerate(labels))[:room]:
            values = data["values"][row][:fitting]
            body = "".join(
                _cell(value, each, same=row == at, colour=colour) for at, value in enumerate(values)
            )
            lines.append(f"{fit(label, left)} {body}")
        hidden = max(len(names) - max(room, 0), len(names) - fitting)
        key = "weak ·░▒▓█ strong, minus where one falls as the other rises"
        if hidden > 0:
            key = f"{hidden} more columns; name those that matter. {key}"
        lines.append(paint(fit(key, width).rstrip(), MUTED, colour=colour))
        return finish(lines, height)


def _cell(value: float | None, each: int, *, same: bool, colour: bool) -> str:
    if same:
        return paint("╲".rjust(each), MUTED, colour=colour)
    if value is None:
        return paint("–".rjust(each), MUTED, colour=colour)
    level = min(int(abs(value) * len(SHADES)), len(SHADES) - 1)
    sign = "-" if value < -0.005 else " "
    if each == 2:
        text = sign + SHADES[level]
    elif abs(value) > 0.995:
        text = f"{sign}1.0{SHADES[level]}".rjust(each)
    else:
        text = f"{sign}.{round(abs(value) * 100):02}{SHADES[level]}".rjust(each)
    if level == 0:
        return paint(text, MUTED, colour=colour)
    return paint(text, shade_of(1 if value < 0 else 0), colour=colour)


def _columns(
    table: pl.LazyFrame, wanted: Sequence[str], types: Mapping[str, str]
) -> tuple[dict[str, list[Any]], list[str]]:
    """Return the columns that are shown, with the categories of each (numbers: none), and the rest."""
    found: dict[str, list[Any]] = {}
    left_out = []
    words = [name for name in wanted if fit_of(types[name]) == "word"]
    categories = codes_of(table, words)
    for name in wanted:
        if len(found) == MOST or (name in words and not categories[name]):
            left_out.append(name)
        else:
            found[name] = categories.get(name, [])
    return found, left_out


def _exprs(table: pl.LazyFrame, shown: Columns) -> list[pl.Expr]:
    """Return the columns as numbers under neutral names, then as codes of their categories."""
    import polars as pl

    schema = table.collect_schema()
    numbers = [number(name, schema[name]).alias(f"n{at}") for at, name in enumerate(shown.numbers)]
    codes = [
        pl.col(name)
        .cast(pl.String)
        .replace_strict(known, list(range(len(known))), default=None, return_dtype=pl.Int32)
        .alias(f"w{at}")
        for at, (name, known) in enumerate(shown.words.items())
    ]
    return numbers + codes


def _rank(
    table: pl.LazyFrame,
    step: int,
    matrix: dict[tuple[str, str], float | None],
    names: Sequence[str],
) -> None:
    """Put rank correlations into the matrix: of each pair's own rows, ties in the middle."""
    import numpy as np

    rows = table.gather_every(step).collect(engine="streaming").to_numpy()
    there = ~np.isnan(rows)
    whole = [_ranks(rows[there[:, at], at]) for at in range(len(names))]
    for a in range(len(names)):
        for b in range(a):
            both = there[:, a] & there[:, b]
            alike = both.sum() == there[:, a].sum() == there[:, b].sum()
            ra = whole[a] if alike else _ranks(rows[both, a])
            rb = whole[b] if alike else _ranks(rows[both, b])
            value = _pearson(ra, rb)
            matrix[names[a], names[b]] = matrix[names[b], names[a]] = value


def _ranks(values: Any) -> Any:
    """Return the ranks of values from 1, equal ones sharing the middle of theirs."""
    import numpy as np

    distinct, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    del distinct
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place]


def _pearson(a: Any, b: Any) -> float | None:
    if len(a) < 2:
        return None
    a, b = a - a.mean(), b - b.mean()
    size = math.sqrt(float(a @ a) * float(b @ b))
    return min(max(float(a @ b) / size, -1.0), 1.0) if size > 0 else None


CHART = Correlation()
