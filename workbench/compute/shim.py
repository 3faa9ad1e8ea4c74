"""The parent of a worker on a target: `python -P -m workbench.compute.shim FOLDER MODULE`.

It detaches from whoever started it (own session, SIGHUP ignored, stdin /dev/null), claims the job
by writing `pid`, runs the worker in a session of its own with its output appended to `log`, and
writes `exit` when the worker has ended, killed or not. SIGTERM to it ends every process of the
job: it is their reaper (PR_SET_CHILD_SUBREAPER, Linux), so that one that left its session and its
parent is still found. What the worker leaves running is ended with it. It holds the job to the limits
that its spec names and writes once a second what it uses (`usage`): see workbench.compute.watching.

The first process returns 0 once the job is claimed, by this shim or by an earlier one. With
`--stay` before FOLDER the first process is the watcher itself and returns when the job has ended:
a container lives as long as its first process.
Standard library only.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

from workbench.compute.folder import EVENTS, LOG, OUT, Claim, Exit, claim, write_exit
from workbench.compute.limits import Limits
from workbench.compute.processes import identify, myself
from workbench.compute.watching import WATCHED, Watcher, read_limits, take_on

STAY = "--stay"

_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)


def main() -> int:
    """Start the shim of the job, as argv says; returns the exit status of the first process."""
    *form, folder, module = sys.argv[1:]
    if form == [STAY]:
        return _stay(Path(folder), module)
    return _detach(Path(folder), module)


def _detach(folder: Path, module: str) -> int:
    heard, told = os.pipe()
    if os.fork():
        os.close(told)
        # One byte comes when the job is claimed; without it the child has ended: see its stderr.
        return 0 if os.read(heard, 1) else 1
    os.close(heard)
    os.setsid()
    _settle()
    status = 1
    try:
        status = _watch(folder, module, told)
    except Exception:  # noqa: BLE001  # the top of a process: whoever started it reads stderr
        _tell()
    finally:
        os._exit(status)


def _stay(folder: Path, module: str) -> int:
    _settle()
    return _watch(folder, module, os.open(os.devnull, os.O_WRONLY))


def _settle() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    _adopt_orphans()


def _watch(folder: Path, module: str, told: int) -> int:
    limits = read_limits(folder)
    worker, release = _fork_worker(folder, module, limits)
    won = claim(folder, Claim(identify(worker), myself()))
    os.write(told, b"1")
    os.close(told)
    _leave_terminal()
    if not won:
        os.close(release)  # the held worker reads nothing and ends
        os.waitpid(worker, 0)
        return 0
    os.write(release, b"1")
    os.close(release)
    outcome = Watcher(folder, worker, limits).until_end()
    write_exit(folder, Exit(outcome.code, time.time(), outcome.reason))
    return 0


def _fork_worker(folder: Path, module: str, limits: Limits) -> tuple[int, int]:
    """Make the worker's process, held before its first step; return its pid and what releases it.

    Forked before the claim, so that `pid` names it from the first moment on.
    """
    held, release = os.pipe()
    worker = os.fork()
    if worker:
        os.close(held)
        return worker, release
    status = 127
    try:
        os.close(release)
        if os.read(held, 1):
            take_on(limits)
            _become_worker(folder, module)
        status = 0
    except Exception:  # noqa: BLE001  # the top of a process: told in the job's log
        _tell()
    finally:
        os._exit(status)


def _become_worker(folder: Path, module: str) -> None:
    os.setsid()
    for number in WATCHED:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
    _leave_terminal()
    log = os.open(folder / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    (folder / EVENTS).touch(mode=0o600)
    (folder / OUT).mkdir(exist_ok=True)
    os.chdir(folder)
    os.execv(sys.executable, [sys.executable, "-P", "-m", module, str(folder)])  # noqa: S606  # no shell wanted


def _tell() -> None:
    import traceback  # what hardly ever happens does not slow down every start

    traceback.print_exc()


def _leave_terminal() -> None:
    """Point stdin, stdout and stderr to nothing."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nothing, descriptor)
    if nothing > 2:
        os.close(nothing)


def _adopt_orphans() -> None:
    if sys.platform == "linux":
        library = ctypes.CDLL(None, use_errno=True)
        library.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main())
