"""What can be done with the version under the cursor: promote, roll back, deploy, compare, look closer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from screens.actions import Act
from screens.feed import in_thread
from screens.models.deploying import DeployForm, deploy_command, free_name, serves
from screens.models.loading import NOTHING, Loaded, Standing, VersionRow
from screens.models.reading import Asked, against, ask
from screens.place import Place
from screens.text import plural
from screens.widgets.table import Table
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.models.registry import ModelVersion


class VersionActs(Place[Loaded]):
    """The acts of the place on its list of versions; what they ask and do is in modules of their own.

    An act asked for before the list has come, or shows what was done last, waits for it: keys can be
    typed ahead, and none acts on what is no longer so.
    """

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("models.promote", "promote", rank=20),
        Act("models.rollback", "rollback", rank=22),
        Act("models.deploy", "deploy", rank=24),
        Act("models.import", "new", label="Import", help="Import a model file.", rank=28),
        Act("models.diff", "diff", help="What differs between two versions.", rank=30),
        Act("models.details", "details", rank=35),
        Act("models.report", "report", label="Run", help="Go to the run that made it.", rank=0),
        Act("models.verify", label="Verify the file", help="Recompute both digests of its file."),
    )

    def __init__(self) -> None:
        super().__init__()
        self.loaded = NOTHING
        self.table = Table(
            empty="No models yet. Press 3, then m on a run that is ok, to register its model;"
            " n imports a file."
        )
        self._waiting: Act | None = None

    @property
    def row(self) -> VersionRow | None:
        """The version under the cursor."""
        return self.loaded.version(self.table.key)

    async def perform(self, act: Act) -> None:
        """Do `act`, now or when the list shows what was done last."""
        if self.behind and act in VersionActs.ACTS:
            self._waiting = act
        else:
            await super().perform(act)

    def do_waiting(self) -> None:
        """Do what was asked for before the list had come."""
        act, self._waiting = self._waiting, None
        if act is not None and self.is_current:
            self.call_later(self.perform, act)

    def _no_version(self) -> str:
        return "" if self.row or self.loaded is NOTHING else "there is no version under the cursor"

    # Acts

    def why_not_promote(self) -> str:
        """There must be a version."""
        return self._no_version()

    def command_promote(self) -> tuple[str, ...]:
        """`workbench model gates delay@4 --to production`: what it asks before anything is done."""
        row = self.row
        wanted = self.loaded.environments[-1:]
        return ("model", "gates", row.reference, "--to", *wanted) if row and wanted else ()

    def act_promote(self) -> None:
        """Ask the gates anew, then where to, then why."""
        row = self.row
        assert row is not None, "asked by why_not_promote"
        loaded = self.loaded
        in_thread(
            self,
            lambda: ask(self.project, row, loaded.environments),
            lambda asked: self._where_to(row, loaded, asked),
            group="gates",
        )

    def _where_to(self, row: VersionRow, loaded: Loaded, asked: Asked) -> None:
        from screens.models.promoting import promotion, which_environment

        def chosen(environment: str | None) -> None:
            found = asked.get(environment or "")
            if isinstance(found, WorkbenchError):
                self.bench.tell(found)
            elif found is not None:
                self.app.push_screen(promotion(self.project, loaded, row, found))

        if self.is_current:
            self.app.push_screen(which_environment(loaded, row, asked), chosen)

    def _backs(self) -> list[Standing]:
        """Where this version's model can be rolled back: where the version counts, if it does."""
        row = self.row
        if row is None:
            return []
        found = self.loaded.ordered(self.loaded.standing.get(row.model, {}))
        able = [
            x for x in found if x.back is not None and x.environment in self.loaded.environments
        ]
        here = [item for item in able if item.now.version == row.id]
        return here or able

    def why_not_rollback(self) -> str:
        """Something must have been promoted before what is there now."""
        row = self.row
        if row is None or self._backs():
            return self._no_version()
        standing = self.loaded.standing.get(row.model)
        if not standing:
            return f"no version of {row.model} was ever promoted"
        where = ", ".join(standing)
        return f"{row.model} has nothing before what is promoted in {where} now"

    def command_rollback(self) -> tuple[str, ...]:
        """`workbench model rollback delay --env production --reason=...`."""
        row, found = self.row, self._backs()
        if row is None or not found or found[0].back is None:
            return ()
        reason = f"back from {found[0].now.reference} to {found[0].back.reference}"
        return ("model", "rollback", row.model, "--env", found[0].environment, "--reason", reason)

    def act_rollback(self) -> None:
        """Show what comes back; where there are several environments, ask which."""
        from screens.models.promoting import rolling_back, which_rollback

        row, choices, loaded = self.row, self._backs(), self.loaded
        assert row is not None, "asked by why_not_rollback"

        def chosen(environment: str | None) -> None:
            found = next((item for item in choices if item.environment == environment), None)
            if found is not None:
                self.app.push_screen(rolling_back(self.project, loaded, row, found))

        if len(choices) == 1:
            chosen(choices[0].environment)
        else:
            self.app.push_screen(which_rollback(row, choices), chosen)

    def why_not_deploy(self) -> str:
        """There must be a version."""
        return self._no_version()

    def command_deploy(self) -> tuple[str, ...]:
        """`workbench deploy create delay --model delay@production --detach`."""
        row = self.row
        if row is None:
            return ()
        return deploy_command(free_name(self.loaded, row.model), serves(self.loaded, row)[0])

    def act_deploy(self) -> None:
        """Ask for name and port."""
        row = self.row
        assert row is not None, "asked by why_not_deploy"

        self.app.push_screen(DeployForm(self.project, self.loaded, row))

    def command_import(self) -> tuple[str, ...]:
        """`workbench model import FILE --name delay`."""
        return ("model", "import", "FILE", "--name", self.row.model if self.row else "NAME")

    def act_import(self) -> None:
        """Ask for the file, show what it holds, import it."""
        from screens.datasets.picking import PickFile
        from screens.models.importing import ImportModel

        known = frozenset(row.model for row in self.loaded.versions)

        def came(made: ModelVersion | None) -> None:
            if made is not None:
                self.look_at(made.reference)

        def picked(path: Path | None) -> None:
            if path is not None:
                self.app.push_screen(ImportModel(self.project, path, known), came)

        self.app.push_screen(
            PickFile(title="Import a model", hint="path of a skops, joblib, pickle or ONNX file"),
            picked,
        )

    def _pair(self) -> tuple[VersionRow, VersionRow] | None:
        """The two to compare: the marked, else the one under the cursor and what it is held against."""
        row = self.row
        marked = [v for key in self.table.marks if (v := self.loaded.version(key))]
        if len(marked) == 2:
            first, second = sorted(marked, key=lambda v: (v.registered_at, v.number))
            return first, second
        if row is None or len(marked) > 2:
            return None
        if len(marked) == 1 and marked[0].id != row.id:
            return marked[0], row
        base = self.loaded.version(against(self.loaded, row)[1])
        return (base, row) if base else None

    def why_not_diff(self) -> str:
        """Two versions are needed."""
        if self._pair():
            return ""
        marks = len(self.table.marks)
        if marks > 2:
            return f"{plural(marks, 'version')} are marked: mark two"
        return self._no_version() or "there is no other version: mark two with space"

    def command_diff(self) -> tuple[str, ...]:
        """`workbench model diff delay@1 delay@2`."""
        pair = self._pair()
        return ("model", "diff", *(row.reference for row in pair)) if pair else ()

    def act_diff(self) -> None:
        """Show what differs."""
        from screens.models.differing import Diff
        from workbench.models.diff import version_diff

        pair = self._pair()
        assert pair is not None, "asked by why_not_diff"
        before, after = pair
        in_thread(
            self,
            lambda: version_diff(self.project, before.id, after.id),
            lambda found: self.app.push_screen(Diff(self.project, found)),
            group="diff",
        )

    def why_not_details(self) -> str:
        """There must be a version."""
        return self._no_version()

    def command_details(self) -> tuple[str, ...]:
        """`workbench model show delay@4`."""
        return ("model", "show", self.row.reference) if self.row else ()

    def act_details(self) -> None:
        """Show digests and lineage in full."""
        from screens.models.details import Details
        from workbench.models.show import show

        row = self.row
        assert row is not None, "asked by why_not_details"
        in_thread(
            self,
            lambda: show(self.project, row.id),
            lambda card: self.app.push_screen(Details(card)),
            group="details",
        )

    def why_not_report(self) -> str:
        """There must be a version, and a run that made it."""
        if self.row is not None and not self.row.run:
            return f"{self.row.reference} was imported: no run made it"
        return self._no_version()

    def command_report(self) -> tuple[str, ...]:
        """`workbench run report r_3`."""
        return ("run", "report", self.row.run) if self.row else ()

    def act_report(self) -> None:
        """Go to the run, where the report is."""
        if self.row:
            self.bench.goto("run", self.row.run)

    def why_not_verify(self) -> str:
        """There must be a version."""
        return self._no_version()

    def command_verify(self) -> tuple[str, ...]:
        """`workbench model verify delay@4`."""
        return ("model", "verify", self.row.reference) if self.row else ()

    def act_verify(self) -> None:
        """Recompute both digests and read the types."""
        from workbench.models.registry import Verified, verify

        row, argv = self.row, self.command_verify()
        assert row is not None, "asked by why_not_verify"

        def done(found: Verified) -> None:
            self.bench.did(argv, f"{found.reference} is what was registered: {found.content[:19]}…")

        in_thread(self, lambda: verify(self.project, row.id), done, group="verify")
