"""What the agent does about deployments: a folder for each, a process in each of its seats.

`deployments/ULID/` has the files of workbench.serving.folder (the server writes and reads them) and,
of ours, `code/` and `models/` (by digest, hard links to objects, so that what clears objects away
takes nothing that is served) and in each seat `started` (who was started) and `exit` (how it ended).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.compute.identity import Identity, boot_id, identify, identity_of
from workbench.compute.processes import end_all, is_alive, marked, send
from workbench.compute.processes import look as life
from workbench.errors import BadInput, TargetError
from workbench.files import write_atomic
from workbench.ids import is_ulid
from workbench.remote.agent.jobs import PASSED_ON
from workbench.remote.agent.objects import object_path
from workbench.remote.agent.smallfiles import keep, last_line, read_json, read_text

FOLDER = "deployments"
DESIRED, TOLD, METRICS, TOKEN = "desired.json", "serving.json", "metrics.json", "token"
PID, LOG, PREDICTIONS, WORKERS = "pid", "log", "predictions", "workers"
STARTED, EXIT, CODE, MODELS = "started", "exit", "code", "models"
MARK = "WORKBENCH_DEPLOYMENT"
"""The variable by which a server is found that lost its files."""
MODULE = "workbench.serving.server"
READ_CAP = 1024 * 1024
_PASSED_ON = (*PASSED_ON, "XDG_STATE_HOME")
_REAPED = 1.0
_REMOVE_GRACE, _REMOVE_LIMIT = 5.0, 15.0

_reapers: dict[Path, threading.Thread] = {}


def folder(base: Path, deployment: str) -> Path:
    """Return the folder of the deployment with this ULID."""
    if not is_ulid(str(deployment)):
        raise BadInput("That is not a deployment", where=str(deployment)[:80])
    return base / FOLDER / deployment


def fill(base: Path, args: dict[str, Any], payload: bytes) -> None:
    """Say what is to be served: `payload` is desired.json, whose model is the object `model`.

    `code` is the object that a process started from now on runs, `token` its secret or
    empty, `host` and `port` where it listens.
    """
    root = folder(base, args["deployment"])
    for place in (root, root / CODE, root / MODELS):
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    if args["token"]:
        write_atomic(root / TOKEN, args["token"].encode() + b"\n", mode=0o600)
    keep(object_path(base, args["code"]), root / CODE / (args["code"] + ".zip"))
    model = root / MODELS / args["model"]
    keep(object_path(base, args["model"]), model)
    before = _desired(root)
    wanted = {
        **json.loads(payload),
        "path": str(model),
        "host": args["host"],
        "port": args["port"],
        "sent": hashlib.sha256(payload).hexdigest(),
    }
    write_atomic(root / DESIRED, json.dumps(wanted).encode(), mode=0o600)
    # What is loaded is in memory; the one before may be in the middle of that.
    kept = {model.name, Path(str(before.get("path", ""))).name}
    for other in (root / MODELS).iterdir():
        if other.name not in kept:
            other.unlink()


def start(base: Path, args: dict[str, Any], payload: bytes) -> None:
    """Start the process of `seat` from the object `code`, unless one lives.

    `python` is the interpreter (empty: the agent's own).
    """
    del payload
    root = folder(base, args["deployment"])
    own = _own(root, args["seat"])
    own.mkdir(parents=True, exist_ok=True, mode=0o700)
    who = _who(own)
    if who is not None and is_alive(who):
        return
    fresh(base, args, b"")
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    # A few rows gain nothing from threads, and wait for them where the cores are taken.
    environment.update({"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"})
    code = root / CODE / (args["code"] + ".zip")
    environment.update({"PYTHONPATH": str(code), MARK: root.name})
    descriptor = os.open(root / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "ab") as log:
        child = subprocess.Popen(
            [args["python"] or sys.executable, "-P", "-m", MODULE, str(root), str(args["seat"])],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env=environment,
            start_new_session=True,
        )
    # One that ended before it could be looked at has a start time that nobody has.
    who = identify(child.pid) or Identity(child.pid, -1, boot_id())
    write_atomic(own / STARTED, json.dumps(who._asdict()).encode(), mode=0o600)
    reaper = threading.Thread(target=_reap, args=(child, own), daemon=True)
    _reapers[own] = reaper
    reaper.start()


def fresh(base: Path, args: dict[str, Any], payload: bytes) -> None:
    """Make `seat` ready for a process: what the one before it was and said does not count any more."""
    del payload
    own = _own(folder(base, args["deployment"]), args["seat"])
    own.mkdir(parents=True, exist_ok=True, mode=0o700)
    _forget(own)
    told = read_json(own / TOLD)
    if told:  # but for its port
        words = {"phase": "loading", "port": told.get("port", 0), "at": time.time()}
        write_atomic(own / TOLD, json.dumps(words).encode(), mode=0o600, sync=False)


def _reap(child: subprocess.Popen[bytes], own: Path) -> None:
    """Wait for a process of ours and write how it ended; nobody knows once this agent is gone."""
    code = child.wait()
    with contextlib.suppress(OSError):
        write_atomic(own / EXIT, json.dumps({"pid": child.pid, "code": code}).encode(), mode=0o600)


def look(base: Path, args: dict[str, Any], payload: bytes) -> dict[str, Any]:
    """Say how a deployment is; see workbench.compute.serving.Looked."""
    del payload
    root = folder(base, args["deployment"])
    seats = [_look(root, seat) for seat in _seats(root)] if root.is_dir() else []
    return {
        "now": time.time(),
        "sent": str(_desired(root).get("sent", "")),
        "files": dict(_files(root)),
        "seats": seats,
    }


def _look(root: Path, seat: int) -> dict[str, Any]:
    own = _own(root, seat)
    who = _who(own)
    process = "none" if who is None else life(who)
    if process != "alive" and own in _reapers:
        _reapers[own].join(_REAPED)
    found = read_json(own / EXIT)
    gone = process != "alive" and who is not None
    return {
        "number": seat,
        "process": process,
        "pid": who.pid if who else None,
        "exit_code": found.get("code") if who and found.get("pid") == who.pid else None,
        "told": read_text(own / TOLD),
        "metrics": read_text(own / METRICS),
        "last_line": last_line(root / LOG) if gone else "",
    }


def read(base: Path, args: dict[str, Any], payload: bytes) -> tuple[None, bytes]:
    """Return bytes of the log, or of a segment of the prediction log, from `offset` on."""
    del payload
    root = folder(base, args["deployment"])
    if args["name"] not in dict(_files(root)):
        return None, b""
    with (root / args["name"]).open("rb") as stream:
        stream.seek(args["offset"])
        return None, stream.read(READ_CAP)


def end(base: Path, args: dict[str, Any], payload: bytes) -> None:
    """Ask the process of `seat` to stop, or with `now` kill it."""
    del payload
    who = _who(_own(folder(base, args["deployment"]), args["seat"]))
    if who is not None:
        send(who, signal.SIGKILL if args["now"] else signal.SIGTERM)


def forget(base: Path, args: dict[str, Any], payload: bytes) -> None:
    """Forget who the process of `seat` was, unless it lives."""
    del payload
    own = _own(folder(base, args["deployment"]), args["seat"])
    who = _who(own)
    if who is None or not is_alive(who):
        _forget(own)


def remove(base: Path, args: dict[str, Any], payload: bytes) -> None:
    """End every process of the deployment and remove its folder."""
    del payload
    root = folder(base, args["deployment"])
    if not end_all(lambda: _living(root), grace=_REMOVE_GRACE, limit=_REMOVE_LIMIT):
        raise TargetError(
            "A server process does not end",
            where=str(root),
            why="it is alive after it was killed",
            fix="It is tried again by itself",
            code="deployment.alive",
        )
    if root.is_dir():
        shutil.rmtree(root)


def _living(root: Path) -> set[Identity]:
    found = set(marked(MARK, root.name))
    for seat in _seats(root):
        who = _who(_own(root, seat))
        if who is not None and is_alive(who):
            found.add(who)
    return found


def _own(root: Path, seat: int) -> Path:
    return root / WORKERS / str(int(seat)) if int(seat) else root


def _seats(root: Path) -> list[int]:
    names = _names(root / WORKERS)
    return [0, *sorted(int(name) for name in names if name.isdecimal())]


def _names(where: Path) -> list[str]:
    try:
        return [path.name for path in where.iterdir()]
    except FileNotFoundError:
        return []


def _files(root: Path) -> Iterator[tuple[str, int]]:
    """Yield name and size of the files that are copied away; links are not followed."""
    segments = [f"{PREDICTIONS}/{name}" for name in sorted(_names(root / PREDICTIONS))]
    for name in (LOG, *(name for name in segments if name.endswith(".jsonl"))):
        path = root / name
        if path.is_file() and not path.is_symlink():
            yield name, path.stat().st_size


def _who(own: Path) -> Identity | None:
    """Return who serves in a seat: the one that said so itself, else the one that was started."""
    for name in (PID, STARTED):
        found = read_json(own / name)
        if found:
            with contextlib.suppress(ValueError):
                return identity_of(found)
    return None


def _forget(own: Path) -> None:
    _reapers.pop(own, None)
    for name in (PID, STARTED, EXIT):
        with contextlib.suppress(FileNotFoundError):
            (own / name).unlink()


def _desired(root: Path) -> dict[str, Any]:
    return read_json(root / DESIRED)
