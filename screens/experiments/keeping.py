"""Acts that keep order among runs: tag, archive, delete. Each can be taken back with `z`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from screens.actions import Act, Actor
from screens.experiments.loading import Loaded
from screens.feed import in_thread
from screens.messages import Did, Said
from screens.modals.form import FormModal, Values
from screens.undo import Undo
from screens.widgets.fields import Field
from screens.widgets.table import Table
from workbench.experiments import keeping
from workbench.experiments.rows import RunRow
from workbench.links import check_name
from workbench.states import JOB_ENDED

if TYPE_CHECKING:
    from screens.app import Workbench
    from workbench.project.project import Project

Keeping = Callable[["Project", Sequence[str]], keeping.Kept]


def named(runs: Sequence[str]) -> str:
    """Name runs in a sentence: `r_3`, or `4 runs`."""
    return runs[0] if len(runs) == 1 else f"{len(runs)} runs"


def by_number(runs: Sequence[str]) -> list[str]:
    """Return references in the order of their numbers."""
    return sorted(runs, key=lambda reference: int(reference.partition("_")[2]))


def undo_of(project: Project, words: str, back: Keeping, verb: str, runs: Sequence[str]) -> Undo:
    """Return how an act on `runs` is taken back by `workbench run VERB`."""
    return Undo(f"{words} {named(runs)}", lambda: back(project, runs), ("run", verb, *runs))


def _tag(text: str) -> str:
    words = text.strip()
    return ("-" if words.startswith("-") else "") + check_name(words.removeprefix("-"), "tag")


class TagForm(FormModal):
    """A tag for runs; with - in front it is taken from them."""

    def __init__(self, project: Project, runs: Sequence[str], keep: Callable[[Undo], None]) -> None:
        def apply(values: Values) -> str:
            name, off = values["tag"].removeprefix("-"), values["tag"].startswith("-")
            act, back = (keeping.untag, keeping.tag) if off else (keeping.tag, keeping.untag)
            changed = act(project, runs, name).runs
            if not changed:
                return f"{named(runs)} had the tag {name} already."
            verb = "tag" if off else "untag"
            words = f"the tag {name} taken from" if off else f"the tag {name} on"
            keep(
                Undo(
                    f"{words} {named(changed)}",
                    lambda: back(project, changed, name),
                    ("run", verb, *changed, name),
                )
            )
            return f"{named(changed)}: {'no longer tagged' if off else 'tagged'} {name}. z takes it back."

        def command(values: Values) -> list[str]:
            tag = values["tag"]
            return ["run", "untag" if tag.startswith("-") else "tag", *runs, tag.removeprefix("-")]

        super().__init__(
            f"Tag {named(runs)}",
            [Field("tag", "tag", "a word; -word takes it away", required=True, parse=_tag)],
            apply,
            verb="Tag",
            intro="A tag is found again by the filter: tag:word, or -tag:word for those without it.",
            command=command,
            outcome=str,
        )


class Keeps(Actor):
    """The part of the list of runs that keeps order: what is marked, else what is under the cursor."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("runs.tag", label="Tag", help="Give the run a tag, or take one away."),
        Act(
            "runs.archive",
            label="Archive",
            help="Out of sight; archived:yes in the filter shows it.",
        ),
        Act("runs.unarchive", label="Unarchive", help="Bring an archived run back into sight."),
        Act("runs.delete", "delete", rank=0),
    )

    table: Table
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
    def _chosen(self) -> list[str]:
        return by_number(self.table.chosen)

    def why_not_tag(self) -> str:
        """There must be a run."""
        return "" if self.table.chosen else "there is no run under the cursor"

    why_not_archive = why_not_tag

    def command_tag(self) -> tuple[str, ...]:
        """`workbench run tag r_142 keep`."""
        return ("run", "tag", *self._chosen, "keep")

    def act_tag(self) -> None:
        """Ask for the tag."""
        self.app.push_screen(TagForm(self.bench.project, self._chosen, self.bench.keep_undo))

    def command_archive(self) -> tuple[str, ...]:
        """`workbench run archive r_142`."""
        return ("run", "archive", *self._chosen)

    def act_archive(self) -> None:
        """Put them out of sight."""
        self._keep("archive", keeping.archive, "archived", keeping.unarchive, "unarchive")

    def offered(self, act: Act) -> bool:
        """An archived run is brought back, others are put away."""
        archived = self.run is not None and self.run.archived
        if act.name in {"archive", "unarchive"}:
            return archived == (act.name == "unarchive")
        return super().offered(act)

    def why_not_unarchive(self) -> str:
        """There must be an archived run."""
        if self.run is not None and not self.run.archived:
            return f"{self.run.reference} is not archived"
        return self.why_not_tag()

    def command_unarchive(self) -> tuple[str, ...]:
        """`workbench run unarchive r_142`."""
        return ("run", "unarchive", *self._chosen)

    def act_unarchive(self) -> None:
        """Bring them back."""
        self._keep("unarchive", keeping.unarchive, "in sight again", keeping.archive, "archive")

    def why_not_delete(self) -> str:
        """What has not ended, or has a model version, stays."""
        run = self.run
        if run is None or len(self.table.marks) > 0:
            return self.why_not_tag()
        if run.state not in JOB_ENDED:
            return f"{run.reference} is {run.state}: x ends it first"
        versions = self.loaded.models.get(run.id)
        return f"{run.reference} is what {versions} was made from" if versions else ""

    def command_delete(self) -> tuple[str, ...]:
        """`workbench run delete r_142 --yes r_142`."""
        return ("run", "delete", *self._chosen, "--yes", named(self._chosen))

    def act_delete(self) -> None:
        """Ask for the name, then delete."""
        from screens.modals.confirm import Confirm

        runs = self._chosen
        changes = [
            ", ".join(runs[:12]) + (f" and {len(runs) - 12} more" if len(runs) > 12 else ""),
            "No list has them any more. Their records stay, their numbers are not given again.",
            "z takes it back, and so does workbench run restore.",
        ]

        def answered(yes: bool | None) -> None:
            if yes:
                self._keep("delete", keeping.delete, "deleted", keeping.restore, "restore", runs)

        self.app.push_screen(
            Confirm(
                f"Delete {named(runs)}?",
                changes,
                verb="Delete",
                name=named(runs),
                argv=self.command_delete(),
            ),
            answered,
        )

    def _keep(
        self, verb: str, act: Keeping, words: str, back: Keeping, back_verb: str,
        runs: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        """Do `act` on the chosen runs in a thread; say so, and how it is taken back."""
        chosen, project = list(runs or self._chosen), self.bench.project
        argv = ("run", verb, *chosen)
        argv += ("--yes", named(chosen)) if verb == "delete" else ()

        def done(kept: keeping.Kept) -> None:
            self.table.marks.difference_update(kept.runs)
            if not kept.runs:
                self.bench.post_message(Said(f"{named(chosen)}: {words} already."))
                return
            undo = undo_of(project, words, back, back_verb, kept.runs)
            self.bench.post_message(
                Did(argv, f"{named(kept.runs)}: {words}. z takes it back.", undo)
            )

        in_thread(self, lambda: act(project, chosen), done, group="keep", exclusive=False)
