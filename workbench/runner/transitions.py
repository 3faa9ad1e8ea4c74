"""The runner's units: a job's change and that of its runs, together, if the records still allow it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.compute.contract import Handle
from workbench.compute.machine import End, run_state
from workbench.compute.staging import UsageSeen
from workbench.project.project import Project
from workbench.records import Record
from workbench.records.jobs import JobChanged, JobEnded
from workbench.records.runs import RunChanged
from workbench.states import JOB, JOB_ENDED, check_transition
from workbench.store.store import View


def append_change(
    project: Project,
    job: str,
    name: str,
    state: str,
    *,
    handle: Handle | None = None,
    reason: str = "",
) -> None:
    """Record that `job` (shown as `name`) is in `state`; its runs follow. Raises Conflict."""

    def decision(view: View) -> list[Record]:
        check_transition(JOB, name, _state(view, job), state)
        then = run_state(state)
        runs = [
            RunChanged(id=run["id"], state=then)
            for run in open_runs(view, job)
            if run["state"] != then
        ]
        return [JobChanged(id=job, state=state, handle=handle, reason=reason), *runs]

    project.store.decide(decision)


def append_end(
    project: Project,
    job: str,
    name: str,
    end: End,
    runs: Sequence[Record],
    used: UsageSeen | None = None,
    *,
    left_there: bool = False,
) -> None:
    """Record the end of `job`, what it `used`, and the ends of its runs in one unit. Raises Conflict.

    `left_there`: its target was not asked.
    """

    def decision(view: View) -> list[Record]:
        check_transition(JOB, name, _state(view, job), end.state)
        ended = JobEnded(
            id=job,
            state=end.state,
            exit_code=end.exit_code,
            reason=end.reason,
            cpu_seconds=round(used.cpu, 2) if used else None,
            peak_memory=used.peak if used else None,
            left_there=left_there,
        )
        return [ended, *runs]

    project.store.decide(decision)


def open_runs(view: View, job: str) -> list[dict[str, Any]]:
    """Return id and state of the job's runs that have not ended."""
    rows = view.query("SELECT id, state FROM runs WHERE job = ? ORDER BY number", (job,))
    return [row for row in rows if row["state"] not in JOB_ENDED]


def _state(view: View, job: str) -> str:
    row = view.one("SELECT state FROM jobs WHERE id = ?", (job,))
    assert row is not None  # the caller read it, and records are never taken back
    return str(row["state"])
