"""How the screens get data: short work in threads, answers on the UI thread, a watcher for changes.

Rules that hold everywhere (tui.md): store and files are never touched on the event loop; only the
UI thread touches widgets; a thread worker does short reads only, because quitting waits for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.worker import Worker, get_current_worker

from screens.messages import Changed, Failed
from workbench.errors import Unavailable, WorkbenchError

T = TypeVar("T")
_NEVER = object()
INTERVAL = 0.25
"""Seconds between two looks (contracts.md, "Watching")."""


def in_thread(
    node: DOMNode,
    function: Callable[[], T],
    done: Callable[[T], object],
    *,
    group: str,
    failed: Callable[[WorkbenchError], object] | None = None,
    exclusive: bool = True,
) -> None:
    """Run `function` in a thread, then `done(result)` on the UI thread.

    With `exclusive`, a later call with the same node and `group` makes the answers of earlier ones
    be dropped (the thread itself cannot be stopped); an act that writes is never exclusive. A
    WorkbenchError goes to `failed` (without one, to the app, which shows it); an OSError or anything
    else is turned into one first, so that no thread dies unheard.
    """
    tell = failed or (lambda error: node.app.post_message(Failed(error)))

    def body() -> None:
        worker = get_current_worker()
        try:
            result = function()
        except WorkbenchError as refusal:
            _answer(worker, node, tell, refusal)
        except OSError as error:
            _answer(worker, node, tell, from_system(error))
        except Exception as error:  # noqa: BLE001  # the top of a thread reports whatever it was
            _answer(worker, node, tell, unexpected(error))
        else:
            _answer(worker, node, done, result)

    node.run_worker(body, thread=True, group=group, exclusive=exclusive, exit_on_error=False)


def _answer(
    worker: Worker[None], node: DOMNode, callback: Callable[[Any], object], value: object
) -> None:
    if not worker.is_cancelled:
        node.call_later(callback, value)


def from_system(error: OSError) -> Unavailable:
    """Say what the system refused."""
    return Unavailable(
        "The system refused a file operation",
        where=str(error.filename or ""),
        why=error.strerror or str(error),
        fix="Check that it is there, whose it is and its mode",
        code="system",
    )


def unexpected(error: BaseException) -> WorkbenchError:
    """Say that something went wrong which nobody foresaw, with its type."""
    return WorkbenchError(
        "Something went wrong that should not",
        why=f"{type(error).__name__}: {error}",
        fix="Please report it with what you did before",
        code="unexpected",
    )


def stat_signature(path: Path) -> tuple[int, int]:
    """Return size and time of a file, (-1, 0) where there is none."""
    try:
        found = path.stat()
    except OSError:
        return (-1, 0)
    return (found.st_size, found.st_mtime_ns)


class Feed:
    """Looks four times a second at signatures and tells `listener` which changed, by Changed.

    A signature is any cheap call whose answer differs after a change (a `stat`). The thread is a
    daemon: it never holds up quitting. `watch`, `unwatch` and `stop` may be called from any thread.
    """

    def __init__(self, listener: MessagePump, *, interval: float = INTERVAL) -> None:
        self._listener = listener
        self._interval = interval
        self._watched: dict[str, Callable[[], object]] = {}
        self._seen: dict[str, object] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._stop.set()

    def watch(self, name: str, signature: Callable[[], object], *, seen: object = _NEVER) -> None:
        """Look at `signature` from now on.

        `seen` is its answer before what it stands for was read; without it the first look tells of
        a change, so that nothing that happens in between is missed.
        """
        with self._lock:
            self._watched[name] = signature
            self._seen[name] = seen

    def watch_file(self, name: str, path: Path) -> None:
        """Look at a file's size and time."""
        self.watch(name, lambda: stat_signature(path))

    def unwatch(self, name: str) -> None:
        """Look no longer."""
        with self._lock:
            self._watched.pop(name, None)
            self._seen.pop(name, None)

    def look(self) -> frozenset[str]:
        """Look once at everything and return the names of what changed since the last look."""
        with self._lock:
            watched: Mapping[str, Callable[[], object]] = dict(self._watched)
        changed = set()
        for name, signature in watched.items():
            try:
                now = signature()
            except (OSError, WorkbenchError) as error:
                now = repr(error)
            with self._lock:
                if name in self._watched:
                    if self._seen[name] != now:
                        changed.add(name)
                    self._seen[name] = now
        return frozenset(changed)

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            changed = self.look()
            if changed:
                self._listener.post_message(Changed(changed))
