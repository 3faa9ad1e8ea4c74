"""News of a job: how far it is on its way, and what it uses."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from workbench.compute import staging
from workbench.compute.contract import Stage
from workbench.compute.limits import Usage
from workbench.compute.staging import (
    clear_stage,
    end_usage,
    read_stage,
    read_usage,
    write_stage,
    write_usage,
)

MIB = 2**20


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(staging.time, "time", found.time)
    return found


def data(done: int, total: int = 100) -> Stage:
    return Stage("data", done * MIB, total * MIB, "bytes")


def test_nothing_was_said(tmp_path: Path) -> None:
    assert read_stage(tmp_path) is None
    assert read_usage(tmp_path / "never") is None


def test_a_stage_has_share_rate_and_age(tmp_path: Path, clock: Clock) -> None:
    folder = tmp_path / "job"
    for second in range(4):
        write_stage(folder, data(10 * second))
        clock.now += 1
    seen = read_stage(folder)
    assert seen is not None
    assert (seen.name, seen.share, seen.unit) == ("data", 0.3, "bytes")
    assert seen.rate == 10 * MIB  # ten more each second
    assert seen.age(clock.now + 1) == 2
    assert stat.S_IMODE((folder / "stage.json").stat().st_mode) == 0o600


def test_the_rate_is_of_the_last_seconds(tmp_path: Path, clock: Clock) -> None:
    for _ in range(100):
        write_stage(tmp_path, data(0))
        clock.now += 1
    for step in range(6):
        write_stage(tmp_path, data(8 * step))
        clock.now += 1
    seen = read_stage(tmp_path)
    assert seen is not None
    assert seen.rate == 8 * MIB


def test_at_most_four_times_a_second_but_for_beginning_and_end(
    tmp_path: Path, clock: Clock
) -> None:
    write_stage(tmp_path, Stage("connect"))
    write_stage(tmp_path, data(0))  # another stage: at once
    clock.now += 0.1
    write_stage(tmp_path, data(50))
    seen = read_stage(tmp_path)
    assert seen is not None
    assert (seen.name, seen.done) == ("data", 0)
    write_stage(tmp_path, data(100))  # its end: at once
    seen = read_stage(tmp_path)
    assert seen is not None
    assert seen.share == 1.0
    assert seen.rate is None  # a tenth of a second tells nothing
    clock.now += 0.25
    write_stage(tmp_path, data(60))
    seen = read_stage(tmp_path)
    assert seen is not None
    assert seen.done == 60 * MIB


def test_a_stage_that_begins_anew_has_no_negative_rate(tmp_path: Path, clock: Clock) -> None:
    write_stage(tmp_path, data(50))
    clock.now += 1
    write_stage(tmp_path, data(10))
    clock.now += 1
    write_stage(tmp_path, data(11))
    seen = read_stage(tmp_path)
    assert seen is not None
    assert seen.rate == MIB


def test_an_arrived_job_has_no_stage(tmp_path: Path) -> None:
    write_stage(tmp_path, Stage("code"))
    clear_stage(tmp_path)
    clear_stage(tmp_path)
    assert read_stage(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"{", b'{"name": 1}', b"\xff", b'{"name":"x"}'])
def test_damaged_news_are_no_news(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "stage.json").write_bytes(content)
    (tmp_path / "usage.json").write_bytes(content)
    assert read_stage(tmp_path) is None
    assert read_usage(tmp_path) is None


def test_usage_tells_how_many_cores_are_busy(tmp_path: Path, clock: Clock) -> None:
    write_usage(tmp_path, Usage(0.0, MIB, MIB))
    clock.now += 0.1
    write_usage(tmp_path, Usage(0.1, 9 * MIB, 9 * MIB))  # too soon
    seen = read_usage(tmp_path)
    assert seen is not None
    assert (seen.cores, seen.memory) == (None, MIB)
    clock.now += 1.9
    write_usage(tmp_path, Usage(3.0, 2 * MIB, 5 * MIB))
    seen = read_usage(tmp_path)
    assert seen is not None
    assert (seen.cpu, seen.memory, seen.peak, seen.cores) == (3.0, 2 * MIB, 5 * MIB, 1.5)
    end_usage(tmp_path)
    seen = read_usage(tmp_path)
    assert seen is not None  # what it used last stays
