"""A Docker engine for tests: what is on it, what is left on it, and one of our own that may be restarted."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from plugins.compute.docker import KIND
from plugins.compute.docker.target import DockerTarget
from workbench.compute.bundle import make_bundle
from workbench.compute.contract import Bundle, Handle, Status, Surroundings
from workbench.compute.limits import NO_LIMITS, Limits
from workbench.compute.place import digest
from workbench.compute.spec import JobSpec
from workbench.ids import new_ulid
from workbench.options import Value, settle
from workbench.runtimes.runtime import Runtime
from workbench.testing.compute import wait_for

BASE = "workbench-base:bookworm"
"""Debian with Python, made by .ci/run: no image can be pulled everywhere."""

OWNER = f"docker-test-{os.getpid()}"
"""Marks what this process makes: tests that run beside it prune their own."""

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


def drop_objects(host: str = "") -> None:
    """Remove the data that tests of this process have sent."""
    marks = ["--filter", "label=workbench.object", "--filter", f"label=workbench.owner={OWNER}"]
    volumes = docker(
        "volume", "ls", "--quiet", "--filter", "dangling=true", *marks, host=host
    ).split()
    if volumes:
        docker("volume", "rm", *volumes, host=host)


def left_of(job: str, host: str = "") -> list[str]:
    """Return names of containers and volumes that are on the engine because of `job`."""
    marks = ["--filter", f"label=workbench.job={job}"]
    containers = docker("ps", "--all", "--format", "{{.Names}}", *marks, host=host).split()
    volumes = docker("volume", "ls", "--format", "{{.Name}}", *marks, host=host).split()
    return [*containers, *volumes]


class Dockerd:
    """An engine of our own, away from the machine's: it may be stopped, killed and restarted.

    `flags` are dockerd's; its network is off. `host` is its socket, as DOCKER_HOST has it. Its disk
    is memory: `space` says how much. Needs root.
    """

    def __init__(self, *flags: str, space: str = "1g") -> None:
        # Short: sockets below it have long names, and those may have 108 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="wbd", dir="/tmp"))
        command = ["mount", "-t", "tmpfs", "-o", f"size={space},mode=0711", "tmpfs"]
        subprocess.run([*command, str(self.folder)], check=True)
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
        # Its numbers may be somebody else's by now, who is then taken for it.
        for name in ("pid", "exec/containerd/containerd.pid"):
            (self.folder / name).unlink(missing_ok=True)

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
        subprocess.run(["umount", "--recursive", str(self.folder)], check=True)
        self.folder.rmdir()

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log").read_text()[-2000:]
        return (
            docker("version", "--format", "{{.Server.Version}}", host=self.host, check=False) != ""
        )


class Jobs:
    """Sends work whose source a test writes, and leaves nothing of it."""

    def __init__(
        self, target: DockerTarget, folder: Path, monkeypatch: pytest.MonkeyPatch, host: str
    ) -> None:
        self.target = target
        self.host = host
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._sent: list[Handle] = []

    def bundle(
        self, source: str, inputs: dict[str, Path] | None = None, limits: Limits = NO_LIMITS
    ) -> Bundle:
        """Return work that is ready to be sent: `folder` in `source` is the job's."""
        job = new_ulid()
        package = f"work_{job.lower()}"
        place = self._folder / "packages" / package
        place.mkdir(parents=True)
        (place / "__init__.py").touch()
        head = "import sys\nfrom pathlib import Path\nfolder = Path(sys.argv[1])\n"
        (place / "work.py").write_text(head + source)
        self._monkeypatch.syspath_prepend(str(place.parent))
        digests = {name: digest(path) for name, path in (inputs or {}).items()}
        module = f"{package}.work"
        spec = JobSpec(job=job, kind="test", module=module, inputs=digests, limits=limits).encode()
        code = make_bundle(self._folder, [f"{module}:NONE"])
        return Bundle(job, code, spec, module, inputs or {}, digests, small_runtime(), limits)

    def start(
        self, source: str, inputs: dict[str, Path] | None = None, limits: Limits = NO_LIMITS
    ) -> Handle:
        """Send work and return its handle."""
        return self.send(self.bundle(source, inputs, limits))

    def send(self, bundle: Bundle) -> Handle:
        """Send a bundle and return its handle."""
        handle = self.target.prepare(bundle.job)
        self._sent.append(handle)
        self.target.submit(handle, bundle)
        return handle

    def ended(self, handle: Handle) -> Status:
        """Wait until the job has ended."""
        return wait_for(lambda: self.target.poll(handle), lambda s: s.state == "ended", 90.0)

    def log(self, handle: Handle) -> bytes:
        """Return the whole log as it is now."""
        found = b""
        while data := self.target.read(handle, "log", len(found)):
            found += data
        return found

    def printed(self, handle: Handle, what: bytes) -> bytes:
        """Wait until the log has `what` in it, and return it."""
        return wait_for(lambda: self.log(handle), lambda log: what in log, 90.0)

    def close(self) -> None:
        """End and remove all that was sent."""
        for handle in self._sent:
            self.target.stop(handle)
            self.target.remove(handle)
        self.target.close()
        drop_objects(self.host)


@contextmanager
def sending(folder: Path, monkeypatch: pytest.MonkeyPatch, **options: Value) -> Iterator[Jobs]:
    """Lend a target, and what sends work to it; nothing is left afterwards."""
    engine = str(options.get("engine", ""))
    host = engine if engine.startswith("unix:") else ""
    jobs = Jobs(make_target(folder, **options), folder, monkeypatch, host)
    try:
        yield jobs
    finally:
        jobs.close()


_TLS = {"cacert": "ca", "cert": "server", "key": "server-key"}


@contextmanager
def dockerd_with_tls(certificates: Path, *, space: str = "1g") -> Iterator[tuple[Dockerd, int]]:
    """Lend an engine that takes over TCP whom the CA of `certificates` signed, and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    files = [f"--tls{key}={certificates / name}.pem" for key, name in _TLS.items()]
    engine = Dockerd(f"--host=tcp://127.0.0.1:{port}", "--tlsverify", *files, space=space)
    engine.start()
    try:
        engine.load_base()
        yield engine, port
    finally:
        engine.close()
