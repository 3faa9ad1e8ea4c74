"""One job and one target as facts for the right pane."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from textual.content import Content

from screens.compute.rows import state_of, took
from screens.experiments.live import Progress
from screens.states import cell
from screens.text import Styled, ago, bar, clock, said
from screens.widgets.detail import Section
from screens.widgets.source import Cell
from workbench.compute.contract import Probe
from workbench.compute.jobs import Job
from workbench.compute.targets import TargetRow

WIDTH = 20
"""Cells of the bar of a phase."""


def job_sections(job: Job, progress: Progress | None, now: datetime) -> list[Section]:
    """Return what is known of a job."""
    head: list[tuple[str, Cell]] = [("State", cell(state_of(job)))]
    seconds = took(job, now)
    if seconds is not None:
        head.append(("Time", clock(seconds)))
    if job.exit_code is not None:
        head.append(("Exit", _exit(job.exit_code)))
    found = [Section(job.title, head)]
    if notes := _notes(job):
        found.append(Section(notes=notes))
    if progress is not None and progress.phase and not job.ended:
        found.append(Section("Now", text=_phase(progress)))
    what: list[tuple[str, Cell]] = [("Kind", job.kind_of_work), ("Target", job.target)]
    if job.run_number is not None:
        what.append(("Run", Styled(f"r_{job.run_number}   i goes there", "strong")))
    found.append(Section("Work", what))
    found.append(Section("Times", _times(job, now)))
    return found


def _exit(code: int) -> Cell:
    if code == 0:
        return "0"
    words = f"signal {-code}" if code < 0 else str(code)
    return Styled(words, "bad")


def _notes(job: Job) -> list[Styled]:
    if job.reason:
        return [Styled(job.reason, "bad" if job.state == "failed" else "warn")]
    if job.state == "queued":
        return [Styled("It starts when the runner has a free place.", "muted")]
    if state_of(job) == "stopping":
        return [Styled("Its processes are being ended.", "muted")]
    return []


def _phase(progress: Progress) -> Content:
    words = said(progress.phase)
    if progress.share is None:
        lines = [words]
    else:
        figures = said(f"  {progress.done} of {progress.total}  {progress.share:.0%}")
        lines = [words, Content.assemble(said(bar(progress.share, WIDTH), "busy"), figures)]
    if progress.note:
        lines.append(said(progress.note, "muted"))
    return Content("\n").join(lines)


def _times(job: Job, now: datetime) -> list[tuple[str, Cell]]:
    moments = (("Queued", job.queued_at), ("Started", job.started_at), ("Ended", job.ended_at))
    facts: list[tuple[str, Cell]] = [
        (word, _moment(moment, now)) for word, moment in moments if moment is not None
    ]
    return [*facts, ("By", job.queued_by)]


def _moment(moment: datetime, now: datetime) -> str:
    """Write a moment of today as a time, an older one as a date."""
    there, here = moment.astimezone(), now.astimezone()
    if there.date() == here.date():
        return f"{there:%H:%M:%S}, {ago(moment, now)}"
    return f"{there:%Y-%m-%d %H:%M:%S}"


def target_sections(
    row: TargetRow, probe: Probe | str | None, slots: int, runner: int | None, log: Path
) -> list[Section]:
    """Return what is known of a target, and of the runner that starts its jobs."""
    head: list[tuple[str, Cell]] = [("Kind", row.kind), ("Open jobs", row.unfinished)]
    found = [Section(facts=head)]
    if isinstance(probe, Probe):
        facts: list[tuple[str, Cell]] = [(name, text) for name, text in probe.facts.items()]
        missing = [Styled(f"{lack.why}: {lack.fix}", "bad") for lack in probe.missing]
        found.append(Section("There", facts, notes=missing))
    elif probe:
        found.append(Section("There", notes=[Styled(probe, "bad")]))
    found.append(Section("Runner", runner_facts(runner, slots), notes=_runner_notes(runner, log)))
    return found


def runner_facts(runner: int | None, slots: int) -> Sequence[tuple[str, Cell]]:
    """Return how the runner is."""
    state = Styled(f"◑ works, process {runner}", "busy") if runner is not None else "rests"
    return [("State", state), ("Jobs at once", slots)]


def _runner_notes(runner: int | None, log: Path) -> list[Styled]:
    words = "It ends after a minute without work." if runner is not None else "Work wakes it."
    return [Styled(words, "muted"), Styled(f"v shows its log: {log.name}", "muted")]
