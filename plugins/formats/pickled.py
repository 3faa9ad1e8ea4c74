"""Pickle and joblib files: looked at opcode by opcode, never loaded. They can run whatever they name."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NoReturn

from plugins.formats.archive import damage_told, damaged
from plugins.formats.names import judged
from plugins.formats.opcodes import Found, follow
from plugins.formats.unpacking import BLOCK, Stream
from workbench.errors import Refused
from workbench.models.contract import Hints, Scan

_ORDER = {"dangerous": 0, "unknown": 1, "trusted": 2}


class PickleFormat:
    """A pickle of the standard library. `dump` and `load` refuse: to keep a model, skops is there."""

    safe = False
    unserved = "loading it may run code of the file"

    def __init__(self, name: str, suffixes: tuple[str, ...], *, arrays: bool) -> None:
        self.name, self.suffixes, self.suffix = name, suffixes, suffixes[0]
        self._arrays = arrays

    def dump(self, model: Any, path: Path) -> None:
        """Refuse: nothing here writes what may run code when it is loaded."""
        self._refuse(path, "nothing here writes it")

    def scan(self, path: Path) -> Scan:
        """Return every name that loading the file would import, the dangerous first."""
        with damage_told(path), path.open("rb") as file:
            stream = Stream(path, file)
            found = follow(stream, arrays=self._arrays)
            rest = bool(stream.read(1))
        types = sorted(
            (judged(name) for name in found.names), key=lambda t: (_ORDER[t.verdict], t.name)
        )
        return Scan(
            types=tuple(types), warnings=_warnings(found, rest), facts=_facts(found, stream)
        )

    def hints(self, path: Path) -> Hints:
        """Return nothing: a pickle says what it is only when it is loaded."""
        del path
        return Hints()

    def inspect(self, path: Path) -> tuple[str, ...]:
        """Return the names that are not on our list."""
        return tuple(found.name for found in self.scan(path).types if found.verdict != "trusted")

    def load(self, path: Path) -> Any:
        """Refuse: loading would run whatever the file says."""
        self.inspect(path)
        self._refuse(path, "loading it would run whatever it says")

    def content(self, path: Path) -> str:
        """Return `m1:` and SHA-256 of the unpacked bytes: one pickle is one, however it is packed."""
        digest = hashlib.sha256()
        with damage_told(path), path.open("rb") as file:
            stream = Stream(path, file)
            if not stream.packing and path.stat().st_size == 0:
                raise damaged(path, "it is empty")
            while block := stream.read(BLOCK):
                digest.update(block)
        self.inspect(path)
        return "m1:" + digest.hexdigest()

    def _refuse(self, path: Path, why: str) -> NoReturn:
        raise Refused(
            f"A {self.name} file is only looked at here",
            where=str(path),
            why=why,
            fix="Save the model as skops: skops.io.dump(model, 'model.skops')",
            code="model.unsafe",
        )


def _warnings(found: Found, rest: bool) -> tuple[str, ...]:
    remarks = list(found.remarks)
    if rest:
        remarks.append("something follows behind its end, which loading leaves alone")
    return tuple(remarks)


def _facts(found: Found, stream: Stream) -> dict[str, str]:
    facts = {"protocol": str(found.protocol), "opcodes": f"{found.opcodes:,}"}
    if found.arrays:
        facts["arrays"] = f"{found.arrays:,}"
    if stream.packing:
        facts["packed"] = stream.packing
    return facts


PICKLE = PickleFormat("pickle", (".pkl", ".pickle"), arrays=False)
JOBLIB = PickleFormat("joblib", (".joblib", ".jbl"), arrays=True)
