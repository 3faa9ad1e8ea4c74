"""The folder of a job on the machine where it runs: what its files are called and what they say.

Standard library only: the shim on a target carries it. Layout and meaning are a contract
(`workbench.compute.contract`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from workbench.compute.processes import Identity

SPEC = "spec.json"
CODE = "code.zip"
INPUTS = "in"
LOG: Final = "log"
EVENTS: Final = "events.jsonl"
PID = "pid"
EXIT = "exit"
USAGE = "usage"
OUT = "out"

MARK = "WORKBENCH_JOB"
"""The environment variable that every process of a job is started with; its value is the job's ULID."""


@dataclass(frozen=True)
class Claim:
    """The content of `pid`: the worker and the shim that watches it; None once nothing may start."""

    worker: Identity | None
    shim: Identity | None


@dataclass(frozen=True)
class Exit:
    """The content of `exit`: the worker's status (negative: the signal that ended it) and when."""

    code: int | None
    at: float
    reason: str = ""


def claim(folder: Path, content: Claim) -> bool:
    """Write `pid` unless it is there: whoever gets True starts the work, nobody else ever does.

    A hard link is made or refused in one step, and the file is whole when its name appears.
    """
    draft = folder / f".{PID}.{os.getpid()}"
    worker = asdict(content.worker) if content.worker else {"pid": None, "start": 0, "boot": ""}
    shim = asdict(content.shim) if content.shim else None
    _write(draft, json.dumps(worker | {"shim": shim}))
    try:
        os.link(draft, folder / PID)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def read_claim(folder: Path) -> Claim | None:
    """Return what `pid` says, None while it is not there. Raises ValueError when it is damaged."""
    try:
        found = json.loads((folder / PID).read_bytes())
    except FileNotFoundError:
        return None
    try:
        shim = found.pop("shim")
        worker = Identity(**found) if found["pid"] is not None else None
        return Claim(worker, Identity(**shim) if shim else None)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{folder / PID} is damaged") from error


def write_exit(folder: Path, content: Exit) -> None:
    """Write `exit` through a rename: it is not there, or there as a whole."""
    draft = folder / f".{EXIT}.{os.getpid()}"
    _write(draft, json.dumps(asdict(content)))
    draft.replace(folder / EXIT)


def read_exit(folder: Path) -> Exit | None:
    """Return what `exit` says, None while it is not there. Raises ValueError when it is damaged."""
    try:
        return Exit(**json.loads((folder / EXIT).read_bytes()))
    except FileNotFoundError:
        return None
    except TypeError as error:
        raise ValueError(f"{folder / EXIT} is damaged") from error


def write_usage(folder: Path, used: Mapping[str, float]) -> None:
    """Write `usage` through a rename; not flushed to disk, it is news and no record."""
    draft = folder / f".{USAGE}.{os.getpid()}"
    draft.write_text(json.dumps(used) + "\n")
    draft.replace(folder / USAGE)


def read_usage(folder: Path) -> dict[str, float] | None:
    """Return what `usage` says (`cpu` seconds, `memory`, `peak` bytes); None for nothing usable."""
    try:
        found = json.loads((folder / USAGE).read_bytes())
        return {name: max(0, found[name]) for name in ("cpu", "memory", "peak")}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, text: str) -> None:
    with path.open("w") as stream:
        stream.write(text + "\n")
        stream.flush()
        os.fsync(stream.fileno())
