from pathlib import Path

import pytest

from workbench import plugins
from workbench.compute.contract import Kind, Surroundings, Target
from workbench.testing.compute import TargetContract


class TestLocal(TargetContract):
    @pytest.fixture
    def target(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Target:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
        kind: Kind = plugins.load("compute", "local")
        return kind.open("local", {}, Surroundings(tmp_path, "test"))
