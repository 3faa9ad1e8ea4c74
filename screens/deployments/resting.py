"""Suspending and resuming an endpoint, and how many processes it has: in the menu and the palette."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from screens.actions import Act, Actor
from screens.deployments.endpoint import Endpoint
from screens.feed import in_thread
from screens.messages import Did
from screens.modals.confirm import Confirm
from screens.modals.form import FormModal, Values
from screens.widgets.detail import Section
from screens.widgets.fields import Field
from workbench.compute import wake
from workbench.errors import BadInput
from workbench.serving import wishes
from workbench.serving.deployments import MOST_WORKERS, Deployment

if TYPE_CHECKING:
    from screens.place import Place
    from workbench.project.project import Project


class Resting(Actor):
    """For what has a cursor on an endpoint."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("endpoint.scale", label="Scale", help="Have more or fewer processes answer."),
        Act("endpoint.suspend", label="Suspend", help="End its processes; all else stays."),
        Act("endpoint.resume", label="Resume", help="Start again what was suspended or failed."),
    )

    @property
    @abstractmethod
    def endpoint(self) -> Endpoint | None:
        """The endpoint under the cursor."""
        raise NotImplementedError

    @abstractmethod
    def reference(self) -> str:
        """Return how the command line names the endpoint."""
        raise NotImplementedError

    @property
    @abstractmethod
    def home(self) -> Place[Any]:
        """The place that this belongs to."""
        raise NotImplementedError

    def _why(self, *, states: frozenset[str], what: str) -> str:
        endpoint = self.endpoint
        if endpoint is None:
            return "there is no deployment under the cursor"
        record = endpoint.record
        if record.stop_requested or record.state not in states:
            return f"{record.name} cannot be {what}: it is {endpoint.state}"
        return ""

    def why_not_scale(self) -> str:
        """It must not have ended."""
        return self._why(states=wishes.RUNS | {"suspended"}, what="scaled")

    def why_not_suspend(self) -> str:
        """It must be up, or coming up."""
        return self._why(states=wishes.RUNS, what="suspended")

    def why_not_resume(self) -> str:
        """It must rest, or have failed."""
        return self._why(states=frozenset({"suspended", "failed"}), what="resumed")

    def command_scale(self) -> tuple[str, ...]:
        """`workbench deploy scale eta 2`: as many as there are, to be changed."""
        assert self.endpoint is not None
        return ("deploy", "scale", self.reference(), str(self.endpoint.record.workers))

    def command_suspend(self) -> tuple[str, ...]:
        """`workbench deploy suspend eta`."""
        return ("deploy", "suspend", self.reference())

    def command_resume(self) -> tuple[str, ...]:
        """`workbench deploy resume eta`."""
        return ("deploy", "resume", self.reference())

    def act_scale(self) -> None:
        """Ask how many."""
        assert self.endpoint is not None
        place, record = self.home, self.endpoint.record
        place.app.push_screen(ScaleForm(place.project, record, self.reference()))

    def act_suspend(self) -> None:
        """Show what ends, then ask for it."""
        assert self.endpoint is not None
        place, record, argv = self.home, self.endpoint.record, self.command_suspend()
        facts = [
            ("Is", self.endpoint.state),
            ("Ends", "its processes; requests under way are still answered"),
            ("Stays", "its name, port, token and records; the model stays promoted"),
            ("Again", f"workbench deploy resume {record.name}, or Resume in the menu"),
        ]

        def answered(yes: bool | None) -> None:
            if yes:
                self._wish(
                    lambda: wishes.suspend(place.project, record.id), argv, "is asked to rest"
                )

        place.app.push_screen(
            Confirm(
                f"Suspend {record.name}?",
                [Section(facts=facts)],
                verb="Suspend it",
                argv=argv,
                grave=True,
            ),
            answered,
        )

    def act_resume(self) -> None:
        """Ask for another start at once: it takes nothing away."""
        assert self.endpoint is not None
        project, record = self.home.project, self.endpoint.record
        self._wish(
            lambda: wishes.resume(project, record.id), self.command_resume(), "is starting again"
        )

    def _wish(self, wish: Callable[[], Deployment], argv: tuple[str, ...], words: str) -> None:
        place = self.home

        def act() -> Deployment:
            found = wish()
            wake.wake_runner(place.project)
            return found

        def done(found: Deployment) -> None:
            place.app.post_message(Did(argv, f"{found.name} {words}."))
            place.mark_stale()

        in_thread(place, act, done, group="wish", exclusive=False)


class ScaleForm(FormModal):
    """Asks how many processes are to answer."""

    def __init__(self, project: Project, record: Deployment, name: str) -> None:
        def apply(values: Values) -> Deployment:
            found = wishes.scale(project, record.id, values["workers"])
            wake.wake_runner(project)
            return found

        field = Field(
            "workers",
            "processes",
            f"1 to {MOST_WORKERS}, one for each core",
            default=str(record.workers),
            required=True,
            parse=_workers,
        )
        super().__init__(
            f"Scale {record.name}",
            [field],
            apply,
            verb="Scale",
            intro="Processes share the port; each has the model in its memory.",
            command=lambda values: ("deploy", "scale", name, str(values["workers"])),
            outcome=lambda found: f"{found.name} is to have {found.workers}.",
        )


def _workers(text: str) -> int:
    text = text.strip()
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_WORKERS:
        raise BadInput(
            f"{text[:20]} is not a number of processes",
            where="workers",
            why=f"1 to {MOST_WORKERS}",
            fix="Type a number",
            code="deployment.workers",
        )
    return int(text)
