import pytest

from workbench.explore.contract import Chart
from workbench.plugins import load
from workbench.testing.charts import HOSTILE, ChartContract


class TestHistogram(ChartContract):
    @pytest.fixture
    def chart(self) -> Chart:
        plugin: Chart = load("charts", "histogram")
        return plugin

    @pytest.fixture(params=["number", "word", "moment", f"number {HOSTILE}", f"word {HOSTILE}"])
    def columns(self, request: pytest.FixtureRequest) -> tuple[str, ...]:
        return (request.param,)
