"""A model file that was made elsewhere: looked at before anything of it is loaded, then registered.

Formats that may run code when they are loaded (pickle, joblib) are taken only where `workbench.toml`
names them, and are never loaded here at all. A skops file is loaded, in a process of its own without
secrets, once every type in it is on our list.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from workbench.errors import BadInput, Conflict, NotFound, Refused
from workbench.ids import new_ulid
from workbench.links import check_name
from workbench.models.contract import Format, Scan, Signature
from workbench.models.given import ask_model, from_file, from_model, from_table
from workbench.models.introspect import Introspected
from workbench.models.registry import ModelVersion, check_sentence, get_version
from workbench.plugins import load, names
from workbench.project.project import Project
from workbench.records.models import ModelVersionRegistered
from workbench.store.store import View
from workbench.text import clean, whole
from workbench.training.signatures import keep

MOST_NAME = 200
"""Characters of a file's name that are recorded."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What the person says of the signature: a file, or a dataset with the target; and the task."""

    signature: Path | None = None
    inputs: str = ""
    target: str = ""
    task: str = ""


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """What a file shows before it is imported. `allowed`: this project takes its format.

    `refusal` is why it cannot be imported as things are, empty if it can; `signature` is None while
    `missing` says what is lacking for it.
    """

    path: str
    format: str
    safe: bool
    allowed: bool
    bytes: int
    scan: Scan
    signature: Signature | None
    missing: str
    refusal: str


def find_format(path: Path, name: str = "") -> Format:
    """Return the format named, else the one whose files end so; raises BadInput, NotFound."""
    if name:
        return load("formats", name)  # type: ignore[no-any-return]  # the door gives anything
    known: list[str] = []
    for each in names("formats"):
        plugin: Format = load("formats", each)
        known += plugin.suffixes
        if path.name.lower().endswith(plugin.suffixes):
            return plugin
    raise BadInput(
        "The format of this file is not known by its name",
        where=str(path),
        why=f"known endings: {', '.join(known)}",
        fix=f"Say it by --format {' or '.join(names('formats'))}",
        code="model.format",
    )


def inspect_file(
    project: Project, path: Path, *, format_name: str = "", given: Given | None = None
) -> Inspection:
    """Look at a file, storing nothing. Raises BadInput (format, damage, signature), NotFound."""
    given = given or Given()
    plugin = find_format(path, format_name)
    _check_there(path)
    scan = plugin.scan(path)
    allowed = plugin.safe or plugin.name in project.settings.models.unsafe
    refusal = _refusal(plugin, scan, allowed=allowed)
    signature, missing = None, ""
    try:
        signature = _signature(project, plugin, path, given, scan)
    except BadInput as error:
        if given.signature or given.inputs or error.code != "model.signature":
            raise
        missing = f"{error.why}. {error.fix}"
    return Inspection(
        path=str(path),
        format=plugin.name,
        safe=plugin.safe,
        allowed=allowed,
        bytes=path.stat().st_size,
        scan=scan,
        signature=signature,
        missing=missing,
        refusal=refusal,
    )


def _check_there(path: Path) -> None:
    if whole(str(path)) != str(path):
        raise BadInput(
            "The path of the file is not UTF-8",
            where=whole(str(path)),
            why="its bytes have no meaning in it",
            fix="Rename it, or make a link to it",
            code="model.path",
        )
    if not path.is_file():
        raise NotFound(
            "The model file is missing",
            where=str(path),
            why="it is a folder" if path.is_dir() else "there is no such file",
            fix="Name a file that is there",
            code="model.missing",
        )


def _refusal(plugin: Format, scan: Scan, *, allowed: bool) -> str:
    if not allowed:
        return f"this project takes no {plugin.name} files: loading them may run code"
    unknown = scan.named("unknown") + scan.named("dangerous")
    if plugin.safe and not plugin.unserved and unknown:
        return f"it holds types that are not trusted: {', '.join(unknown[:8])}"
    return ""


def _signature(project: Project, plugin: Format, path: Path, given: Given, scan: Scan) -> Signature:
    if given.signature is not None:
        return from_file(given.signature)
    told: Introspected | None = None
    trusted = all(found.verdict == "trusted" for found in scan.types)
    if plugin.safe and not plugin.unserved and trusted:
        told = ask_model(path, plugin.name, _digest(path))
    if given.inputs:
        return from_table(project, given.inputs, given.target, given.task, told)
    return from_model(plugin, path, given.target, given.task, told)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def import_model(
    project: Project,
    path: Path,
    name: str,
    note: str = "",
    *,
    format_name: str = "",
    given: Given | None = None,
    dangerous: bool = False,
) -> ModelVersion:
    """Register a model file as the next version of `name`; it has no run.

    `dangerous` takes a file that names what can run commands, where its format is allowed at all.
    Raises Refused (`model.not_allowed`, `model.types`, `model.dangerous`), BadInput (signature,
    damage), Conflict when this very model is a version already. Nothing is stored then.
    """
    check_name(name, "model's name")
    note = check_sentence(note, "note")
    seen = inspect_file(project, path, format_name=format_name, given=given)
    _check_allowed(seen, path, dangerous=dangerous)
    if seen.signature is None:
        raise BadInput(
            "The signature of the model is not known",
            where=str(path),
            why=seen.missing.partition(". ")[0],
            fix="Give it by --signature FILE.json, or by --inputs DATASET --target COLUMN",
            code="model.signature",
        )
    return _store(project, path, name, note, seen, seen.signature)


def _store(
    project: Project, path: Path, name: str, note: str, seen: Inspection, signature: Signature
) -> ModelVersion:
    plugin: Format = load("formats", seen.format)
    content = plugin.content(path)
    _check_new(project.store.read(lambda view: _same(view, name, content)), name, path)
    objects = project.store.objects
    stored = objects.put_file(path)
    # What is stored is what was looked at: the file may have been changed meanwhile.
    if plugin.content(objects.path(stored)) != content:
        raise Conflict(
            "The file was changed while it was read",
            where=str(path),
            why="what was stored is not what was looked at",
            fix="Import it again when nobody writes it",
            code="model.changed",
        )
    kept = keep(objects, msgspec.json.encode(signature).decode())
    made = new_ulid()

    def decision(view: View) -> list[ModelVersionRegistered]:
        _check_new(_same(view, name, content), name, path)
        return [
            ModelVersionRegistered(
                id=made,
                model=name,
                number=view.next_number("model_versions", "model", name),
                run="",
                object=stored,
                content=content,
                format=seen.format,
                bytes=seen.bytes,
                signature=kept,
                note=note,
                source=clean(path.name, MOST_NAME),
            )
        ]

    project.store.decide(decision)
    return get_version(project, made)


def _same(view: View, name: str, content: str) -> int | None:
    row = view.one(
        "SELECT number FROM model_versions WHERE model = ? AND content = ?", [name, content]
    )
    return row["number"] if row else None


def _check_new(number: int | None, name: str, path: Path) -> None:
    if number is not None:
        raise Conflict(
            f"This model is {name}@{number} already",
            where=str(path),
            why="its content is the same",
            fix=f"Use {name}@{number}, or import it under another name",
            code="model.same",
        )


def _check_allowed(seen: Inspection, path: Path, *, dangerous: bool) -> None:
    if not seen.allowed:
        raise Refused(
            f"This project takes no {seen.format} files",
            where=str(path),
            why="loading one may run code of the file",
            fix=f'Save it as skops, or allow it in workbench.toml: [models] unsafe = ["{seen.format}"]',
            code="model.not_allowed",
        )
    if seen.refusal:
        raise Refused(
            "The model file holds types that are not trusted",
            where=str(path),
            why=", ".join((seen.scan.named("dangerous") + seen.scan.named("unknown"))[:8]),
            fix="Make it of estimators whose types are known; nothing of the file was loaded",
            code="model.types",
        )
    names_dangerous = seen.scan.named("dangerous")
    if names_dangerous and not dangerous:
        raise Refused(
            "The model file names what can run commands",
            where=str(path),
            why=", ".join(names_dangerous[:8]),
            fix="Find out who made it and why; --dangerous keeps it all the same, never loaded here",
            code="model.dangerous",
        )
