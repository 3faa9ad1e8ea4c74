"""What the end of a job says of its runs: figures and files from `out/`, or why there are none."""

from __future__ import annotations

import shutil
from pathlib import Path

from workbench.compute.events import EventReader, Failure
from workbench.compute.folder import EVENTS, OUT
from workbench.compute.machine import End
from workbench.errors import StoreError, WorkbenchError
from workbench.project.project import Project
from workbench.records import Record
from workbench.records.runs import RunEnded
from workbench.runner.transitions import open_runs
from workbench.store.modes import make_folder

REASON_CAP = 2000
"""The longest reason that is recorded, in characters; the whole is in the log."""


def end_records(project: Project, job: str, out: Path, end: End) -> tuple[End, list[Record]]:
    """Return the job's end and the ends of its runs, made from the files in `out`.

    A result that cannot be used makes a failed run, and then the job failed too.
    """
    runs = [run["id"] for run in project.store.read(lambda view: open_runs(view, job))]
    if not runs:
        return end, []
    # The room above knows what a run makes; it is 300 ms of imports that few turns need.
    from workbench.experiments.finish import run_ended

    records: list[Record] = []
    for run in runs:
        try:
            records += run_ended(project, run, out, end.state, end.reason)
        except StoreError:
            raise  # the records or the disk, not the result: it is tried again
        except WorkbenchError as error:
            records.append(RunEnded(id=run, state="failed", error=str(error)[:REASON_CAP]))
    for record in records:
        if isinstance(record, RunEnded) and record.state == "failed" and end.state == "succeeded":
            end = End("failed", end.exit_code, record.error)
    return end, records


def empty_out(folder: Path) -> Path:
    """Return the folder for what a job made, emptied: nothing of it counts."""
    out = make_folder(folder) / OUT
    shutil.rmtree(out, ignore_errors=True)
    return make_folder(out)


def failure_told(folder: Path) -> str:
    """Return the last failure that the worker told in its events, as one line; empty without one."""
    told = [event for event in EventReader(folder / EVENTS).read() if isinstance(event, Failure)]
    if not told:
        return ""
    error = told[-1].error
    parts = {name: str(error.get(name, "")) for name in ("what", "where", "why", "fix")}
    return str(WorkbenchError(parts.pop("what"), **parts))[:REASON_CAP]
