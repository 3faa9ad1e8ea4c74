"""The line to an agent: bytes there, bytes back. Plugins bring it (an SSH channel, a container's stdin)."""

from __future__ import annotations

from typing import Protocol


class Stream(Protocol):
    """A duplex stream to a process. One thread uses it at a time.

    `read` blocks for at least one byte and returns at most `size`, empty once the other side has
    closed; `write` blocks until all is taken. Both raise OSError (or TimeoutError, which is one)
    when the line is cut. `complaint` is what the process said on stderr, or how it ended, as far
    as that is known: it goes into the message of an error.
    """

    def read(self, size: int) -> bytes:
        """Return some bytes, at most `size`; empty at the end."""
        ...

    def write(self, data: bytes) -> None:
        """Send all of `data`."""
        ...

    def close(self) -> None:
        """Let the line go; the agent ends."""
        ...

    def complaint(self) -> str:
        """Return what is known of why the far end is silent; empty for nothing."""
        ...


class Connector(Protocol):
    """What a plugin brings so that a RemoteTarget can work. Safe to be used by several threads."""

    def open_agent(self) -> Stream:
        """Start `workbench.remote.bootstrap.command` there and return its stdin and stdout.

        Raises TargetError when the place cannot be reached.
        """
        ...

    def tunnel(self, port: int) -> int:
        """Return a port of this machine's loopback that leads to `port` of the loopback there."""
        ...

    def facts(self) -> dict[str, str]:
        """Return what the connection itself tells of the place, for a probe."""
        ...

    def close(self) -> None:
        """Let every connection go; a later call opens them again."""
        ...
