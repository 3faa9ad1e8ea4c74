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

Standard library only. Between two jobs of a slot lies the start of this process, so what the work
need not wait for is imported once it runs.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.compute.folder import EVENTS, LOG, OUT, Claim, Exit, asked_limits, claim, write_exit
from workbench.compute.identity import identify, myself

if TYPE_CHECKING:
    from workbench.compute.cgroups import Group

STAY = "--stay"

_WATCHED = frozenset({signal.SIGCHLD, signal.SIGTERM, signal.SIGALRM})
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)


def main() -> int:
    """Start the shim of the job, as argv says; returns the exit status of the first process."""
    *form, folder, module = sys.argv[1:]
    if form == [STAY]:
        return _stay(folder, module)
    return _detach(folder, module)


def _detach(folder: str, module: str) -> int:
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


def _stay(folder: str, module: str) -> int:
    _settle()
    return _watch(folder, module, os.open(os.devnull, os.O_WRONLY))


def _settle() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    _adopt_orphans()


def _watch(folder: str, module: str, told: int) -> int:
    asked = asked_limits(folder)
    worker, release = _fork_worker(folder, module, asked)
    won = claim(folder, Claim(identify(worker), myself()))
    os.write(told, b"1")
    os.close(told)
    _leave_terminal()
    if not won:
        os.close(release)  # the held worker reads nothing and ends
        os.waitpid(worker, 0)
        return 0
    group = _hold(folder, asked, worker) if asked else None
    os.write(release, b"1")
    os.close(release)
    from pathlib import Path  # the work has begun

    from workbench.compute.watching import Watcher

    code, reason = Watcher(Path(folder), worker, asked, group, _WATCHED).until_end()
    write_exit(folder, Exit(code, time.time(), reason))
    return 0


def _fork_worker(folder: str, module: str, asked: Mapping[str, Any]) -> tuple[int, int]:
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
            if asked:
                _take_on(asked)
            _become_worker(folder, module)
        status = 0
    except Exception:  # noqa: BLE001  # the top of a process: told in the job's log
        _tell()
    finally:
        os._exit(status)


def _hold(folder: str, asked: Mapping[str, Any], worker: int) -> Group | None:
    from pathlib import Path  # most jobs have no limits

    from workbench.compute.cgroups import note
    from workbench.compute.holding import hold
    from workbench.compute.limits import limits_of

    group = hold(os.path.basename(folder), limits_of(asked), worker)
    if group is not None:
        note(Path(folder), group)
    return group


def _take_on(asked: Mapping[str, Any]) -> None:
    from workbench.compute.holding import take_on
    from workbench.compute.limits import limits_of

    take_on(limits_of(asked))


def _become_worker(folder: str, module: str) -> None:
    os.setsid()
    for number in _WATCHED:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
    _leave_terminal()
    log = os.open(os.path.join(folder, LOG), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.close(os.open(os.path.join(folder, EVENTS), os.O_WRONLY | os.O_CREAT, 0o600))
    os.makedirs(os.path.join(folder, OUT), exist_ok=True)
    os.chdir(folder)
    os.execv(sys.executable, [sys.executable, "-P", "-m", module, folder])  # noqa: S606  # no shell wanted


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
        import ctypes

        library = ctypes.CDLL(None, use_errno=True)
        library.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


if __name__ == "__main__":
    sys.exit(main())
