"""How long a version takes for one row: measured in a process of its own, and kept for this machine.

The process loads the model by the safe way (verified digest, safe format, trusted types only), has no
secrets in its environment, and answers with its figures as JSON. A format whose loading may run code is
never measured. What was measured is kept in the project's cache by content digest, signature and
machine; what was measured elsewhere does not count here.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version as package_version
from pathlib import Path

import msgspec

from workbench.errors import Unavailable
from workbench.files import write_atomic
from workbench.models.contract import Format, Signature
from workbench.models.registry import ModelVersion, get_version
from workbench.plugins import load, reference
from workbench.project.project import Project
from workbench.text import clean

VERSION = 1
"""Of the kept file and of how it is measured; another one is measured again."""
SECONDS = 60.0
"""How long loading and measuring may take in all."""
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV")
"""What the process needs of the environment; anything else could be a secret."""


class TimingWork(msgspec.Struct, frozen=True, kw_only=True):
    """What the process is told on its standard input."""

    path: str
    format: str
    object: str
    content: str
    signature: Signature


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds for one row, and of loading; `why` says why nothing was measured, else empty.

    `median_ms` and `p95_ms` are of `calls` predictions after warming up, without HTTP.
    """

    reference: str
    median_ms: float | None = None
    p95_ms: float | None = None
    load_ms: float | None = None
    calls: int = 0
    machine: str = ""
    measured_at: datetime | None = None
    why: str = ""


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    v: int
    latency: Latency


def latency(
    project: Project, ref: str, *, cancelled: Callable[[], bool] = lambda: False
) -> Latency:
    """Return a version's latency on this machine: the kept one, else measured now (seconds).

    `cancelled` is asked several times a second; when it says so the process is ended.
    """
    version = get_version(project, ref)
    plugin: Format = load("formats", version.format)
    if not plugin.safe:
        why = f"loading {plugin.name} may run code of the file: it is not measured"
        return Latency(reference=version.reference, why=why)
    if plugin.inspect(project.store.objects.path(version.object)):
        why = "its file has types that are not trusted"
        return Latency(reference=version.reference, why=why)
    place = _place(project, version)
    kept = _kept(place)
    if kept is not None:
        return msgspec.structs.replace(kept, reference=version.reference)
    found = _measure(project, version, cancelled)
    if not found.why:
        _keep(place, found)
    return found


def kept_latency(project: Project, version: ModelVersion) -> Latency | None:
    """Return what was measured before on this machine; None where nothing was. Reads one file."""
    return _kept(_place(project, version))


def machine() -> str:
    """Return what names this machine and its runtime: figures of one say nothing of another."""
    parts = (
        socket.gethostname(),
        platform.machine(),
        str(os.cpu_count()),
        platform.python_version(),
        package_version("scikit-learn"),
    )
    return " ".join(parts)


def _place(project: Project, version: ModelVersion) -> Path:
    told = f"{version.content} {machine()}".encode() + msgspec.json.encode(version.signature)
    return project.paths.cache / "latency" / f"{hashlib.sha256(told).hexdigest()}.json"


def _kept(place: Path) -> Latency | None:
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        kept = msgspec.json.decode(place.read_bytes(), type=_Kept)
        if kept.v == VERSION:
            return kept.latency
    return None


def _keep(place: Path, found: Latency) -> None:
    from workbench.store.modes import file_mode, make_folder

    # Who may only read the project measures again; nothing depends on the kept copy.
    with contextlib.suppress(OSError):
        folder = make_folder(make_folder(place.parents[1]) / place.parent.name)
        data = msgspec.json.encode(_Kept(v=VERSION, latency=found))
        write_atomic(place, data, mode=file_mode(folder), sync=False)


def _measure(project: Project, version: ModelVersion, cancelled: Callable[[], bool]) -> Latency:
    work = TimingWork(
        path=str(project.store.objects.path(version.object)),
        format=reference("formats", version.format),
        object=version.object,
        content=version.content,
        signature=version.signature,
    )
    status, line = run_apart("workbench.models.timing", msgspec.json.encode(work), cancelled)
    if status != 0:
        return Latency(reference=version.reference, why=line)
    figures = msgspec.json.decode(line, type=dict[str, float])
    return Latency(
        reference=version.reference,
        median_ms=figures["median_ms"],
        p95_ms=figures["p95_ms"],
        load_ms=figures["load_ms"],
        calls=int(figures["calls"]),
        machine=socket.gethostname(),
        measured_at=datetime.now(UTC),
    )


def run_apart(
    module: str, given: bytes, cancelled: Callable[[], bool], *, seconds: float = SECONDS
) -> tuple[int, str]:
    """Run one of our modules in a process without secrets; return exit status and its last line.

    Raises Unavailable when it takes longer than `seconds` or is cancelled; it is ended then.
    """
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment |= {"OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    end = time.monotonic() + seconds
    waiting = given
    while True:
        try:
            out, err = process.communicate(waiting, timeout=0.2)
        except subprocess.TimeoutExpired:
            waiting = b""
            late = time.monotonic() > end
            if not late and not cancelled():
                continue
            process.kill()
            process.communicate()
            raise Unavailable(
                "The model was not tried to its end",
                where=module,
                why=f"it took longer than {seconds:.0f} s" if late else "it was cancelled",
                fix="Try again, or try a smaller model",
                code="model.slow",
            ) from None
        said = (out or err).decode(errors="replace").strip().splitlines()
        last = said[-1] if said else f"it ended with status {process.returncode}"
        return process.returncode, last if process.returncode == 0 else clean(last, 300)
