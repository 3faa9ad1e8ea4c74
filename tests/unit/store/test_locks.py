"""The queue before a lock: whoever waits comes before whoever comes back."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from pathlib import Path

import pytest

from workbench.errors import LockTimeout
from workbench.store.locks import QUEUE, locked


def wait_for_queue(path: Path) -> None:
    """Return once somebody stands in the queue of the lock on `path`."""
    descriptor = os.open(path.with_name(path.name + QUEUE), os.O_RDWR)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            time.sleep(0.001)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("first_shared", [False, True])
@pytest.mark.parametrize("then_shared", [False, True])
def test_who_waits_comes_before_who_comes_back(
    first_shared: bool, then_shared: bool, tmp_path: Path
) -> None:
    path = tmp_path / "lock"
    order: list[str] = []

    def waiter() -> None:
        with locked(path):
            order.append("waiter")

    thread = threading.Thread(target=waiter)
    with locked(path, shared=first_shared):
        thread.start()
        wait_for_queue(path)
        again = threading.Thread(target=lambda: _take(path, then_shared, order))
        again.start()
        assert order == []
    again.join()
    thread.join()
    assert order == ["waiter", "again"]


def _take(path: Path, shared: bool, order: list[str]) -> None:
    with locked(path, shared=shared):
        order.append("again")


def test_readers_share(tmp_path: Path) -> None:
    with locked(tmp_path / "lock", shared=True), locked(tmp_path / "lock", shared=True, patience=0):
        pass


def test_who_gave_up_leaves_the_queue(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locked(path):
        for _ in range(2):
            with pytest.raises(LockTimeout, match=f"process {os.getpid()} has held"):  # noqa: SIM117
                with locked(path, patience=0.02):
                    pass
    with locked(path, patience=0):
        pass
