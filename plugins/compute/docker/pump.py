"""Moving bytes between a caller and a process in a container, both ways, by one thread for both.

One, because a TLS connection is a single state machine: Python's is not safe to be read by one thread
while another writes. So nothing here blocks but the one `select`.

What goes to the process is framed: four bytes of length, then so many bytes; a length of 0 is the end.
TLS knows no half-close that a process at the far end would see, and so none is needed. What comes
back is the engine's own framing: a byte that names the stream, three of nothing, four of length.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
from typing import Final

HELLO: Final = b"\n"
"""Sent first: nothing comes back before, so that no byte is read together with the engine's answer."""
ROOM: Final = 256 * 1024
"""Bytes that are held each way; more is not read before some have gone."""
_PIECE = 64 * 1024
_HEAD = 8
_STDOUT = 1
_KEEPALIVE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}


class Unframed:
    """Takes the engine's frames as they come, in whatever pieces; gives what was written to stdout."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._left = 0
        self._wanted = False

    def take(self, data: bytes) -> bytes:
        """Return the bytes of stdout in the next piece."""
        found = bytearray()
        view = memoryview(data)
        while view:
            if not self._left:
                missing = _HEAD - len(self._head)
                self._head += view[:missing]
                view = view[missing:]
                if len(self._head) == _HEAD:
                    self._wanted = self._head[0] == _STDOUT
                    self._left = int.from_bytes(self._head[4:])
                    self._head.clear()
                continue
            part, view = view[: self._left], view[self._left :]
            self._left -= len(part)
            if self._wanted:
                found += part
        return bytes(found)


class Pump:
    """Carries one connection: `caller` is somebody here, `line` what the engine attached."""

    def __init__(self, caller: socket.socket, line: socket.socket) -> None:
        self._caller = caller
        self._line = line
        self._there = bytearray(HELLO)
        self._back = bytearray()
        self._frames = Unframed()
        self._caller_ended = self._line_ended = False
        self._wants: dict[socket.socket, int] = {}

    def run(self) -> None:
        """Move bytes until the process has ended and all that it wrote is out. Raises OSError."""
        for each in (self._caller, self._line):
            each.setblocking(False)
        _watch_over(self._line)
        with selectors.DefaultSelector() as selector:
            for each in (self._caller, self._line):
                selector.register(each, selectors.EVENT_READ)
            while not (self._line_ended and not self._back):
                self._wants = {}
                # Tried before it is waited for: what TLS has unpacked already, no select tells.
                moved = [
                    self._hear_caller(),
                    self._tell_line(),
                    self._hear_line(),
                    self._tell_caller(),
                ]
                if not any(moved):
                    self._wait(selector)

    def _wait(self, selector: selectors.BaseSelector) -> None:
        known = {key.fileobj for key in selector.get_map().values()}
        for each in (self._caller, self._line):
            wanted = self._wants.get(each, 0)
            if each in known:
                if wanted:
                    selector.modify(each, wanted)
                else:
                    selector.unregister(each)
            elif wanted:
                selector.register(each, wanted)
        selector.select()

    def _hear_caller(self) -> bool:
        if self._caller_ended or self._line_ended or len(self._there) >= ROOM:
            return False
        try:
            data = self._caller.recv(_PIECE)
        except BlockingIOError:
            self._want(self._caller, selectors.EVENT_READ)
            return False
        self._caller_ended = not data
        self._there += len(data).to_bytes(4) + data
        return True

    def _tell_caller(self) -> bool:
        if not self._back:
            return False
        try:
            sent = self._caller.send(self._back)
        except BlockingIOError:
            self._want(self._caller, selectors.EVENT_WRITE)
            return False
        del self._back[:sent]
        return True

    def _tell_line(self) -> bool:
        if not self._there or self._line_ended:
            return False
        try:
            # After a "later" TLS wants the same bytes again, and no fewer: the front only grows.
            sent = self._line.send(self._there)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError) as later:
            self._want(self._line, _event(later, selectors.EVENT_WRITE))
            return False
        del self._there[:sent]
        return True

    def _hear_line(self) -> bool:
        if self._line_ended or len(self._back) >= ROOM:
            return False
        try:
            data = self._line.recv(_PIECE)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError) as later:
            self._want(self._line, _event(later, selectors.EVENT_READ))
            return False
        self._line_ended = not data
        self._back += self._frames.take(data)
        return True

    def _want(self, which: socket.socket, event: int) -> None:
        self._wants[which] = self._wants.get(which, 0) | event


def _event(later: OSError, usual: int) -> int:
    """Return what is to be waited for: TLS may have to read in order to write, and the other way round."""
    if isinstance(later, ssl.SSLWantReadError):
        return selectors.EVENT_READ
    return selectors.EVENT_WRITE if isinstance(later, ssl.SSLWantWriteError) else usual


def _watch_over(line: socket.socket) -> None:
    """Have the kernel ask for signs of life where a line can break without a word."""
    if line.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    with contextlib.suppress(OSError):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE.items():
            if hasattr(socket, name):  # not on every system
                line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
