"""The whole examination: every check in the order in which things depend on each other."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.doctor import machine as of_machine
from workbench.doctor import records, terminal, work
from workbench.doctor.findings import Finding, machine, refused
from workbench.doctor.findings import project as finding
from workbench.errors import WorkbenchError
from workbench.project.paths import cache_home, state_home

if TYPE_CHECKING:
    from workbench.project.project import Project

_NEWEST = """
SELECT max("at") AS "at" FROM (
  SELECT max(queued_at) AS "at" FROM jobs
  UNION ALL SELECT max(created_at) FROM dataset_versions
  UNION ALL SELECT max(promoted_at) FROM promotions)
"""


def examine_machine(
    environ: Mapping[str, str] = os.environ,
    *,
    size: tuple[int, int] | None,
    encoding: str,
    keys: Sequence[str] = (),
) -> list[Finding]:
    """Look at this machine. `keys` are sentences on wrong entries of the person's keymap."""
    found = [
        of_machine.check_python(),
        of_machine.check_packages(),
        *work.check_plugins(),
        terminal.check_colours(environ),
        terminal.check_size(size),
        terminal.check_letters(encoding),
        terminal.check_clipboard(environ),
        *(machine("keys", "warn", sentence, "", "Change the entry") for sentence in keys),
        of_machine.check_git(),
        of_machine.check_ssh(),
        of_machine.check_docker(environ),
        *of_machine.check_space(
            {"your state": state_home(), "temporary files": Path(tempfile.gettempdir())}
        ),
    ]
    return [each for each in found if each is not None]


def examine_project(opened: Project) -> list[Finding]:
    """Look at the project. Blocks as long as it takes to read its journal."""
    found = [
        records.check_settings(opened),
        *records.check_problems(opened),
        records.check_locks(opened.paths.own),
        records.check_journal(opened),
        *of_machine.check_space({"the project": opened.root}),
    ]
    tables = records.check_tables(opened, cache_home())
    found.append(tables)
    if tables.state == "fail":
        return found  # everything below asks the tables
    try:
        last = opened.store.one(_NEWEST)
        found += [
            records.check_clock(opened.paths.own, last["at"] if last else None),
            work.check_runner(opened),
            *work.check_servers(opened),
        ]
    except WorkbenchError as error:
        found.append(refused("tables", error))
    return found


def no_project(error: WorkbenchError, *, named: bool) -> Finding:
    """Say that there is no project, or why it cannot be opened; only the latter is broken."""
    if error.code == "project.none" and not named:
        return finding("project", "warn", "No project here", error.why, error.fix)
    return refused("project", error)
