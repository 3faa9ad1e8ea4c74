"""A job as text: its log line by line, its facts; shared by `job` and `run`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.cli.base import Context
from workbench.cli.cancelling import left_words
from workbench.text import clean

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.compute.jobs import Job
    from workbench.compute.limits import Limits
    from workbench.compute.told import News

_LONGEST = 64 * 1024


def show_log(context: Context, ref: str, *, follow: bool = False, offset: int = 0) -> None:
    """Write a job's log to stdout, from byte `offset`; with `follow` until the job ends.

    With `--json` each line is `{"offset","text"}`; a line that is longer than 64 KiB comes in parts.
    """
    from workbench.compute.jobs import get_job
    from workbench.compute.waiting import follow_log, log_so_far

    job = get_job(context.project, ref)
    chunks = (follow_log if follow else log_so_far)(context.project, job.id, offset)
    for start, line in split_lines(chunks, offset):
        text = line.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")
        context.line({"offset": start, "text": text}, clean(text))


def save_log(
    context: Context, ref: str, file: Path, *, follow: bool = False, offset: int = 0
) -> int:
    """Write a job's log to `file`, byte for byte, and return how many bytes that were.

    With `follow` until the job ends. A file that is there is refused (Conflict): nothing is lost.
    """
    from workbench.compute.jobs import get_job
    from workbench.compute.waiting import follow_log, log_so_far, new_file

    job = get_job(context.project, ref)
    size = 0
    with new_file(file) as stream:
        for chunk in (follow_log if follow else log_so_far)(context.project, job.id, offset):
            stream.write(chunk)
            stream.flush()
            size += len(chunk)
    return size


def split_lines(chunks: Iterable[bytes], offset: int = 0) -> Iterator[tuple[int, bytes]]:
    """Yield each line with the byte it starts at; the last one may lack its line feed."""
    held = b""
    for chunk in chunks:
        held += chunk
        whole = held.rfind(b"\n") + 1
        if whole == 0 and len(held) > _LONGEST:
            whole = len(held)
        for line in re.findall(rb"[^\n]*\n|[^\n]+", held[:whole]):
            yield offset, line
            offset += len(line)
        held = held[whole:]
    if held:
        yield offset, held


def going_on(job: Job, news: News | None) -> str:
    """Return in a few words what a job does now: where it is on its way, else what it uses."""
    from workbench.compute.told import size_text, stage_short

    if job.ended or news is None:
        return ""
    if news.stage is not None:
        rate = news.stage.rate if news.stage.unit == "bytes" else None
        return stage_short(news.stage) + (f", {size_text(rate)}/s" if rate else "")
    if news.usage is not None and job.state != "queued":
        cores = "" if news.usage.cores is None else f"{news.usage.cores:.1f} cores, "
        return cores + size_text(news.usage.memory)
    return f"priority {job.priority}" if job.priority and job.state == "queued" else ""


def describe(job: Job, news: News, limits: Limits | None, warned: Sequence[str] = ()) -> str:
    """Return the facts of a job, a line each; `warned` is what it warned of."""
    import time

    from workbench.compute.limiting import limits_text
    from workbench.compute.told import spent_text, stage_text, usage_text

    words = spent_text if job.ended else usage_text
    facts = {
        "job": f"{job.reference} ({job.id})",
        "title": job.title,
        "state": job.state + (" (asked to stop)" if job.cancel_requested and not job.ended else ""),
        "reason": job.reason,
        "exit": "" if job.exit_code is None else str(job.exit_code),
        "run": "" if job.run_number is None else f"r_{job.run_number}",
        "target": job.target,
        "left": left_words(job.target) if job.left_there else "",
        "stage": stage_text(news.stage, time.time()) if news.stage else "",
        "used" if job.ended else "uses": words(news.usage) if news.usage else "",
        "limits": limits_text(limits) if limits else "",
        "priority": str(job.priority) if job.priority else "",
        "kind": job.kind_of_work,
        "runtime": job.runtime[:12],
        "queued": f"{moment(job.queued_at)} by {job.queued_by}",
        "started": moment(job.started_at),
        "ended": moment(job.ended_at),
    }
    lines = [f"{name:9}{clean(value)}" for name, value in facts.items() if value]
    lines += [f"{'warned':9}{clean(text, 1000)}" for text in warned]
    return "\n".join(lines)


def moment(value: datetime | None) -> str:
    """Return a moment as text, in UTC to the second; empty for none."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ") if value else ""
