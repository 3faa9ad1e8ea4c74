"""The port here of a deployment elsewhere: one and the same, however often the way there changes."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Sequence

from workbench.serving.ports import choosing, listen

_PIECE = 64 * 1024
_PATIENCE = 15.0


class Relay:
    """Listens on loopback and hands each connection on to one of `lead_to`, in turn.

    `before` is the port that the deployment had: it is taken again if it is free, else one of
    `ports`. Raises Conflict when none is.
    """

    def __init__(self, host: str, before: int, ports: tuple[int, int]) -> None:
        with choosing():
            self._listener = listen(host, 0, ports, before=before)
        self.port: int = self._listener.getsockname()[1]
        self._ways: tuple[int, ...] = ()
        self._turn = 0
        self._ended = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=f"port {self.port}", daemon=True)
        self._thread.start()

    def lead_to(self, ways: Sequence[int]) -> None:
        """Hand what comes from now on to these ports of the loopback here; none: turn it away."""
        self._ways = tuple(ways)

    def close(self) -> None:
        """Listen no more and cut who is connected."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve(self._listener))
        finally:
            self._loop.close()

    async def _serve(self, listener: socket.socket) -> None:
        server = await asyncio.start_server(self._take, sock=listener)
        await self._ended.wait()
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Move bytes both ways until both sides have ended."""
        there: asyncio.StreamWriter | None = None
        try:
            if self._ways:
                self._turn += 1
                port = self._ways[self._turn % len(self._ways)]
                async with asyncio.timeout(_PATIENCE):
                    answers, there = await asyncio.open_connection("127.0.0.1", port)
                await asyncio.gather(_pour(reader, there), _pour(answers, writer))
        except (OSError, TimeoutError):
            pass  # whoever called sees a connection that closes, as of a server that is gone
        finally:
            for each in (there, writer):
                if each is not None:
                    each.close()


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Move bytes until the source has no more, then say so to the sink; its own way back stays open."""
    try:
        while piece := await source.read(_PIECE):
            sink.write(piece)
            await sink.drain()
    finally:
        with contextlib.suppress(OSError):
            if not sink.is_closing():
                sink.write_eof()
