"""The target `local`: jobs run on this machine, each in its folder, none of them our child.

Job folders are under `~/.local/state/workbench/jobs/`. A shim (workbench.compute.shim), started
from the job's own zip of the code, is the worker's parent; nothing here needs to stay alive.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from workbench.compute import folder as parts
from workbench.compute import place
from workbench.compute.contract import (
    Bundle,
    Handle,
    Lack,
    Probe,
    Pruned,
    Status,
    Surroundings,
    Tell,
    tell_nobody,
)
from workbench.compute.limits import usage_of
from workbench.errors import TargetError, Unavailable
from workbench.files import inside
from workbench.options import Option, Value
from workbench.project.paths import state_home
from workbench.remote.agent.facts import facts


class LocalTarget:
    """This machine. See workbench.compute.contract.Target for what is guaranteed."""

    name = "local"
    needs_runtime = False
    pace = 0.0  # a look costs a few stats: as often as the runner has a turn

    def probe(self) -> Probe:
        """Say what this machine has, by the words that every target is described in."""
        found = facts(state_home(), {}, b"")
        lacks = tuple(Lack(why, fix) for why, fix in found["troubles"])
        return Probe(not lacks, found["shown"], lacks)

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
            place.fill(folder, bundle.spec, _kept(folder, bundle.code), bundle.inputs)
            place.start(folder, bundle.module, sys.executable, os.environ)
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
        found = place.find(_folder(handle))
        return Status(found.state, found.exit_code, found.reason, usage_of(found.usage))

    def read(self, handle: Handle, name: Literal["log", "events.jsonl"], offset: int) -> bytes:
        """Return at most 1 MiB of a file of the job from byte `offset` on."""
        return place.read(_folder(handle), name, offset)

    def fetch(self, handle: Handle, into: Path, tell: Tell = tell_nobody) -> None:
        """Copy `out/` to `into` and compare the digests of each file; links are not followed."""
        del tell
        folder = _folder(handle)
        for path in place.results(folder):
            target = inside(into, str(path.relative_to(folder / parts.OUT)))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target, follow_symlinks=False)
            if place.digest(path) != place.digest(target):
                raise TargetError(
                    "A file of the job changed while it was fetched",
                    where=str(path),
                    why="its copy has another digest",
                    fix="It is fetched again by itself",
                    code="job.fetch",
                )

    def stop(self, handle: Handle) -> None:
        """Ask the shim to end every process of the job; without a shim, end them from here."""
        place.stop(_folder(handle))

    def remove(self, handle: Handle) -> None:
        """Remove the job's folder; refused while something of the job runs."""
        place.remove(_folder(handle))

    def prune(self, older_than: float, *, dry: bool = False) -> tuple[Pruned, ...]:
        """Return nothing: jobs here run in this installation, on the project's own objects."""
        return ()

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
    host = handle.get("host")
    if host != socket.gethostname():
        raise TargetError(
            "The job is on another machine",
            where=str(host),
            why=f"this is {socket.gethostname()}",
            fix=f"Look at it from {host}",
            code="target.other_host",
        )
    return place.check_folder(Path(str(handle.get("folder", ""))))


def _kept(folder: Path, code: Path) -> Path:
    """Copy the job's code beside it: the project's cache may be cleared while it runs."""
    kept = folder / f".{parts.CODE}"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copyfile(code, kept)
    return kept
