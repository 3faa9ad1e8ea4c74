from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.compute.jobs import Job, get_job, queue_record, store_spec
from workbench.compute.spec import JobSpec
from workbench.project.project import Project, init_project, open_project
from workbench.runner.loop import Loop
from workbench.testing.compute import wait_for
from workbench.testing.work import work_spec, write_package


class Bench:
    """A project with a loop that is turned by hand: no runner process is about."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.loop = Loop(project)

    def queue(self, spec: JobSpec | None = None, **work: object) -> str:
        spec = spec or work_spec(**work)
        digest = store_spec(self.project, spec)
        self.project.store.decide(lambda view: [queue_record(view, spec, digest)])
        return spec.job

    def job(self, job: str) -> Job:
        return get_job(self.project, job)

    def turn(self, job: str) -> Job:
        self.loop.turn()
        return self.job(job)

    def until(self, job: str, state: str) -> Job:
        return wait_for(lambda: self.turn(job), lambda found: found.state == state)

    def log(self, job: str) -> bytes:
        return (self.project.paths.job(job) / "log").read_bytes()


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.syspath_prepend(str(write_package(tmp_path / "packages")))
    monkeypatch.setenv("WORKBENCH_RUNNER_SLOTS", "2")
    init_project(tmp_path / "line", "line")
    bench = Bench(open_project(tmp_path / "line", via="runner"))
    yield bench
    from workbench.compute.jobs import list_jobs
    from workbench.compute.targets import open_target

    local = open_target(bench.project, "local")
    for job in list_jobs(bench.project):
        local.stop(local.prepare(job.id))
