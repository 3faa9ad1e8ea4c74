"""The contract on a target behind an agent, which here is a process of this machine over pipes."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from real.pipes import Pipes

from workbench.compute.contract import Surroundings
from workbench.remote.target import RemoteTarget
from workbench.testing.compute import TargetContract


class TestRemote(TargetContract):
    @pytest.fixture
    def target(self, tmp_path: Path) -> Iterator[RemoteTarget]:
        (tmp_path / "home").mkdir()
        pipes = Pipes(tmp_path / "home", sys.executable)
        target = RemoteTarget("there", pipes, Surroundings(tmp_path, "test"))
        yield target
        target.close()
        pipes.close()
