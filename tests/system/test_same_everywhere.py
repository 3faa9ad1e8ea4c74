"""One specification here, over SSH and in Docker: the same model and figures, and no secret anywhere."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import run_workbench
from real.docker import BASE, docker
from real.sshd import ALIAS, Sshd

from workbench.compute.wake import runner_pid, wake_runner
from workbench.project.project import open_project
from workbench.testing.compute import wait_for

SECRET = "s3cr3t-Zq7vR1x9Lw"
PLACES = ("local", "far", "box")
ENDED = frozenset({"succeeded", "failed", "cancelled"})


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    folder = tmp_path_factory.mktemp("sshd")
    server = Sshd(folder, environment={"XDG_STATE_HOME": str(folder / "state")})
    yield server
    server.stop()


class Bench:
    """A project whose surroundings are full of secrets, and its command line."""

    def __init__(self, root: Path, sshd: Sshd) -> None:
        self.root = root
        self.environment = {
            "WORKBENCH_PROJECT": str(root),
            "WORKBENCH_SSH_CONFIG": str(sshd.client),
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "DATABASE_PASSWORD": SECRET,
            "HF_TOKEN": SECRET,
        }

    def __call__(self, *words: str | Path) -> Any:
        return run_workbench(*words, cwd=self.root, environment=self.environment).data


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, sshd: Sshd) -> Iterator[Bench]:
    root = tmp_path_factory.mktemp("line") / "line"
    bench = Bench(root, sshd)
    run_workbench("init", root)
    (root / ".env").write_text(f"PASSWORD={SECRET}\n")
    (root / "id_ed25519").write_text(f"-----BEGIN OPENSSH PRIVATE KEY-----\n{SECRET}\n")
    (root / "config").mkdir()
    (root / "config" / "token.txt").write_text(SECRET)
    lines = [
        f"{(i * 37) % 61},{i % 7},{'late' if (i * 37) % 61 > 30 else 'ok'}" for i in range(300)
    ]
    (root / "rows.csv").write_text("x,z,y\n" + "\n".join(lines) + "\n")
    bench("data", "add", root / "rows.csv", "--name", "rows")
    words = ("--dataset", "rows", "--target", "y", "--task", "binary", "--metric", "roc_auc")
    bench("experiment", "new", "late", *words, "--folds", "3")
    bench("target", "add", "far", "--kind", "ssh", "--host", ALIAS)
    bench("target", "add", "box", "--kind", "docker", "--base", BASE)
    yield bench
    for job in bench("job", "list", "--unfinished"):
        bench("job", "cancel", f"j_{job['number']}")


@pytest.fixture(scope="module")
def runs(bench: Bench) -> dict[str, Any]:
    """Three runs at once, one a place; two of them build a runtime first."""
    words = ("run", "train", "late", "--trainer", "hgb", "--seed", "7", "--detach", "--target")
    queued = {place: bench(*words, place)["reference"] for place in PLACES}

    def look() -> dict[str, Any]:
        return {place: bench("run", "show", run) for place, run in queued.items()}

    return wait_for(look, lambda found: all(r["state"] in ENDED for r in found.values()), 900.0)


pytestmark = [
    pytest.mark.real("sshd", "ssh", "ssh-keygen", "dockerd"),
    pytest.mark.timeout(1200),  # a runtime and an image are built, from packages that are fetched
]


def test_the_same_model_and_figures_everywhere(bench: Bench, runs: dict[str, Any]) -> None:
    here = runs["local"]
    assert here["state"] == "succeeded"
    assert here["model"]["content"].startswith("m1:")
    for place in PLACES[1:]:
        assert runs[place]["state"] == "succeeded"
        assert runs[place]["model"]["content"] == here["model"]["content"], place
        assert runs[place]["metrics"] == here["metrics"], place
        assert runs[place]["target"] == place


def test_killed_runners_do_not_hold_up_a_run_there(
    bench: Bench, runs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whenever one is killed, the next takes over from the records; the work is done once."""
    for name, value in bench.environment.items():
        monkeypatch.setenv(name, value)
    words = ("run", "train", "late", "--trainer", "hgb", "--seed", "8", "--detach", "--target")
    # Enough to do that it is still at work when the second runner has come up, also on a busy machine.
    run = bench(*words, "far", "-P", "max_iter=4000")["reference"]
    project = open_project(bench.root, via="test")
    killed: list[int] = []

    def look() -> Any:
        wake_runner(project)
        pid = runner_pid(project)
        shown = bench(
            "run", "show", run
        )  # takes as long as a step there: each is killed at another
        if pid and len(killed) < 4 and shown["state"] not in ENDED:
            killed.append(pid)
            os.kill(pid, signal.SIGKILL)
        return shown

    found = wait_for(look, lambda shown: shown["state"] in ENDED, 300.0)
    assert found["state"] == "succeeded"
    assert len(set(killed)) >= 2
    job = next(job for job in bench("job", "list") if job["run"] == found["id"])
    log = (bench.root / ".workbench" / "jobs" / job["id"] / "log").read_text()
    assert [log.count(word) for word in ("folds 3/3", "done in")] == [1, 1]


def holds(data: bytes) -> bool:
    """Tell whether the secret is in `data`, packed as a zip or tar or not."""
    if SECRET.encode() in data:
        return True
    if zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return any(holds(archive.read(name)) for name in archive.namelist())
    return False


def found_in(folder: Path) -> list[str]:
    paths = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert paths, folder
    return [str(path) for path in paths if holds(path.read_bytes())]


def test_no_secret_is_in_records_logs_bundles_or_remote_folders(
    bench: Bench, runs: dict[str, Any], sshd: Sshd
) -> None:
    assert holds(SECRET.encode())
    assert found_in(bench.root / ".workbench") == []
    there = [
        path
        for path in (sshd.folder / "state" / "workbench").rglob("*")
        if path.is_file() and "runtimes" not in path.parts and holds(path.read_bytes())
    ]
    assert there == []
    assert list((sshd.folder / "state/workbench/jobs").iterdir()) == []
    assert found_in(sshd.folder / "state" / "workbench" / "objects") == []


def test_no_secret_is_in_an_image_or_a_volume(bench: Bench, runs: dict[str, Any]) -> None:
    names = docker("images", "--format", "{{.Repository}}:{{.Tag}}", "workbench-runtime").split()
    assert names
    for name in names:
        assert SECRET not in docker("inspect", name)
        assert SECRET not in docker("history", "--no-trunc", name)
    with subprocess.Popen(["docker", "save", names[0]], stdout=subprocess.PIPE) as saved:
        assert saved.stdout is not None
        before = b""
        while chunk := saved.stdout.read(16 * 1024 * 1024):
            assert SECRET.encode() not in before + chunk
            before = chunk[-len(SECRET) :]
    owner = ["--filter", "label=workbench.job"]
    assert docker("ps", "--all", "--quiet", *owner) == ""
    assert docker("volume", "ls", "--quiet", *owner) == ""
