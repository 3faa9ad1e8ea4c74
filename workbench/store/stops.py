"""SIGTSTP is held while a unit of work holds the journal's lock: a stopped holder would stop everybody."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_lock = threading.Lock()
_busy = 0
_pending = False


def install() -> None:
    """Take over SIGTSTP. Call once in the main thread of a program that writes (CLI, TUI, runner)."""
    signal.signal(signal.SIGTSTP, _on_stop)


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Let no SIGTSTP stop this process inside; one that came meanwhile stops it afterwards."""
    global _busy, _pending
    with _lock:
        _busy += 1
    try:
        yield
    finally:
        with _lock:
            _busy -= 1
            stop = _pending and _busy == 0
            if stop:
                _pending = False
        if stop:
            _stop()


def _on_stop(number: int, frame: FrameType | None) -> None:
    # Runs in the main thread between two instructions, maybe of `held` itself: it takes no lock.
    global _pending
    del number, frame
    if _busy:
        _pending = True
    else:
        _stop()


def _stop() -> None:
    # SIGSTOP cannot be caught, so that the handler stays in place for the next time.
    os.kill(os.getpid(), signal.SIGSTOP)
