"""An agent in a process of this machine: the real bootstrap, by a real shell, over pipes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from workbench.remote.bootstrap import command


class Pipe:
    """A stream to `command` run by `shell`."""

    def __init__(self, shell: tuple[str, ...], python: str, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [*shell, command(python)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )

    def read(self, size: int) -> bytes:
        assert self.process.stdout is not None
        return os.read(self.process.stdout.fileno(), size)

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def close(self) -> None:
        """Let the line go; what is still read from it ends."""
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        try:
            self.process.wait(0.5)
        except (
            subprocess.TimeoutExpired
        ):  # it works at something: a line that is let go waits for nothing
            self.process.kill()
            self.process.wait(10)

    def complaint(self) -> str:
        assert self.process.stderr is not None
        os.set_blocking(self.process.stderr.fileno(), False)
        return (self.process.stderr.read() or b"").decode()


class Pipes:
    """A connector to this machine, with a home of its own."""

    def __init__(self, home: Path, python: str, shell: tuple[str, ...] = ("sh", "-c")) -> None:
        self.more: dict[str, str] = {}
        self.home = home
        self.python = python
        self.shell = shell
        self.opened: list[Pipe] = []

    def open_agent(self) -> Pipe:
        environment = {"HOME": str(self.home), "PATH": os.environ["PATH"], **self.more}
        self.opened.append(Pipe(self.shell, self.python, environment))
        return self.opened[-1]

    def cut(self) -> None:
        """Kill every agent, as a connection that is cut does."""
        for pipe in self.opened:
            if pipe.process.poll() is None:
                os.killpg(pipe.process.pid, signal.SIGKILL)

    def tunnel(self, port: int) -> int:
        return port

    def facts(self) -> dict[str, str]:
        return {"by": "pipes"}

    def close(self) -> None:
        for pipe in self.opened:
            pipe.close()
