"""What every chart must keep: subclass ChartContract, override the fixtures, run by pytest."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import msgspec
import polars as pl
import pytest

from workbench.errors import BadInput
from workbench.explore.axes import axis_of, written, zoomed
from workbench.explore.contract import Chart, Figures
from workbench.numbers import json_ready

HOSTILE = "[/x][@click=app.quit]x[/]\x1b]0;t\x07\x1b[2J\x9b31m\u202egnp\r\n"
"""Text that must reach no terminal as it is."""

_SGR = re.compile(r"\x1b\[[0-9;]*m")


RIGHT_TO_LEFT = "אורך مبنى"
"""A name in letters that run from the right."""

SIZES = [(80, 20), (40, 10), (200, 50), (20, 5), (10, 3)]
"""Sizes of drawings: (width, height)."""


def check_drawing(drawn: str, width: int, height: int, *, colour: bool) -> None:
    """Fail unless a drawing keeps its size and holds nothing that a terminal obeys but SGR colours."""
    from rich.cells import cell_len

    lines = drawn.split("\n")
    assert len(lines) == height
    bare = _SGR.sub("", drawn) if colour else drawn
    assert max(cell_len(line) for line in bare.split("\n")) <= width
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", bare)


class ChartContract:
    """The guarantees of `workbench.explore.contract.Chart`. Override `chart` and `columns`."""

    @pytest.fixture
    def chart(self) -> Chart:
        """The chart under test."""
        raise NotImplementedError("override the fixture chart")

    @pytest.fixture
    def columns(self) -> tuple[str, ...]:
        """Columns of `table` that fit the chart."""
        raise NotImplementedError("override the fixture columns")

    @pytest.fixture
    def table(self) -> pl.LazyFrame:
        """Numbers, words (hostile ones too) and moments, each under a plain and a hostile name."""
        rows = 1000
        numbers = [None if n % 50 == 0 else float(n * n % 97) for n in range(rows)]
        words = [HOSTILE if n % 7 == 0 else f"word {n % 5} 漢字" for n in range(rows)]
        frame = pl.LazyFrame({"number": numbers, "word": words})
        moment = pl.datetime(2013, 1, 1) + pl.duration(hours=pl.int_range(rows))
        return frame.with_columns(
            moment=moment,
            **{f"number {HOSTILE}": "number", f"word {HOSTILE}": "word"},
        )

    @pytest.fixture
    def figures(self, chart: Chart, table: pl.LazyFrame, columns: tuple[str, ...]) -> Figures:
        """The chart's numbers."""
        return chart.compute(table, columns, {})

    def test_figures_survive_json(self, figures: Figures) -> None:
        """They are what `--json` answers and what a report keeps."""
        text = msgspec.json.encode(json_ready(msgspec.to_builtins(figures)))
        assert msgspec.json.decode(text, type=Figures).title == figures.title

    def test_figures_do_not_grow_with_the_table(
        self, chart: Chart, table: pl.LazyFrame, columns: tuple[str, ...], figures: Figures
    ) -> None:
        """Ten times the rows, about the same bytes."""
        longer = chart.compute(pl.concat([table] * 10), columns, {})
        size = len(msgspec.json.encode(json_ready(msgspec.to_builtins(figures))))
        assert len(msgspec.json.encode(json_ready(msgspec.to_builtins(longer)))) < 2 * size + 1000

    @pytest.mark.parametrize("size", SIZES)
    @pytest.mark.parametrize("colour", [True, False])
    def test_the_drawing_keeps_its_size(
        self, chart: Chart, figures: Figures, size: tuple[int, int], colour: bool
    ) -> None:
        """Exactly `height` lines, none wider than `width` cells, counted as a terminal does."""
        check_drawing(chart.draw(figures, *size, colour=colour), *size, colour=colour)

    @pytest.mark.parametrize("colour", [True, False])
    def test_nothing_in_the_drawing_is_obeyed(
        self, chart: Chart, figures: Figures, colour: bool
    ) -> None:
        """No control character but SGR colours, and none of these without colour."""
        check_drawing(chart.draw(figures, 100, 30, colour=colour), 100, 30, colour=colour)

    def test_drawing_is_pure(self, chart: Chart, figures: Figures) -> None:
        """The same figures, the same drawing, from any number of threads."""
        once = chart.draw(figures, 80, 20)
        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(lambda _: chart.draw(figures, 80, 20), range(8))) == {once}

    def test_a_column_that_is_not_there(self, chart: Chart, table: pl.LazyFrame) -> None:
        """Refused with the columns there are."""
        with pytest.raises(BadInput) as refusal:
            chart.compute(table, ("nowhere",), {})
        assert "number" in refusal.value.why

    def test_every_group_is_told_without_colours_too(
        self, chart: Chart, table: pl.LazyFrame, columns: tuple[str, ...]
    ) -> None:
        """A chart that groups does so by hostile words, and refuses a column of many numbers."""
        if not chart.groups:
            return
        found = chart.compute(table, columns, {}, group=f"word {HOSTILE}")
        for size in SIZES:
            for colour in (True, False):
                check_drawing(chart.draw(found, *size, colour=colour), *size, colour=colour)
        with pytest.raises(BadInput):
            chart.compute(table, columns, {}, group="number")

    def test_an_axis_seen_in_part(
        self, chart: Chart, table: pl.LazyFrame, columns: tuple[str, ...], figures: Figures
    ) -> None:
        """What is seen of a zoomed axis is what was asked for; an end that is no value is refused."""
        for name, low, high in (("x", "low", "high"), ("y", "floor", "ceiling")):
            whole = axis_of(figures.data, name)
            if name not in chart.zooms or whole is None:
                continue
            half = zoomed(whole, 0.5)
            options = {low: written(half.kind, half.low), high: written(half.kind, half.high)}
            part = chart.compute(table, columns, options)
            found = axis_of(part.data, name)
            assert found is not None
            assert found.low == pytest.approx(half.low, abs=1e-5)
            assert found.high == pytest.approx(half.high, abs=1e-5)
            check_drawing(chart.draw(part, 80, 20), 80, 20, colour=True)
            with pytest.raises(BadInput):
                chart.compute(table, columns, {low: "nowhere"})

    @pytest.mark.parametrize("kind", ["empty", "one", "constant", "null", "infinite", "huge"])
    def test_tables_with_little_in_them(
        self, chart: Chart, table: pl.LazyFrame, columns: tuple[str, ...], kind: str
    ) -> None:
        """No rows, one, the same values, none, infinite ones, the ends of what a float holds: drawn."""
        odd = _odd(table, kind)
        for group in ("", "word") if chart.groups else ("",):
            found = chart.compute(odd, columns, {}, group=group)
            msgspec.json.encode(json_ready(msgspec.to_builtins(found)))
            for size in SIZES:
                check_drawing(chart.draw(found, *size), *size, colour=True)

    @pytest.mark.parametrize("name", ["x" * 300, RIGHT_TO_LEFT, "漢" * 300])
    def test_long_and_strange_names(
        self, chart: Chart, table: pl.LazyFrame, columns: tuple[str, ...], name: str
    ) -> None:
        """Names of 300 characters, of wide ones, and of letters that run from the right."""
        new = {column: f"{name}{at}" for at, column in enumerate(dict.fromkeys(columns))}
        found = chart.compute(table.rename(new), tuple(new[column] for column in columns), {})
        for size in SIZES:
            check_drawing(chart.draw(found, *size, colour=False), *size, colour=False)


def _odd(table: pl.LazyFrame, kind: str) -> pl.LazyFrame:
    """Return the contract's table with other values in it, of the same types."""
    schema = table.collect_schema()
    if kind in {"empty", "one"}:
        return table.head(0 if kind == "empty" else 1)
    if kind == "constant":
        return table.select(pl.all().drop_nulls().first()).select(pl.all().repeat_by(50).explode())
    if kind == "null":
        return table.head(50).select(
            pl.when(pl.lit(value=False)).then(pl.col(name)).alias(name) for name in schema
        )
    values = {
        "infinite": [float("inf"), float("-inf"), float("nan"), 1.0],
        "huge": [-1.7e308, 1.7e308, 5e-324, 0.0],
    }[kind]
    floats = [name for name, dtype in schema.items() if dtype.is_float()]
    return table.head(40).with_columns(pl.Series(name, values * 10, pl.Float64) for name in floats)
