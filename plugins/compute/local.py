"""The target `local`: jobs run on this machine, each in its folder, none of them our child.

Job folders are under `~/.local/state/workbench/jobs/`. A shim (workbench.compute.shim), started
from the job's own zip of the code, is the worker's parent; nothing here needs to stay alive.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from workbench.compute import folder as parts
from workbench.compute.contract import (
    Bundle,
    Handle,
    Lack,
    Probe,
    Status,
    Surroundings,
    Tell,
    tell_nobody,
)
from workbench.compute.folder import Claim, Exit, read_claim, read_exit, write_exit
from workbench.compute.processes import (
    Identity,
    boot_id,
    descendants,
    end_all,
    is_alive,
    look,
    marked,
    send,
)
from workbench.errors import TargetError, Unavailable
from workbench.files import inside, write_atomic
from workbench.ids import is_ulid
from workbench.options import Option, Value
from workbench.project.paths import state_home

READ_CAP = 1024 * 1024
_START_LIMIT = 60.0
_GRACE = 1.0


class LocalTarget:
    """This machine. See workbench.compute.contract.Target for what is guaranteed."""

    name = "local"
    needs_runtime = False
    pace = 0.1

    def probe(self) -> Probe:
        """Say which machine this is, and whether job folders can be written."""
        base = _base()
        facts = {
            "host": socket.gethostname(),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
            "cores": str(os.cpu_count() or 1),
            "jobs": str(base),
        }
        try:
            base.mkdir(parents=True, exist_ok=True, mode=0o700)
            facts["free"] = f"{shutil.disk_usage(base).free // 1024**2} MB"
        except OSError as error:
            why = f"{base} cannot be made: {error.strerror}"
            return Probe(False, facts, (Lack(why, "Correct the folder above it"),))
        if not os.access(base, os.W_OK):
            return Probe(False, facts, (Lack(f"{base} cannot be written", "Correct its mode"),))
        return Probe(True, facts)

    def prepare(self, job: str) -> Handle:
        """Return the job's folder, and the machine that it is on: a home may be shared by several."""
        return {"folder": str(_base() / job), "host": socket.gethostname()}

    def submit(self, handle: Handle, bundle: Bundle, tell: Tell = tell_nobody) -> None:
        """Fill the folder and start the shim, unless the job was started before."""
        del tell  # nothing travels
        folder = _folder(handle)
        if (folder / parts.PID).exists():
            return
        try:
            _fill(folder, bundle)
            _start(folder, bundle)
        except OSError as error:
            raise Unavailable(
                "The job cannot be started on this machine",
                where=str(error.filename or folder),
                why=error.strerror or str(error),
                fix="Free space or correct the folder's mode, then queue it again",
                code="job.start",
            ) from error

    def poll(self, handle: Handle) -> Status:
        """Say how the job is, by what its folder says and whether those very processes live."""
        folder = _folder(handle)
        try:
            found = read_claim(folder)
            if found is None:
                return Status("unknown", reason="it was never started here, or its folder is gone")
            if found.shim is not None and is_alive(found.shim):
                return Status("running") if read_exit(folder) is None else _ended(folder)
            # In this order: `exit` is written before the shim goes.
            if (folder / parts.EXIT).exists():
                return _ended(folder)
        except ValueError as error:
            return Status("unknown", reason=str(error))
        if found.worker is not None and is_alive(found.worker):
            return Status("running", reason="its watcher was killed; the exit status will be lost")
        return Status("ended", reason=_vanished(found))

    def read(self, handle: Handle, name: Literal["log", "events.jsonl"], offset: int) -> bytes:
        """Return at most 1 MiB of a file of the job from byte `offset` on."""
        try:
            with (_folder(handle) / name).open("rb") as stream:
                stream.seek(offset)
                return stream.read(READ_CAP)
        except FileNotFoundError:
            return b""

    def fetch(self, handle: Handle, into: Path, tell: Tell = tell_nobody) -> None:
        """Copy `out/` to `into` and compare the digests of each file; links are not followed."""
        del tell
        out = _folder(handle) / parts.OUT
        for path in _plain_files(out):
            name = path.relative_to(out)
            target = inside(into, str(name))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target, follow_symlinks=False)
            if _digest(path) != _digest(target):
                raise TargetError(
                    "A file of the job changed while it was fetched",
                    where=str(path),
                    why="its copy has another digest",
                    fix="It is fetched again by itself",
                    code="job.fetch",
                )

    def stop(self, handle: Handle) -> None:
        """Ask the shim to end every process of the job; without a shim, end them from here."""
        folder = _folder(handle)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if parts.claim(folder, Claim(None, None)):
            # It had not started, and now a shim that is still on its way finds the job taken.
            write_exit(folder, Exit(None, time.time(), "stopped before it started"))
            return
        found = read_claim(folder)
        if found is None or (folder / parts.EXIT).exists():
            return
        if found.shim is not None and send(found.shim, signal.SIGTERM):
            return
        end_all(lambda: _family(found, folder.name), grace=_GRACE)

    def remove(self, handle: Handle) -> None:
        """Remove the job's folder; refused while something of the job runs."""
        folder = _folder(handle)
        if not folder.exists():
            return
        found = None if (folder / parts.EXIT).exists() else read_claim(folder)
        if found is not None and _family(found, folder.name):
            raise TargetError(
                "The folder of a running job is not removed",
                where=str(folder),
                why="processes of the job are alive",
                fix="Cancel the job first",
                code="job.alive",
            )
        shutil.rmtree(folder)

    def close(self) -> None:
        """There is no connection."""


class LocalKind:
    """This machine: one target, which needs no settings."""

    name = "local"
    summary = "this machine"
    options: tuple[Option, ...] = ()

    def open(self, name: str, options: Mapping[str, Value], around: Surroundings) -> LocalTarget:
        """Return this machine."""
        del name, options, around
        return LocalTarget()


KIND = LocalKind()


def _base() -> Path:
    return state_home() / "jobs"


def _folder(handle: Handle) -> Path:
    """Return the folder that a handle names: a job's, on this machine, and nothing else."""
    folder, host = Path(str(handle.get("folder", ""))), handle.get("host")
    if host != socket.gethostname():
        raise TargetError(
            "The job is on another machine",
            where=str(host),
            why=f"this is {socket.gethostname()}",
            fix=f"Look at it from {host}",
            code="target.other_host",
        )
    # A record may come from elsewhere, and what it names is removed with all that is in it.
    if not (
        folder.is_absolute()
        and is_ulid(folder.name)
        and folder.parts[-3:-1] == ("workbench", "jobs")
    ):
        raise TargetError(
            "The record of the job does not name a job's folder",
            where=str(folder),
            why="a job's folder is .../workbench/jobs/ULID",
            fix="See the record: workbench audit show",
            code="target.handle",
        )
    return folder


def _fill(folder: Path, bundle: Bundle) -> None:
    inputs = folder / parts.INPUTS
    inputs.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copyfile(bundle.code, folder / parts.CODE)
    for name, source in bundle.inputs.items():
        place = inside(inputs, name)
        with contextlib.suppress(FileExistsError):
            place.symlink_to(source.resolve())
    write_atomic(folder / parts.SPEC, bundle.spec, mode=0o600)


def _start(folder: Path, bundle: Bundle) -> None:
    """Run the shim until it has claimed the job; its first process ends then."""
    environment = os.environ | {
        "PYTHONPATH": str(folder / parts.CODE),
        "PYTHONUNBUFFERED": "1",
        parts.MARK: bundle.job,
    }
    command = [sys.executable, "-P", "-m", "workbench.compute.shim", str(folder), bundle.module]
    try:
        started = subprocess.run(
            command,
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
            timeout=_START_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _not_started(folder, f"no answer within {_START_LIMIT:g} s") from error
    if started.returncode and not (folder / parts.PID).exists():
        lines = started.stderr.decode(errors="replace").strip().splitlines()
        raise _not_started(folder, lines[-1] if lines else f"status {started.returncode}")


def _not_started(folder: Path, why: str) -> Unavailable:
    return Unavailable(
        "The job's watching process did not start",
        where=str(folder),
        why=why,
        fix="Correct the cause and queue the work again",
        code="job.start",
    )


def _ended(folder: Path) -> Status:
    found = read_exit(folder)
    assert found is not None  # only called once it is there, and it is never taken away
    return Status("ended", found.code, found.reason)


def _vanished(found: Claim) -> str:
    if found.worker is not None and look(found.worker) == "rebooted":
        return "the machine was restarted while it ran"
    return "its processes are gone and left no exit status (killed together with their watcher)"


def _family(found: Claim, job: str) -> set[Identity]:
    """Return the living processes of a job: its shim, its worker, their offspring, and who bears its mark."""
    roots = [who for who in (found.shim, found.worker) if who is not None and is_alive(who)]
    family = {*roots, *marked(parts.MARK, job)}
    for root in roots:
        family.update(descendants(root.pid))
    return {who for who in family if who.pid != os.getpid() and who.boot == boot_id()}


def _plain_files(folder: Path) -> Iterator[Path]:
    for where, _, names in os.walk(folder):
        for name in sorted(names):
            path = Path(where, name)
            if path.is_file() and not path.is_symlink():
                yield path


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
