"""Clients that are slow, many or endless against the real HTTP server; the application is a plain one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from workbench.serving import listening
from workbench.serving.http import HttpError as Refusal
from workbench.serving.http import Limits, read_body, send_body, send_error
from workbench.serving.listening import make_server
from workbench.serving.ports import listen

LIMITS = Limits(body=1000, body_seconds=0.1)


async def plain(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the length of the body, which it reads as the real application does."""
    try:
        body = await read_body(receive, dict(scope["headers"]), LIMITS)
    except Refusal as refusal:
        await send_error(send, refusal)
    else:
        await send_body(send, 200, b"%d" % len(body))


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(listening, "HEAD_SECONDS", 0.1)
    monkeypatch.setattr(listening, "HEAD_BYTES", 2000)
    monkeypatch.setattr(listening, "CONNECTIONS", 2)
    listener = listen("127.0.0.1", 0, (28700, 28799))
    server = make_server(plain)
    task = asyncio.create_task(server.serve([listener]))
    yield listener.getsockname()[1]
    server.should_exit = True
    await task


async def exchange(port: int, *parts: bytes) -> bytes:
    """Send the parts, then return all that comes until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        return await reader.read()
    except ConnectionResetError:
        return b"reset"
    finally:
        writer.close()


POST = b"POST / HTTP/1.1\r\nHost: localhost\r\n"


async def test_a_head_that_does_not_come_to_its_end_is_closed(port: int) -> None:
    assert await exchange(port, b"GET / HTTP/1.1\r\nHost: l") == b""
    assert await exchange(port) == b""


async def test_a_head_that_trickles_in_is_closed_all_the_same(port: int) -> None:
    """Each line comes in time, the whole does not: the clock is not wound up again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\n")

    async def trickle() -> None:
        for number in range(10_000):
            writer.write(b"x-%d: y\r\n" % number)
            await asyncio.sleep(0.01)

    more = asyncio.create_task(trickle())
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    assert not more.done()
    more.cancel()
    writer.close()


async def test_an_endless_head_is_refused(port: int) -> None:
    found = await exchange(port, b"GET / HTTP/1.1\r\nx: " + b"y" * 3000)
    assert found.endswith(b'{"error":"the head of the request is too long"}') or found == b"reset"


async def test_a_body_that_does_not_come_to_its_end_is_refused(port: int) -> None:
    found = await exchange(port, POST + b"Content-Length: 10\r\n\r\n", b"12345")
    assert found.startswith(b"HTTP/1.1 408")
    assert found.endswith(b'{"error":"the body did not arrive in 0.1 seconds"}')


async def test_a_body_without_end_is_refused(port: int) -> None:
    chunk = b"200\r\n" + b"x" * 512 + b"\r\n"
    found = await exchange(port, POST + b"Transfer-Encoding: chunked\r\n\r\n", chunk, chunk)
    assert found.startswith(b"HTTP/1.1 413") or found == b"reset"


async def test_one_connection_too_many_is_refused_in_words(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "HEAD_SECONDS", 60.0)  # those that are idle stay open
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
    found = await exchange(port, POST + b"Content-Length: 0\r\n\r\n")
    assert found.startswith(b"HTTP/1.1 503")
    assert b"retry-after: 1\r\n" in found
    assert found.endswith(b'{"error":"too many connections are open"}')
    for _, writer in idle:
        writer.close()
