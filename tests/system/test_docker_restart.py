"""An engine that ends and comes back, or has no space: our own dockerd, so that it may."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from real.docker import Dockerd, docker, left_of, sending

from workbench.errors import TargetError, TargetRefused
from workbench.testing.compute import wait_for

pytestmark = [
    pytest.mark.root,
    pytest.mark.real("dockerd", "mount"),
    pytest.mark.timeout(300),
]

COUNT = """
import time
number = 0
while not (folder / "out" / "enough").exists():
    print(f"line {number:07d}", flush=True)
    number += 1
    time.sleep(0.01)
(folder / "out" / "made").write_text(str(number))
"""

LONG = """number = 0
for number in range(30_000): print(f"line {number:07d}")
number += 1
"""


@pytest.fixture
def live() -> Iterator[Dockerd]:
    yield from running("--live-restore")


@pytest.fixture
def plain() -> Iterator[Dockerd]:
    yield from running()


def running(*flags: str) -> Iterator[Dockerd]:
    engine = Dockerd(*flags)
    engine.start()
    try:
        engine.load_base()
        yield engine
    finally:
        engine.close()


def is_continuous(log: bytes) -> bool:
    """Tell whether the lines are numbered from 0 on, none missing and none twice."""
    whole = log[: log.rindex(b"\n") + 1].decode()
    return whole == "".join(f"line {number:07d}\n" for number in range(whole.count("\n")))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["ended", "killed"])
def test_with_live_restore_the_job_goes_on(
    live: Dockerd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    with sending(tmp_path, monkeypatch, engine=live.host) as jobs:
        handle = jobs.start(COUNT)
        before = jobs.printed(handle, b"line 0000010")
        live.end(number)
        for deed in (lambda: jobs.target.poll(handle), lambda: jobs.target.read(handle, "log", 0)):
            with pytest.raises(TargetError) as caught:
                deed()
            assert caught.value.code == "target.connection"
        live.start()
        assert jobs.target.poll(handle).state == "running"
        after = wait_for(lambda: jobs.log(handle), lambda log: len(log) > len(before) + 5000, 60.0)
        assert after.startswith(before)
        assert is_continuous(after)
        enough = f"/job/workbench/jobs/{handle['job']}/out/enough"
        docker("exec", f"workbench-job-{handle['job']}", "touch", enough, host=live.host)
        assert jobs.ended(handle).exit_code == 0
        log = jobs.log(handle)
        assert is_continuous(log)
        jobs.target.fetch(handle, tmp_path / "into")
        assert int((tmp_path / "into" / "made").read_text()) == log.count(b"\n")
        jobs.target.remove(handle)
        assert left_of(handle["job"], live.host) == []


def test_a_long_log_goes_on_after_a_restart(
    live: Dockerd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reader was a helper, whose connection is gone: another one takes over, none is left."""
    source = COUNT.replace("number = 0\n", LONG)
    with sending(tmp_path, monkeypatch, engine=live.host) as jobs:
        handle = jobs.start(source)
        before = jobs.printed(handle, b"line 0030010")
        live.end()
        live.start()
        after = wait_for(lambda: jobs.log(handle), lambda log: len(log) > len(before) + 1000, 60.0)
        assert is_continuous(after)
        jobs.target.stop(handle)
        jobs.ended(handle)
        jobs.target.remove(handle)
        assert docker("ps", "--all", "--quiet", host=live.host) == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["ended", "killed"])
def test_without_live_restore_the_end_is_told_truly(
    plain: Dockerd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """The engine ends its containers when it goes, or when it comes back: nobody here asked for it."""
    with sending(tmp_path, monkeypatch, engine=plain.host) as jobs:
        handle = jobs.start(COUNT)
        jobs.printed(handle, b"line 0000010")
        plain.end(number)
        plain.start()
        status = jobs.ended(handle)
        assert status.exit_code == -15
        assert status.reason.endswith("or because the engine or its machine went down")
        assert is_continuous(jobs.log(handle))


def test_an_engine_that_ends_in_the_middle_of_a_transfer(
    plain: Dockerd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One clear error; afterwards the same call finishes the work."""
    (tmp_path / "data").write_bytes(os.urandom(40_000_000))
    with sending(tmp_path, monkeypatch, engine=plain.host) as jobs:
        bundle = jobs.bundle(
            "print((folder / 'in' / 'data').stat().st_size)", {"data": tmp_path / "data"}
        )
        ended = []

        def end(stage: object) -> None:
            if "data" in str(stage) and not ended:
                ended.append(stage)
                plain.end(signal.SIGKILL)

        handle = jobs.target.prepare(bundle.job)
        with pytest.raises(TargetError) as caught:
            jobs.target.submit(handle, bundle, end)
        assert caught.value.code == "target.connection"
        assert ended
        plain.start()
        jobs.send(bundle)
        assert jobs.ended(handle).exit_code == 0
        assert jobs.log(handle) == b"40000000\n"


def fill(engine: Dockerd, leave: int) -> Path:
    """Fill the engine's disk but for `leave` bytes; return the file that does."""
    filler = Path(engine.folder, "filler")
    free = os.statvfs(engine.folder)
    with filler.open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, free.f_bavail * free.f_frsize - leave)
    return filler


def test_a_full_disk_while_data_is_sent(
    plain: Dockerd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One error, nothing started, nothing left; with space again the job runs."""
    (tmp_path / "data").write_bytes(bytes(30_000_000))
    with sending(tmp_path, monkeypatch, engine=plain.host) as jobs:
        assert jobs.ended(jobs.start("pass")).exit_code == 0
        bundle = jobs.bundle("pass", {"data": tmp_path / "data"})
        filler = fill(plain, 10_000_000)
        with pytest.raises(TargetError) as caught:
            jobs.send(bundle)
        assert caught.value.code == "target.disk"
        handle = jobs.target.prepare(bundle.job)
        assert jobs.target.poll(handle).state == "starting"
        filler.unlink()
        jobs.target.submit(handle, bundle)
        assert jobs.ended(handle).exit_code == 0
        jobs.target.remove(handle)
        assert left_of(bundle.job, plain.host) == []


def test_a_full_disk_while_a_runtime_is_built(
    plain: Dockerd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sending(tmp_path, monkeypatch, engine=plain.host) as jobs:
        filler = fill(plain, 20_000_000)
        with pytest.raises(TargetRefused) as caught:
            jobs.start("pass")
        assert caught.value.code == "target.disk"
        assert docker("ps", "--all", "--quiet", host=plain.host) == ""
        assert docker("images", "--quiet", "--filter", "dangling=true", host=plain.host) == ""
        filler.unlink()
        assert jobs.ended(jobs.start("pass")).exit_code == 0
