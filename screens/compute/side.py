"""Beside the lists of Compute: the job or the target under the cursor, its details and its log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from screens.compute import facts, rows
from screens.compute.going import Now
from screens.compute.loading import Loaded
from screens.feed import in_thread
from screens.widgets.detail import Detail
from screens.widgets.logpane import LogPane
from screens.widgets.logview import LogView
from screens.widgets.pane import Pane
from screens.widgets.views import Views
from workbench.compute.jobs import Job, log_path
from workbench.compute.limits import Limits
from workbench.compute.targets import TargetRow
from workbench.compute.told import News, limits_of, read_news
from workbench.compute.wake import runner_log
from workbench.project.project import Project

DETAILS, LOG = "Details", "Log"


class _Known(NamedTuple):
    """What is read of one job when the cursor comes to it."""

    limits: Limits | None
    news: News


class Side(Views):
    """Two views of what the lists point at. `further` is called when more is known of a job."""

    def __init__(self, further: Callable[[], object]) -> None:
        self.detail = Detail(empty="Nothing is under the cursor.")
        self.log_view = LogView(empty="Nothing has been written yet.")
        self.log_pane = LogPane(LOG, self.log_view, command=self._save_command)
        self.panes: dict[str, Pane] = {DETAILS: Pane("Job", self.detail), LOG: self.log_pane}
        super().__init__(list(self.panes.items()))
        self._further = further
        self._job: Job | None = None
        self._known: dict[str, _Known] = {}

    def forget_open(self, jobs: Sequence[Job]) -> None:
        """Of these jobs, read those anew that had not ended: more may be known of them than before."""
        for job in jobs:
            if not job.ended:
                self._known.pop(job.id, None)

    def look_at_nothing(self) -> None:
        """Show that there is nothing under the cursor."""
        self._job = None
        self.detail.fill([])
        self.log_view.show_file(None)

    def look_at_job(self, project: Project, job: Job, live: Now | None, now: datetime) -> None:
        """Show a job, as far as it is by what it said (None: nothing has been heard of it)."""
        self._job = job
        self._title(job.reference, job.reference)
        known = self._known.get(job.id)
        if live is None and known is not None:
            live = Now(news=known.news)
        limits = known.limits if known is not None else None
        self.detail.fill(facts.job_sections(job, live, now, limits), subject=job.id)
        self.log_view.show_file(log_path(project, job))
        if known is None:
            self._learn(project, job)

    def _learn(self, project: Project, job: Job) -> None:
        """Read what a job may use, and what it used, once the cursor is on it."""

        def read() -> _Known:
            return _Known(limits_of(project, job), read_news(project, job))

        def come(known: _Known) -> None:
            self._known[job.id] = known
            if self._job is not None and self._job.id == job.id:
                self._further()

        in_thread(self, read, come, group="known")

    def look_at_target(
        self, project: Project, row: TargetRow, loaded: Loaded, now: datetime, *, asked: bool
    ) -> None:
        """Show a target, and the runner, which works for all of them; `asked`: it is being checked."""
        self._job = None
        log = runner_log(project.paths.own)
        self._title(row.name, "the runner")
        load = rows.loads(loaded.jobs).get(row.name, rows.Load())
        found = facts.target_sections(row, loaded.checks.get(row.name), load, now, asked=asked)
        found.append(facts.runner_section(loaded.runner, project.settings.slots, log))
        self.detail.fill(found, subject=row.name)
        self.log_view.show_file(log)

    def _title(self, name: str, log: str) -> None:
        for title, pane in zip((name, f"Log of {log}"), self.panes.values(), strict=True):
            pane.title = title
            pane.retitle()

    def _save_command(self, file: str) -> tuple[str, ...]:
        return ("job", "logs", self._job.reference, "--save", file) if self._job else ()
