"""Jobs and targets as rows of tables; used by the place and by the drawer over any place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from screens.compute.going import Now
from screens.states import cell
from screens.text import Styled, ago, clock, size
from screens.widgets.source import Cell, Column, MemorySource, Row
from workbench.compute.checking import Check
from workbench.compute.jobs import Job
from workbench.compute.targets import TargetRow
from workbench.compute.told import stage_short

JOBS = (
    Column("job", "Job", cap=8),
    Column("state", "State", cap=26),
    Column("target", "On", cap=12),
    Column("title", "What", cap=22, grow=True),
    Column("time", "Time", cap=9, right=True),
    Column("now", "Uses", cap=22, right=True),
    Column("exit", "Exit", cap=5, right=True),
    Column("queued", "Queued", cap=10, right=True),
)
TARGETS = (
    Column("target", "Target", cap=20),
    Column("state", "State", cap=14),
    Column("slots", "Slots", cap=9, right=True),
    Column("kind", "Kind", cap=10),
    Column("cpu", "CPU", cap=9, right=True),
    Column("memory", "Memory", cap=18, right=True),
    Column("disk", "Disk", cap=18, right=True),
    Column("gpu", "GPU", cap=24),
    Column("checked", "Checked", cap=10, right=True),
)
_BUSY = frozenset({"starting", "running", "stopping"})
_FREE = re.compile(r"([\d.,]+) (\w+) free of ([\d.,]+) (\w+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Load:
    """How many jobs of a target go on, and how many wait for a place there."""

    busy: int = 0
    waiting: int = 0


def loads(jobs: Sequence[Job]) -> dict[str, Load]:
    """Return target → its load."""
    busy = Counter(job.target for job in jobs if job.state in _BUSY)
    waiting = Counter(job.target for job in jobs if job.state == "queued")
    return {name: Load(busy[name], waiting[name]) for name in busy.keys() | waiting.keys()}


def state_of(job: Job) -> str:
    """Return the job's state, `stopping` once somebody asked for its end."""
    return "stopping" if job.cancel_requested and not job.ended else job.state


def took(job: Job, now: datetime) -> float | None:
    """Return the seconds that the job has run, None before it has started."""
    if job.started_at is None:
        return None
    return ((job.ended_at or now) - job.started_at).total_seconds()


def jobs(found: Sequence[Job], live: Mapping[str, Now], now: datetime) -> MemorySource:
    """Return the rows of `found`, in its order; `live` says how far the open ones are."""
    at = {job.reference: job for job in found}

    def order(key: str, column: str) -> Cell:
        job = at[key]
        usage = live[key].news.usage if key in live else None
        values: dict[str, Cell] = {
            "job": job.number,
            "state": state_of(job),
            "title": job.title,
            "target": job.target,
            "time": took(job, now),
            "now": usage.memory if usage else None,
            "exit": job.exit_code,
            "queued": job.queued_at,
        }
        return values[column]

    rows = [_job(job, live.get(job.reference), now) for job in found]
    return MemorySource(JOBS, rows, order=order)


def _job(job: Job, live: Now | None, now: datetime) -> Row:
    seconds = took(job, now)
    return Row(
        job.reference,
        (
            Styled(job.reference, "strong"),
            cell(state_of(job), _extra(job, live)),
            job.target,
            job.title,
            None if seconds is None else clock(seconds),
            _uses(job, live),
            Styled(str(job.exit_code), "bad") if job.exit_code else job.exit_code,
            Styled(ago(job.queued_at, now), "muted"),
        ),
    )


def _extra(job: Job, live: Now | None) -> str:
    """Return what stands behind the state: where it is on its way, else how far its work is."""
    state = state_of(job)
    if state == "queued":
        return f"priority {job.priority:+}" if job.priority else ""
    if live is None or job.ended:
        return ""
    if live.news.stage is not None:
        return stage_short(live.news.stage)
    running = state == "running" and live.progress.share is not None
    return live.progress.short if running else ""


def _uses(job: Job, live: Now | None) -> Cell:
    """Return the rate of what is on its way, else cores and memory in use."""
    if live is None or job.ended:
        return None
    stage, usage = live.news.stage, live.news.usage
    if stage is not None:
        return f"{size(int(stage.rate))}/s" if stage.rate and stage.unit == "bytes" else None
    if usage is None or job.state == "queued":
        return None
    cores = "" if usage.cores is None else f"{usage.cores:.1f} CPU "
    return cores + size(usage.memory)


def targets(
    found: Sequence[TargetRow],
    checks: Mapping[str, Check],
    load: Mapping[str, Load],
    asked: Collection[str],
    now: datetime,
) -> MemorySource:
    """Return the targets' rows; `checks` has what each answered last, `asked` who is being asked now."""
    rows = [
        _target(row, checks.get(row.name), load.get(row.name, Load()), row.name in asked, now)
        for row in found
    ]
    return MemorySource(TARGETS, rows)


def _target(row: TargetRow, check: Check | None, load: Load, asked: bool, now: datetime) -> Row:
    facts = check.facts if check is not None else {}
    return Row(
        row.name,
        (
            Styled(row.name, "strong"),
            target_state(check, asked=asked),
            slots_cell(row, load),
            row.kind,
            facts.get("cores"),
            room(facts.get("memory", "")),
            room(facts.get("disk", "")),
            facts.get("gpu"),
            None if check is None else Styled(ago(check.at, now), "muted"),
        ),
    )


def target_state(check: Check | None, *, asked: bool = False) -> Styled:
    """Return how a target is, as far as anybody knows."""
    if asked:
        return Styled("◌ asking", "muted")
    if check is None:
        return Styled("· not asked", "muted")
    words = {
        "ok": cell("ok"),
        "warn": Styled("▲ usable", "warn"),
        "fail": Styled("✗ unusable", "bad"),
        "down": Styled("✗ no answer", "bad"),
    }
    return words[check.state]


def slots_cell(row: TargetRow, load: Load) -> Cell:
    """Return places taken of places there are, and who waits: `1/2 +3`."""
    waiting = f" +{load.waiting}" if load.waiting else ""
    text = f"{load.busy}/{row.slots}{waiting}"
    full = load.busy >= row.slots
    return Styled(text, "warn" if full and load.waiting else "busy" if load.busy else "plain")


def room(text: str) -> Cell:
    """Return `12.1 GB free of 16.0 GB` shortly: `12.1 of 16.0 GB`; other words as they are."""
    found = _FREE.fullmatch(text)
    if found is None:
        return text or None
    free, unit, whole, other = found.groups()
    return f"{free} of {whole} {unit}" if unit == other else f"{free} {unit} of {whole} {other}"
