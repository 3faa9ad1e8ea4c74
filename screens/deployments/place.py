"""The place Deployments: endpoints, how each goes, its log, what it predicted; create, call, stop."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from screens.actions import Act
from screens.deployments import rows
from screens.deployments.calling import open_call
from screens.deployments.endpoint import Endpoint, Loaded, curl, load, look_again, shape
from screens.deployments.forgetting import Forgetting
from screens.deployments.leads import Leads
from screens.deployments.side import DETAILS, LOG, TRAFFIC, Side
from screens.deployments.stopping import ask_stop
from screens.frame.split import Split
from screens.messages import Refused
from screens.place import Place
from screens.widgets.pane import ListPane
from screens.widgets.table import Table
from workbench.serving.deployments import Deployment

NONE = "No deployments yet. n brings a model up."
NO_MODELS = "No deployments yet. They serve models: press 3, then m on a run registers one."
WATCHED = "endpoints"
"""The name under which the feed watches what the endpoints tell."""


class Deployments(Leads, Forgetting, Place[Loaded]):
    """The list of endpoints, and the one under the cursor in four views."""

    NAME = "deployments"

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("deployments.call", "run", label="Call", help="Ask it for a prediction.", rank=15),
        Act("deployments.create", "new", help="Bring a model up as an endpoint.", rank=20),
        Act("deployments.deploy", "deploy", rank=0),
        Act("deployments.stop", "stop", help="Stop answering; its records stay.", rank=30),
        Act("deployments.view", "view", rank=65),
        Act("deployments.view-back", "view-back", rank=0),
        Act("deployments.details", "details", help="What it serves and how it goes.", rank=0),
        Act("deployments.traffic", label="Traffic", help="Rates, latencies and errors, live."),
        Act("deployments.log", label="Log", help="What the server process wrote, live."),
    )

    def __init__(self) -> None:
        super().__init__()
        self.table = Table(empty=NONE, markable=False)
        self.aside = Side()
        self.loaded = Loaded()
        self._endpoints: dict[str, Endpoint] = {}
        self._wanted = ""

    def body(self) -> ComposeResult:
        """The list, and what is under its cursor."""
        yield Split(ListPane("Deployments", self.table), self.aside, share=57)

    def load(self) -> Loaded:
        """Ask the records, look at what runs."""
        return load(self.project)

    def show(self, loaded: Loaded) -> None:
        """Fill the list in place, and watch what is up."""
        self.loaded = loaded
        self._endpoints = {endpoint.record.id: endpoint for endpoint in loaded.endpoints}
        self.table.empty = NONE if loaded.choices else NO_MODELS
        key = self._named(self._wanted)
        self._wanted = "" if key else self._wanted
        self.table.load(rows.source(loaded.endpoints, self.now), key=key)
        self._watch()
        self._look()

    def on_mount(self) -> None:
        """Count the ages."""
        self.set_interval(15.0, self._age)
        self.set_interval(2.5, self._flow)

    def point_at(self, reference: str) -> None:
        """Put the cursor on the newest deployment of this name, now or once it has been read."""
        key = self._named(reference)
        self._wanted = "" if key else reference
        if key:
            self.table.select(key)

    def _named(self, reference: str) -> str:
        same = (
            key
            for key, endpoint in self._endpoints.items()
            if reference in {endpoint.record.name, key}
        )
        return next(same, "") if reference else ""

    @property
    def endpoint(self) -> Endpoint | None:
        """The endpoint under the cursor."""
        return self._endpoints.get(self.table.key)

    # What is told

    def _watch(self) -> None:
        up = [e for e in self.loaded.endpoints if e.record.state != "stopped"]
        project = self.project
        if up:
            self.bench.feed.watch(WATCHED, lambda: look_again(project, up), seen=shape(up))
        else:
            self.bench.feed.unwatch(WATCHED)

    def on_feed(self, names: frozenset[str]) -> None:
        """Something was asked, or a process came or went: look again."""
        if WATCHED in names:
            self.mark_stale()

    def _age(self) -> None:
        if self.is_current and self.loaded.endpoints:
            self.table.load(rows.source(self.loaded.endpoints, self.now))

    def _flow(self) -> None:
        """Let the minutes pass in the traffic, whether anybody calls or not."""
        if self.is_current and self.aside.view == TRAFFIC and self.endpoint is not None:
            self.aside.tell_traffic(self.endpoint, self.now)

    @on(Table.Highlighted)
    def _pointed(self, event: Table.Highlighted) -> None:
        if event.table is self.table:
            self._look()
            self.refresh_bindings()

    def on_table_opened(self, event: Table.Opened) -> None:
        """Enter goes into the right pane; on a prediction it opens the call, to be made again."""
        if event.table is not self.aside.predictions:
            super().on_table_opened(event)
            return
        reason = self.why_not_call()
        if reason:
            self.post_message(Refused(f"Call again: {reason}"))
        elif self.endpoint is not None and event.key in self.aside.answered:
            open_call(self, self.endpoint, self.aside.answered[event.key])

    def _look(self) -> None:
        self.aside.look(self.project, self.endpoint, self.now)

    # Acts

    def act_view(self) -> None:
        """The next view of the endpoint."""
        self.aside.act_next()

    def act_view_back(self) -> None:
        """The view before."""
        self.aside.act_before()

    def _turn_to(self, view: str) -> None:
        self.aside.view = view
        if self.split is not None:
            self.call_after_refresh(self.split.open)

    def why_not_details(self) -> str:
        """There must be an endpoint."""
        return "" if self.endpoint else "there is no deployment under the cursor"

    why_not_log = why_not_traffic = why_not_details

    def command_details(self) -> tuple[str, ...]:
        """`workbench deploy show eta`."""
        return ("deploy", "show", self.reference())

    def act_details(self) -> None:
        """Show the details."""
        self._turn_to(DETAILS)

    def act_traffic(self) -> None:
        """Show the traffic."""
        self._turn_to(TRAFFIC)

    def command_log(self) -> tuple[str, ...]:
        """`workbench deploy logs eta -f`."""
        return ("deploy", "logs", self.reference(), "-f")

    def act_log(self) -> None:
        """Show the log."""
        self._turn_to(LOG)

    @property
    def home(self) -> Place[Loaded]:
        """This place."""
        return self

    def reference(self) -> str:
        """Return the name, or the ULID where a newer deployment has the name."""
        endpoint = self.endpoint
        assert endpoint is not None
        record = endpoint.record
        same = [e.record.id for e in self.loaded.endpoints if e.record.name == record.name]
        return record.name if max(same) == record.id else record.id

    def why_not_create(self) -> str:
        """There must be a model version."""
        return "" if self.loaded.choices else "no model is registered yet: press 3, then m on a run"

    why_not_deploy = why_not_create

    def act_create(self) -> None:
        """Ask what is to be served, under which name and port."""
        from screens.deployments.creating import CreateForm

        names = {e.record.name for e in self.loaded.endpoints if e.record.state != "stopped"}

        def made(record: Deployment | None) -> None:
            if record is not None:
                self.point_at(record.id)
                self.mark_stale()

        form = CreateForm(self.project, self.loaded.choices, taken=names)
        self.app.push_screen(form, made)

    act_deploy = act_create

    def why_not_call(self) -> str:
        """Only what answers can be called."""
        endpoint = self.endpoint
        if endpoint is None:
            return "there is no deployment under the cursor"
        name, state = endpoint.record.name, endpoint.state
        if state == "starting":
            return f"{name} is still starting: its model is being loaded"
        return "" if endpoint.answers else f"{name} does not answer: it is {state}"

    def command_call(self) -> tuple[str, ...]:
        """`workbench deploy call eta --dataset flights@2 --at 0`: a row of the data it learnt from."""
        assert self.endpoint is not None
        data = self.endpoint.dataset
        return ("deploy", "call", self.reference(), "--dataset", data, "--at", "0") if data else ()

    def act_call(self) -> None:
        """Open the form made from the model's signature."""
        assert self.endpoint is not None
        open_call(self, self.endpoint)

    def why_not_stop(self) -> str:
        """Only what is not stopped can be stopped."""
        endpoint = self.endpoint
        if endpoint is None:
            return "there is no deployment under the cursor"
        if endpoint.record.state == "stopped":
            return f"{endpoint.record.name} is stopped already"
        stopping = endpoint.record.stop_requested
        return f"{endpoint.record.name} is being stopped" if stopping else ""

    def line(self) -> str:
        """A line that asks it by curl."""
        assert self.endpoint is not None
        return curl(self.project, self.endpoint.record)

    def go_to(self, noun: str, reference: str) -> None:
        """Go to another place."""
        self.bench.goto(noun, reference)

    def command_stop(self) -> tuple[str, ...]:
        """`workbench deploy stop eta`."""
        return ("deploy", "stop", self.reference())

    def act_stop(self) -> None:
        """Ask, then ask for its end."""
        assert self.endpoint is not None
        ask_stop(self, self.endpoint, self.command_stop())
