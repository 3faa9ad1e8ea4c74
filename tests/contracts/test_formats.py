import pytest

from workbench.models.contract import Format
from workbench.plugins import load, names
from workbench.testing.formats import FormatContract


class TestBuiltInFormats(FormatContract):
    @pytest.fixture(params=names("formats"))
    def format_plugin(self, request: pytest.FixtureRequest) -> Format:
        plugin: Format = load("formats", request.param)
        return plugin
