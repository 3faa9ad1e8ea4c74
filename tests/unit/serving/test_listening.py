"""Clients that are slow, many or endless against the real HTTP server; the application is a plain one."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from workbench.serving import listening
from workbench.serving.http import HttpError as Refusal
from workbench.serving.http import Limits, read_body, send_body, send_error
from workbench.serving.listening import Server, make_server
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


LARGE = b"0123456789abcdef" * 2**20
"""16 MB: more than the system keeps for a client that does not read."""


async def large(scope: Any, receive: Any, send: Any) -> None:
    """Answers with LARGE."""
    del scope, receive
    await send_body(send, 200, LARGE)


@pytest.fixture
async def giving(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Server, int]]:
    monkeypatch.setattr(listening, "TAKE_SECONDS", 0.5)
    monkeypatch.setattr(listening, "TAKE_RATE", 64 * 2**20)  # a quarter of a second for all of it
    listener = listen("127.0.0.1", 0, (28700, 28799))
    server = make_server(large)
    task = asyncio.create_task(server.serve([listener]))
    yield server, listener.getsockname()[1]
    server.should_exit = True
    await task


async def ask(port: int) -> socket.socket:
    """Send a request and read nothing."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", port))
    await loop.sock_sendall(client, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return client


async def come(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def rest(client: socket.socket) -> int:
    """Return how many bytes come until the end, whichever end that is."""
    loop, size = asyncio.get_running_loop(), 0
    with contextlib.suppress(ConnectionResetError):
        while part := await loop.sock_recv(client, 2**16):
            size += len(part)
    return size


async def test_who_never_reads_its_answer_is_let_go(giving: tuple[Server, int]) -> None:
    server, port = giving
    began = time.monotonic()
    client = await ask(port)
    await come(lambda: len(server.server_state.connections) == 1)
    await come(lambda: not server.server_state.connections)
    assert time.monotonic() - began >= 0.5
    assert await rest(client) < len(LARGE)
    client.close()


async def test_who_reads_byte_by_byte_is_let_go_all_the_same(giving: tuple[Server, int]) -> None:
    server, port = giving
    client = await ask(port)
    await come(lambda: len(server.server_state.connections) == 1)
    loop, taken = asyncio.get_running_loop(), 0
    async with asyncio.timeout(60):
        while server.server_state.connections:
            taken += len(await loop.sock_recv(client, 1))
            await asyncio.sleep(0.01)
    assert 0 < taken < 10_000
    client.close()


async def test_who_begins_late_on_a_poor_line_gets_all_of_it(
    giving: tuple[Server, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "TAKE_RATE", 2**17)  # two minutes for all of it
    server, port = giving
    client = await ask(port)
    await asyncio.sleep(1.0)  # twice what a small answer has
    assert len(server.server_state.connections) == 1
    assert await asyncio.get_running_loop().sock_recv(client, 12) == b"HTTP/1.1 200"
    # The connection stays for the next request: read until the head and LARGE are there.
    size = 12
    async with asyncio.timeout(60):
        while size < len(LARGE):
            size += len(await asyncio.get_running_loop().sock_recv(client, 2**16))
    assert len(server.server_state.connections) == 1
    client.close()


async def test_who_asks_on_and_on_without_reading_is_let_go(giving: tuple[Server, int]) -> None:
    server, port = giving
    client = await ask(port)
    loop = asyncio.get_running_loop()
    for _ in range(50):
        await loop.sock_sendall(client, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await come(lambda: len(server.server_state.connections) == 1)
    await come(lambda: not server.server_state.connections)
    client.close()
