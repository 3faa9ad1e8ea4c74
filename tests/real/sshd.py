"""A real sshd on a port of the loopback, with keys, settings and known_hosts of its own."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

ALIAS = "there"
"""What the server is called in the client's settings."""


def keygen(path: Path, *options: str, kind: str = "ed25519", passphrase: str = "") -> Path:
    """Make a pair of keys."""
    command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", str(path), *options]
    subprocess.run(command, check=True)
    return path


def fingerprint(path: Path) -> str:
    """Return the fingerprint of a key file as ssh-keygen shows it."""
    command = ["ssh-keygen", "-l", "-f", str(path)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[1]


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Sshd:
    """The server and what a client needs for it, all in `folder`.

    `settings` are further lines of sshd_config; `environment` is what its sessions have; `wrap` runs
    each command line of a client (`$SSH_ORIGINAL_COMMAND`), as another login shell would.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: str = "",
        environment: Mapping[str, str] | None = None,
        wrap: str = "",
        user: str = "",
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.user = user or getpass.getuser()
        self.host_key = keygen(folder / "host")
        self.key = keygen(folder / "user")
        self.known_hosts = folder / "known_hosts"
        self.client = folder / "ssh_config"
        self._environment = dict(environment or {})
        self._settings = settings
        self._wrap = wrap
        self._process: subprocess.Popen[bytes] | None = None
        self.trust()
        self.write_client()
        self.start()

    @property
    def log(self) -> str:
        """What the server said so far."""
        return (self.folder / "log").read_text(errors="replace")

    @property
    def pid(self) -> int:
        """The listening process."""
        assert self._process is not None
        return self._process.pid

    def trust(self) -> None:
        """Write the host's key down where the client looks."""
        key = self.host_key.with_suffix(".pub").read_text()
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {key}")

    def write_client(self, *lines: str) -> None:
        """Write the client's settings; `lines` stand before ours and so win."""
        self.client.write_text(
            "\n".join(
                [
                    f"Host {ALIAS}",
                    *(f"  {line}" for line in lines),
                    "  HostName 127.0.0.1",
                    f"  Port {self.port}",
                    f"  User {self.user}",
                    f"  IdentityFile {self.key}",
                    "  IdentitiesOnly yes",
                    "  IdentityAgent none",
                    "  ConnectTimeout 10",
                    f"  UserKnownHostsFile {self.known_hosts}",
                    "  GlobalKnownHostsFile /dev/null",
                    "",
                ]
            )
        )

    def write_server(self) -> Path:
        """Write the server's settings."""
        lines = [
            self._settings,
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {self.host_key}",
            "PidFile none",
            "UsePAM no",
            f"AuthorizedKeysFile {self.key}.pub",
            "StrictModes no",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PermitRootLogin yes",
            "MaxStartups 100",
            "LogLevel VERBOSE",
            f"Subsystem sftp {shutil.which('sftp-server') or 'internal-sftp'}",
        ]
        if self._wrap:
            lines.append(f"ForceCommand {self._wrap}")
        if self._environment:
            words = " ".join(f'"{name}={value}"' for name, value in self._environment.items())
            lines.append(f"SetEnv {words}")
        path = self.folder / "sshd_config"
        path.write_text("\n".join(lines) + "\n")
        return path

    def start(self) -> None:
        """Start it (again, on the same port) and wait until it listens."""
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # it wants that for privilege separation
        program = shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        assert program is not None
        with (self.folder / "log").open("wb") as output:
            self._process = subprocess.Popen(
                [program, "-D", "-e", "-f", str(self.write_server())],
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while "Server listening" not in self.log:
            assert self._process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server and every connection to it; what was started in a session of its own goes on."""
        self.cut()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)
            self._process = None

    def cut(self) -> int:
        """Kill the processes that carry connections, without a good-bye; return how many there were."""
        return self._signal(signal.SIGKILL)

    def freeze(self) -> int:
        """Have the carriers of the connections say nothing more, as a line does that is cut far away."""
        return self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        self._signal(signal.SIGCONT)

    def sessions(self) -> list[psutil.Process]:
        """Return the processes that carry connections: sshd's children, and theirs that are sshd too."""
        if self._process is None or self._process.poll() is not None:
            return []
        found = []
        for process in psutil.Process(self.pid).children(recursive=True):
            try:
                if process.name().startswith("sshd"):
                    found.append(process)
            except psutil.NoSuchProcess:
                continue
        return found

    def _signal(self, number: int) -> int:
        carriers = self.sessions()
        for process in carriers:
            try:
                process.send_signal(number)
            except psutil.NoSuchProcess:
                continue
        return len(carriers)


def lead_ssh(server: Sshd, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have `ssh` read the server's settings for clients: it looks in a person's home, not in $HOME."""
    place = folder / "commands"
    place.mkdir()
    command = place / "ssh"
    command.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {server.client} "$@"\n')
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{place}:{os.environ['PATH']}")
