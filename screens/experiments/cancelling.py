"""Ending a run that has not ended: what it costs, then the intent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens.feed import in_thread
from screens.messages import Did
from screens.modals.confirm import Confirm
from workbench.experiments.rows import RunRow

if TYPE_CHECKING:
    from textual.widget import Widget

    from screens.app import Workbench
    from workbench.experiments.lookup import Run


def ask_cancel(owner: Widget, bench: Workbench, run: RunRow, argv: tuple[str, ...]) -> None:
    """Show what ending changes; when the button is pressed, ask for it."""
    project = bench.project

    def cancel() -> Run:
        from workbench.experiments.runs import cancel

        return cancel(project, run.reference)

    def done(ended: Run) -> None:
        bench.post_message(Did(argv, f"{ended.reference} is asked to stop."))

    def answered(yes: bool | None) -> None:
        if yes:
            in_thread(owner, cancel, done, group="cancel", exclusive=False)

    changes = [
        f"{run.reference} ({run.trainer} for {run.experiment}) is {run.state}.",
        "Its processes are ended; it stays in the list as cancelled, without figures.",
    ]
    question = Confirm(f"End {run.reference}?", changes, verb="End the run", argv=argv, grave=True)
    bench.push_screen(question, answered)
