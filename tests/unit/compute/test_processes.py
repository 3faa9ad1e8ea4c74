import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from workbench.compute import identity, processes
from workbench.compute.identity import Identity, boot_id, identify, myself
from workbench.compute.processes import descendants, end_all, is_alive, look, marked, send
from workbench.testing.compute import wait_for

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(SLEEP, env=os.environ | {"A_MARK": "of mine"}) as process:
        yield process
        process.kill()


def test_a_process_is_itself(child: subprocess.Popen[bytes]) -> None:
    who = identify(child.pid)
    assert who is not None
    assert who == identify(child.pid)
    assert (look(who), is_alive(who)) == ("alive", True)
    assert myself().pid == os.getpid()


def test_start_is_what_psutil_says(child: subprocess.Popen[bytes]) -> None:
    who = identify(child.pid)
    assert who is not None
    seconds = who.start / os.sysconf("SC_CLK_TCK")
    assert psutil.boot_time() + seconds == pytest.approx(
        psutil.Process(child.pid).create_time(), abs=1.5
    )


def test_dead_zombie_reused_and_rebooted_are_told_apart(child: subprocess.Popen[bytes]) -> None:
    who = identify(child.pid)
    assert who is not None
    assert look(who._replace(start=who.start - 1)) == "reused"
    assert look(who._replace(boot="before")) == "rebooted"
    child.kill()
    # Not waited for: it is a zombie, which has ended as far as anybody cares.
    wait_for(lambda: look(who), lambda life: life == "dead")
    assert Path(f"/proc/{child.pid}").exists()
    child.wait()
    assert look(who) == "dead"


@pytest.mark.parametrize("pid", [0, -1, 2**22 + 5])
def test_nobody(pid: int) -> None:
    assert identify(pid) is None


def test_a_signal_goes_to_that_process_only(child: subprocess.Popen[bytes]) -> None:
    who = identify(child.pid)
    assert who is not None
    assert not send(who._replace(start=who.start + 1), signal.SIGKILL)
    assert is_alive(who)
    assert send(who, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert not send(who, signal.SIGKILL)


def test_descendants_are_what_psutil_says() -> None:
    code = f"import subprocess; subprocess.run({SLEEP!r})"
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        found = wait_for(lambda: descendants(os.getpid()), lambda family: len(family) >= 2)
        theirs = {child.pid for child in psutil.Process().children(recursive=True)}
        assert {who.pid for who in found} == theirs
        assert end_all(lambda: descendants(os.getpid()), grace=0.2, between=process.poll)
    assert descendants(os.getpid()) == []


def test_a_mark_finds_who_lost_its_parent(child: subprocess.Popen[bytes]) -> None:
    assert wait_for(lambda: [who.pid for who in marked("A_MARK", "of mine")], bool) == [child.pid]
    assert marked("A_MARK", "of") == []


def test_who_ignores_sigterm_is_killed() -> None:
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        who = identify(process.pid)
        assert who is not None
        assert end_all(lambda: [who] if is_alive(who) else [], grace=0.1)
        assert process.wait() == -signal.SIGKILL


def test_end_all_says_when_it_cannot() -> None:
    stranger = Identity(1, -1, boot_id())  # nobody: no signal reaches it, and it does not go
    assert not end_all(lambda: [stranger], grace=0.0, limit=0.1)


def test_without_proc_psutil_answers_the_same(
    child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_proc = {who.pid for who in descendants(os.getpid())}
    for room in (identity, processes):
        monkeypatch.setattr(room, "HAS_PROC", False)
    boot_id.cache_clear()
    try:
        assert {who.pid for who in descendants(os.getpid())} == with_proc
        who = identify(child.pid)
        assert who is not None
        assert is_alive(who)
        child.kill()
        wait_for(lambda: look(who), lambda life: life == "dead")
        assert identify(2**22 + 5) is None
    finally:
        boot_id.cache_clear()
