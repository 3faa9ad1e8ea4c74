"""A job as text: its log line by line, its facts; shared by `job` and `run`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.cli.base import Context
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.compute.jobs import Job

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


def describe(job: Job) -> str:
    """Return the facts of a job, a line each."""
    facts = {
        "job": f"{job.reference} ({job.id})",
        "title": job.title,
        "state": job.state + (" (asked to stop)" if job.cancel_requested and not job.ended else ""),
        "reason": job.reason,
        "exit": "" if job.exit_code is None else str(job.exit_code),
        "run": "" if job.run_number is None else f"r_{job.run_number}",
        "target": job.target,
        "kind": job.kind_of_work,
        "queued": f"{moment(job.queued_at)} by {job.queued_by}",
        "started": moment(job.started_at),
        "ended": moment(job.ended_at),
    }
    return "\n".join(f"{name:8}{clean(value)}" for name, value in facts.items() if value)


def moment(value: datetime | None) -> str:
    """Return a moment as text, in UTC to the second; empty for none."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ") if value else ""
