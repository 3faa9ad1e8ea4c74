"""`python -P -m workbench.runner ROOT [--detach]`: the runner of the project at ROOT.

With --detach the first process ends at once, before anything slow is imported; the runner goes on
in a child of its own session.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Run; returns the exit status."""
    root, detached = Path(arguments[0]), "--detach" in arguments[1:]
    if detached:
        log = root / ".workbench" / f"runner-{os.getuid()}.log"
        try:
            descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o660)
        except OSError as error:
            sys.stderr.write(f"{log}: {error.strerror}\n")
            return 1
        if os.fork():
            return 0
        _leave(descriptor)
    return _serve(root, detached)


def _leave(log: int) -> None:
    """Leave session, terminal and folder; what a crash writes to stderr goes to the log."""
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, where in enumerate((nothing, log, log)):
        os.dup2(where, descriptor)
    os.closerange(3, max(nothing, log) + 1)


def _serve(root: Path, detached: bool) -> int:
    from workbench.project.project import open_project
    from workbench.runner.process import log_to_file, log_to_stderr, serve

    project = open_project(root, via="runner")
    if detached:
        log_to_file(project.paths.own)
    else:
        log_to_stderr()
    return 0 if serve(project) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
