"""What an examination finds: one line a thing, with what to do where it is not well."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from workbench.errors import WorkbenchError

State = Literal["pass", "warn", "fail"]
"""`fail`: something that Workbench cannot do without is broken; `warn`: less works than could."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at. `area` is machine or project; `fix` is empty where all is well."""

    id: str
    area: Literal["machine", "project"]
    state: State
    what: str
    why: str = ""
    fix: str = ""


def machine(id_: str, state: State, what: str, why: str = "", fix: str = "") -> Finding:
    """Return a finding about this machine."""
    return Finding(id=id_, area="machine", state=state, what=what, why=why, fix=fix)


def project(id_: str, state: State, what: str, why: str = "", fix: str = "") -> Finding:
    """Return a finding about the project."""
    return Finding(id=id_, area="project", state=state, what=what, why=why, fix=fix)


def refused(id_: str, error: WorkbenchError, state: State = "fail") -> Finding:
    """Return a refusal as a finding about the project."""
    where = f" ({error.where})" if error.where else ""
    return project(id_, state, error.what + where, error.why, error.fix)


def broken(found: Iterable[Finding]) -> bool:
    """Tell whether something that is needed is broken."""
    return any(finding.state == "fail" for finding in found)
