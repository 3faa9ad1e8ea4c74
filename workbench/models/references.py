"""Finding a model version or a run by what a person typed. Pure questions to a View of the store."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workbench.errors import BadInput, NotFound
from workbench.links import LATEST, NAME, VersionRef, parse_numbered, parse_suffix, parse_version
from workbench.store.store import View

Row = dict[str, Any]


def find_version(view: View, text: str, environments: Iterable[str]) -> Row:
    """Return the row of the model version that `text` names.

    `text` is `delay`, `delay@latest`, `delay@4`, `delay@production` (what is promoted there now), a
    ULID or the end of one. Raises NotFound or BadInput.
    """
    name = text.strip().partition("@")[0]
    if NAME.fullmatch(name) and view.one("SELECT 1 FROM model_versions WHERE model = ?", [name]):
        return _of_model(view, parse_version(text), tuple(environments))
    suffix = parse_suffix(text)
    if suffix is not None:
        found = view.query("SELECT * FROM model_versions WHERE ends_with(id, ?)", [suffix])
        if found:
            return _only(found, text, "model versions")
    if suffix is None:
        parse_version(text)  # what cannot be a reference at all is said as such
    known = view.query("SELECT DISTINCT model FROM model_versions ORDER BY model")
    raise NotFound(
        f"There is no model {name}",
        where=text,
        why="known: " + (", ".join(row["model"] for row in known) or "none yet"),
        fix="Register a run's model with: workbench model register RUN --name NAME",
        code="model.none",
    )


def _of_model(view: View, ref: VersionRef, environments: tuple[str, ...]) -> Row:
    if ref.number is not None:
        sql = "SELECT * FROM model_versions WHERE model = ? AND number = ?"
        row = view.one(sql, [ref.name, ref.number])
        return row or _no_version(view, ref)
    if ref.selector == LATEST:
        sql = "SELECT * FROM model_versions WHERE model = ? ORDER BY number DESC LIMIT 1"
        row = view.one(sql, [ref.name])
        assert row is not None, "the caller has seen a version of it"
        return row
    if ref.selector not in environments:
        raise NotFound(
            f"There is no environment {ref.selector}",
            where=str(ref),
            why="known: " + ", ".join(environments),
            fix="Choose one of these or a version's number",
            code="environment",
        )
    sql = (
        "SELECT v.* FROM model_versions v JOIN promotions p ON p.version = v.id"
        " WHERE p.model = ? AND p.environment = ? ORDER BY p.seq DESC LIMIT 1"
    )
    row = view.one(sql, [ref.name, ref.selector])
    if row is None:
        raise NotFound(
            f"No version of {ref.name} is promoted to {ref.selector}",
            where=str(ref),
            why="nothing was ever promoted there",
            fix=f"Promote one: workbench model promote {ref.name}@N --to {ref.selector} --reason ...",
            code="model.not_promoted",
        )
    return row


def _no_version(view: View, ref: VersionRef) -> Row:
    sql = "SELECT max(number) AS newest FROM model_versions WHERE model = ?"
    newest = (view.one(sql, [ref.name]) or {})["newest"]
    raise NotFound(
        f"There is no version {ref}",
        where=str(ref),
        why=f"the newest is {ref.name}@{newest}",
        fix="See them with: workbench model list",
        code="model.version",
    )


def find_run(view: View, text: str) -> Row:
    """Return the row of the run that `text` names (`r_142`, ULID, end of one); raises NotFound."""
    number = parse_numbered(text, "r")
    if number is not None:
        row = view.one("SELECT * FROM runs WHERE number = ? AND NOT deleted", [number])
    else:
        suffix = parse_suffix(text)
        sql = "SELECT * FROM runs WHERE ends_with(id, ?) AND NOT deleted"
        found = view.query(sql, [suffix]) if suffix else []
        row = _only(found, text, "runs") if found else None
    if row is None:
        raise NotFound(
            f"There is no run {text}",
            where=text,
            why="a run is named r_NUMBER or by the end of its ULID",
            fix="See them with: workbench run list",
            code="run.none",
        )
    return row


def _only(found: list[Row], text: str, what: str) -> Row:
    if len(found) > 1:
        raise BadInput(
            f"{text} is the end of {len(found)} {what}",
            where=text,
            why="a reference must name one thing",
            fix="Type more of the ULID",
            code="reference.ambiguous",
        )
    return found[0]
