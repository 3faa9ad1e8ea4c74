"""The contract on a real Docker engine: what the work writes is reached through Docker's own client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from real.docker import docker, drop_objects, left_of, make_target, small_runtime

from plugins.compute.docker.target import DockerTarget
from workbench.compute.contract import Handle
from workbench.compute.folder import MARK
from workbench.compute.processes import marked
from workbench.runtimes.runtime import Runtime
from workbench.testing.compute import TargetContract


@pytest.mark.real("dockerd")
class TestDocker(TargetContract):
    patience = 60.0

    @pytest.fixture
    def target(self, tmp_path: Path) -> Iterator[DockerTarget]:
        target = make_target(tmp_path)
        yield target
        target.close()
        drop_objects()

    @pytest.fixture
    def runtime(self) -> Runtime:
        return small_runtime()

    @pytest.fixture
    def place(self) -> Path:
        return Path("/job")  # the volume of the job, wherever it runs

    def touch(self, handle: Handle, path: Path) -> None:
        docker("exec", f"workbench-job-{handle['job']}", "touch", str(path))

    def content(self, handle: Handle, path: Path) -> str:
        folder = Path(
            docker("volume", "inspect", "-f", "{{.Mountpoint}}", f"workbench-job-{handle['job']}")
        )
        return (folder / path.relative_to("/job")).read_text()

    def left(self, handle: Handle) -> list[str]:
        return left_of(handle["job"])

    def is_alive(self, handle: Handle, pid: int) -> bool:
        """By pid the machine does not know it: by the mark that every process of a job bears."""
        return bool(marked(MARK, handle["job"]))
