import pytest

from workbench.explore.contract import Chart
from workbench.plugins import load, names
from workbench.testing.charts import HOSTILE, ChartContract

COLUMNS = {
    "bar": [("word",), (f"word {HOSTILE}", f"number {HOSTILE}")],
    "box": [("number",), (f"number {HOSTILE}", "number")],
    "correlation": [(), ("number", f"number {HOSTILE}", f"word {HOSTILE}")],
    "density": [(f"number {HOSTILE}",), ("moment",)],
    "histogram": [("number",), ("moment",), (f"number {HOSTILE}",), (f"word {HOSTILE}",)],
    "line": [("moment",), ("moment", f"number {HOSTILE}"), (f"number {HOSTILE}", "number")],
    "missing": [(), (f"number {HOSTILE}", "number", "word")],
    "scatter": [("moment", f"number {HOSTILE}"), (f"number {HOSTILE}", "number")],
    "target": [(f"number {HOSTILE}", f"word {HOSTILE}"), (f"word {HOSTILE}", "number")],
}


def test_every_chart_is_tried() -> None:
    assert set(COLUMNS) == set(names("charts"))


class TestCharts(ChartContract):
    @pytest.fixture(params=[(kind, at) for kind in COLUMNS for at in range(len(COLUMNS[kind]))])
    def case(self, request: pytest.FixtureRequest) -> tuple[str, tuple[str, ...]]:
        kind, at = request.param
        return kind, COLUMNS[kind][at]

    @pytest.fixture
    def chart(self, case: tuple[str, tuple[str, ...]]) -> Chart:
        plugin: Chart = load("charts", case[0])
        return plugin

    @pytest.fixture
    def columns(self, case: tuple[str, tuple[str, ...]]) -> tuple[str, ...]:
        return case[1]
