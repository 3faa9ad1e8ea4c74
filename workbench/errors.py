"""The error tree. Every refusal a person can meet is one of these, and says what, where, why and the fix.

WorkbenchError                 exit 1
├── UsageError                 exit 2   the command or the form was filled in wrongly
├── NotFound                            no such project, dataset, run, model, file ...
├── BadInput                            a file, table, setting or request that cannot be used
├── Conflict                            the record changed meanwhile, or the name or port is taken
├── Refused                    exit 3   a gate, check, role, budget or missing trust says no
├── Unavailable                         this machine lacks something (package, space, permission)
├── PluginError                         a plugin does not load or breaks its contract
├── TargetError                         a place where work runs cannot be used, for now
│   └── TargetRefused                   ... and will not be until a person does something
└── StoreError                          the records themselves
    ├── LockTimeout                     somebody holds the journal's lock
    ├── JournalDamaged                  the journal is not what was written
    └── NewerFormat                     a newer Workbench wrote this project
"""

from __future__ import annotations

from typing import ClassVar


class WorkbenchError(Exception):
    """A refusal in four parts.

    `what` is one sentence; `where` names the file, line, column or key; `why` is the cause;
    `fix` is what the person can do. `code` is stable, for programs (`data.empty`); its default is
    the class's own. `exit_status` is the process's exit status.
    """

    exit_status: ClassVar[int] = 1
    default_code: ClassVar[str] = "failed"

    def __init__(
        self, what: str, *, where: str = "", why: str = "", fix: str = "", code: str = ""
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.fix = fix
        self.code = code or self.default_code

    def __str__(self) -> str:
        """One line: `what (where): why. fix`."""
        line = self.what.rstrip(".")
        if self.where:
            line += f" ({self.where})"
        if self.why:
            line += f": {self.why.rstrip('.')}"
        line += "."
        if self.fix:
            line += f" {self.fix.rstrip('.')}."
        return line

    def as_dict(self) -> dict[str, str]:
        """The body of `{"error": ...}` on the command line."""
        return {
            "code": self.code,
            "what": self.what,
            "where": self.where,
            "why": self.why,
            "fix": self.fix,
        }


class UsageError(WorkbenchError):
    """The command or the form was filled in wrongly."""

    exit_status = 2
    default_code = "usage"


class NotFound(WorkbenchError):
    """There is no such thing under that name."""

    default_code = "not_found"


class BadInput(WorkbenchError):
    """A file, table, setting or request that cannot be used as it is."""

    default_code = "bad_input"


class Conflict(WorkbenchError):
    """The record changed since it was read, or a name or port is taken."""

    default_code = "conflict"


class Refused(WorkbenchError):
    """A gate, check, role, budget or missing trust says no."""

    exit_status = 3
    default_code = "refused"


class Unavailable(WorkbenchError):
    """This machine lacks something: a package, space, permission."""

    default_code = "unavailable"


class PluginError(WorkbenchError):
    """A plugin does not load, or breaks its contract."""

    default_code = "plugin"


class TargetError(WorkbenchError):
    """A place where work runs cannot be used."""

    default_code = "target"


class TargetRefused(TargetError):
    """A place where work runs says no, and will say it again: a key, a host key, a missing Python."""

    default_code = "target.refused"


class StoreError(WorkbenchError):
    """The records themselves cannot be read or written."""

    default_code = "store"


class LockTimeout(StoreError):
    """Somebody holds a lock of the store for longer than five seconds."""

    default_code = "store.locked"


class JournalDamaged(StoreError):
    """The journal is not what was written: changed, cut or out of order."""

    default_code = "store.damaged"


class NewerFormat(StoreError):
    """A newer Workbench wrote this project."""

    default_code = "store.newer"
