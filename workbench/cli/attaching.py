"""`workbench job attach`: a job's log as it grows, and on a terminal one line of progress under it."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING

import click

from workbench.cli.base import Context
from workbench.text import clean
from workbench.widths import cut

if TYPE_CHECKING:
    from workbench.compute.jobs import Job

EVERY = 0.5
"""Seconds between two drawings of the progress."""


def attach(context: Context, ref: str) -> int:
    """Follow a job to its end and return the exit status: 0, 1 when it did not succeed, 130 detached.

    The log goes to stdout as `job logs -f` writes it, progress to stderr; ctrl-c leaves the job alone.
    """
    from workbench.compute.jobs import get_job

    job = get_job(context.project, ref)
    progress = _Progress(context, job)
    try:
        _follow(context, job, progress)
    except KeyboardInterrupt:
        progress.wipe()
        context.say(
            f"Detached: {job.reference} goes on. To see it again: "
            f"workbench job attach {job.reference}; to end it: workbench job cancel {job.reference}"
        )
        return 130
    progress.wipe()
    ended = get_job(context.project, job.id)
    reason = f": {clean(ended.reason, 500)}" if ended.reason else ""
    context.say(f"{ended.reference} {ended.state}{reason}")
    return 0 if ended.state == "succeeded" else 1


def _follow(context: Context, job: Job, progress: _Progress) -> None:
    from workbench.cli.joblog import split_lines
    from workbench.compute.waiting import follow_log

    # The log's lines are written as they end; what is drawn under them is wiped before each.
    chunks = follow_log(context.project, job.id, looks=progress.draw)
    for start, line in split_lines(chunks):
        text = line.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")
        progress.wipe()
        context.line({"offset": start, "text": text}, clean(text))


class _Progress:
    """The line under the log: the job's state, where it is, how far its work is, what it uses."""

    def __init__(self, context: Context, job: Job) -> None:
        from workbench.compute.jobs import event_reader

        self._project = context.project
        self._alive = sys.stderr.isatty() and not context.json
        self._reader = event_reader(context.project, job)
        self._phase = ""
        self._next = 0.0
        self._drawn = False

    def draw(self, job: Job) -> None:
        """Draw it on a terminal, not oftener than need be."""
        now = time.monotonic()
        if not self._alive or now < self._next:
            return
        self._next = now + EVERY
        width = shutil.get_terminal_size().columns - 1
        click.echo(f"\r\x1b[K{cut(self.line(job), width)}", nl=False, err=True)
        self._drawn = True

    def line(self, job: Job) -> str:
        """Return `j_17 running  folds 3/5  1.5 cores, 312.0 MiB`."""
        from workbench.cli.joblog import going_on
        from workbench.compute.events import Phase
        from workbench.compute.told import read_news

        for event in self._reader.read():
            if isinstance(event, Phase):
                done = f" {event.done}/{event.total}" if event.total else ""
                self._phase = clean(event.name, 60) + done
        news = going_on(job, read_news(self._project, job))
        state = "stopping" if job.cancel_requested and not job.ended else job.state
        return "  ".join(part for part in (f"{job.reference} {state}", self._phase, news) if part)

    def wipe(self) -> None:
        """Take the line away."""
        if self._drawn:
            click.echo("\r\x1b[K", nl=False, err=True)
            self._drawn = False
