"""Stopping an endpoint: what ends, what stays, then the intent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from screens.deployments.endpoint import Endpoint
from screens.feed import in_thread
from screens.messages import Did
from screens.modals.confirm import Confirm
from screens.text import plural
from screens.widgets.detail import Section
from screens.widgets.source import Cell
from workbench.compute import wake
from workbench.project.settings import LOCAL
from workbench.serving import deployments
from workbench.serving.deployments import Deployment

if TYPE_CHECKING:
    from screens.place import Place


def ask_stop(place: Place[Any], endpoint: Endpoint, argv: tuple[str, ...]) -> None:
    """Show what stopping changes; when the button is pressed, ask for it and wake the runner."""
    project, record = place.project, endpoint.record

    def stop() -> Deployment:
        stopped = deployments.stop(project, record.id)
        wake.wake_runner(project)
        return stopped

    def done(stopped: Deployment) -> None:
        place.app.post_message(Did(argv, f"{stopped.name} is asked to stop."))
        place.mark_stale()

    def answered(yes: bool | None) -> None:
        if yes:
            in_thread(place, stop, done, group="stop", exclusive=False)

    question = Confirm(
        f"Stop {record.name}?", [_changes(endpoint)], verb="Stop it", argv=argv, grave=True
    )
    place.app.push_screen(question, answered)


def _changes(endpoint: Endpoint) -> Section:
    record = endpoint.record
    now = f"{record.serving or record.serves} at {endpoint.address or 'no port yet'}"
    facts: list[tuple[str, Cell]] = [("Is", endpoint.state), ("Serves", now)]
    if endpoint.requests is not None:
        facts.append(("Answered", plural(endpoint.requests, "request")))
    facts += [
        ("Ends", "its address and its token; requests under way are still answered"),
        ("Stays", "its log and its predictions; the model stays promoted"),
    ]
    if record.target != LOCAL and endpoint.seen.process == "unheard":
        facts.append(("Waits", "until its target answers; Forget in the menu (.) does not"))
    return Section(facts=facts)
