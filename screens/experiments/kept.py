"""What a person chose for the lists of runs, kept from one session to the next: baseline and columns.

A file a project in the person's state folder. It is a convenience: one that is missing, damaged or
cannot be written is as if nothing was chosen.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from workbench.files import write_atomic
from workbench.project.paths import state_home


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """`baseline` is a run's reference, or empty; `columns` has names by experiment (empty: all runs)."""

    baseline: str = ""
    columns: dict[str, tuple[str, ...]] = {}


class Kept:
    """The choices of one person in one project; read when first asked for. Small files, no store."""

    def __init__(self, project: str, folder: Path | None = None) -> None:
        self._path = (folder or state_home()) / "runs" / f"{project}.json"
        self._chosen: Chosen | None = None

    @property
    def chosen(self) -> Chosen:
        """What was chosen."""
        if self._chosen is None:
            try:
                self._chosen = msgspec.json.decode(self._path.read_bytes(), type=Chosen)
            except (OSError, msgspec.MsgspecError):
                self._chosen = Chosen()
        return self._chosen

    def pin(self, baseline: str) -> None:
        """Keep the run that others are compared with; empty: none."""
        self._keep(msgspec.structs.replace(self.chosen, baseline=baseline))

    def show(self, experiment: str, columns: tuple[str, ...]) -> None:
        """Keep the columns of an experiment's list; empty: the usual ones."""
        others = {name: kept for name, kept in self.chosen.columns.items() if name != experiment}
        named = {experiment: columns} if columns else {}
        self._keep(msgspec.structs.replace(self.chosen, columns=others | named))

    def _keep(self, chosen: Chosen) -> None:
        self._chosen = chosen
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomic(self._path, msgspec.json.encode(chosen), mode=0o600, sync=False)
