"""The runtime of a job is kept with its record: what was queued is what runs, whatever changes later."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from real.index import Index, make_wheel
from real.pipes import Pipes

from workbench.compute import jobs
from workbench.compute.contract import Surroundings
from workbench.compute.jobs import Job, get_job, queue, queue_record, store_runtime, store_spec
from workbench.compute.spec import JobSpec
from workbench.errors import BadInput, NotFound
from workbench.ids import new_ulid
from workbench.project.project import Project
from workbench.remote.target import RemoteTarget
from workbench.runner import follow
from workbench.runner.loop import Loop
from workbench.runtimes.kept import keep_runtime, kept_runtime
from workbench.runtimes.lock import lock_runtime
from workbench.runtimes.runtime import Runtime
from workbench.testing.compute import wait_for

from .conftest import Make, imported

PACKAGE = "workbench_kept_job"
PINNED = b"tiny==1.0 \\\n    --hash=sha256:" + b"0" * 64 + b"\n"


class Far:
    """A project with a target `far` that builds runtimes, and its loop, turned here."""

    def __init__(self, project: Project, target: RemoteTarget) -> None:
        self.project = project
        self.target = target
        self.loop = Loop(project)

    def want(self, package: str) -> None:
        """Have another package under `[runtime]`."""
        path = self.project.paths.settings
        lines = path.read_text().splitlines()
        lines = [
            f'packages = ["{package}"]' if line.startswith("packages") else line for line in lines
        ]
        path.write_text("\n".join(lines) + "\n")
        self.project.fresh_settings()

    def until_ended(self, job: str) -> Job:
        def look() -> Job:
            self.loop.turn()
            return get_job(self.project, job)

        return wait_for(look, lambda found: found.ended, 120.0)

    def log(self, job: str) -> str:
        return (self.project.paths.job(job) / "log").read_text()


@pytest.fixture
def far(tmp_path: Path, make: Make, index: Index, monkeypatch: pytest.MonkeyPatch) -> Iterator[Far]:
    package = tmp_path / "packages" / PACKAGE
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "work.py").write_text("import boosted\nprint(boosted.VERSION)\n")
    monkeypatch.syspath_prepend(str(package.parent))
    monkeypatch.setattr(jobs, "wake_runner", lambda project: None)
    index.add(make_wheel("boosted", "3.1"))
    index.add(make_wheel("boosted", "4.2"))
    project = make(["boosted<4"])
    with project.paths.settings.open("a") as stream:
        stream.write('\n[targets.far]\nkind = "pipes"\n')
    project.fresh_settings()
    (tmp_path / "home").mkdir()
    pipes = Pipes(tmp_path / "home", sys.executable)
    around = Surroundings(project.paths.cache, "test", index=index.url)
    target = RemoteTarget("far", pipes, around)
    target.pace = 0.05
    for module in (jobs, follow):
        monkeypatch.setattr(module, "open_target", lambda project, name: target)
    yield Far(project, target)
    target.close()
    pipes.close()


def work() -> JobSpec:
    module = f"{PACKAGE}.work"
    return JobSpec(job=new_ulid(), kind="test", module=module, plugins=(f"{module}:NONE",))


def test_a_queued_job_runs_in_what_was_locked_then(far: Far, tmp_path: Path) -> None:
    job = queue(far.project, work(), target="far")
    lock = lock_runtime(far.project, ())
    shutil.rmtree(far.project.paths.cache)
    far.want("boosted>=4")
    far.until_ended(job.id)
    assert far.log(job.id) == "3.1\n"
    assert get_job(far.project, job.id).state == "succeeded"
    assert [path.name for path in (tmp_path / "home").glob(".local/state/workbench/runtimes/*")
            if len(path.name) == 64] == [job.runtime]  # fmt: skip
    assert kept_runtime(far.project, job.runtime) == lock
    later = queue(far.project, work(), target="far")
    assert later.runtime != job.runtime
    far.until_ended(later.id)
    assert far.log(later.id) == "4.2\n"


def test_what_is_kept_is_what_uv_made(far: Far, index: Index) -> None:
    digest = store_runtime(far.project, work(), "far")
    [kept] = far.project.paths.cache.glob("runtime-*.lock")
    lock = kept.read_bytes()
    shutil.rmtree(far.project.paths.cache)
    index.files.clear()  # nothing is asked again
    found = kept_runtime(far.project, digest)
    assert found.lock == lock
    assert b"boosted==3.1 \\\n    --hash=sha256:" in lock
    assert found.digest == digest  # the one that its folder on a target goes by
    assert found.text == f"# Python {found.python}\n{lock.decode()}"


def test_uv_reads_what_is_given_out(far: Far, index: Index, tmp_path: Path) -> None:
    from workbench.runtimes.tool import run_uv

    found = kept_runtime(far.project, store_runtime(far.project, work(), "far"))
    (tmp_path / "lock.txt").write_text(found.text)
    run_uv(("venv", "--python", sys.executable, tmp_path / "again"))
    python = tmp_path / "again" / "bin" / "python"
    sync = ("pip", "sync", "--python", python, "--require-hashes", tmp_path / "lock.txt")
    run_uv(sync, index=index.url)
    assert imported(python, "import boosted; print(boosted.VERSION)") == "3.1"


def test_a_job_from_before_runtimes_were_kept_is_locked_when_it_starts(far: Far) -> None:
    spec = work()
    digest = store_spec(far.project, spec)
    far.project.store.decide(lambda view: [queue_record(view, spec, digest, target="far")])
    assert get_job(far.project, spec.job).runtime == ""
    assert far.until_ended(spec.job).state == "succeeded"
    assert far.log(spec.job) == "3.1\n"


def test_a_job_whose_runtime_is_gone_ends_and_says_why(far: Far) -> None:
    job = queue(far.project, work(), target="far")
    far.project.store.objects.path(job.runtime).unlink()
    found = far.until_ended(job.id)
    assert found.state == "failed"
    assert found.reason.startswith("An object of this project is missing")


def test_work_on_this_machine_locks_nothing(make: Make, index: Index) -> None:
    assert store_runtime(make(url="http://127.0.0.1:9/simple/"), work(), "local") == ""
    assert index.asked == []


@pytest.mark.parametrize(
    "data", [b"", PINNED, b"3.11 --x\n" + PINNED, b"2.7\n" + PINNED, b"3.11\n-e /etc\n"]
)
def test_an_object_that_is_no_runtime_is_refused(make: Make, data: bytes) -> None:
    project = make()
    digest = project.store.objects.put_bytes(data)
    with pytest.raises(BadInput) as refused:
        kept_runtime(project, digest)
    assert refused.value.code == "runtime.lock"


def test_a_kept_runtime_is_an_object_like_others(make: Make) -> None:
    project = make()
    runtime = Runtime("3.11", PINNED)
    assert keep_runtime(project, runtime) == keep_runtime(project, runtime) == runtime.digest
    project.store.objects.verify(runtime.digest)
    with pytest.raises(NotFound):
        kept_runtime(project, "0" * 64)
