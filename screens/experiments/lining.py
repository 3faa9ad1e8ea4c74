"""Acts that lay runs beside each other: the comparison, the pinned baseline, the curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from screens.actions import Act, Actor
from screens.experiments import comparing
from screens.experiments.keeping import by_number
from screens.experiments.kept import Kept
from screens.experiments.loading import Loaded
from screens.experiments.side import COMPARE, CURVES, Side
from screens.messages import Did, Said
from screens.widgets.table import Table
from workbench.experiments.rows import RunRow

if TYPE_CHECKING:
    from screens.app import Workbench

SEED = "seed"


class Lines(Actor):
    """The part of the list of runs that compares: the marked runs, against the pinned one if any."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("runs.compare", "compare", rank=30),
        Act(
            "runs.seeds", label="Compare over seeds", help="Means of runs equal but for their seed."
        ),
        Act("runs.curves", label="Curves", help="What the runs said step by step, in one drawing."),
        Act("runs.pin", label="Pin as baseline", help="Compare others with this run; kept."),
        Act("runs.unpin", label="Unpin the baseline", help="Compare with the first marked again."),
    )

    table: Table
    aside: Side
    loaded: Loaded

    @property
    def run(self) -> RunRow | None:
        """The run under the cursor."""
        raise NotImplementedError

    @property
    def bench(self) -> Workbench:
        """The app, typed."""
        raise NotImplementedError

    @property
    def kept(self) -> Kept:
        """What the person chose."""
        raise NotImplementedError

    def refill(self) -> None:
        """Write the rows anew."""
        raise NotImplementedError

    def turn_to(self, view: str, *, wide: bool = False) -> None:
        """Show a view of the right pane and go into it; `wide`: in the whole width."""
        raise NotImplementedError

    @property
    def baseline(self) -> str:
        """The pinned run's reference; empty: none."""
        return self.kept.chosen.baseline

    def lined_up(self) -> list[str]:
        """The runs to compare, the baseline first: the marked ones, with a baseline also one alone."""
        runs = by_number(sorted(self.table.marks) or ([self.table.key] if self.table.key else []))
        if self.baseline:
            return [self.baseline, *(run for run in runs if run != self.baseline)]
        return runs if self.table.marks else []

    def offered(self, act: Act) -> bool:
        """The pinned run is unpinned, any other pinned."""
        if act.name == "unpin":
            return bool(self.baseline)
        return super().offered(act)

    def why_not_compare(self) -> str:
        """Two runs at least are needed; the pinned one is one of them."""
        if len(self.lined_up()) >= 2:
            return ""
        if self.baseline:
            return f"this is the baseline {self.baseline}: go to another run, or mark some"
        return (
            "mark one more run (space)"
            if self.table.marks
            else "mark two or more runs first (space)"
        )

    why_not_seeds = why_not_compare

    def command_compare(self) -> tuple[str, ...]:
        """`workbench run compare r_1 r_2`."""
        first, *others = self.lined_up()
        if self.baseline:
            return ("run", "compare", *others, "--baseline", first)
        return ("run", "compare", first, *others)

    def command_seeds(self) -> tuple[str, ...]:
        """`workbench run compare r_1 r_2 --group seed`."""
        return (*self.command_compare(), "--group", SEED)

    def act_compare(self) -> None:
        """Show what differs between the runs."""
        self._compare("")
        self.bench.post_message(Did(self.command_compare()))

    def act_seeds(self) -> None:
        """Show what differs, runs that are equal but for their seed taken together."""
        self._compare(SEED)
        self.bench.post_message(Did(self.command_seeds()))

    def _compare(self, group: str) -> None:
        references = self.lined_up()
        self.aside.compare(references, self.loaded.problems, group)
        self.turn_to(COMPARE, wide=comparing.cells(len(references)) > self.aside.size.width)

    def why_not_curves(self) -> str:
        """There must be a run."""
        return "" if self.table.key else "there is no run under the cursor"

    def command_curves(self) -> tuple[str, ...]:
        """`workbench run compare r_1 r_2 --curve macro_f1`."""
        runs = self.lined_up()
        if len(runs) < 2 or self.run is None or self.run.experiment not in self.loaded.problems:
            return ()
        return (
            "run",
            "compare",
            *runs,
            "--curve",
            self.loaded.problems[self.run.experiment].metric,
        )

    def act_curves(self) -> None:
        """Draw the curves of the marked runs, or of the one under the cursor and the baseline."""
        runs = self.lined_up() or [self.table.key]
        problem = self.loaded.problems.get(self.run.experiment) if self.run else None
        self.aside.draw_curves(runs, problem.metric if problem else "")
        self.turn_to(CURVES)

    why_not_pin = why_not_curves

    def act_pin(self) -> None:
        """Compare others with this run from now on."""
        self._pin(self.table.key)

    def act_unpin(self) -> None:
        """Compare with the first of the marked runs again."""
        self._pin("")

    def _pin(self, reference: str) -> None:
        self.kept.pin(reference)
        words = f"{reference} is the baseline" if reference else "There is no baseline any more"
        self.bench.post_message(Said(words + "."))
        self.refill()
