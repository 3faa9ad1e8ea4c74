"""A run's progress on stderr: one line that changes on a terminal, a line a phase elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from workbench.numbers import from_figure
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.compute.events import Event
    from workbench.experiments.runs import Run
    from workbench.project.project import Project

STEPS = ("start", "read", "prepare", "folds", "fit", "test", "save")
"""The phases of a training job, in order (training/job.py)."""


class Progress:
    """What is known of a run while it goes on; `line()` says it in one line."""

    def __init__(self, reference: str, metric: str) -> None:
        self.reference = reference
        self.metric = metric
        self.state = "queued"
        self.phase = ""
        self.done = 0
        self.total = 0
        self.figures: dict[str, float] = {}

    def take(self, event: Event) -> str:
        """Note an event; return what is worth a line of its own, or nothing."""
        from workbench.compute.events import Message, Metric, Phase

        if isinstance(event, Phase):
            self.phase, self.done, self.total = event.name, event.done, event.total
            return self.line() if not event.total or event.done else ""
        if isinstance(event, Metric) and event.name.endswith(self.metric):
            self.figures[event.name] = from_figure(event.value)
            return ""
        if isinstance(event, Message) and event.level != "info":
            return f"{event.level}: {clean(event.text, 500)}"
        return ""

    @property
    def percent(self) -> int | None:
        """Percent of the counted phase; None where the work cannot be counted."""
        return 100 * self.done // self.total if self.total else None

    def line(self) -> str:
        """Return `r_12 running  folds 3/5  60 %  cv.roc_auc 0.931`."""
        parts = [f"{self.reference} {self.state}"]
        if self.phase:
            parts.append(f"{self.phase} {self.done}/{self.total}" if self.total else self.phase)
        if self.percent is not None:
            parts.append(f"{self.percent} %")
        parts += [f"{clean(name, 60)} {value:.4g}" for name, value in self.figures.items()]
        return "  ".join(parts)


def follow_run(project: Project, run: Run) -> str:
    """Show the run's progress until it ends or is lost; return its state then."""
    from workbench.compute.jobs import Job
    from workbench.compute.waiting import follow
    from workbench.experiments.lookup import get_run, metrics_by_experiment

    metric = metrics_by_experiment(project).get(run.experiment, "")
    progress = Progress(run.reference, metric)
    painter = Painter()
    try:
        for item in follow(project, run.job):
            if isinstance(item, Job):
                progress.state = item.state
                said = progress.line() if item.state in {"queued", "starting"} else ""
                if item.state == "lost":
                    return "lost"
            else:
                said = progress.take(item)
            painter.paint(progress, said)
    finally:
        painter.end()
    return get_run(project, run.id).state


class Painter:
    """Writes to stderr: on a terminal one line over itself, else each saying as a line."""

    def __init__(self) -> None:
        self.alive = sys.stderr.isatty()
        self._drawn = False

    def paint(self, progress: Progress, said: str) -> None:
        """Show the progress; `said` is new."""
        if not self.alive:
            if said:
                click.echo(said, err=True)
            return
        import shutil

        if said and said != progress.line():
            click.echo(f"\r\x1b[K{said}", err=True)
        line = progress.line()[: shutil.get_terminal_size().columns - 1]
        click.echo(f"\r\x1b[K{line}", nl=False, err=True)
        self._drawn = True

    def end(self) -> None:
        """Leave the cursor at the start of a line."""
        if self._drawn:
            click.echo(err=True)
