"""The folder of a job on the machine where it runs: what its files are called and what they say.

Standard library only, and little of it: the shim imports this before the work may start (no pathlib,
no dataclasses). Layout and meaning are a contract (`workbench.compute.contract`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Union

from workbench.compute.identity import Identity, identity_of

SPEC = "spec.json"
CODE = "code.zip"
INPUTS = "in"
LOG: Final = "log"
EVENTS: Final = "events.jsonl"
PID = "pid"
EXIT = "exit"
USAGE = "usage"
GROUP = "group"
OUT = "out"

MARK = "WORKBENCH_JOB"
"""The environment variable that every process of a job is started with; its value is the job's ULID."""

Folder = Union[str, "os.PathLike[str]"]


class Claim(NamedTuple):
    """The content of `pid`: the worker and the shim that watches it; None once nothing may start."""

    worker: Identity | None
    shim: Identity | None


class Exit(NamedTuple):
    """The content of `exit`: the worker's status (negative: the signal that ended it) and when."""

    code: int | None
    at: float
    reason: str = ""


def claim(folder: Folder, content: Claim) -> bool:
    """Write `pid` unless it is there: whoever gets True starts the work, nobody else ever does.

    A hard link is made or refused in one step, and the file is whole when its name appears.
    """
    draft = _draft(folder, PID)
    worker = content.worker._asdict() if content.worker else {"pid": None, "start": 0, "boot": ""}
    shim = content.shim._asdict() if content.shim else None
    _write(draft, json.dumps(worker | {"shim": shim}))
    try:
        os.link(draft, os.path.join(folder, PID))
    except FileExistsError:
        return False
    finally:
        os.unlink(draft)
    return True


def read_claim(folder: Folder) -> Claim | None:
    """Return what `pid` says, None while it is not there. Raises ValueError when it is damaged."""
    path = os.path.join(folder, PID)
    try:
        found = _read(path)
    except FileNotFoundError:
        return None
    try:
        shim = found["shim"]
        worker = identity_of(found) if found["pid"] is not None else None
        return Claim(worker, identity_of(shim) if shim else None)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged") from error


def write_exit(folder: Folder, content: Exit) -> None:
    """Write `exit` through a rename: it is not there, or there as a whole."""
    draft = _draft(folder, EXIT)
    _write(draft, json.dumps(content._asdict()))
    os.replace(draft, os.path.join(folder, EXIT))


def read_exit(folder: Folder) -> Exit | None:
    """Return what `exit` says, None while it is not there. Raises ValueError when it is damaged."""
    path = os.path.join(folder, EXIT)
    try:
        return Exit(**_read(path))
    except FileNotFoundError:
        return None
    except TypeError as error:
        raise ValueError(f"{path} is damaged") from error


def write_usage(folder: Folder, used: Mapping[str, float]) -> None:
    """Write `usage` through a rename; not flushed to disk, it is news and no record."""
    draft = _draft(folder, USAGE)
    with open(draft, "w") as stream:
        stream.write(json.dumps(used) + "\n")
    os.replace(draft, os.path.join(folder, USAGE))


def read_usage(folder: Folder) -> dict[str, float] | None:
    """Return what `usage` says (`cpu` seconds, `memory`, `peak` bytes); None for nothing usable."""
    try:
        found = _read(os.path.join(folder, USAGE))
        return {name: max(0, found[name]) for name in ("cpu", "memory", "peak")}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def asked_limits(folder: Folder) -> dict[str, Any]:
    """Return the limits that the job's spec names, empty without any or without a spec to read."""
    try:
        found = _read(os.path.join(folder, SPEC)).get("limits") or {}
        return {name: value for name, value in found.items() if value is not None}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _draft(folder: Folder, name: str) -> str:
    return os.path.join(folder, f".{name}.{os.getpid()}")


def _read(path: str) -> Any:
    with open(path, "rb") as stream:
        return json.loads(stream.read())


def _write(path: str, text: str) -> None:
    with open(path, "w") as stream:
        stream.write(text + "\n")
        stream.flush()
        os.fsync(stream.fileno())
