"""The place Compute: jobs with their live log, targets and what is there, the runner's state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from screens.actions import Act
from screens.compute import rows
from screens.compute.cancelling import ActsOnJobs
from screens.compute.checking import Checker
from screens.compute.loading import Loaded, load
from screens.compute.ontargets import ActsOnTargets
from screens.compute.side import LOG, Side
from screens.compute.watching import EVENTS, RUNNER, SETTINGS, Watching
from screens.feed import in_thread
from screens.frame.split import Split
from screens.messages import Did
from screens.place import Place
from screens.text import said
from screens.widgets.pane import ListPane
from screens.widgets.table import Table
from workbench.compute.contract import Ask
from workbench.compute.jobs import Job
from workbench.compute.targets import TargetRow
from workbench.compute.wake import wake_runner
from workbench.project.project import Project
from workbench.project.settings import LOCAL

TALLEST = 12
"""Rows that the list of targets takes at most."""


class Compute(ActsOnJobs, ActsOnTargets, Place[Loaded]):
    """Jobs over targets, and beside them the one under the cursor: details or log."""

    NAME = "compute"
    DEFAULT_CSS = """
    Compute #lists { height: 1fr; }
    Compute #targets { height: 6; }
    """

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("compute.view", "view", rank=65),
        Act("compute.view-back", "view-back", rank=0),
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
        self.aside = Side(self._look)
        self.checker = Checker(self, self.check_came, self.check_failed)
        self.loaded = Loaded()
        self.watching = Watching(self, self._refill, self.failed)
        self._told: set[str] = set()
        self._jobs: dict[str, Job] = {}
        self._on_targets = False
        self._wanted = ""

    def body(self) -> ComposeResult:
        """Jobs over targets on the left, one of them on the right."""
        left = Vertical(ListPane("Jobs", self.jobs), self.targets_pane, id="lists")
        yield Split(left, self.aside, share=58)

    def on_mount(self) -> None:
        """Count seconds; ask this machine at once, others when somebody wants to know."""
        self.set_interval(1.0, self._tick)
        self.checker.check(self.project, [LOCAL], None)

    def load(self) -> Loaded:
        """Ask the records, the settings and the runner's lock."""
        return load(self.project)

    def show(self, loaded: Loaded) -> None:
        """Fill both lists in place."""
        self.loaded = loaded
        self._jobs = {job.reference: job for job in loaded.jobs}
        self.aside.forget_open(loaded.jobs)
        self.watching.follow(self.bench.feed, self.project, loaded)
        self._refill()
        self._tell_runner()
        if self._wanted:
            self.point_at(self._wanted)

    # What is under the cursor

    @property
    def job(self) -> Job | None:
        """The job under the cursor, None while the cursor that counts is on a target."""
        return None if self._on_targets else self._jobs.get(self.jobs.key)

    @property
    def target(self) -> TargetRow | None:
        """The target under the cursor, None while the cursor that counts is on a job."""
        if not self._on_targets:
            return None
        return next((row for row in self.loaded.targets if row.name == self.targets.key), None)

    @property
    def all_targets(self) -> Sequence[TargetRow]:
        """Every target."""
        return self.loaded.targets

    @property
    def open_project(self) -> Project:
        """The project."""
        return self.project

    @property
    def ask(self) -> Ask:
        """Asks over the place."""
        return self.bench.asker.ask

    def look_again(self) -> None:
        """Read the jobs again."""
        self.mark_stale()

    def go_to(self, noun: str, reference: str) -> None:
        """Go to another place."""
        self.bench.goto(noun, reference)

    def show_target(self, row: TargetRow | None) -> None:
        """Show a target that was written down just now under the cursor, then read all of them again.

        At once: the next key is meant for it.
        """
        if row is not None:
            others = [each for each in self.loaded.targets if each.name not in {LOCAL, row.name}]
            here = [each for each in self.loaded.targets if each.name == LOCAL]
            targets = [*here, *sorted([*others, row], key=lambda each: each.name)]
            self.loaded = replace(self.loaded, targets=targets)
            self._fill_targets()
            self.point_at(row.name)
            self._wanted = row.name  # what is being read meanwhile may not have it yet
        self.mark_stale()

    def show_checks(self) -> None:
        """Read the answers again; until then show who is being asked."""
        self._fill_targets()
        self.mark_stale()

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
        job, row = self.job, self.target
        if job is not None:
            self.aside.look_at_job(
                self.project, job, self.watching.live.get(job.reference), self.now
            )
        elif row is not None:
            asked = row.name in self.checker.under_way
            self.aside.look_at_target(self.project, row, self.loaded, self.now, asked=asked)
        elif not self._on_targets:
            self.aside.look_at_nothing()

    # What goes on

    def on_feed(self, names: frozenset[str]) -> None:
        """A job said something, the runner came or went, or settings were written."""
        if EVENTS in names:
            self.watching.read()
        if names & {RUNNER, SETTINGS}:
            self.mark_stale()

    def _refill(self) -> None:
        self.jobs.load(rows.jobs(self.loaded.jobs, self.watching.live, self.now))
        self._fill_targets()
        self._look()

    def _fill_targets(self) -> None:
        found, checks = self.loaded.targets, self.loaded.checks
        load, asked = rows.loads(self.loaded.jobs), self.checker.under_way
        self.targets.load(rows.targets(found, checks, load, asked, self.now))
        self.targets_pane.styles.height = min(max(len(found) + 4, 6), TALLEST)

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
        self.aside.act_next()

    def act_view_back(self) -> None:
        """The view before."""
        self.aside.act_before()

    def why_not_log(self) -> str:
        """There must be a job."""
        return "" if self.job else "there is no job under the cursor"

    def command_log(self) -> tuple[str, ...]:
        """`workbench job logs j_17 -f`."""
        assert self.job is not None
        return ("job", "logs", self.job.reference, "-f")

    def act_log(self) -> None:
        """Show the log."""
        self.aside.view = LOG
        if self.split is not None:
            self.call_after_refresh(self.split.open)

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
