"""Twenty rounds of random cuts; two hundred by command: `python tests/faults/cuts.py`."""

from collections.abc import Iterator
from pathlib import Path

import cuts
import pytest
from real.sshd import Sshd


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    folder = tmp_path_factory.mktemp("sshd")
    server = Sshd(folder, environment={"XDG_STATE_HOME": str(folder / "state")})
    yield server
    server.stop()


@pytest.mark.real("sshd", "ssh", "ssh-keygen")
@pytest.mark.parametrize("seed", range(20))
def test_a_cut_line_loses_doubles_and_spoils_nothing(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setenv("WORKBENCH_SSH_CONFIG", str(sshd.client))
    monkeypatch.syspath_prepend(str(cuts.write_package(tmp_path / "packages")))
    (tmp_path / "round").mkdir()
    cuts.Round(sshd, tmp_path / "round", seed).run(sshd.folder / "state" / "workbench")
