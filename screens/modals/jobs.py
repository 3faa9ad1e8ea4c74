"""The drawer with the jobs: what runs, what is queued, what ended last; `x` cancels."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult

from screens.actions import Act
from screens.feed import in_thread
from screens.messages import Did
from screens.modals.base import Box, Drawer
from screens.states import cell
from screens.text import Styled, ago, clock
from screens.widgets.source import Column, MemorySource, Row
from screens.widgets.table import Table
from workbench.states import JOB_ENDED

_SQL = """
SELECT 'j_' || number AS reference, state, title, target, cancel_requested, reason,
       queued_at, started_at, ended_at
FROM jobs ORDER BY state IN ('succeeded', 'failed', 'cancelled'), number DESC LIMIT 200
"""
_COLUMNS = (
    Column("job", "Job", cap=8),
    Column("state", "State", cap=14),
    Column("title", "What", cap=50, grow=True),
    Column("target", "On", cap=12),
    Column("time", "Time", cap=9, right=True),
    Column("when", "Queued", cap=10, right=True),
)


class Jobs(Drawer):
    """The newest 200 jobs, those that have not ended first."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("jobs.cancel", "stop", label="Cancel", help="Cancel the job under the cursor.", rank=5),
    )

    def __init__(self) -> None:
        super().__init__()
        self.table = Table(empty="No jobs yet. t in Experiments trains.", markable=False)
        self._jobs: dict[str, dict[str, Any]] = {}

    def compose(self) -> ComposeResult:
        """One table."""
        box = Box(self.table)
        box.retitle("Jobs", "x cancel   esc close   jobs go on when you quit")
        yield box

    def on_mount(self) -> None:
        """Read now and then every second while the drawer is open."""
        self.table.focus()
        self._look()
        self.set_interval(1.0, self._look)

    def _look(self) -> None:
        in_thread(self, lambda: self.bench.project.store.query(_SQL), self._show, group="jobs")

    def _show(self, found: list[dict[str, Any]]) -> None:
        self._jobs = {str(job["reference"]): job for job in found}
        self.table.load(MemorySource(_COLUMNS, [self._row(job) for job in found]))

    def _row(self, job: dict[str, Any]) -> Row:
        now = self.bench.now()
        begin, end = job["started_at"], job["ended_at"] or now
        took = clock((end - begin).total_seconds()) if begin else None
        state = (
            "stopping"
            if job["cancel_requested"] and job["state"] not in JOB_ENDED
            else job["state"]
        )
        cells = (
            Styled(job["reference"], "strong"),
            cell(state),
            job["title"],
            job["target"],
            took,
            Styled(ago(job["queued_at"], now), "muted"),
        )
        return Row(job["reference"], cells)

    def why_not_cancel(self) -> str:
        """Only what has not ended can be cancelled."""
        job = self._jobs.get(self.table.key)
        if job is None:
            return "there is no job under the cursor"
        return f"{self.table.key} has ended: {job['state']}" if job["state"] in JOB_ENDED else ""

    def command_cancel(self) -> tuple[str, ...]:
        """`workbench job cancel j_17`."""
        return ("job", "cancel", self.table.key)

    def act_cancel(self) -> None:
        """Ask for the job's end."""
        reference, argv = self.table.key, self.command_cancel()

        def cancel() -> None:
            from workbench.compute.jobs import cancel

            cancel(self.bench.project, reference)

        def done(_: None) -> None:
            self.bench.post_message(Did(argv))
            self._look()

        in_thread(self, cancel, done, group="cancel", exclusive=False)
