"""The place Compute: jobs with their live log, targets and what is there, the runner's state."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from screens.actions import Act
from screens.compute import facts, rows
from screens.compute.cancelling import ActsOnJobs
from screens.compute.loading import Loaded, events_of, load, probe_targets, signature
from screens.experiments.live import Live, Progress
from screens.feed import in_thread
from screens.frame.split import Split
from screens.messages import Did
from screens.place import Place
from screens.text import said
from screens.widgets.detail import Detail
from screens.widgets.logview import LogView
from screens.widgets.pane import ListPane, Pane
from screens.widgets.table import Table
from screens.widgets.views import Views
from workbench.compute.contract import Probe
from workbench.compute.jobs import Job, log_path
from workbench.compute.wake import runner_log, runner_pid, wake_runner
from workbench.errors import WorkbenchError
from workbench.project.project import Project

EVENTS, RUNNER = "jobs", "runner"
"""The names under which the feed watches what running jobs say, and whether the runner works."""


class Compute(ActsOnJobs, Place[Loaded]):
    """Jobs over targets, and beside them the one under the cursor: details or log."""

    NAME = "compute"
    DEFAULT_CSS = """
    Compute #lists { height: 1fr; }
    Compute #targets { height: 6; }
    """

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("compute.view", "view", rank=65),
        Act("compute.view-back", "view-back", rank=0),
        Act("compute.check", "run", label="Check", help="Ask the targets what is there.", rank=50),
        Act("compute.log", label="Log", help="What the job wrote, live."),
        Act("compute.wake", label="Start the runner", help="Wake it now, without new work."),
    )

    def __init__(self) -> None:
        super().__init__()
        self.jobs = Table(
            empty="No jobs yet. Training makes them: press 3, then t.", markable=False
        )
        self.targets = Table(empty="There is no target.", markable=False)
        self.targets_pane = ListPane("Targets", self.targets, id="targets")
        self.detail = Detail(empty="Nothing is under the cursor.")
        self.log_view = LogView(empty="Nothing has been written yet.")
        self.panes = {"Details": Pane("Job", self.detail), "Log": Pane("Log", self.log_view)}
        self.views = Views(list(self.panes.items()))
        self.loaded = Loaded()
        self.live = Live()
        self.probes: dict[str, Probe | str] = {}
        self._jobs: dict[str, Job] = {}
        self._on_targets = False
        self._wanted = ""
        self._events: dict[str, Path] = {}
        self._reading = self._again = False

    def body(self) -> ComposeResult:
        """Jobs over targets on the left, one of them on the right."""
        left = Vertical(ListPane("Jobs", self.jobs), self.targets_pane, id="lists")
        yield Split(left, self.views, share=58)

    def on_mount(self) -> None:
        """Count seconds; ask the targets once."""
        self.set_interval(1.0, self._tick)
        self._probe()

    def load(self) -> Loaded:
        """Ask the records and the runner's lock."""
        return load(self.project)

    def show(self, loaded: Loaded) -> None:
        """Fill both lists in place."""
        self.loaded = loaded
        self._jobs = {job.reference: job for job in loaded.jobs}
        self._follow()
        self._refill()
        self.targets.load(rows.targets(loaded.targets, self.probes))
        self._tell_runner()
        if self._wanted:
            self.point_at(self._wanted)

    # What is under the cursor

    @property
    def job(self) -> Job | None:
        """The job under the cursor, None while the cursor that counts is on a target."""
        return None if self._on_targets else self._jobs.get(self.jobs.key)

    @property
    def open_project(self) -> Project:
        """The project."""
        return self.project

    def look_again(self) -> None:
        """Read the jobs again."""
        self.mark_stale()

    def go_to(self, noun: str, reference: str) -> None:
        """Go to another place."""
        self.bench.goto(noun, reference)

    def point_at(self, reference: str) -> None:
        """Put the cursor on a job (`j_17`) or a target, now or once they have been read."""
        self._wanted = ""
        if reference in {row.name for row in self.loaded.targets}:
            self.targets.select(reference)
            self.targets.focus()
        elif reference in self._jobs:
            self.jobs.select(reference)
            self.jobs.focus()
        else:
            self._wanted = reference

    def on_descendant_focus(self) -> None:
        """The right pane shows what the focused list has under its cursor."""
        focused = self.focused
        if focused in {self.jobs, self.targets} and self._on_targets != (focused is self.targets):
            self._on_targets = focused is self.targets
            self._look()
            self.refresh_bindings()

    @on(Table.Highlighted)
    def _pointed(self) -> None:
        self._look()
        self.refresh_bindings()

    def _look(self) -> None:
        if self._on_targets:
            self._look_at_target()
            return
        job = self.job
        if job is None:
            self.detail.fill([])
            self.log_view.show_file(None)
            return
        self._title(job.reference, job.reference)
        progress = self.live.progress.get(job.reference)
        self.detail.fill(facts.job_sections(job, progress, self.now), subject=job.id)
        self.log_view.show_file(log_path(self.project, job))

    def _look_at_target(self) -> None:
        row = next((row for row in self.loaded.targets if row.name == self.targets.key), None)
        if row is None:
            return
        log = runner_log(self.project.paths.own)
        self._title(row.name, "the runner")
        probe, slots = self.probes.get(row.name), self.project.settings.slots
        found = facts.target_sections(row, probe, slots, self.loaded.runner, log)
        self.detail.fill(found, subject=row.name)
        self.log_view.show_file(log)

    def _title(self, name: str, log: str) -> None:
        for title, pane in zip((name, f"Log of {log}"), self.panes.values(), strict=True):
            pane.title = title
            pane.retitle()

    # What goes on

    def _follow(self) -> None:
        events, project = events_of(self.project, self.loaded.jobs), self.project
        paths, feed = list(events.values()), self.bench.feed
        feed.watch(EVENTS, lambda: signature(paths), seen=self.loaded.said)
        feed.watch(RUNNER, lambda: runner_pid(project), seen=self.loaded.runner)
        self._events = events
        self._read()

    def on_feed(self, names: frozenset[str]) -> None:
        """A job said something, or the runner came or went."""
        if EVENTS in names:
            self._read()
        if RUNNER in names:
            self.mark_stale()

    def _read(self) -> None:
        """Read what the jobs said, one reading at a time; what comes meanwhile leads to one more."""
        if self._reading:
            self._again = True
            return
        self._reading, self._again = True, False
        events, live = self._events, self.live

        def read() -> dict[str, Progress]:
            live.follow(events)
            return live.read()

        in_thread(
            self, read, self._have_read, group="events", failed=self._not_read, exclusive=False
        )

    def _have_read(self, progress: dict[str, Progress]) -> None:
        self._reading = False
        if progress:
            self._refill()
        if self._again:
            self._read()

    def _not_read(self, error: WorkbenchError) -> None:
        self._reading = False
        self.failed(error)

    def _refill(self) -> None:
        self.jobs.load(rows.jobs(self.loaded.jobs, self.live.progress, self.now))
        self._look()

    def _tick(self) -> None:
        if self.is_current and any(not job.ended for job in self.loaded.jobs):
            self._refill()

    def _tell_runner(self) -> None:
        pid = self.loaded.runner
        words = "◑ runner works" if pid is not None else "runner rests until there is work"
        self.targets_pane.border_subtitle = said(words, "busy" if pid is not None else "muted")

    # Acts

    def act_view(self) -> None:
        """The next view."""
        self.views.act_next()

    def act_view_back(self) -> None:
        """The view before."""
        self.views.act_before()

    def why_not_log(self) -> str:
        """There must be a job."""
        return "" if self.job else "there is no job under the cursor"

    def command_log(self) -> tuple[str, ...]:
        """`workbench job logs j_17 -f`."""
        assert self.job is not None
        return ("job", "logs", self.job.reference, "-f")

    def act_log(self) -> None:
        """Show the log."""
        self.views.view = "Log"
        if self.split is not None:
            self.call_after_refresh(self.split.open)

    def command_check(self) -> tuple[str, ...]:
        """`workbench target check local`."""
        return ("target", "check", self.targets.key or "local")

    def act_check(self) -> None:
        """Ask them all again."""
        self._probe(tell=self.command_check())

    def _probe(self, tell: tuple[str, ...] = ()) -> None:
        project = self.project

        def come(found: dict[str, Probe | str]) -> None:
            self.probes = found
            self.targets.load(rows.targets(self.loaded.targets, found))
            if self._on_targets:
                self._look()
            if tell:
                bad = sum(not (isinstance(item, Probe) and item.ok) for item in found.values())
                words = (
                    f"{bad} of {len(found)} targets cannot run jobs." if bad else "All is there."
                )
                self.app.post_message(Did(tell, words))

        in_thread(self, lambda: probe_targets(project), come, group="probe")

    def why_not_wake(self) -> str:
        """One is enough."""
        pid = self.loaded.runner
        return f"it works already, as process {pid}" if pid is not None else ""

    def command_wake(self) -> tuple[str, ...]:
        """`workbench runner` does the same in the foreground."""
        return ("runner",)

    def act_wake(self) -> None:
        """Start it."""
        project, argv = self.project, self.command_wake()
        in_thread(
            self,
            lambda: wake_runner(project),
            lambda _: self.app.post_message(Did(argv, "The runner is awake.")),
            group="wake",
            exclusive=False,
        )
