"""A version's file handed out: with its signature and, for `sha256sum -c`, its digest."""

from __future__ import annotations

from pathlib import Path

import msgspec

from workbench.errors import BadInput, Conflict
from workbench.files import write_atomic
from workbench.models.contract import Format
from workbench.models.registry import get_version, verify
from workbench.plugins import load
from workbench.project.project import Project


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """Where a version was written to: the model file and, beside it, its digest and signature."""

    reference: str
    path: str
    object: str
    content: str
    files: tuple[str, ...]


def export(project: Project, ref: str, folder: Path) -> Exported:
    """Write a verified version's file into `folder` (made when missing), with its signature and digest.

    `NAME-N.skops`, `NAME-N.signature.json`, `NAME-N.sha256` (as `sha256sum -c` reads it). Raises
    Conflict when one of them is there with other bytes.
    """
    version = get_version(project, ref)
    verify(project, version.id)
    stem = f"{version.model}-{version.number}"
    plugin: Format = load("formats", version.format)
    name = stem + plugin.suffix
    files = {
        name: project.store.objects.read(version.object),
        f"{stem}.signature.json": msgspec.json.format(msgspec.json.encode(version.signature))
        + b"\n",
        f"{stem}.sha256": f"{version.object}  {name}\n".encode(),
    }
    _write_all(folder, files)
    return Exported(
        reference=version.reference,
        path=str(folder / name),
        object=version.object,
        content=version.content,
        files=tuple(files),
    )


def _write_all(folder: Path, files: dict[str, bytes]) -> None:
    if folder.exists() and not folder.is_dir():
        raise BadInput(
            "A model is exported into a folder",
            where=str(folder),
            why="this is a file",
            fix="Name a folder",
            code="model.export",
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = folder / name
        if path.exists() and path.read_bytes() != data:
            raise Conflict(
                f"There is another {name} already",
                where=str(path),
                why="its bytes differ",
                fix="Remove it or export into another folder",
                code="model.export",
            )
    for name, data in files.items():
        write_atomic(folder / name, data)
