"""What was found out about a run: its report as data, and as a page for a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from workbench.errors import BadInput, Conflict, NotFound
from workbench.experiments.lookup import Run, get_run
from workbench.files import write_atomic
from workbench.training.report.record import PAGE, REPORT, Report, decode_report

if TYPE_CHECKING:
    from workbench.project.project import Project


def read_findings(project: Project, ref: str) -> Report:
    """Return the report of a run as data. Raises NotFound where there is none, BadInput for a broken one."""
    run = get_run(project, ref)
    data = _artifact(project, run, REPORT)
    try:
        return decode_report(data)
    except msgspec.DecodeError as error:
        raise BadInput(
            f"The report of {run.reference} cannot be read",
            where=REPORT,
            why=str(error),
            fix=f"Read what it says in words: workbench run report {run.reference}",
            code="run.report",
        ) from None


def write_page(project: Project, ref: str, path: Path) -> int:
    """Write a run's report as one HTML file that needs nothing else; return its size in bytes.

    Raises NotFound where there is none, and Conflict when another file is there.
    """
    run = get_run(project, ref)
    data = _artifact(project, run, PAGE)
    if path.is_dir():
        path = path / f"{run.reference}.html"
    if path.exists() and path.read_bytes() != data:
        raise Conflict(
            f"There is another {path.name} already",
            where=str(path),
            why="its bytes differ",
            fix="Remove it, or name another file",
            code="run.report_exists",
        )
    write_atomic(path, data)
    return len(data)


def _artifact(project: Project, run: Run, name: str) -> bytes:
    found = next((item for item in run.artifacts if item.name == name), None)
    if found is None:
        old = run.state == "succeeded"
        raise NotFound(
            f"{run.reference} has no {name}",
            where=run.reference,
            why="it is of a version that made none"
            if old
            else f"it is {run.state}" + (f": {run.error}" if run.error else ""),
            fix="Train it again" if old else f"See its log: workbench run logs {run.reference}",
            code="run.no_report",
        )
    return project.store.objects.read(found.object)
