"""A Docker engine for tests: what is on it, what is left on it, and one of our own that may be restarted."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from plugins.compute.docker import KIND
from plugins.compute.docker.target import DockerTarget
from workbench.compute.contract import Surroundings
from workbench.options import Value, settle
from workbench.runtimes.runtime import Runtime
from workbench.testing.compute import wait_for

BASE = "workbench-base:bookworm"
"""Debian with Python, made by .ci/run: no image can be pulled everywhere."""

OWNER = "docker-test"

_OFF = ("--bridge=none", "--iptables=false", "--ip6tables=false", "--log-level=warn")


def make_target(cache: Path, name: str = "boxes", **options: Value) -> DockerTarget:
    """Return a target on the engine of this machine, or on that of `options`."""
    settled = settle(KIND.options, {"base": BASE, **options}, owner=name)
    return KIND.open(name, settled, Surroundings(cache, OWNER))


@cache
def small_runtime() -> Runtime:
    """Return a runtime with msgspec alone, at the version that is installed here."""
    import msgspec
    import uv

    with tempfile.TemporaryDirectory(prefix="workbench-lock-") as folder:
        wanted = Path(folder, "wanted.in")
        wanted.write_text(f"msgspec=={msgspec.__version__}\n")
        command = [uv.find_uv_bin(), "pip", "compile", str(wanted), "--python-version", "3.11"]
        shape = ["--universal", "--generate-hashes", "--no-header", "--no-annotate", "--quiet"]
        done = subprocess.run([*command, *shape], check=True, capture_output=True, cwd="/")
    return Runtime("3.11", done.stdout)


def docker(*arguments: str, host: str = "", check: bool = True) -> str:
    """Run Docker's own client and return what it printed: the oracle of these tests."""
    where = ["--host", host] if host else []
    done = subprocess.run(
        ["docker", *where, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert not check or done.returncode == 0, done.stderr
    return done.stdout.strip()


def left_of(job: str, host: str = "") -> list[str]:
    """Return names of containers and volumes that are on the engine because of `job`."""
    marks = ["--filter", f"label=workbench.job={job}"]
    containers = docker("ps", "--all", "--format", "{{.Names}}", *marks, host=host).split()
    volumes = docker("volume", "ls", "--format", "{{.Name}}", *marks, host=host).split()
    return [*containers, *volumes]


class Dockerd:
    """An engine of our own, away from the machine's: it may be stopped, killed and restarted.

    `flags` are dockerd's; its network is off. `host` is its socket, as DOCKER_HOST has it.
    """

    def __init__(self, *flags: str) -> None:
        # Short: sockets below it have long names, and those may have 108 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="wbd", dir="/tmp"))
        self.host = f"unix://{self.folder}/s"
        self._flags = flags
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        where = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
        places = [f"--{flag}={self.folder / name}" for flag, name in where.items()]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["dockerd", *places, f"--host={self.host}", *_OFF, *self._flags],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(self._answers, bool, 60.0)

    def end(self, number: int = signal.SIGTERM) -> None:
        """Send it a signal and wait for its end."""
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(90)
        (self.folder / "pid").unlink(missing_ok=True)

    def load_base(self) -> None:
        """Give it the base image that the machine's engine has."""
        with subprocess.Popen(["docker", "save", BASE], stdout=subprocess.PIPE) as saved:
            subprocess.run(
                ["docker", "--host", self.host, "load", "--quiet"],
                stdin=saved.stdout,
                stdout=subprocess.DEVNULL,
                timeout=120,
                check=True,
            )

    def close(self) -> None:
        """End what runs on it, then it, and remove all."""
        assert self._process is not None
        if self._process.poll() is not None:
            self.start()
        ids = docker("ps", "--all", "--quiet", host=self.host).split()
        if ids:
            docker("rm", "--force", *ids, host=self.host)
        self.end()
        shutil.rmtree(self.folder)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log").read_text()[-2000:]
        return (
            docker("version", "--format", "{{.Server.Version}}", host=self.host, check=False) != ""
        )
