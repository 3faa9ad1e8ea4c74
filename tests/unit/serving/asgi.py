"""Calls an ASGI application in process, as a server would; nothing of ours between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any


class Reply:
    def __init__(self, messages: Sequence[Any]) -> None:
        assert [m["type"] for m in messages] == ["http.response.start", "http.response.body"]
        self.status: int = messages[0]["status"]
        self.headers = {k.decode(): v.decode() for k, v in messages[0]["headers"]}
        self.body: bytes = messages[1]["body"]
        assert self.headers["content-length"] == str(len(self.body))
        assert self.headers["content-type"] == "application/json" or self.status == 200

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        found = self.json
        assert list(found) == ["error"], found
        assert isinstance(found["error"], str)
        return str(found["error"])


async def ask(
    application: Any,
    method: str,
    path: str,
    body: Any = b"",
    *,
    parts: Sequence[bytes] | None = None,
    headers: dict[str, str] | None = None,
    stall: bool = False,
) -> Reply:
    """Send one request; `parts` are the pieces of the body, `stall` never sends the last of it."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    pieces = list(parts) if parts is not None else [raw]
    given = {"host": "localhost"} | (headers or {})
    messages: list[Any] = []

    async def receive() -> dict[str, Any]:
        if not pieces:
            await asyncio.Event().wait()
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces) or stall}

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(k.encode(), v.encode()) for k, v in given.items() if v is not None],
    }
    await application(scope, receive, send)
    return Reply(messages)
