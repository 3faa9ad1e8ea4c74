"""Acts on targets: add, edit, remove, check; for the place, whose cursor may be on one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from screens.actions import Act, Actor
from screens.messages import Did, Failed
from workbench.compute.trusting import UNKNOWN
from workbench.project.settings import LOCAL

if TYPE_CHECKING:
    from screens.compute.checking import Checker
    from workbench.compute.checking import Check
    from workbench.compute.contract import Ask
    from workbench.compute.targets import TargetRow
    from workbench.errors import WorkbenchError
    from workbench.project.project import Project


class ActsOnTargets(Actor):
    """For what has a list of targets."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("target.new", "new", label="Add target", help="Add a place where jobs run.", rank=40),
        Act("target.edit", "edit", help="Change what the target is set to.", rank=45),
        Act("target.check", "run", label="Check", help="Ask the target what is there.", rank=50),
        Act("target.delete", "delete", label="Remove", help="Take the target out.", rank=55),
        Act(
            "target.trust",
            label="Trust the host",
            help="Show the fingerprint of the target's host key, and write it down on a yes.",
        ),
        Act("target.check-all", label="Check all", help="Ask every target what is there."),
    )

    checker: Checker
    _told: set[str]
    """Targets whose next answer is to be told in the status line: somebody asked."""

    @property
    @abstractmethod
    def target(self) -> TargetRow | None:
        """The target under the cursor, None while the cursor is on a job."""
        raise NotImplementedError

    @property
    @abstractmethod
    def all_targets(self) -> Sequence[TargetRow]:
        """Every target."""
        raise NotImplementedError

    @property
    @abstractmethod
    def open_project(self) -> Project:
        """The project whose targets these are."""
        raise NotImplementedError

    @property
    @abstractmethod
    def ask(self) -> Ask:
        """Asks the person what only they can answer."""
        raise NotImplementedError

    @abstractmethod
    def show_target(self, row: TargetRow | None) -> None:
        """Put the cursor on a target that was written down just now, and read all of them again."""
        raise NotImplementedError

    @abstractmethod
    def show_checks(self) -> None:
        """Show who is being asked, and what was answered."""
        raise NotImplementedError

    def offered(self, act: Act) -> bool:
        """Only what is under the cursor has acts of its own in the lists."""
        if act.id in {"target.edit", "target.delete"}:
            return self.target is not None
        return super().offered(act)

    def act_new(self) -> None:
        """Ask for the kind and its options."""
        from screens.compute.targetforms import add

        add(self, self.open_project, self.show_target)

    def why_not_edit(self) -> str:
        """Only what is written down can be changed."""
        row = self.target
        if row is None:
            return "the cursor is not on a target: tab goes there"
        if row.name == LOCAL:
            return "local is always there; its slots are those of [runner] in workbench.toml"
        return ""

    def act_edit(self) -> None:
        """Ask for its options as they are."""
        from screens.compute.targetforms import edit

        row = self.target
        assert row is not None, "asked by why_not_edit"
        edit(self, self.open_project, row, self.show_target)

    def why_not_delete(self) -> str:
        """Only what is written down and not in use can go."""
        if why := self.why_not_edit():
            return why
        row = self.target
        assert row is not None, "asked just now"
        return f"{row.unfinished} of its jobs have not ended" if row.unfinished else ""

    def command_delete(self) -> tuple[str, ...]:
        """`workbench target remove gpu`."""
        assert self.target is not None
        return ("target", "remove", self.target.name)

    def act_delete(self) -> None:
        """Ask for its name, then take it out."""
        from screens.compute.targetforms import remove

        row = self.target
        assert row is not None, "asked by why_not_delete"
        remove(self, self.open_project, row, lambda: self.show_target(None))

    def command_check(self) -> tuple[str, ...]:
        """`workbench target check gpu`."""
        return ("target", "check", self.target.name if self.target else LOCAL)

    def act_check(self) -> None:
        """Ask the target under the cursor; in the list of jobs, every one."""
        self._check([self.target.name] if self.target else [row.name for row in self.all_targets])

    def why_not_trust(self) -> str:
        """Only the target under the cursor, and only one that is reached by a key."""
        row = self.target
        if row is None:
            return "the cursor is not on a target: tab goes there"
        return "" if row.kind == "ssh" else f"{row.name} has no host key: its kind is {row.kind}"

    def command_trust(self) -> tuple[str, ...]:
        """`workbench target trust gpu`."""
        assert self.target is not None
        return ("target", "trust", self.target.name)

    def act_trust(self) -> None:
        """Show the fingerprint, and ask."""
        assert self.target is not None
        self._trust(self.target.name)

    def _trust(self, name: str) -> None:
        from screens.compute.trusting import ask_trust

        ask_trust(self, self.open_project, name, self.ask, lambda: self._check([name]))

    def act_check_all(self) -> None:
        """Ask every one."""
        self._check([row.name for row in self.all_targets])

    def _check(self, names: list[str]) -> None:
        self._told |= set(names)
        self.checker.check(self.open_project, names, self.ask)
        self.show_checks()

    def check_came(self, check: Check) -> None:
        """Show an answer, and say it to who asked."""
        self.show_checks()
        if check.target in self._told:
            self._told.discard(check.target)
            argv = ("target", "check", check.target)
            self.app.post_message(Did(argv, told(check)))
            if check.error is not None and check.error["code"] == UNKNOWN:
                self._trust(check.target)  # that is what is missing, and who asked is here

    def check_failed(self, error: WorkbenchError) -> None:
        """Say that it could not even be asked."""
        self.show_checks()
        self.app.post_message(Failed(error))


def told(check: Check) -> str:
    """Return what a check found, in one line."""
    if check.error is not None:
        return f"{check.target} does not answer: {check.error['why'] or check.error['what']}"
    missing = "; ".join(lack.why for lack in check.missing)
    if not check.ok:
        return f"{check.target} cannot run jobs: {missing}"
    return f"{check.target} can run jobs" + (f", but {missing}" if missing else ".")
