"""What the agent does about jobs. Each function is asked for by its whole name."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workbench.compute import folder as parts
from workbench.compute import place
from workbench.errors import BadInput
from workbench.files import inside
from workbench.remote.agent import inplace
from workbench.remote.agent.objects import Running, object_path

FOLDER = "jobs"
LARGE = 4 * 1024 * 1024
"""Bytes from which on a result is not read twice for its digest."""
PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""Variables of the agent's environment that a job gets: none that could carry a secret."""

_went = Running()


def folder(base: Path, job: str) -> Path:
    """Return the folder of the job with this ULID."""
    return place.check_folder(base / FOLDER / job)


def claimed(base: Path, args: dict[str, Any], payload: bytes) -> bool:
    """Tell whether the job was started, or stopped, before."""
    del payload
    return (folder(base, args["job"]) / parts.PID).exists()


def fill(base: Path, args: dict[str, Any], payload: bytes) -> None:
    """Make the job's folder: `payload` is its spec, `code` and `inputs` name objects by digest.

    `sizes` (digest → bytes) are those that are read in place, in the project at `shared`. `told` are
    sentences for the person that the job's events begin with.
    """
    where = folder(base, args["job"])
    where.mkdir(parents=True, exist_ok=True, mode=0o700)
    sizes = args.get("sizes", {})
    inputs = {
        name: inplace.ready(base, args["shared"], digest, sizes[digest])
        if digest in sizes
        else object_path(base, digest)
        for name, digest in args["inputs"].items()
    }
    for path in (*inputs.values(), object_path(base, args["code"])):
        if not path.is_file():
            raise BadInput("An object of the job is not there", where=path.name, code="job.object")
    for name, path in inputs.items():
        _lead_anew(where / parts.INPUTS, name, args["inputs"][name], path)
    place.fill(where, payload, object_path(base, args["code"]), inputs)
    _begin_events(where / parts.EVENTS, args.get("told", ()))


def _lead_anew(folder: Path, name: str, digest: str, path: Path) -> None:
    """Have the link of an earlier attempt to the same object lead to `path`, where that lies now."""
    link = folder / name
    if Path(name).name != name or not link.is_symlink():
        return
    before = link.readlink()
    if before == path.resolve() or not (before.parent.name + before.name).endswith(digest):
        return
    draft = link.with_name(f".{name}.{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()
    draft.symlink_to(path.resolve())
    draft.replace(link)  # in one step: it is never missing


def _begin_events(path: Path, told: Sequence[str]) -> None:
    """Begin the job's events with what is to be told, unless they have begun: nothing in them changes."""
    if not told:
        return
    now = time.time()
    lines = [
        json.dumps({"kind": "message", "t": now, "text": text, "level": "warning"}) + "\n"
        for text in told
    ]
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text("".join(lines))
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)  # whole when its name appears; the worker appends to it
    draft.unlink()


def start(base: Path, args: dict[str, Any], payload: bytes) -> None:
    """Start the shim; `python` is the interpreter (empty: the agent's own), `module` what is run."""
    del payload
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    place.start(folder(base, args["job"]), args["module"], args["python"] or sys.executable, kept)


def poll(base: Path, args: dict[str, Any], payload: bytes) -> dict[str, Any]:
    """Say how the job is: `state`, `exit_code`, `reason`."""
    del payload
    return asdict(place.find(folder(base, args["job"])))


def read(base: Path, args: dict[str, Any], payload: bytes) -> tuple[None, bytes]:
    """Return bytes of `log` or `events.jsonl` from `offset` on."""
    del payload
    if args["name"] not in {parts.LOG, parts.EVENTS}:
        raise BadInput("No such file of a job is read", where=str(args["name"])[:80])
    return None, place.read(folder(base, args["job"]), args["name"], args["offset"])


def results(base: Path, args: dict[str, Any], payload: bytes) -> tuple[None, bytes]:
    """Return, as JSON in the payload, name, size and digest of every file in `out/`.

    The digest of a large one is empty: it is asked for once the file has been read (result_digest).
    """
    del payload
    where = folder(base, args["job"])
    found = [
        {
            "name": str(path.relative_to(where / parts.OUT)),
            "size": path.stat().st_size,
            "digest": place.digest(path) if path.stat().st_size < LARGE else "",
        }
        for path in place.results(where)
    ]
    return None, json.dumps(found).encode()


def read_result(base: Path, args: dict[str, Any], payload: bytes) -> tuple[None, bytes]:
    """Return `size` bytes of a file in `out/` from `offset` on."""
    del payload
    path = inside(folder(base, args["job"]) / parts.OUT, args["name"])
    with path.open("rb") as stream:
        stream.seek(args["offset"])
        data = stream.read(args["size"])
    _went.look(path, args["offset"], data)
    return None, data


def result_digest(base: Path, args: dict[str, Any], payload: bytes) -> str:
    """Return the digest of a file in `out/`; at once where it has just been read from its first byte on."""
    del payload
    return _went.digest(inside(folder(base, args["job"]) / parts.OUT, args["name"]))


def stop(base: Path, args: dict[str, Any], payload: bytes) -> None:
    """End every process of the job, or see to it that it never starts."""
    del payload
    place.stop(folder(base, args["job"]))


def remove(base: Path, args: dict[str, Any], payload: bytes) -> None:
    """Remove the job's folder."""
    del payload
    place.remove(folder(base, args["job"]))
