"""Calling an endpoint: a form made from the model's signature, and the answer under it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.widgets import Button, Static

from screens.actions import Act
from screens.commands import command_text
from screens.deployments.answer import Answer, Asked, drawn
from screens.deployments.endpoint import Endpoint, curl_infer
from screens.deployments.rows import first_row
from screens.deployments.values import as_row, form_fields, text_of
from screens.feed import in_thread
from screens.messages import Copy, Did
from screens.modals.base import Box, Modal
from screens.modals.confirm import Buttons
from screens.text import said
from screens.widgets.fields import ChoiceField
from screens.widgets.form import Form
from workbench.errors import Unavailable, WorkbenchError
from workbench.serving import deployments
from workbench.serving.predictions import Prediction
from workbench.training.signature import Signature

if TYPE_CHECKING:
    from screens.place import Place
    from workbench.project.project import Project

KEPT = 6
"""Answers that are kept, to be compared with the newest."""
ROWS = 50
"""Rows of the training data that can be gone through."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What the form is made of: the model's signature, and rows of the data that it learnt from."""

    signature: Signature
    rows: Sequence[Mapping[str, Any]] = ()
    first: int = 0
    """The row to begin with: the first one without a null."""


def open_call(place: Place[Any], endpoint: Endpoint, again: Prediction | None = None) -> None:
    """Read what the form needs, then open it; with the values of a logged prediction (`again`)."""
    project = place.project

    def come(sample: Sample) -> None:
        place.app.push_screen(Call(project, endpoint, sample, again))

    in_thread(place, lambda: load_sample(project, endpoint), come, group="sample")


def load_sample(project: Project, endpoint: Endpoint) -> Sample:
    """Return signature and sample rows; no rows where the training data cannot be read any more."""
    record = deployments.get(project, endpoint.record.id)
    version = deployments.served_version(project, record)
    if version is None:
        raise Unavailable(
            f"{record.name} does not answer yet",
            where=record.name,
            why=f"it is {record.state}",
            fix="Wait until it is healthy",
            code="deployment.down",
        )
    try:
        from workbench.serving.calling import dataset_rows

        rows = dataset_rows(project, record.id, endpoint.dataset, 0, ROWS)
    except WorkbenchError:
        return Sample(version.signature)
    whole = (at for at, row in enumerate(rows) if None not in row.values())
    return Sample(version.signature, rows, next(whole, 0))


class Call(Modal[None]):
    """Stays open, so that one can call again: with other values, or after a promotion."""

    AUTO_FOCUS = "#call"

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act(
            "call.curl", "copy", label="Copy curl", help="Copy the request as a curl line.", rank=5
        ),
    )

    DEFAULT_CSS = """
    Call > Box { width: 90%; max-width: 100; }
    Call .intro { height: auto; max-height: 2; color: $text-muted; }
    Call Form { height: auto; max-height: 12; margin-top: 1; }
    Call .line { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    Call #answer { height: auto; max-height: 14; margin-top: 1; display: none; }
    Call Buttons { margin-top: 0; }
    """

    def __init__(
        self,
        project: Project,
        endpoint: Endpoint,
        sample: Sample,
        again: Prediction | None = None,
    ) -> None:
        super().__init__()
        self._project, self._endpoint, self._sample = project, endpoint, sample
        self._at = sample.first - (again is not None)
        self._origin = f"the request {again.id}" if again else self._row_words()
        row = first_row(again.inputs) if again else self._row()
        self.form = Form(form_fields(sample.signature, row))
        self.answer: Answer | None = None
        self._asked: list[Asked] = []
        self._busy = False

    def compose(self) -> ComposeResult:
        """Where the values come from, the inputs, the command, the answer, the buttons."""
        box = Box(
            Static(classes="intro", markup=False),
            self.form,
            Static(id="command", classes="line", markup=False),
            Static(id="curl", classes="line", markup=False),
            Static(id="answer", markup=False),
            Buttons(
                Button("Call", id="call"),
                Button("Next row", id="next", disabled=len(self._sample.rows) < 2),
                Button("Close", id="close"),
            ),
        )
        box.retitle(
            f"Call {self._endpoint.record.name}",
            "enter press  tab next  shift+tab values  y curl  esc close",
        )
        yield box

    def on_mount(self) -> None:
        """The values are there already, so it begins at the button."""
        self._tell_origin()
        self._show_command()

    def on_resize(self) -> None:
        """Fit the values in anew."""
        self._fit()

    def _fit(self) -> None:
        """Leave room for an answer and the buttons: the values are what scrolls."""
        rest = 19 if self.query_one("#answer").display else 12
        self.form.styles.max_height = max(min(12, self.app.size.height - rest), 4)

    def _row(self) -> Mapping[str, Any]:
        return self._sample.rows[self._at] if self._sample.rows else {}

    def _row_words(self) -> str:
        return f"row {self._at} of {self._endpoint.dataset}" if self._sample.rows else ""

    def _tell_origin(self) -> None:
        words = f"{self._endpoint.record.serves} at {self._endpoint.address}"
        if self._origin:
            words += f", with the values of {self._origin}"
        self.query_one(".intro", Static).update(said(words + ". Empty is null."))

    def _argv(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        return (
            "deploy", "call", self._endpoint.record.name, "--row", msgspec.json.encode(row).decode()
        )  # fmt: skip

    @on(Form.Changed)
    def _show_command(self) -> None:
        row = as_row(self._sample.signature, self.form.right())
        line = said("$ " + command_text(self._argv(row)), "muted", cap=2000)
        self.query_one("#command", Static).update(line)
        line = said("$ " + self._curl(row), "muted", cap=2000)
        self.query_one("#curl", Static).update(line)

    def _curl(self, row: Mapping[str, Any]) -> str:
        record = self._endpoint.record
        return curl_infer(self._project, record, self._sample.signature, row)

    def act_curl(self) -> None:
        """Copy the request; the token stays in its file, which the line names."""
        row = as_row(self._sample.signature, self.form.right())
        self.post_message(Copy(self._curl(row), "curl line"))

    @on(Form.Filled)
    def _filled(self) -> None:
        self.query_one("#call").focus()

    @on(Button.Pressed, "#close")
    def _left(self) -> None:
        self.dismiss(None)

    @on(Button.Pressed, "#next")
    def _next_row(self) -> None:
        self._at = (self._at + 1) % len(self._sample.rows)
        row, self._origin = self._row(), self._row_words()
        for field, line in zip(self._sample.signature.inputs, self.form.lines, strict=True):
            text = text_of(row.get(field.name))
            if isinstance(line.input, ChoiceField) and text not in line.input.choices:
                text = line.input.choices[-1]
            line.input.value = text
        self._tell_origin()

    @on(Button.Pressed, "#call")
    def _call(self) -> None:
        values = None if self._busy else self.form.values()
        if values is None:
            return
        row = as_row(self._sample.signature, values)
        argv, project, record = self._argv(row), self._project, self._endpoint.record
        self._set_busy(busy=True)

        def come(answer: Answer) -> None:
            self._set_busy(busy=False)
            self.answer = answer
            self._asked = [Asked(row, answer), *self._asked][:KEPT]
            self._tell(drawn(self._asked, short=self.app.size.height < 30))
            self.app.post_message(Did(argv, answer.short))

        in_thread(
            self,
            lambda: ask(project, record.id, row),
            come,
            group="call",
            failed=self._refused,
            exclusive=False,
        )

    def _set_busy(self, *, busy: bool) -> None:
        self._busy = busy
        self.query_one("#call", Button).label = "…" if busy else "Call"

    def _refused(self, error: WorkbenchError) -> None:
        self._set_busy(busy=False)
        self._tell(said(f"✗ {error}", "bad", cap=800))

    def _tell(self, content: Any) -> None:
        below = self.query_one("#answer", Static)
        below.update(content)
        below.display = True
        self._fit()


def ask(project: Project, deployment: str, row: Mapping[str, Any]) -> Answer:
    """Call the endpoint with one row; the latency is that of the whole exchange, measured here."""
    record, client = deployments.client(project, deployment)
    with client:
        began = time.perf_counter()
        found = client.infer(record.model, [row])
        took = (time.perf_counter() - began) * 1000
    return Answer(f"{found.model}@{found.version}", found.id, took, found.rows[0])
