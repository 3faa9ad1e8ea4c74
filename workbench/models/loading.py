"""Loading a model for use: its bytes are verified first, and only a safe format's own list is rebuilt."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from workbench.errors import NotFound, Refused
from workbench.models.contract import Format
from workbench.plugins import load, load_reference


def load_model(path: Path, format: str, *, object: str, content: str = "") -> Any:  # noqa: A002  # the words of the records
    """Return the model in `path` after its bytes proved to be `object`, its identity `content`.

    `format` is a plugin's name (`skops`) or its reference (`plugins.formats.skops:FORMAT`).
    Raises NotFound, Refused (`model.changed`, `model.unsafe`, `model.types`) or BadInput; nothing
    of the file is built before all of these were asked.
    """
    plugin: Format = load_reference(format) if ":" in format else load("formats", format)
    if not plugin.safe:
        raise Refused(
            "This model file may run code when it is loaded",
            where=str(path),
            why=f"its format is {plugin.name}",
            fix="Save it in a safe format (skops)",
            code="model.unsafe",
        )
    _check(path, "bytes", object, _sha256(path))
    if content:
        _check(path, "content", content, plugin.content(path))
    return plugin.load(path)


def check_served(format_name: str, reference: str) -> None:
    """Raise Refused for a version whose format no server loads, with the reason and what to do."""
    plugin: Format = load("formats", format_name)
    if plugin.unserved:
        raise Refused(
            f"{reference} cannot be served",
            where=reference,
            why=f"its format is {plugin.name}: {plugin.unserved}",
            fix="Import the model as skops, or export the file and serve it elsewhere",
            code="model.unserved",
        )


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        raise NotFound(
            "The model file is missing",
            where=str(path),
            why="there is no such file",
            fix="Restore .workbench/objects from a copy",
            code="model.missing",
        ) from None


def _check(path: Path, what: str, recorded: str, found: str) -> None:
    if recorded != found:
        raise Refused(
            "The model file is not the one that was registered",
            where=str(path),
            why=f"the digest of its {what} is {found}, the record says {recorded}",
            fix="Restore the file from a copy; nothing of it was loaded",
            code="model.changed",
        )
