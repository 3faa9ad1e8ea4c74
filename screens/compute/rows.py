"""Jobs and targets as rows of tables; used by the place and by the drawer over any place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from screens.experiments.live import Progress
from screens.states import cell
from screens.text import Styled, ago, clock
from screens.widgets.source import Cell, Column, MemorySource, Row
from workbench.compute.contract import Probe
from workbench.compute.jobs import Job
from workbench.compute.targets import TargetRow

JOBS = (
    Column("job", "Job", cap=8),
    Column("state", "State", cap=14),
    Column("title", "What", cap=60, grow=True),
    Column("target", "On", cap=12),
    Column("time", "Time", cap=9, right=True),
    Column("exit", "Exit", cap=5, right=True),
    Column("queued", "Queued", cap=10, right=True),
)
TARGETS = (
    Column("target", "Target", cap=20),
    Column("state", "State", cap=14),
    Column("jobs", "Jobs", cap=5, right=True),
    Column("facts", "What is there", cap=120, grow=True, sortable=False),
)


def state_of(job: Job) -> str:
    """Return the job's state, `stopping` once somebody asked for its end."""
    return "stopping" if job.cancel_requested and not job.ended else job.state


def took(job: Job, now: datetime) -> float | None:
    """Return the seconds that the job has run, None before it has started."""
    if job.started_at is None:
        return None
    return ((job.ended_at or now) - job.started_at).total_seconds()


def jobs(found: Sequence[Job], live: Mapping[str, Progress], now: datetime) -> MemorySource:
    """Return the rows of `found`, in its order; `live` says how far the running ones are."""
    at = {job.reference: job for job in found}

    def order(key: str, column: str) -> Cell:
        job = at[key]
        values: dict[str, Cell] = {
            "job": job.number,
            "state": state_of(job),
            "title": job.title,
            "target": job.target,
            "time": took(job, now),
            "exit": job.exit_code,
            "queued": job.queued_at,
        }
        return values[column]

    rows = [_job(job, live.get(job.reference), now) for job in found]
    return MemorySource(JOBS, rows, order=order)


def _job(job: Job, progress: Progress | None, now: datetime) -> Row:
    state = state_of(job)
    running = state == "running" and progress is not None and progress.share is not None
    seconds = took(job, now)
    return Row(
        job.reference,
        (
            Styled(job.reference, "strong"),
            cell(state, progress.short if running and progress else ""),
            job.title,
            job.target,
            None if seconds is None else clock(seconds),
            Styled(str(job.exit_code), "bad") if job.exit_code else job.exit_code,
            Styled(ago(job.queued_at, now), "muted"),
        ),
    )


def targets(found: Sequence[TargetRow], probes: Mapping[str, Probe | str]) -> MemorySource:
    """Return the targets' rows; `probes` has what each answered, or why it could not be asked."""
    return MemorySource(TARGETS, [_target(row, probes.get(row.name)) for row in found])


def _target(row: TargetRow, probe: Probe | str | None) -> Row:
    if probe is None:
        state, facts = cell("queued"), Styled("being asked", "muted")
        state = Styled("◌ asking", "muted")
    elif isinstance(probe, str):
        state, facts = Styled("✗ not there", "bad"), Styled(probe, "muted")
    elif not probe.ok:
        state, facts = cell("fail"), Styled("; ".join(lack.why for lack in probe.missing), "warn")
    else:
        state, facts = cell("ok"), Styled(facts_line(probe), "muted")
    return Row(row.name, (Styled(row.name, "strong"), state, row.unfinished, facts))


def facts_line(probe: Probe) -> str:
    """Return what a target offers in one line."""
    known = dict(probe.facts)
    words = {"cores": "{} cores", "system": "{}", "python": "Python {}", "free": "{} free"}
    parts = [text.format(known[name]) for name, text in words.items() if name in known]
    return ", ".join(parts)
