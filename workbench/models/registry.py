"""The registry: a run's model becomes an immutable version `name@N`, which can be shown and checked."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from workbench.errors import BadInput, Conflict, Refused
from workbench.ids import new_ulid
from workbench.links import check_name
from workbench.models.contract import Format, Signature
from workbench.models.references import find_run, find_version
from workbench.plugins import load
from workbench.project.project import Project
from workbench.records.models import ModelVersionRegistered
from workbench.store.store import View
from workbench.training.signatures import recall

NOTE_LIMIT = 2000
"""Characters of a note or a reason: both stand in the journal, whose lines are short."""


class ModelVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A registered version. `run` is a ULID; `bytes` the size of its file.

    An imported version has no run: `run` is empty, and `source` the name of the file that it was.
    """

    id: str
    model: str
    number: int
    run: str
    object: str
    content: str
    format: str
    bytes: int
    signature: Signature
    note: str
    registered_at: datetime
    registered_by: str
    source: str = ""

    @property
    def reference(self) -> str:
        """How people name it: `delay@4`."""
        return f"{self.model}@{self.number}"


class ModelRow(msgspec.Struct, frozen=True, kw_only=True):
    """A model as a list shows it. `promoted` maps environment → number of the version there now."""

    model: str
    versions: int
    newest: int
    registered_at: datetime
    registered_by: str
    promoted: dict[str, int]
    live: tuple[str, ...]


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What `verify` recomputed: both digests as recorded, and the types it would rebuild are known."""

    reference: str
    object: str
    content: str
    bytes: int
    format: str


def version_from(project: Project, row: dict[str, Any]) -> ModelVersion:
    """Make a ModelVersion of a row of `model_versions`."""
    signature = recall(project.store.objects, row["signature"])
    return msgspec.convert(
        row | {"signature": signature, "source": row["source"] or ""}, ModelVersion
    )


def register(project: Project, run_ref: str, name: str, note: str = "") -> ModelVersion:
    """Register the model that a run made under `name` and return the new version.

    Raises Refused for a run without a model or a file with types that are not trusted, Conflict when
    this very model is a version of `name` already.
    """
    check_name(name, "model's name")
    note = check_sentence(note, "note")
    run = project.store.read(lambda view: find_run(view, run_ref))
    _check_run(run)
    path = _checked_file(project, run["model_object"], run["model_format"], f"r_{run['number']}")
    made = new_ulid()

    def decision(view: View) -> list[ModelVersionRegistered]:
        same = view.one(
            "SELECT number FROM model_versions WHERE model = ? AND content = ?",
            [name, run["model_content"]],
        )
        if same:
            raise Conflict(
                f"This model is {name}@{same['number']} already",
                where=f"r_{run['number']}",
                why="its content is the same",
                fix=f"Use {name}@{same['number']}, or register it under another name",
                code="model.same",
            )
        return [
            ModelVersionRegistered(
                id=made,
                model=name,
                number=view.next_number("model_versions", "model", name),
                run=run["id"],
                object=run["model_object"],
                content=run["model_content"],
                format=run["model_format"],
                bytes=path.stat().st_size,
                signature=run["signature"],
                note=note,
            )
        ]

    project.store.decide(decision)
    return get_version(project, made)


def check_sentence(text: str, what: str, *, required: bool = False) -> str:
    """Return a note or a reason without blanks around it; raises BadInput."""
    text = text.strip()
    if required and not text:
        raise BadInput(
            f"A {what} is required",
            where=f"--{what}",
            why="whoever reads the history wants to know why",
            fix=f"Say it in a sentence: --{what} '...'",
            code=f"model.{what}",
        )
    if len(text) > NOTE_LIMIT:
        raise BadInput(
            f"The {what} is too long",
            where=f"--{what}",
            why=f"it has {len(text)} characters, the limit is {NOTE_LIMIT}",
            fix="Shorten it",
            code=f"model.{what}",
        )
    return text


def _check_run(run: dict[str, Any]) -> None:
    reference = f"r_{run['number']}"
    if run["state"] != "succeeded" or not run["model_object"]:
        raise Refused(
            f"The run {reference} has no model to register",
            where=reference,
            why="it succeeded without one"
            if run["state"] == "succeeded"
            else f"its state is {run['state']}",
            fix="Choose a run that succeeded: workbench run list",
            code="model.run",
        )


def _checked_file(project: Project, digest: str, format_name: str, where: str) -> Path:
    """Return the object's file, its digest and its types checked; builds nothing of it.

    Of a format that is never loaded here, only what can run commands is refused.
    """
    project.store.objects.verify(digest)
    path = project.store.objects.path(digest)
    plugin: Format = load("formats", format_name)
    scan = plugin.scan(path)
    unknown = scan.named("dangerous") + (() if plugin.unserved else scan.named("unknown"))
    if unknown:
        raise Refused(
            "The model file holds types that are not trusted",
            where=where,
            why=", ".join(unknown[:8]),
            fix="Train it again with a trainer whose types are known",
            code="model.types",
        )
    return path


def get_version(project: Project, ref: str) -> ModelVersion:
    """Return the version that `ref` names (see references.py); raises NotFound."""
    environments = tuple(project.settings.environments)
    return version_from(
        project, project.store.read(lambda view: find_version(view, ref, environments))
    )


def list_versions(project: Project, model: str) -> list[ModelVersion]:
    """Return a model's versions, the newest first; raises NotFound for a model that is not there."""
    check_name(model, "model's name")
    get_version(project, model)
    sql = "SELECT * FROM model_versions WHERE model = ? ORDER BY number DESC"
    return [version_from(project, row) for row in project.store.query(sql, [model])]


def list_models(project: Project) -> list[ModelRow]:
    """Return every model, the last registered first, with what is promoted and live where."""
    rows, promoted, serving = project.store.read(
        lambda view: (view.query(_MODELS), view.query(CURRENT), view.query(SERVING))
    )
    answering = {(row["model"], row["environment"], row["serving"]) for row in serving}
    found = []
    for row in rows:
        mine = [p for p in promoted if p["model"] == row["model"]]
        live = [
            p["environment"]
            for p in mine
            if (p["model"], p["environment"], p["version"]) in answering
        ]
        found.append(
            ModelRow(
                **row,
                promoted={p["environment"]: p["number"] for p in mine},
                live=tuple(live),
            )
        )
    return found


_MODELS = """
SELECT model, count(*) AS versions, max(number) AS newest, max(registered_at) AS registered_at,
       arg_max(registered_by, number) AS registered_by
FROM model_versions GROUP BY model ORDER BY registered_at DESC, model
"""
CURRENT = """
SELECT model, environment, arg_max(version, seq) AS version, arg_max(number, seq) AS number,
       arg_max(id, seq) AS promotion
FROM promotions GROUP BY model, environment ORDER BY model, environment
"""
"""The version that is promoted in each environment now."""
SERVING = """
SELECT DISTINCT model, environment, serving, name FROM deployments
WHERE environment IS NOT NULL AND serving IS NOT NULL AND state IN ('healthy', 'degraded')
ORDER BY name
"""
"""Which version answers at a follower of each environment."""


def verify(project: Project, ref: str) -> Verified:
    """Recompute a version's object and content digests and read its types.

    Raises StoreError (the bytes are not what was stored), Refused (types) or BadInput (damaged).
    """
    version = get_version(project, ref)
    path = _checked_file(project, version.object, version.format, version.reference)
    plugin: Format = load("formats", version.format)
    content = plugin.content(path)
    if content != version.content:
        raise BadInput(
            f"The content of {version.reference} is not what the record says",
            where=str(path),
            why=f"recorded {version.content}, found {content}",
            fix="See the run that made it; train it again when in doubt",
            code="model.content",
        )
    return Verified(
        reference=version.reference,
        object=version.object,
        content=content,
        bytes=path.stat().st_size,
        format=version.format,
    )
