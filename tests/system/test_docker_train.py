"""One specification, here and in a container: the same work, by `workbench run train --target`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from late_project import late_project
from real.docker import BASE, docker, left_of

from workbench.experiments.runs import get_run
from workbench.project.project import Project

pytestmark = [pytest.mark.real("dockerd"), pytest.mark.timeout(900)]

SETTINGS = f"""
[targets.box]
kind = "docker"
base = "{BASE}"
memory = 2048
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = late_project(tmp_path / "p")
    with made.paths.settings.open("a") as stream:
        stream.write(SETTINGS)
    return made


def train(project: Project, target: str) -> dict[str, Any]:
    done = subprocess.run(
        [
            *(sys.executable, "-P", "-m", "workbench", "run", "train", "late"),
            *("--trainer", "linear", "--target", target, "--json"),
        ],
        env=os.environ | {"WORKBENCH_PROJECT": str(project.root)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    data: dict[str, Any] = json.loads(done.stdout)["data"]
    return data


def test_the_same_work_gives_the_same_model(project: Project) -> None:
    here, there = train(project, "local"), train(project, "box")
    assert there["target"] == "box"
    assert there["metrics"] == here["metrics"]
    models = [get_run(project, run["reference"]).model for run in (here, there)]
    assert models[0] is not None
    assert models[1] is not None
    assert models[0].content == models[1].content
    assert project.store.objects.verify(models[1].object) is None
    assert left_of(there["job"]) == []
    mine = ["--filter", f"label=workbench.owner={project.id}-{os.getuid()}"]
    assert docker("ps", "--all", "--quiet", *mine) == ""
    volumes = docker("volume", "ls", "--quiet", *mine).split()
    assert all(name.startswith("workbench-object-") for name in volumes)  # data, for the next run
    if volumes:
        docker("volume", "rm", *volumes)
