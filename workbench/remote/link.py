"""Asking an agent: requests and answers over a stream, several on their way at once."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

from workbench import errors
from workbench.errors import BadInput, TargetError, WorkbenchError
from workbench.remote.agent.wire import frame, unpack
from workbench.remote.bootstrap import NO_PYTHON, make_marker, source
from workbench.remote.stream import Stream
from workbench.text import clean

WINDOW = 8
"""Requests that are on their way before an answer is waited for."""
_BANNER_CAP = 256 * 1024
_PART_CAP = 1000
_TICK = 0.5

Request = tuple[str, dict[str, Any], bytes]
"""Name of the far function, arguments, payload."""


class Agent:
    """An agent at the far end of `stream`, started by `bootstrap.command`. One thread at a time.

    `name` is the target, for errors; `folder` where things lie there (empty: the usual place).
    Raises TargetError `target.python` without a Python there, `target.connection` when it is cut.
    """

    def __init__(self, stream: Stream, name: str, folder: str = "") -> None:
        self.name = name
        self.broken = False
        self._stream = stream
        self._rest = b""
        marker = make_marker()
        try:
            # A shell that refuses has gone before it reads: what it said tells more than the write.
            with contextlib.suppress(OSError):
                self._stream.write(source(marker, folder))
            self._skip_banner(marker.encode() + b"\n")
        except BaseException:
            self.close()
            raise

    def call(self, op: str, payload: bytes = b"", **args: Any) -> tuple[Any, bytes]:
        """Do `op` (module and function) there; return its answer and payload. Raises what it raised."""
        return next(self.stream([(op, args, payload)]))

    def ask(self, op: str, payload: bytes = b"", **args: Any) -> Any:
        """Do `op` there and return its answer."""
        return self.call(op, payload, **args)[0]

    def ask_while(
        self, tick: Callable[[], object], op: str, payload: bytes = b"", **args: Any
    ) -> Any:
        """Do `op` there and return its answer, calling `tick` twice a second until it comes.

        For what takes long there (building a runtime). What `tick` raises passes at once; the agent
        is let go then, for its answer is still to come.
        """
        thread = ThreadPoolExecutor(1, "ask")
        answer = thread.submit(self.ask, op, payload, **args)
        thread.shutdown(wait=False)
        try:
            while not wait([answer], _TICK).done:
                tick()
        except BaseException:
            self.close()  # which ends the read that the thread waits in
            raise
        return answer.result()

    def stream(self, requests: Iterable[Request]) -> Iterator[tuple[Any, bytes]]:
        """Do `requests` in order, up to WINDOW on their way at once; yield the answers in order.

        An error there is raised at its place once what was on its way has been answered.
        """
        waiting: deque[str] = deque()
        for op, args, payload in requests:
            for part in frame({"op": op, **args}, payload):
                self._write(part)
            waiting.append(op)
            if len(waiting) >= WINDOW:
                yield self._answer(waiting)
        while waiting:
            yield self._answer(waiting)

    def close(self) -> None:
        """Let the agent end."""
        self.broken = True
        self._stream.close()

    def _answer(self, waiting: deque[str]) -> tuple[Any, bytes]:
        head, payload = self._reply()
        waiting.popleft()
        if "error" not in head:
            return head.get("ok"), payload
        while waiting:  # their answers belong to nobody, but the stream stays usable
            self._reply()
            waiting.popleft()
        raise told(head["error"], self.name)

    def _reply(self) -> tuple[dict[str, Any], bytes]:
        try:
            answer = unpack(self._read)
        except (OSError, EOFError) as error:
            raise self._cut(str(error)) from error
        except ValueError as error:
            raise self._cut("what came is not an answer of the agent") from error
        if answer is None:
            raise self._cut("")
        return answer

    def _read(self, size: int) -> bytes:
        if self._rest:
            some, self._rest = self._rest[:size], self._rest[size:]
            return some
        return self._stream.read(size)

    def _write(self, data: bytes) -> None:
        try:
            self._stream.write(data)
        except OSError as error:
            raise self._cut(str(error)) from error

    def _skip_banner(self, marker: bytes) -> None:
        """Read past whatever a login shell prints, up to the agent's first line."""
        seen = b""
        while marker not in seen:
            try:
                some = self._stream.read(4096)
            except OSError as error:
                raise self._cut(str(error)) from error
            seen += some
            if NO_PYTHON.encode() in seen:
                raise TargetError(
                    f"The target {self.name} has no Python that can be used",
                    where=self.name,
                    why="no python3 in its PATH is 3.9 or newer",
                    fix="Install one there, or name it with the option python",
                    code="target.python",
                )
            if not some or len(seen) > _BANNER_CAP:
                raise self._cut(_last_line(seen))
        self._rest = seen.partition(marker)[2]

    def _cut(self, why: str) -> TargetError:
        self.broken = True
        told_there = _last_line(self._stream.complaint().encode())
        return TargetError(
            f"The connection to {self.name} is gone",
            where=self.name,
            why=clean(told_there or why or "the other side closed it", 300),
            fix="It is tried again by itself; see: workbench target check " + self.name,
            code="target.connection",
        )


def told(error: Any, name: str) -> WorkbenchError:
    """Return the error that an agent told, cleaned: a target is not to be trusted with our terminal."""
    parts = {key: clean(str(value), _PART_CAP) for key, value in dict(error).items()}
    kind = getattr(errors, parts.pop("class", ""), TargetError)
    if not (isinstance(kind, type) and issubclass(kind, WorkbenchError)):
        kind = TargetError
    if kind is BadInput:
        kind = TargetError  # it is ours, not the person's
    what = parts.pop("what", "") or "The target refused"
    where = parts.pop("where", "")
    return kind(
        what,
        where=f"{name}: {where}" if where else name,
        why=parts.get("why", ""),
        fix=parts.get("fix", ""),
        code=parts.get("code", ""),
    )


def _last_line(text: bytes) -> str:
    lines = text.decode(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else ""
