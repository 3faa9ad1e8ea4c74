"""Ending an endpoint here whose target is gone for good: in the menu and the palette."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from screens.actions import Act
from screens.deployments.resting import Resting
from screens.modals.confirm import Confirm
from screens.text import ago
from screens.widgets.detail import Section
from screens.widgets.source import Cell
from workbench.project.settings import LOCAL
from workbench.serving.deployments import Deployment
from workbench.text import clean

TITLE = 60


class Forgetting(Resting):
    """For what has a cursor on an endpoint."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act(
            "endpoint.forget",
            label="Forget",
            help="End it here, where its target is gone for good.",
        ),
    )

    def why_not_forget(self) -> str:
        """It must be on a target of which nothing is heard: one that answers ends it in order."""
        endpoint = self.endpoint
        if endpoint is None:
            return "there is no deployment under the cursor"
        record = endpoint.record
        if record.state == "stopped":
            return f"{record.name} is stopped already"
        if record.target == LOCAL:
            return f"{record.name} runs on this machine: x stops it"
        if endpoint.seen.process == "alive":
            return f"{record.name} is heard of on {clean(record.target, TITLE)}: x stops it"
        return ""

    def command_forget(self) -> tuple[str, ...]:
        """`workbench deploy stop eta --forget`."""
        assert self.endpoint is not None
        return ("deploy", "stop", self.reference(), "--forget")

    def act_forget(self) -> None:
        """Show what stays behind, then ask for its end here."""
        assert self.endpoint is not None
        place, endpoint, argv = self.home, self.endpoint, self.command_forget()
        record, target = endpoint.record, clean(endpoint.record.target, TITLE)
        facts: list[tuple[str, Cell]] = [("Is", f"{endpoint.state} on {target}")]
        told = endpoint.seen.told
        if told is not None and told.at:
            facts.append(("Heard of", ago(datetime.fromtimestamp(told.at, UTC), place.now)))
        facts += [
            ("Asked", f"{target}, once more: if it answers, nothing is forgotten"),
            ("Ends here", "its port, and every try to reach it"),
            ("Stays there", "its processes, its folder, its token; they may go on answering there"),
            ("Not copied", "what it logged and predicted since it was heard of last"),
            ("Goes", f"if {target} ever answers again; at once: target prune {target}"),
        ]

        def forget() -> Deployment:
            from workbench.serving.forgetting import forget as wish

            return wish(place.project, record.id)

        def answered(yes: bool | None) -> None:
            if yes:
                self._wish(forget, argv, f"ends here; {target} is not asked")

        question = Confirm(
            f"Forget {record.name}?",
            [Section(facts=facts)],
            verb="Forget it",
            argv=argv,
            grave=True,
        )
        place.app.push_screen(question, answered)
