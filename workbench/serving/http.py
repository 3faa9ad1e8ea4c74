"""A thin layer over ASGI: what every request must pass, how a body is read, how an answer is sent.

ASGI: https://asgi.readthedocs.io/en/latest/specs/www.html. There is no framework: the application
has a dozen routes, and a framework costs more than a prediction.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]

JSON: Header = (b"content-type", b"application/json")

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""Names that a Host header may always have."""


class HttpError(Exception):
    """An answer that is not 200: the status, one sentence for `{"error"}`, and further headers."""

    def __init__(self, status: int, what: str, *headers: Header) -> None:
        super().__init__(what)
        self.status = status
        self.what = what
        self.headers = headers


class Disconnected(Exception):  # not an error of ours
    """The client went away before its request was whole."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may ask of the server.

    `body` in bytes; `body_seconds` to send all of it, `answer_seconds` to predict; `rows` in one
    request; `waiting` requests at a time, beyond which the answer is 503.
    """

    body: int = 16 * 2**20
    body_seconds: float = 15.0
    answer_seconds: float = 30.0
    rows: int = 100_000
    waiting: int = 1024


class Door:
    """Lets in a request that names a known host and carries the token."""

    def __init__(self, token: str | None, hosts: frozenset[str]) -> None:
        self._token = None if token is None else token.encode()
        self._hosts = LOOPBACK | {host.lower() for host in hosts}
        self._known: set[bytes] = set()

    @property
    def closed(self) -> bool:
        """Whether a token is needed."""
        return self._token is not None

    def check(self, headers: dict[bytes, bytes]) -> None:
        """Raise HttpError 400 or 421 (host) or 401 (token).

        A foreign Host means that a browser was led here by a name that resolves to this machine.
        """
        host = headers.get(b"host")
        if host is None:
            raise HttpError(400, "the request has no Host header")
        if host not in self._known:
            if _host_name(host) not in self._hosts:
                raise HttpError(421, "this server does not answer under that host name")
            if len(self._known) < 100:
                self._known.add(host)
        if self._token is None:
            return
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(given.strip(), self._token):
            raise HttpError(
                401,
                "a valid token is needed: send the header Authorization: Bearer TOKEN",
                (b"www-authenticate", b'Bearer realm="workbench"'),
            )


def _host_name(host: bytes) -> str:
    """Return the name in a Host header without its port, in small letters."""
    name = host.decode("latin-1").lower().strip()
    if name.startswith("["):
        return name[: name.find("]") + 1]
    return name.partition(":")[0]


async def read_body(receive: Receive, headers: dict[bytes, bytes], limits: Limits) -> bytes:
    """Return the whole body. Raises HttpError 413 (too long) or 408 (too slow), or Disconnected."""
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length[:20]) > limits.body:
        raise _too_long(limits)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.body_seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Disconnected
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > limits.body:
                    raise _too_long(limits)
                if not message.get("more_body"):
                    return parts[0] if len(parts) == 1 else b"".join(parts)
    except TimeoutError:
        raise HttpError(
            408,
            f"the body did not arrive in {limits.body_seconds:g} seconds",
            (b"connection", b"close"),
        ) from None


def _too_long(limits: Limits) -> HttpError:
    return HttpError(413, f"the body is longer than {limits.body} bytes", (b"connection", b"close"))


async def send_body(send: Send, status: int, body: bytes, *headers: Header) -> None:
    """Send one answer; the headers say what the body is."""
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-length", b"%d" % len(body)),
                (b"cache-control", b"no-store"),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def send_error(send: Send, error: HttpError, *headers: Header) -> None:
    """Send `{"error": ...}` as the protocol has it."""
    body = error_body(error.what)
    await send_body(send, error.status, body, JSON, *error.headers, *headers)


def error_body(what: str) -> bytes:
    """Return the body of every refusal."""
    return msgspec.json.encode({"error": what})
