"""Checks of targets: asked, told, and kept in the person's own state, so that the last is there on return.

What is kept is of the settings that it was asked under: of a target that was changed since, nothing is
known. It is news, not a record: what cannot be read is as if nobody had asked.
"""

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from workbench.compute.contract import Ask, Lack, Probe
from workbench.compute.targets import TargetRow, list_targets, probe
from workbench.errors import WorkbenchError
from workbench.files import write_atomic
from workbench.project.paths import state_home

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.project.project import Project

VERSION = 1


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What a target answered, and when.

    `ok` when jobs can run there; `facts` what is there, `missing` what is not. Where it could not be
    asked `error` is WorkbenchError.as_dict(), else None.
    """

    target: str
    at: datetime
    ok: bool
    facts: dict[str, str] = {}
    missing: tuple[Lack, ...] = ()
    error: dict[str, str] | None = None
    mark: str = ""

    @property
    def state(self) -> str:
        """`ok`, `warn` (it can run jobs, something is missing), `fail`, or `down` (not reached)."""
        if self.error is not None:
            return "down"
        if not self.ok:
            return "fail"
        return "warn" if self.missing else "ok"


class _Kept(msgspec.Struct, frozen=True):
    version: int
    checks: dict[str, Check]


_LOCK = threading.Lock()


def check_target(project: Project, name: str, ask: Ask | None = None) -> Check:
    """Ask the target what is there, keep the answer, return it. A refusal of the target is an answer.

    Raises NotFound for a target that is not there.
    """
    row = next((row for row in list_targets(project) if row.name == name), None)
    mark = "" if row is None else mark_of(row)
    try:
        found: Probe | WorkbenchError = probe(project, name, ask)
    except WorkbenchError as error:
        if row is None:
            raise
        found = error
    now = datetime.now(UTC)
    if isinstance(found, WorkbenchError):
        check = Check(target=name, at=now, ok=False, error=found.as_dict(), mark=mark)
    else:
        check = Check(
            target=name, at=now, ok=found.ok, facts=dict(found.facts), missing=found.missing,
            mark=mark,
        )  # fmt: skip
    _keep(project, check)
    return check


def last_checks(project: Project, rows: list[TargetRow]) -> dict[str, Check]:
    """Return the last check of each of these targets, as far as it is of their present settings."""
    kept = _read(_file(project))
    return {
        row.name: kept[row.name]
        for row in rows
        if row.name in kept and kept[row.name].mark == mark_of(row)
    }


def mark_of(row: TargetRow) -> str:
    """Return what changes with the kind or an option of a target."""
    data = msgspec.json.encode([row.kind, sorted(row.options.items())])
    return hashlib.sha256(data).hexdigest()[:16]


def _file(project: Project) -> Path:
    return state_home() / "checks" / f"{project.id}.json"


def _read(path: Path) -> dict[str, Check]:
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
    except (OSError, msgspec.MsgspecError):
        return {}
    zoned = all(check.at.tzinfo is not None for check in kept.checks.values())
    return kept.checks if kept.version == VERSION and zoned else {}


def _keep(project: Project, check: Check) -> None:
    # Where it cannot be kept it is asked again: nothing that is worth a word.
    with _LOCK, suppress(OSError):
        path = _file(project)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = set(project.settings.targets) | {check.target, "local"}
        checks = {name: old for name, old in _read(path).items() if name in known}
        kept = _Kept(VERSION, checks | {check.target: check})
        write_atomic(path, msgspec.json.encode(kept), mode=0o600, sync=False)
