"""The drawer with the jobs: what runs, what is queued, what ended last; the same acts as in Compute."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult

from screens.compute import rows
from screens.compute.cancelling import ActsOnJobs
from screens.compute.going import Going, Now
from screens.feed import in_thread
from screens.modals.base import Box, Drawer
from screens.text import count
from screens.widgets.table import Table
from workbench.compute.jobs import Job, list_jobs
from workbench.errors import WorkbenchError
from workbench.project.project import Project

MOST = 200
"""Jobs that are listed, the newest."""
EVERY = 0.5
"""Seconds between two looks while the drawer is open."""
_KEYS = "enter show  i run  x cancel  U D move  esc close  jobs go on when you quit"
_ORDER = {"queued": 1, "lost": 2, "succeeded": 3, "failed": 3, "cancelled": 3}


def _order(job: Job) -> tuple[int, int, int]:
    """Those that go on first, then those that wait in the order in which they start, then the ended."""
    place = (-job.priority, job.number) if job.state == "queued" else (0, 0)
    return (_ORDER.get(job.state, 0), *place)


@dataclass(frozen=True, slots=True)
class _Found:
    jobs: list[Job]
    live: dict[str, Now]


class Jobs(ActsOnJobs, Drawer):
    """The newest 200 jobs, those that have not ended first."""

    def __init__(self) -> None:
        super().__init__()
        self.table = Table(empty="No jobs yet. Training makes them: 3, then t.", markable=False)
        self._going: Going | None = None
        self._jobs: dict[str, Job] = {}
        self._looking = False

    def compose(self) -> ComposeResult:
        """One table."""
        box = Box(self.table)
        box.retitle("Jobs", _KEYS)
        yield box

    def on_mount(self) -> None:
        """Read now, and then again and again while the drawer is open."""
        self.table.focus()
        self.look_again()
        self.set_interval(EVERY, self.look_again)

    def look_again(self) -> None:
        """Read jobs and how far they are, in a thread, one look at a time."""
        if self._looking:
            return
        self._looking = True
        project = self.open_project
        going = self._going = self._going or Going(project)

        def read() -> _Found:
            found = sorted(list_jobs(project, limit=MOST), key=_order)
            going.follow(found)
            return _Found(found, going.read())

        in_thread(self, read, self._show, group="jobs", failed=self._failed, exclusive=False)

    def _show(self, found: _Found) -> None:
        self._looking = False
        self._jobs = {job.reference: job for job in found.jobs}
        self.table.load(rows.jobs(found.jobs, found.live, self.bench.now()))
        going = sum(not job.ended for job in found.jobs)
        words = f"Jobs {count(len(found.jobs))}" + (f", {going} not ended" if going else "")
        self.query_one(Box).retitle(words, _KEYS)

    def _failed(self, error: WorkbenchError) -> None:
        self._looking = False
        self.bench.tell(error)

    @property
    def job(self) -> Job | None:
        """The job under the cursor."""
        return self._jobs.get(self.table.key)

    @property
    def open_project(self) -> Project:
        """The project."""
        return self.bench.project

    def go_to(self, noun: str, reference: str) -> None:
        """Close the drawer and go there."""
        bench = self.bench
        self.dismiss(None)
        bench.call_later(bench.goto, noun, reference)

    def on_table_opened(self, event: Table.Opened) -> None:
        """Enter shows the job, with its log, in Compute."""
        self.go_to("job", event.key)
