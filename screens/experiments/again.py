"""Acts that train a run again: with other values, or from its record to see whether it comes out equal."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from screens.actions import Act, Actor
from screens.feed import in_thread
from screens.messages import Did
from screens.widgets.detail import Section
from screens.widgets.source import Cell
from workbench.experiments.rows import RunRow

if TYPE_CHECKING:
    from screens.app import Workbench
    from workbench.experiments.lookup import Run
    from workbench.experiments.reproduce import Plan

MOST = 8
"""Lines of what differs in the question; the rest is counted."""


def asked(run: RunRow, plan: Plan) -> list[str | Section]:
    """Return what the question says: what is trained, and what is not as it was. Pure."""
    told: list[str | Section] = [
        f"{run.trainer} for {run.experiment} on {run.dataset}, seed {run.seed}: as recorded.",
        f"The new run's details tell whether its figures equal those of {run.reference}.",
    ]
    if not plan.changed:
        return [*told, f"Nothing that is recorded differs from when {run.reference} was made."]
    facts: list[tuple[str, Cell]] = [
        (one.name, f"{one.before or 'none'} → {one.now or 'none'}") for one in plan.changed[:MOST]
    ]
    if len(plan.changed) > MOST:
        facts.append(("and", f"{len(plan.changed) - MOST} more"))
    return [*told, Section("Changed since then", facts=facts)]


class Trains(Actor):
    """The part of the list of runs that trains the one under the cursor again."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("runs.vary", "edit", label="Vary", help="Train it again with other values.", rank=57),
        Act(
            "runs.reproduce",
            label="Reproduce",
            help="Train it again from its record, and compare.",
        ),
    )

    @property
    def run(self) -> RunRow | None:
        """The run under the cursor."""
        raise NotImplementedError

    @property
    def bench(self) -> Workbench:
        """The app, typed."""
        raise NotImplementedError

    def point_at(self, reference: str) -> None:
        """Put the cursor on a run."""
        raise NotImplementedError

    def why_not_vary(self) -> str:
        """There must be a run."""
        return "" if self.run else "there is no run under the cursor"

    def act_vary(self) -> None:
        """Train again with the run's values to begin with."""
        from screens.experiments.place import Experiments
        from screens.experiments.training import Wanted

        run, place = self.run, self.screen
        assert run is not None
        assert isinstance(place, Experiments)
        place.start(Wanted(run.experiment, run.trainer, run.params, run.seed), sure=True)

    def why_not_reproduce(self) -> str:
        """Only a run that succeeded has figures to compare with."""
        run = self.run
        if run is None:
            return "there is no run under the cursor"
        return "" if run.state == "succeeded" else f"{run.reference} is {run.state}"

    def command_reproduce(self) -> tuple[str, ...]:
        """`workbench run reproduce r_142 --detach`."""
        return ("run", "reproduce", self.run.reference, "--detach") if self.run else ()

    def act_reproduce(self) -> None:
        """Find out what differs by now, and ask."""
        run, project = self.run, self.bench.project
        assert run is not None

        def look() -> Plan:
            from workbench.experiments.reproduce import plan_again

            return plan_again(project, run.reference)

        in_thread(self, look, lambda plan: self._ask(run, plan), group="reproduce")

    def _ask(self, run: RunRow, plan: Plan) -> None:
        from screens.modals.confirm import Confirm

        project, argv = self.bench.project, ("run", "reproduce", run.reference, "--detach")

        def train() -> Run:
            from workbench.experiments.reproduce import reproduce

            return reproduce(project, run.reference)

        def queued(second: Run) -> None:
            words = f"{second.reference} is queued, to reproduce {run.reference}."
            self.bench.post_message(Did(argv, words))
            self.point_at(second.reference)

        def answered(yes: bool | None) -> None:
            if yes:
                in_thread(self, train, queued, group="reproduce", exclusive=False)

        title = f"Reproduce {run.reference}?"
        self.app.push_screen(Confirm(title, asked(run, plan), verb="Train", argv=argv), answered)
