"""Answering HTTP: uvicorn with httptools, with bounds on a request's head and on taking an answer.

Chosen by measurement (tests/bench/bench_serving.py): granian gave 0.9 of uvicorn's requests per second
with the same application, for 1 client as for 32, since the model takes most of the time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Sized
from contextlib import contextmanager
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from workbench.serving.http import HttpError, Receive, Scope, Send, error_body, send_error
from workbench.serving.ports import BACKLOG

CONNECTIONS = 900
"""Connections at a time, below the usual limit of 1024 open files."""
HEAD_BYTES = 64 * 1024
HEAD_SECONDS = 10.0
TAKE_SECONDS = 30.0
TAKE_RATE = 64 * 1024
"""Bytes a second: an answer must be taken in TAKE_SECONDS and what it takes at this rate, no faster than
a poor line. Who does not read, or reads byte by byte, would else keep its connection for ever."""
STOP_SECONDS = 10
"""How long a normal stop waits for requests under way."""


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, which bounds neither a request's head nor the time an answer may lie about."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Start the clock of the first head."""
        super().connection_made(transport)
        # So that `pause_writing` comes with the first byte that waits, `resume_writing` with none left.
        transport.set_write_buffer_limits(high=0)
        self._head = 0
        self._clock: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None
        self._watch()

    def pause_writing(self) -> None:
        """Start the clock of an answer: the client has not taken all of it yet."""
        super().pause_writing()
        waiting = self.transport.get_write_buffer_size()
        self._taking = self.loop.call_later(TAKE_SECONDS + waiting / TAKE_RATE, self._not_taken)

    def resume_writing(self) -> None:
        """Stop the clock: the answer is on its way."""
        self._taken()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Count what arrives while a head is not whole."""
        super().data_received(data)
        if self.transport.is_closing() or not self._between():
            return
        self._head += len(data)
        if self._head > HEAD_BYTES:
            self.send_400_response("the head of the request is too long")
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP request as everything else is refused: `{"error": ...}`."""
        what = "this is not an HTTP request" if msg.startswith("Invalid HTTP") else msg
        body = error_body(what)
        head = (
            b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\n"
        )
        self.transport.write(b"%scontent-length: %d\r\n\r\n%s" % (head, len(body), body))
        self.transport.close()

    def on_headers_complete(self) -> None:
        """Stop the clock: the head is whole."""
        self._head = 0
        self._forget()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        self._forget()
        self._taken()
        super().connection_lost(exc)

    def _between(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _watch(self) -> None:
        if self._clock is None:
            self._clock = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _forget(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _taken(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _not_taken(self) -> None:
        self._taking = None
        self.transport.abort()  # to close would wait for the client to read

    def _too_slow(self) -> None:
        self._clock = None
        if self._between() and not self.transport.is_closing():
            self.transport.close()


class Server(uvicorn.Server):
    """uvicorn's server without its signal handlers, which end the process before the log is written."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to the process."""
        yield


class _Bounded:
    """Refuses what comes over one connection too many, in the form of every refusal."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self.connections: Sized = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if len(self.connections) <= CONNECTIONS:
            await self._application(scope, receive, send)
            return
        headers = ((b"retry-after", b"1"), (b"connection", b"close"))
        await send_error(send, HttpError(503, "too many connections are open", *headers))


def make_server(application: Any) -> Server:
    """Return a server for an ASGI application; it serves the sockets that it is given."""
    bounded = _Bounded(application)
    server = Server(
        uvicorn.Config(
            bounded,
            http=Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
    )
    bounded.connections = server.server_state.connections
    return server
