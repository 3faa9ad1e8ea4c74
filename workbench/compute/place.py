"""A job's folder on the machine that runs it: start, look, stop, remove.

What the local target does here and what the agent does on a target. Standard library only, and
nothing newer than Python 3.9: the agent runs on whatever Python the target has.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from workbench.compute import cgroups
from workbench.compute import folder as parts
from workbench.compute.folder import Claim, Exit, read_claim, read_exit, write_exit
from workbench.compute.identity import HAS_PROC, Identity, boot_id
from workbench.compute.processes import (
    descendants,
    end_all,
    identified,
    is_alive,
    look,
    marked,
    send,
)
from workbench.errors import TargetError, Unavailable
from workbench.files import inside, write_atomic
from workbench.ids import is_ulid

READ_CAP = 1024 * 1024
"""The most bytes that one read of a job's file gives."""
_START_LIMIT = 60.0
# The watching process needs nothing that is installed where the standard library does: 3 ms.
_FLAGS = ("-P", "-S") if HAS_PROC else ("-P",)
_GRACE = 1.0
_DIGEST_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Found:
    """How a job is, as its folder and its processes tell; see workbench.compute.contract.Status."""

    state: Literal["running", "ended", "unknown"]
    exit_code: int | None = None
    reason: str = ""
    usage: dict[str, float] | None = None


def check_folder(folder: Path) -> Path:
    """Return `folder` if it can be a job's: a record may come from elsewhere, and what it names goes."""
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


def fill(folder: Path, spec: bytes, code: Path, inputs: Mapping[str, Path]) -> None:
    """Make the folder with its spec; `code` and each input are linked to where they lie."""
    places = folder / parts.INPUTS
    places.mkdir(parents=True, exist_ok=True, mode=0o700)
    _link(folder / parts.CODE, code)
    for name, source in inputs.items():
        if not _linked(places / name, source):  # it is, when the answer to the first time was lost
            _link(inside(places, name), source)
    write_atomic(folder / parts.SPEC, spec, mode=0o600)


def _linked(place: Path, source: Path) -> bool:
    return place.is_symlink() and place.readlink() == source.resolve()


def _link(place: Path, source: Path) -> None:
    with contextlib.suppress(FileExistsError):
        place.symlink_to(source.resolve())


def start(folder: Path, module: str, python: str, environment: Mapping[str, str]) -> None:
    """Run the shim until it has claimed the job; its first process ends then.

    `environment` is all that the job gets beside where its code is and its mark.
    """
    settled = {
        **environment,
        "PYTHONPATH": str(folder / parts.CODE),
        "PYTHONUNBUFFERED": "1",
        parts.MARK: folder.name,
    }
    command = [python, *_FLAGS, "-m", "workbench.compute.shim", str(folder), module]
    try:
        started = subprocess.run(
            command,
            env=settled,
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


def find(folder: Path) -> Found:
    """Say how the job is, by what its folder says and whether those very processes live."""
    return replace(_find(folder), usage=parts.read_usage(folder))


def _find(folder: Path) -> Found:
    try:
        found = read_claim(folder)
        if found is None:
            return Found("unknown", reason="it was never started here, or its folder is gone")
        if found.shim is not None and is_alive(found.shim):
            return Found("running") if read_exit(folder) is None else ended(folder)
        # In this order: `exit` is written before the shim goes.
        if (folder / parts.EXIT).exists():
            return ended(folder)
    except ValueError as error:
        return Found("unknown", reason=str(error))
    if found.worker is not None and is_alive(found.worker):
        return Found("running", reason="its watcher was killed; the exit status will be lost")
    return Found("ended", reason=_vanished(found))


def ended(folder: Path) -> Found:
    """Return the end that `exit` tells; it must be there."""
    found = read_exit(folder)
    assert found is not None  # only called once it is there, and it is never taken away
    return Found("ended", found.code, found.reason)


def read(folder: Path, name: str, offset: int) -> bytes:
    """Return at most READ_CAP bytes of a file of the job from byte `offset` on; none where it is not."""
    try:
        with (folder / name).open("rb") as stream:
            stream.seek(offset)
            return stream.read(READ_CAP)
    except FileNotFoundError:
        return b""


def stop(folder: Path) -> None:
    """Ask the shim to end every process of the job; without a shim, end them from here."""
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
    end_all(lambda: _family(found, folder), grace=_GRACE)


def remove(folder: Path) -> None:
    """Remove the job's folder; refused while something of the job runs."""
    if not folder.exists():
        return
    found = None if (folder / parts.EXIT).exists() else read_claim(folder)
    if found is not None and _family(found, folder):
        raise TargetError(
            "The folder of a running job is not removed",
            where=str(folder),
            why="processes of the job are alive",
            fix="Cancel the job first",
            code="job.alive",
        )
    cgroups.remove(cgroups.noted(folder))
    shutil.rmtree(folder)


def results(folder: Path) -> Iterator[Path]:
    """Yield every plain file in `out/`; links are not followed, what they name does not come."""
    for where, _, names in os.walk(folder / parts.OUT):
        for name in sorted(names):
            path = Path(where, name)
            if path.is_file() and not path.is_symlink():
                yield path


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    hasher = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_DIGEST_CHUNK):
            hasher.update(chunk)
    return hasher.hexdigest()


def _not_started(folder: Path, why: str) -> Unavailable:
    return Unavailable(
        "The job's watching process did not start",
        where=str(folder),
        why=why,
        fix="Correct the cause and queue the work again",
        code="job.start",
    )


def _vanished(found: Claim) -> str:
    if found.worker is not None and look(found.worker) == "rebooted":
        return "the machine was restarted while it ran"
    return "its processes are gone and left no exit status (killed together with their watcher)"


def _family(found: Claim, folder: Path) -> set[Identity]:
    """Return what lives of a job: shim, worker, offspring, who bears its mark or is in the group."""
    roots = [who for who in (found.shim, found.worker) if who is not None and is_alive(who)]
    family = {*roots, *marked(parts.MARK, folder.name)}
    family.update(identified(cgroups.pids(cgroups.noted(folder))))
    for root in roots:
        family.update(descendants(root.pid))
    return {who for who in family if who.pid != os.getpid() and who.boot == boot_id()}
