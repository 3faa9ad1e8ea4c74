"""What is known of a job that goes on, in words: its way to the target, what it uses, what it may use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from workbench.compute.limits import Limits
from workbench.compute.spec import decode_spec
from workbench.compute.staging import StageSeen, UsageSeen, read_stage, read_usage
from workbench.errors import WorkbenchError
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.compute.jobs import Job
    from workbench.project.project import Project

QUIET = 15.0
"""Seconds without a word after which it is said how old the news are."""
NOTE_CAP = 300
"""The longest note of a stage that is shown, in characters."""

_WORDS = {
    "connect": "connecting",
    "runtime": "building the runtime",
    "verify": "verifying the data there",
    "data": "sending data",
    "code": "sending code",
    "results": "fetching results",
}


class News(msgspec.Struct, frozen=True, kw_only=True):
    """The newest of a job: how far it is on its way, what it uses; None where nothing is known."""

    stage: StageSeen | None = None
    usage: UsageSeen | None = None


def read_news(project: Project, job: Job) -> News:
    """Return the news of `job`; of one that has ended only what it used last."""
    folder = project.paths.job(job.id)
    stage = None if job.ended or job.state == "queued" else read_stage(folder)
    return News(stage=stage, usage=read_usage(folder))


def limits_of(project: Project, job: Job) -> Limits | None:
    """Return what the job may use, as it was asked for; None where that cannot be read any more."""
    row = project.store.one("SELECT spec FROM jobs WHERE id = ?", (job.id,))
    assert row is not None  # the caller read the job, and records are never taken back
    try:
        return decode_spec(project.store.objects.read(row["spec"]), where=job.reference).limits
    except WorkbenchError:
        return None  # everything else about the job is known all the same


def size_text(octets: float) -> str:
    """Return a number of bytes in words: `812 B`, `1.4 MiB`."""
    unit = "B"
    for bigger in ("KiB", "MiB", "GiB", "TiB"):
        if octets < 1024:
            break
        octets, unit = octets / 1024, bigger
    return f"{octets:.0f} {unit}" if unit == "B" else f"{octets:.1f} {unit}"


def stage_short(stage: StageSeen) -> str:
    """Return a word for a cell: `data 42%`, else the stage."""
    return stage.name if stage.share is None else f"{stage.name} {stage.share:.0%}"


def stage_text(stage: StageSeen, now: float) -> str:
    """Return a stage in one line: `sending data: 42% of 1.2 GiB, 12.3 MiB/s`; `now` in Unix seconds."""
    words = _WORDS.get(stage.name, stage.name)
    facts = []
    if stage.share is not None:
        facts.append(f"{stage.share:.0%} of {_amount(stage.total, stage.unit)}")
    elif stage.done:
        facts.append(_amount(stage.done, stage.unit))
    if stage.rate and stage.unit == "bytes":
        facts.append(f"{size_text(stage.rate)}/s")
    if stage.note:
        facts.append(clean(stage.note, NOTE_CAP))
    if (age := stage.age(now)) >= QUIET:
        facts.append(f"no news for {age:.0f} s")
    return f"{words}: {', '.join(facts)}" if facts else words


def usage_text(usage: UsageSeen) -> str:
    """Return what a job uses in one line: `1.5 cores, 312.0 MiB (peak 480.5 MiB), 93 s of CPU`."""
    cores = "" if usage.cores is None else f"{usage.cores:.1f} cores, "
    memory = f"{size_text(usage.memory)} (peak {size_text(usage.peak)})"
    return f"{cores}{memory}, {usage.cpu:.0f} s of CPU"


def spent_text(usage: UsageSeen) -> str:
    """Return what an ended job used: `93 s of CPU, peak 480.5 MiB`."""
    return f"{usage.cpu:.0f} s of CPU, peak {size_text(usage.peak)}"


def _amount(number: int, unit: str) -> str:
    if unit == "bytes":
        return size_text(number)
    return f"{number:,} {unit}".rstrip()
