"""What every chart must keep: subclass ChartContract, override the fixtures, run by pytest."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import msgspec
import polars as pl
import pytest

from workbench.errors import BadInput
from workbench.explore.contract import Chart, Figures
from workbench.numbers import json_ready

HOSTILE = "[/x][@click=app.quit]x[/]\x1b]0;t\x07\x1b[2J\x9b31m\u202egnp\r\n"
"""Text that must reach no terminal as it is."""

_SGR = re.compile(r"\x1b\[[0-9;]*m")


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

    @pytest.mark.parametrize("size", [(80, 20), (40, 10), (200, 50), (20, 5), (10, 3)])
    @pytest.mark.parametrize("colour", [True, False])
    def test_the_drawing_keeps_its_size(
        self, chart: Chart, figures: Figures, size: tuple[int, int], colour: bool
    ) -> None:
        """Exactly `height` lines, none wider than `width` cells, counted as a terminal does."""
        from rich.cells import cell_len

        width, height = size
        lines = chart.draw(figures, width, height, colour=colour).split("\n")
        assert len(lines) == height
        assert max(cell_len(_SGR.sub("", line)) for line in lines) <= width

    @pytest.mark.parametrize("colour", [True, False])
    def test_nothing_in_the_drawing_is_obeyed(
        self, chart: Chart, figures: Figures, colour: bool
    ) -> None:
        """No control character but SGR colours, and none of these without colour."""
        drawn = chart.draw(figures, 100, 30, colour=colour)
        bare = _SGR.sub("", drawn) if colour else drawn
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", bare)

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
