from collections.abc import Iterator
from pathlib import Path

import pytest
from real.sshd import ALIAS, Sshd

from workbench import plugins
from workbench.compute.contract import Kind, Surroundings, Target
from workbench.options import settle
from workbench.testing.compute import TargetContract


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    folder = tmp_path_factory.mktemp("sshd")
    server = Sshd(folder, environment={"XDG_STATE_HOME": str(folder / "state")})
    yield server
    server.stop()


@pytest.mark.real("sshd", "ssh", "ssh-keygen")
class TestSsh(TargetContract):
    patience = 60.0

    @pytest.fixture
    def target(
        self, sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Target]:
        monkeypatch.setenv("WORKBENCH_SSH_CONFIG", str(sshd.client))
        kind: Kind = plugins.load("compute", "ssh")
        options = settle(kind.options, {"host": ALIAS}, owner="there")
        target = kind.open("there", options, Surroundings(tmp_path, "test"))
        yield target
        target.close()
