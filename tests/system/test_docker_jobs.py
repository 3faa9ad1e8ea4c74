"""Jobs on a real engine: what the contract does not say. Docker's own client is the oracle."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from real.docker import BASE, OWNER, Jobs, docker, left_of, make_target, sending, small_runtime

from workbench.compute.contract import Stage
from workbench.compute.folder import MARK
from workbench.compute.limits import Limits
from workbench.compute.place import digest
from workbench.compute.processes import marked
from workbench.errors import PluginError, TargetError, TargetRefused
from workbench.ids import new_ulid
from workbench.runtimes.runtime import Runtime
from workbench.testing.compute import wait_for

pytestmark = [pytest.mark.real("dockerd"), pytest.mark.timeout(300)]

ENDLESS = "import time\nprint('ready', flush=True)\nwhile True: time.sleep(1)\n"


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    with sending(tmp_path, monkeypatch) as made:
        yield made


def container_of(handle: dict[str, str]) -> str:
    return f"workbench-job-{handle['job']}"


def helpers() -> list[str]:
    marks = [
        "--filter",
        "label=workbench.role=helper",
        "--filter",
        f"label=workbench.owner={OWNER}",
    ]
    return docker("ps", "--all", "--quiet", *marks).split()


def test_a_long_log_comes_whole_and_continues_at_any_byte(jobs: Jobs) -> None:
    """Beyond what is read in one piece from the engine, while the job still writes."""
    source = """
for number in range(60_000):
    print(f"line {number:08d}", flush=number % 1000 == 0)
print("done", flush=True)
while not (folder / "out" / "go").exists(): __import__("time").sleep(0.02)
"""
    handle = jobs.start(source)
    log = jobs.printed(handle, b"done")
    lines = log.decode().splitlines()
    assert lines == [*(f"line {number:08d}" for number in range(60_000)), "done"]
    for offset in (0, 1, 77, 262_144, len(log) - 3, len(log), len(log) + 5):
        assert jobs.target.read(handle, "log", offset) == log[offset : offset + 1024 * 1024]
    assert len(helpers()) == 1  # kept for the next read
    jobs.target.stop(handle)
    jobs.ended(handle)
    jobs.target.remove(handle)
    assert helpers() == []
    assert left_of(handle["job"]) == []


def test_results_are_fetched_as_they_are(jobs: Jobs, tmp_path: Path) -> None:
    source = """
import os, random
data = random.Random(1).randbytes(3_000_001)
(folder / "out" / "deep").mkdir()
(folder / "out" / "deep" / "big").write_bytes(data)
(folder / "out" / "empty").touch()
os.symlink("/etc/passwd", folder / "out" / "link")
"""
    handle = jobs.start(source)
    assert jobs.ended(handle).exit_code == 0, jobs.log(handle)
    told: list[Stage] = []
    into = tmp_path / "fetched"
    into.mkdir()
    jobs.target.fetch(handle, into, told.append)
    volume = docker("volume", "inspect", "--format", "{{.Mountpoint}}", container_of(handle))
    there = Path(volume, "workbench", "jobs", handle["job"], "out")
    assert digest(into / "deep" / "big") == digest(there / "deep" / "big")
    assert sorted(path.name for path in into.rglob("*")) == ["big", "deep", "empty"]
    assert told[-1] == Stage("results", 3_000_001, 3_000_001, "bytes")


def test_data_is_sent_once(jobs: Jobs, tmp_path: Path) -> None:
    """Two jobs that read one object find the same volume, filled by the first."""
    (tmp_path / "table").write_bytes(os.urandom(2_000_000))
    sha = digest(tmp_path / "table")
    read = "import hashlib\nprint(hashlib.sha256((folder / 'in' / 'table').read_bytes()).hexdigest())\n"
    refused = (
        "try: open(folder / 'in' / 'table', 'wb')\nexcept OSError as error: print(error.errno)\n"
    )
    first, second = ([], [])
    for told in (first, second):
        bundle = jobs.bundle(read + refused, {"table": tmp_path / "table"})
        handle = jobs.target.prepare(bundle.job)
        try:
            jobs.target.submit(handle, bundle, told.append)
            jobs.ended(handle)
            assert jobs.log(handle) == f"{sha}\n30\n".encode()  # EROFS
        finally:
            jobs.target.stop(handle)
            jobs.target.remove(handle)
    assert [stage.name for stage in first].count("data") == 2
    assert "data" not in [stage.name for stage in second]
    assert docker("volume", "ls", "--quiet", "--filter", f"label=workbench.object={sha}") != ""
    removed = jobs.target.prune()
    assert any(sha in found.name for found in removed)
    assert docker("volume", "ls", "--quiet", "--filter", f"label=workbench.object={sha}") == ""


def test_an_interrupted_transfer_is_gone_on_with(jobs: Jobs, tmp_path: Path) -> None:
    (tmp_path / "table").write_bytes(os.urandom(24_000_000))
    bundle = jobs.bundle(
        "print((folder / 'in' / 'table').stat().st_size)", {"table": tmp_path / "table"}
    )
    handle = jobs.target.prepare(bundle.job)

    class Enough(Exception):
        pass

    def give_up(stage: Stage) -> None:
        if stage.name == "data" and stage.done >= 2 * 1024 * 1024:
            raise Enough

    try:
        with pytest.raises(Enough):
            jobs.target.submit(handle, bundle, give_up)
        assert helpers() == []
        assert jobs.target.poll(handle).state == "starting"
        told: list[Stage] = []
        jobs.target.submit(handle, bundle, told.append)
        jobs.ended(handle)
        assert jobs.log(handle) == b"24000000\n"
        sent = [stage.done for stage in told if stage.name == "data"]
        assert sent[0] > 2 * 1024 * 1024
    finally:
        jobs.target.stop(handle)
        jobs.target.remove(handle)
        jobs.target.prune()


def test_two_that_submit_one_job_start_it_once(jobs: Jobs, tmp_path: Path) -> None:
    bundle = jobs.bundle("print('once', flush=True)\n")
    handle = jobs.send(jobs.bundle("pass"))  # so that the image is there
    jobs.ended(handle)
    handle = jobs.target.prepare(bundle.job)
    others = [make_target(tmp_path) for _ in range(3)]
    threads = [threading.Thread(target=one.submit, args=(handle, bundle)) for one in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        jobs.ended(handle)
        assert jobs.log(handle) == b"once\n"
        assert docker("inspect", "--format", "{{.RestartCount}}", container_of(handle)) == "0"
    finally:
        jobs.target.stop(handle)
        jobs.target.remove(handle)
        for one in others:
            one.close()
    assert left_of(handle["job"]) == []


def test_cancel_ends_all_within_five_seconds(jobs: Jobs) -> None:
    """Also processes that ignore SIGTERM in sessions of their own."""
    source = """
import os, signal, time
for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True: time.sleep(1)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
while True: time.sleep(1)
"""
    handle = jobs.start(source)
    jobs.printed(handle, b"ready")
    assert len(marked(MARK, handle["job"])) == 7
    began = time.monotonic()
    jobs.target.stop(handle)
    wait_for(lambda: marked(MARK, handle["job"]), lambda found: not found, 10.0)
    assert time.monotonic() - began < 5.0
    status = jobs.ended(handle)
    assert (status.exit_code, status.reason) == (-9, "stopped by request")


def test_cancel_ends_a_job_whose_watcher_does_not_answer(jobs: Jobs) -> None:
    handle = jobs.start(ENDLESS)
    jobs.printed(handle, b"ready")
    os.kill(
        int(docker("inspect", "--format", "{{.State.Pid}}", container_of(handle))), signal.SIGSTOP
    )
    began = time.monotonic()
    jobs.target.stop(handle)
    wait_for(lambda: marked(MARK, handle["job"]), lambda found: not found, 10.0)
    assert time.monotonic() - began < 5.0
    assert jobs.ended(handle).reason == "stopped by request"


def test_a_job_that_takes_too_long(jobs: Jobs) -> None:
    """The shim holds it to the time that its spec names, whoever watches."""
    handle = jobs.start(ENDLESS, limits=Limits(time=2.0))
    status = jobs.ended(handle)
    assert (status.exit_code, status.reason) == (-15, "over its time of 2s")


def test_what_a_job_uses_is_told(jobs: Jobs) -> None:
    source = "held = b'x' * 120_000_000\n" + ENDLESS
    handle = jobs.start(source)
    look = lambda: jobs.target.poll(handle).usage  # noqa: E731
    usage = wait_for(look, lambda usage: usage is not None and usage.memory > 120_000_000, 60.0)
    assert usage is not None
    assert usage.memory < 400_000_000
    jobs.target.stop(handle)
    ended = jobs.ended(handle).usage
    assert ended is not None
    assert ended.peak >= 120_000_000


def test_killed_by_somebody_else(jobs: Jobs) -> None:
    handle = jobs.start(ENDLESS)
    jobs.printed(handle, b"ready")
    docker("kill", container_of(handle))
    status = jobs.ended(handle)
    assert status.exit_code is None
    assert status.reason.startswith("killed from outside")


def test_stopped_by_somebody_else(jobs: Jobs) -> None:
    handle = jobs.start(ENDLESS)
    jobs.printed(handle, b"ready")
    docker("stop", container_of(handle))
    status = jobs.ended(handle)
    assert status.exit_code == -15
    assert status.reason.startswith("stopped by somebody else")


@pytest.mark.parametrize("finished", [True, False])
def test_a_container_that_somebody_removed(jobs: Jobs, finished: bool, tmp_path: Path) -> None:
    """Its volume still has how it ended, what it printed and what it made."""
    handle = jobs.start(
        ENDLESS if not finished else "print('ready')\n(folder / 'out' / 'x').touch()\n"
    )
    jobs.printed(handle, b"ready")
    if finished:
        jobs.ended(handle)
    docker("rm", "--force", container_of(handle))
    status = jobs.ended(handle)
    assert status.exit_code == (0 if finished else None)
    assert finished or status.reason.startswith("its container was removed")
    assert jobs.log(handle) == b"ready\n"
    jobs.target.fetch(handle, tmp_path / "into")
    assert (tmp_path / "into" / "x").exists() is finished
    jobs.target.remove(handle)
    assert left_of(handle["job"]) == []


@pytest.mark.parametrize("stays", [True, False])
def test_a_volume_that_another_container_holds(jobs: Jobs, stays: bool) -> None:
    """One that is on its way out is waited for; one that stays is told."""
    handle = jobs.start("print('done')")
    jobs.ended(handle)
    mount = f"workbench-job-{handle['job']}:/job"
    seconds = "60" if stays else "2"
    # Without a network: engines that other tests start and end may take the bridge away.
    options = ("--rm", "--detach", "--network", "none", "--volume", mount)
    other = docker("run", *options, BASE, "sleep", seconds).strip()
    if stays:
        with pytest.raises(TargetError, match="volume is in use"):
            jobs.target.remove(handle)
        docker("rm", "--force", other)
    jobs.target.remove(handle)
    assert left_of(handle["job"]) == []


def test_a_running_job_is_not_removed(jobs: Jobs) -> None:
    handle = jobs.start(ENDLESS)
    with pytest.raises(TargetError) as caught:
        jobs.target.remove(handle)
    assert caught.value.code == "job.alive"


def test_a_stop_before_the_start_leaves_nothing(jobs: Jobs) -> None:
    handle = jobs.target.prepare(new_ulid())
    jobs.target.stop(handle)
    assert jobs.target.poll(handle).reason == "stopped before it started"
    jobs.target.remove(handle)
    assert left_of(handle["job"]) == []


@pytest.mark.parametrize("named", ["", "../x", "01J0000000000000000000000"])
def test_a_record_that_names_no_job(jobs: Jobs, named: str) -> None:
    with pytest.raises(TargetError) as caught:
        jobs.target.poll({"job": named})
    assert caught.value.code == "target.handle"


def test_a_job_without_a_runtime(jobs: Jobs) -> None:
    bundle = jobs.bundle("pass")
    bare = replace(bundle, runtime=None)
    with pytest.raises(PluginError):
        jobs.target.submit(jobs.target.prepare(bundle.job), bare)
    assert left_of(bundle.job) == []


def test_the_image_is_built_once_and_pruned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that build at once make one image; a container holds it, then it goes."""
    runtime = Runtime("3.11", small_runtime().lock + b"# for this test alone\n")
    mark = f"label=workbench.runtime={runtime.digest}"
    look = ["images", "--quiet", "--no-trunc", "--filter", mark]
    with sending(tmp_path, monkeypatch) as jobs:
        bundles = [replace(jobs.bundle("pass"), runtime=runtime) for _ in range(2)]
        others = [make_target(tmp_path) for _ in bundles]
        threads = [
            threading.Thread(target=other.submit, args=(other.prepare(bundle.job), bundle))
            for other, bundle in zip(others, bundles, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        handles = [jobs.send(bundle) for bundle in bundles]  # again: nothing new
        for handle in handles:
            assert jobs.ended(handle).exit_code == 0
        image = docker(*look)
        assert len(image.splitlines()) == 1
        says = docker(
            "run", "--rm", "--network", "none", image, "python", "-c", "import msgspec; print(1)"
        )
        assert says == "1"  # it runs what it is told to, for people too
        jobs.target.prune()
        assert docker(*look) == image
        for handle in handles:
            jobs.target.remove(handle)
        name = docker("inspect", "--format", "{{index .RepoTags 0}}", image)
        assert name in [found.name for found in jobs.target.prune()]
        assert docker(*look) == ""
        for other in others:
            other.close()


def test_helpers_of_a_process_that_has_ended_are_pruned(jobs: Jobs) -> None:
    marks = ["--label", f"workbench.owner={OWNER}", "--label", "workbench.role=helper"]
    gone = f"{os.uname().nodename}:0:{2**22 - 1}:1:an earlier boot"
    other = "elsewhere:0:1:1:boot"
    for mark in (gone, other):
        docker(
            "create",
            *marks,
            "--label",
            f"workbench.client={mark}",
            "workbench-base:bookworm",
            "true",
        )
    jobs.target.prune()
    left = helpers()
    assert len(left) == 1
    assert (
        docker("inspect", "--format", '{{index .Config.Labels "workbench.client"}}', left[0])
        == other
    )
    docker("rm", left[0])


def test_probe_tells_what_is_there(tmp_path: Path) -> None:
    target = make_target(tmp_path)
    found = target.probe()
    target.close()
    assert found.ok
    assert docker("version", "--format", "{{.Server.Version}}") in found.facts["engine"]
    assert (
        docker("inspect", "--format", "{{.Id}}", "workbench-base:bookworm") in found.facts["base"]
    )
    assert found.facts["python"].startswith("3.11")
    assert found.facts["cores"] == str(os.cpu_count())
    assert helpers() == []


def test_an_image_without_the_runtime_s_python(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = jobs.bundle("pass")
    wrong = replace(bundle, runtime=Runtime("3.13", small_runtime().lock))
    with pytest.raises(TargetRefused) as caught:
        jobs.target.submit(jobs.target.prepare(bundle.job), wrong)
    assert caught.value.code == "runtime.python"
    assert docker("ps", "--all", "--quiet", "--filter", "label=workbench.role=build") == ""
    assert left_of(bundle.job) == []
