"""One job and one target as facts for the right pane."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from textual.content import Content

from screens.compute.going import Now
from screens.compute.rows import Load, state_of, target_state, took
from screens.experiments.live import Progress
from screens.states import cell
from screens.text import Styled, Tone, ago, bar, clock, duration, said, size
from screens.widgets.detail import Section
from screens.widgets.source import Cell
from workbench.compute.checking import Check
from workbench.compute.jobs import Job
from workbench.compute.limiting import limits_text
from workbench.compute.limits import Limits
from workbench.compute.targets import TargetRow
from workbench.compute.told import spent_text, stage_text
from workbench.options import Value

WIDTH = 20
"""Cells of the bar of a phase."""


def job_sections(
    job: Job, live: Now | None, now: datetime, limits: Limits | None = None
) -> list[Section]:
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
    if live is not None and not job.ended:
        found += _live(live, now)
    elif live is not None and live.news.usage is not None:
        found.append(Section("Used", text=said(spent_text(live.news.usage))))
    what: list[tuple[str, Cell]] = [("Kind", job.kind_of_work), ("Target", job.target)]
    if job.priority:
        what.append(("Priority", f"{job.priority:+}"))
    if limits is not None and (words := limits_text(limits)):
        what.append(("May use", words))
    if job.run_number is not None:
        what.append(("Run", Styled(f"r_{job.run_number}   i goes there", "strong")))
    found.append(Section("Work", what))
    found.append(Section("Times", _times(job, now)))
    return found


def _live(live: Now, now: datetime) -> list[Section]:
    """Return how far an open job is on its way, how far its work is, and what it uses."""
    found = []
    stage, usage = live.news.stage, live.news.usage
    if stage is not None:
        words = said(stage_text(stage, now.timestamp()))
        share = [] if stage.share is None else [said(bar(stage.share, WIDTH), "busy")]
        found.append(Section("On its way", text=Content("\n").join([*share, words])))
    if live.progress.phase:
        found.append(Section("Now", text=_phase(live.progress)))
    if usage is not None:
        facts: list[tuple[str, Cell]] = [
            ("CPU", None if usage.cores is None else f"{usage.cores:.1f} cores busy"),
            ("Memory", f"{size(usage.memory)}, peak {size(usage.peak)}"),
            ("CPU time", duration(usage.cpu)),
        ]
        found.append(Section("Uses", facts))
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
        return [
            Styled(
                "It starts when its target has a free place. U and D put it sooner or later.",
                "muted",
            )
        ]
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
    row: TargetRow, check: Check | None, load: Load, now: datetime, *, asked: bool = False
) -> list[Section]:
    """Return what is known of a target: its settings, and what the last check found."""
    state = target_state(check, asked=asked)
    head: list[tuple[str, Cell]] = [
        (
            "State",
            state if check is None else Styled(f"{state.text}, {_asked(check, now)}", state.tone),
        ),
        ("Slots", f"{load.busy} of {row.slots} taken, {load.waiting} waiting"),
    ]
    found = [Section(facts=head)]
    if check is None:
        found.append(Section(notes=[Styled("w asks it what is there.", "muted")]))
    else:
        found += _checked(check)
    options: list[tuple[str, Cell]] = [(name, _shown(value)) for name, value in row.options.items()]
    where = {"person": "your own settings", "project": "workbench.toml"}.get(row.origin, "built in")
    found.append(Section("Settings", [("Kind", row.kind), *options, ("Stands in", where)]))
    return found


def _asked(check: Check, now: datetime) -> str:
    age = ago(check.at, now)
    return "just now" if age == "now" else age


def _checked(check: Check) -> list[Section]:
    """Return what works and what is missing, each with its fix."""
    found = []
    if check.error is not None:
        error = check.error
        notes = [Styled("✗ " + _sentence(error["what"], error["why"]), "bad")]
        found.append(Section("No answer", notes=[*notes, *_fix(error["fix"])]))
    for lack in check.missing:
        tone: Tone = "warn" if check.ok else "bad"
        sign = "▲ " if check.ok else "✗ "
        found.append(Section(notes=[Styled(sign + lack.why, tone), *_fix(lack.fix)]))
    if check.facts:
        facts: list[tuple[str, Cell]] = list(check.facts.items())
        found.append(Section("There", facts))
    return found


def _sentence(what: str, why: str) -> str:
    return f"{what.rstrip('.')}: {why}" if why else what


def _fix(fix: str) -> list[Styled]:
    return [Styled("→ " + fix, "plain")] if fix else []


def _shown(value: Value) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def runner_section(runner: int | None, slots: int, log: Path) -> Section:
    """Return how the runner that starts the jobs is."""
    return Section("Runner", runner_facts(runner, slots), notes=_runner_notes(runner, log))


def runner_facts(runner: int | None, slots: int) -> Sequence[tuple[str, Cell]]:
    """Return how the runner is."""
    state = Styled(f"◑ works, process {runner}", "busy") if runner is not None else "rests"
    return [("State", state), ("Jobs here at once", slots)]


def _runner_notes(runner: int | None, log: Path) -> list[Styled]:
    words = "It ends after a minute without work." if runner is not None else "Work wakes it."
    return [Styled(words, "muted"), Styled(f"v shows its log: {log.name}", "muted")]
