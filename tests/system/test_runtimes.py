"""The worker's real packages, from the package index that uv is set up for, on a target of this machine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from real.pipes import Pipes

from workbench.compute.contract import Surroundings
from workbench.project.project import init_project
from workbench.remote.builder import Builder
from workbench.remote.target import RemoteTarget
from workbench.runtimes.lock import WORKER, lock_runtime
from workbench.runtimes.lockfile import read_lock
from workbench.runtimes.runtime import Runtime

HGB = ("plugins.trainers.hgb:TRAINER",)
CLOSED = "http://127.0.0.1:9"
TELL = """
import importlib.metadata, msgspec, numpy, polars, skops.io
from sklearn.linear_model import LinearRegression
fitted = LinearRegression().fit(numpy.arange(6.0).reshape(3, 2), [1.0, 2.0, 3.0])
assert polars.DataFrame({"a": [1, 2]})["a"].sum() == 3
assert skops.io.loads(skops.io.dumps(fitted)).coef_.tolist() == fitted.coef_.tolist()
for found in importlib.metadata.distributions():
    print(found.name, found.version)
"""


@pytest.fixture
def pipes(tmp_path: Path) -> Iterator[Pipes]:
    (tmp_path / "home").mkdir()
    made = Pipes(tmp_path / "home", sys.executable)
    yield made
    made.close()


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    return lock_runtime(init_project(tmp_path / "project", "flights"), HGB)


@pytest.mark.parametrize("way", ["index", "wheels"])
def test_the_workers_packages_work_there(
    tmp_path: Path, pipes: Pipes, runtime: Runtime, way: str
) -> None:
    if way == "wheels":
        pipes.more = {"http_proxy": CLOSED, "https_proxy": CLOSED}
    (tmp_path / "cache").mkdir()
    target = RemoteTarget("there", pipes, Surroundings(tmp_path / "cache", "test"))
    try:
        python = Builder(target.agents, lambda stage: None).ensure(runtime, tmp_path / "cache", "")
        assert (tmp_path / "cache" / "wheels").exists() == (way == "wheels")
        run = [python, "-P", "-I", "-c", TELL]
        said = subprocess.run(run, capture_output=True, text=True, check=True, cwd="/").stdout
        there = {name.lower(): number for name, number in map(str.split, said.splitlines())}
        assert there == {pin.name: pin.version for pin in read_lock(runtime.lock)}
        assert {name: there[name] for name in WORKER} == {name: version(name) for name in WORKER}
    finally:
        target.close()
