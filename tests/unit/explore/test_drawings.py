"""Every kind of chart as it is drawn, on the real tables of the sample data; with and without colours."""

from __future__ import annotations

import re
from functools import cache

import polars as pl
import pytest
from syrupy.assertion import SnapshotAssertion

import sample_data
from workbench.explore.contract import Chart
from workbench.options import Value
from workbench.plugins import load, names
from workbench.testing.charts import check_drawing

CASES: dict[str, tuple[str, tuple[str, ...], str, dict[str, Value]]] = {
    "bar": ("flights_winter", ("carrier", "distance"), "", {}),
    "bar-groups": ("penguins", ("island",), "species", {"share": True}),
    "box": ("penguins", ("body_mass_g",), "species", {}),
    "correlation": ("flights_winter", (), "", {}),
    "density": ("penguins", ("flipper_length_mm",), "species", {}),
    "histogram": ("flights_winter", ("temp",), "", {}),
    "histogram-groups": ("flights_winter", ("distance",), "origin", {"high": "2600"}),
    "line": ("flights_winter", ("scheduled", "temp"), "origin", {"every": "day"}),
    "missing": ("flights_winter", (), "", {}),
    "scatter": ("flights_winter", ("distance", "planned_minutes"), "", {}),
    "scatter-points": ("penguins", ("bill_length_mm", "bill_depth_mm"), "species", {}),
    "target": ("flights_winter", ("carrier", "late"), "", {}),
}
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@cache
def table(name: str) -> pl.LazyFrame:
    found = pl.read_csv(
        sample_data.path(name), try_parse_dates=True, infer_schema_length=None, null_values="NA"
    )
    return found.lazy()


def test_every_kind_is_looked_at() -> None:
    assert {case.partition("-")[0] for case in CASES} == set(names("charts"))


@pytest.mark.parametrize("size", [(78, 20), (98, 26)], ids=["80x24", "100x30"])
@pytest.mark.parametrize("case", CASES)
def test_drawn(case: str, size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    data, columns, group, options = CASES[case]
    chart: Chart = load("charts", case.partition("-")[0])
    figures = chart.compute(table(data), columns, options, group=group)
    plain, coloured = (chart.draw(figures, *size, colour=colour) for colour in (False, True))
    check_drawing(plain, *size, colour=False)
    check_drawing(coloured, *size, colour=True)
    lines = [line.rstrip() for line in _COLOUR.sub("", coloured).split("\n")]
    assert "\n".join(lines) == snapshot(name="colours")
    assert "\n".join(line.rstrip() for line in plain.split("\n")) == snapshot(name="none")
