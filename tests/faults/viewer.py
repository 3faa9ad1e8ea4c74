"""What somebody without rights sees of a project: reads it, and is refused a write with a reason.

    python tests/faults/viewer.py PROJECT

Not a test: `test_disk.py` runs it. Started as root it gives its rights up, in a process that has no
other thread, as root alone may and as a child of pytest's must not.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from workbench.errors import WorkbenchError
from workbench.project.project import init_project, open_project
from workbench.records.project import ProjectCreated


def look(root: Path) -> None:
    """Read everything, and try to write."""
    mine = open_project(root, via="tui")
    assert len(mine.store.query("SELECT * FROM projects")) == 2
    assert [unit.seq for unit, _ in mine.store.journal.read()] == [1, 2]
    with pytest.raises(WorkbenchError, match="Permission denied") as refusal:
        mine.store.append(ProjectCreated(id="2" * 26, name="mine"))
    assert refusal.value.code == "store.write"


def rehearse() -> None:
    """Do the same on a project of one's own: what is imported late may lie where only root reads."""
    with tempfile.TemporaryDirectory() as folder:
        project = init_project(Path(folder) / "p", "mine")
        project.store.append(ProjectCreated(id="1" * 26, name="x"))
        project.store.query("SELECT * FROM projects")


if __name__ == "__main__":
    if os.geteuid() == 0:
        rehearse()
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    look(Path(sys.argv[1]))
