"""What leads away from an endpoint: to its model, to a shell."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from screens.actions import Act, Actor
from screens.deployments.endpoint import Endpoint
from screens.messages import Copy


class Leads(Actor):
    """For what has a cursor on an endpoint; in the menu and the palette only."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("endpoint.model", label="Go to the model", help="Show the version that answers."),
        Act("endpoint.curl", label="Copy curl line", help="A line that asks it by curl."),
    )

    @property
    @abstractmethod
    def endpoint(self) -> Endpoint | None:
        """The endpoint under the cursor."""
        raise NotImplementedError

    @abstractmethod
    def why_not_call(self) -> str:
        """Say why it cannot be called."""
        raise NotImplementedError

    @abstractmethod
    def line(self) -> str:
        """Return a line that asks it by curl."""
        raise NotImplementedError

    @abstractmethod
    def go_to(self, noun: str, reference: str) -> None:
        """Go where `reference` is shown."""
        raise NotImplementedError

    def why_not_model(self) -> str:
        """A version must have answered."""
        if self.endpoint is None:
            return "there is no deployment under the cursor"
        return "" if self.endpoint.record.serving else "no version has answered yet"

    def command_model(self) -> tuple[str, ...]:
        """`workbench model show delay@4`."""
        assert self.endpoint is not None
        return ("model", "show", self.endpoint.record.serving or "")

    def act_model(self) -> None:
        """Go to the version that answers."""
        assert self.endpoint is not None
        self.go_to("model", self.endpoint.record.serving or "")

    def why_not_curl(self) -> str:
        """It must answer."""
        return self.why_not_call()

    def act_curl(self) -> None:
        """Copy the line."""
        self.post_message(Copy(self.line(), "curl line"))
