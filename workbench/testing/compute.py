"""The contract of targets as tests: subclass TargetContract, override `target`, run pytest.

    class TestMine(TargetContract):
        @pytest.fixture
        def target(self):
            return MyTarget(...)

Everything runs for real on the target. What the tests send is in `workbench.testing.work`; nothing of
it needs to be installed there.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from workbench.compute.contract import Bundle, Handle, Status, Target
from workbench.compute.identity import identify
from workbench.ids import new_ulid
from workbench.runtimes.runtime import Runtime
from workbench.testing.work import Sender, write_package


class TargetContract:
    """What every target must do.

    Work and test meet by files, in a place that both see: here, a folder of this machine. A target
    that does not see it overrides `place`, `touch`, `content` and `is_alive`; one that
    `needs_runtime` overrides `runtime`. `left` has an oracle for what remains of a removed job.
    """

    patience = 30.0
    """Seconds that a state may take to come."""

    @pytest.fixture
    def target(self) -> Target:
        """Return the target under test: override this."""
        raise NotImplementedError

    @pytest.fixture
    def runtime(self) -> Runtime | None:
        """Return what the work runs in; it needs msgspec."""
        return None

    @pytest.fixture
    def start(
        self,
        target: Target,
        runtime: Runtime | None,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> Iterator[Sender]:
        """Return what submits work; nothing of it is left after the test."""
        monkeypatch.syspath_prepend(str(write_package(tmp_path / "packages")))
        sender = Sender(target, tmp_path, runtime)
        yield sender
        for handle, _ in sender.sent:
            target.stop(handle)
            wait_for(lambda: target.poll(handle).state, lambda s: s != "running", self.patience)  # noqa: B023
            target.remove(handle)
            assert self.left(handle) == []

    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        """Return the folder, as the work sees it, in which work and test meet."""
        return tmp_path

    def touch(self, handle: Handle, path: Path) -> None:
        """Make an empty file in the place."""
        path.touch()

    def content(self, handle: Handle, path: Path) -> str:
        """Return what the job wrote to a file in the place."""
        return path.read_text()

    def left(self, handle: Handle) -> list[str]:
        """Return what is left of a job that was removed, as the place itself tells."""
        return []

    def is_alive(self, handle: Handle, pid: int) -> bool:
        """Tell whether the process that the job knows by `pid` lives."""
        return identify(pid) is not None

    def until(self, target: Target, handle: Handle, state: str) -> Status:
        """Wait until the target says `state` of the job."""
        return wait_for(lambda: target.poll(handle), lambda s: s.state == state, self.patience)

    def log(self, target: Target, handle: Handle) -> bytes:
        """Return the whole log, read by small steps of the offset."""
        found = b""
        while data := target.read(handle, "log", len(found)):
            found += data
        return found

    def test_probe_says_what_is_there(self, target: Target) -> None:
        """A target that can be tested is all right, and says so with facts."""
        probe = target.probe()
        assert probe.ok, probe.missing
        assert probe.facts

    def test_a_handle_is_json_and_starts_nothing(self, target: Target) -> None:
        """The handle is stored before the work starts: it must survive JSON."""
        handle = target.prepare(new_ulid())
        assert json.loads(json.dumps(handle)) == handle
        assert target.poll(handle).state == "unknown"

    def test_output_comes_as_it_was(self, target: Target, start: Sender) -> None:
        """Both streams in one log, byte for byte, whatever the bytes."""
        out = "".join(map(chr, range(256)))
        handle = start(print=out, complain="err\r\n")
        assert self.until(target, handle, "ended").exit_code == 0
        assert self.log(target, handle) == out.encode("latin-1") + b"err\r\n"
        assert target.read(handle, "log", 200) == self.log(target, handle)[200:]

    def test_inputs_are_there(self, target: Target, start: Sender, tmp_path: Path) -> None:
        """Each input lies under its name in `in/`."""
        (tmp_path / "some").write_bytes(b"content")
        handle = start({"table.parquet": tmp_path / "some"}, read=["table.parquet"])
        assert self.until(target, handle, "ended").exit_code == 0
        assert self.log(target, handle) == b"content"

    @pytest.mark.parametrize("code", [0, 1, 77])
    def test_exit_status(self, target: Target, start: Sender, code: int) -> None:
        """The worker's exit status arrives."""
        assert self.until(target, start(exit=code), "ended").exit_code == code

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
    def test_a_signal_is_a_negative_status(
        self, target: Target, start: Sender, number: int
    ) -> None:
        """Also when the worker is killed, how is written down."""
        status = self.until(target, start(signal=int(number)), "ended")
        assert status.exit_code == -number

    def test_submitting_again_starts_nothing(
        self, target: Target, start: Sender, place: Path
    ) -> None:
        """However often a handle is submitted, while it runs or after: the work runs once."""
        count, gate = place / "count", place / "gate"
        handle = start(count=str(count), until=str(gate))
        start.again(handle)
        self.touch(handle, gate)
        self.until(target, handle, "ended")
        start.again(handle)
        assert target.poll(handle).state == "ended"
        assert self.content(handle, count) == "x"

    def test_stop_ends_every_process(self, target: Target, start: Sender, place: Path) -> None:
        """Also one that left its session and its parent and ignores SIGTERM; and stop may be repeated."""
        left = place / "left"
        handle = start(family=str(left), until=str(place / "never"))
        wait_for(lambda: self.log(target, handle), lambda log: log == b"ready\n", self.patience)
        pid = int(self.content(handle, left))
        assert self.is_alive(handle, pid)
        target.stop(handle)
        target.stop(handle)
        status = self.until(target, handle, "ended")
        assert status.exit_code != 0
        assert not self.is_alive(handle, pid)
        target.stop(handle)

    def test_a_stop_before_the_start_wins(self, target: Target, tmp_path: Path) -> None:
        """A start that comes after the stop finds the job taken."""
        handle = target.prepare(new_ulid())
        target.stop(handle)
        package = tmp_path / "code.zip"
        package.write_bytes(b"PK\5\6" + bytes(18))  # an empty zip: it must not even be looked at
        target.submit(handle, Bundle(new_ulid(), package, b"{}", "nothing"))
        assert target.poll(handle).state == "ended"
        target.remove(handle)

    def test_fetch_brings_files_and_follows_no_link(
        self, target: Target, start: Sender, tmp_path: Path
    ) -> None:
        """What lies in `out/` comes; a link to elsewhere does not."""
        handle = start(write="made")
        self.until(target, handle, "ended")
        into = tmp_path / "fetched"
        into.mkdir()
        target.fetch(handle, into)
        assert (into / "deep" / "file").read_text() == "made"
        assert sorted(path.name for path in into.rglob("*")) == ["deep", "file"]

    def test_what_is_removed_is_unknown(self, target: Target, start: Sender) -> None:
        """A job that the target no longer has is unknown, never ended; removing twice is harmless."""
        handle = start()
        self.until(target, handle, "ended")
        target.remove(handle)
        target.remove(handle)
        assert target.poll(handle).state == "unknown"
        assert target.read(handle, "log", 0) == b""


T = TypeVar("T")


def wait_for(look: Callable[[], T], wanted: Callable[[T], bool], patience: float = 30.0) -> T:
    """Return the first `look()` that is `wanted`; AssertionError with the last one after `patience` s."""
    deadline = time.monotonic() + patience
    while not wanted(found := look()):
        assert time.monotonic() < deadline, f"still {found!r}"
        time.sleep(0.02)
    return found
