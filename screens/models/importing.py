"""Bringing a model file in: what it holds is shown before anything of it is loaded; stored at its button."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on
from textual.timer import Timer

from screens.feed import in_thread
from screens.modals.form import Values
from screens.models.deciding import Decide
from screens.models.laying import Fact, facts, hanging
from screens.text import Styled, plural, size
from screens.timers import after
from screens.widgets.detail import Section
from screens.widgets.fields import Field
from screens.widgets.form import Form
from workbench.errors import WorkbenchError
from workbench.links import check_name
from workbench.models.contract import Verdict
from workbench.models.importing import Given, Inspection, import_model, inspect_file
from workbench.models.registry import ModelVersion

if TYPE_CHECKING:
    from screens.text import Tone
    from workbench.project.project import Project

PAUSE = 0.4
"""Seconds of quiet after a key before the file is looked at with what is said of its signature."""
TOLD = "as told"
"""The task that the file, or the target, tells."""
NAMES = 12
"""Names of each verdict that are shown."""
VERDICTS: tuple[tuple[Verdict, str, Tone], ...] = (
    ("dangerous", "✗", "bad"), ("unknown", "▲", "warn"), ("trusted", "✓", "good"),
)  # fmt: skip


def likely_name(path: Path) -> str:
    """Return a name that the file's own suggests: `Delay Model.skops` gives `delay-model`."""
    name = re.sub(r"[^a-z0-9_]+", "-", path.stem.lower()).strip("-_")
    name = re.sub(r"^[^a-z]+", "", name)[:63]
    return name if name and name != "latest" else "model"


class ImportModel(Decide):
    """Shows what a file holds, asks for a name and what is missing of the signature."""

    DEFAULT_CSS = """
    ImportModel _Line > ChoiceField { width: 5fr; }
    """

    def __init__(self, project: Project, path: Path, known: frozenset[str]) -> None:
        self._file, self._project_of = path, project
        self._looked: tuple[Inspection | WorkbenchError, Given] | None = None
        self._pause: Timer | None = None
        name = likely_name(path)
        words = "a further version of it" if name in known else "a new model"
        fields = [
            Field("name", "name", words, default=name, required=True, parse=_name),
            Field("note", "note", "a sentence for the list"),
            Field("signature", "signature", "a file in JSON, if any", kind="path"),
            Field("inputs", "inputs", "or a dataset: flights@2"),
            Field("target", "target", "the column that it predicts"),
            Field("task", "task", "if it cannot be told", kind="choice", default=TOLD,
                  choices=(TOLD, "binary", "multiclass", "regression")),
            Field("dangerous", "dangerous", "yes: keep it all the same", kind="choice",
                  default="no", choices=("no", "yes"), parse=_yes),
        ]  # fmt: skip
        super().__init__(
            f"Import {path.name}",
            lambda width: preview(self._looked, width),
            fields,
            self._import,
            verb="Import",
            command=lambda values: import_command(path, values),
            outcome=lambda made: f"{made.reference} is imported. d lays it beside another.",
        )

    def on_mount(self) -> None:
        """Look at the file."""
        self._look()

    @on(Form.Changed)
    def _given_changed(self) -> None:
        if self._pause is not None:
            self._pause.stop()
        self._pause = after(self, PAUSE, self._look)

    def _look(self) -> None:
        given = given_of(self.form.right())
        if self._looked is not None and self._looked[1] == given:
            return
        project, path = self._project_of, self._file
        in_thread(
            self,
            lambda: inspect_file(project, path, given=given),
            lambda seen: self._show_file(seen, given),
            group="look",
            failed=lambda error: self._show_file(error, given),
        )

    def _show_file(self, seen: Inspection | WorkbenchError, given: Given) -> None:
        self._looked = seen, given
        self.card.lay(lambda width: preview(self._looked, width), self._file.name)

    def _import(self, values: Values) -> ModelVersion:
        return import_model(
            self._project_of,
            self._file,
            values["name"],
            values["note"],
            given=given_of(values),
            dangerous=values["dangerous"],
        )


def _name(text: str) -> str:
    return check_name(text.strip(), "model's name")


def _yes(text: str) -> bool:
    return text == "yes"


def given_of(values: Values) -> Given:
    """Return what the form says of the signature."""
    signature = values.get("signature", "").strip()
    task = values.get("task", TOLD)
    return Given(
        signature=Path(signature).expanduser() if signature else None,
        inputs=values.get("inputs", "").strip(),
        target=values.get("target", "").strip(),
        task="" if task == TOLD else task,
    )


def import_command(path: Path, values: Values) -> list[str]:
    """Return the same act on the command line."""
    argv = ["model", "import", str(path), "--name", values["name"]]
    for name in ("note", "signature", "inputs", "target"):
        if text := values.get(name, "").strip():
            argv += [f"--{name}", text]
    if values.get("task", TOLD) != TOLD:
        argv += ["--task", values["task"]]
    return [*argv, "--dangerous"] if values.get("dangerous") else argv


def preview(looked: tuple[Inspection | WorkbenchError, Given] | None, width: int) -> list[Section]:
    """Return what a file shows: format, names by verdict, signature, what is in the way. Pure."""
    if looked is None:
        return [
            Section(text=hanging("◌ looking at the file; nothing is loaded", "muted", width, 0))
        ]
    seen = looked[0]
    if isinstance(seen, WorkbenchError):
        words = f"✗ {seen.what}: {seen.why}. {seen.fix}"
        return [Section(text=hanging(words, "bad", width, 0))]
    safe = Styled("✓ loading it runs no code of the file", "good")
    unsafe = Styled("▲ loading it may run code of the file: it is never loaded here", "warn")
    told = ", ".join(f"{label} {words}" for label, words in seen.scan.facts.items())
    items = [
        Fact(
            "file",
            [Styled(f"{seen.format}, {size(seen.bytes)}; {told}"), safe if seen.safe else unsafe],
        )
    ]
    for verdict, sign, tone in VERDICTS:
        names = seen.scan.named(verdict)
        if names:
            more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
            shown = f": {', '.join(names[:NAMES])}{more}" if verdict != "trusted" else ""
            items.append(Fact(verdict, Styled(f"{sign} {plural(len(names), 'name')}{shown}", tone)))
    items += [Fact("remark", Styled(f"▲ {words}", "warn")) for words in seen.scan.warnings]
    items += _signature(seen)
    if seen.refusal:
        items.append(Fact("refused", Styled(f"✗ {seen.refusal}", "bad")))
    return [Section(text=facts(items, width))]


def _signature(seen: Inspection) -> list[Fact]:
    signature = seen.signature
    if signature is None:
        return [Fact("signature", Styled(f"▲ {seen.missing}", "warn"))]
    columns = ", ".join(f"{field.name} {field.type}" for field in signature.inputs[:NAMES])
    more = f" and {len(signature.inputs) - NAMES} more" if len(signature.inputs) > NAMES else ""
    return [
        Fact("signature", f"{signature.task}, predicts {signature.target}"),
        Fact("inputs", columns + more),
    ]
