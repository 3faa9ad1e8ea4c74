import pytest

from workbench.models.contract import Gate
from workbench.plugins import load, names
from workbench.testing.gates import GateContract


class TestBuiltInGates(GateContract):
    @pytest.fixture(params=names("gates"))
    def gate(self, request: pytest.FixtureRequest) -> Gate:
        plugin: Gate = load("gates", request.param)
        return plugin
