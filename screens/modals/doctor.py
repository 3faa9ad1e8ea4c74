"""What works on this machine and in this project, and how to mend what does not."""

from __future__ import annotations

import locale
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from screens.actions import Act
from screens.feed import in_thread
from screens.keymap import personal
from screens.modals.base import Box, Modal
from screens.states import cell
from screens.text import Styled, plural
from screens.widgets.detail import Detail, Section
from screens.widgets.source import Cell

if TYPE_CHECKING:
    from workbench.doctor.findings import Finding
    from workbench.project.project import Project

HEADINGS = (("fail", "Broken"), ("warn", "Could be better"), ("pass", "Well"))


class Doctor(Modal[None]):
    """Findings, the bad ones first, each with what to do; looked for while the box is open."""

    DEFAULT_CSS = """
    Doctor > Box { width: 92; height: 90%; }
    """

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("doctor.again", "refresh", label="Look again", help="Look again.", rank=5),
    )

    def __init__(self) -> None:
        super().__init__()
        self.detail = Detail(empty="Looking at this machine and the project …")

    def compose(self) -> ComposeResult:
        """One scrolling text."""
        yield Box(self.detail)

    def on_mount(self) -> None:
        """Begin to look."""
        self.act_again()

    def act_again(self) -> None:
        """Look at everything once more."""
        self._retitle("")
        self.detail.fill([])
        size = (self.app.size.width, self.app.size.height)
        project = self.bench.project
        in_thread(self, lambda: look(project, size), self._show, group="doctor")

    def _show(self, found: Sequence[Finding]) -> None:
        bad = sum(finding.state == "fail" for finding in found)
        poor = sum(finding.state == "warn" for finding in found)
        self._retitle(f"{bad} broken, {poor} could be better")
        self.detail.fill(sections(found))

    def _retitle(self, verdict: str) -> None:
        keys = "r look again   esc close"
        self.query_one(Box).retitle(" ".join(["Doctor:" if verdict else "Doctor", verdict]), keys)


def look(project: Project, size: tuple[int, int]) -> list[Finding]:
    """Examine this machine and the project (in a thread; plugins load in a process of their own)."""
    from workbench.doctor.examine import examine_machine, examine_project

    encoding = locale.getpreferredencoding(False)
    machine = examine_machine(os.environ, size=size, encoding=encoding, keys=personal().wrong)
    return [*machine, *examine_project(project)]


def sections(found: Sequence[Finding]) -> list[Section]:
    """Lay the findings out: what is broken before what could be better before what is well."""
    laid = []
    for state, heading in HEADINGS:
        here = [finding for finding in found if finding.state == state]
        if not here:
            continue
        facts: list[tuple[str, Cell]] = []
        for finding in here:
            sign = cell(state).text[0]
            facts.append((f"{sign} {finding.id}", Styled(finding.what, "plain")))
            if finding.why:
                facts.append(("", Styled(finding.why, "muted")))
            if finding.fix:
                facts.append(("", Styled(f"→ {finding.fix}", "key")))
        laid.append(Section(f"{heading}: {plural(len(here), 'thing')}", facts))
    return laid
