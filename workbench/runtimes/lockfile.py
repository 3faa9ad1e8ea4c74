"""The lock of a runtime as text: pins with hashes, one form, the same bytes for the same content."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.errors import BadInput

_PIN = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[A-Za-z0-9.!+_-]+)"
    r"(?:\s*;\s*(?P<marker>[^#;]+?))?"
)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, order=True)
class Pin:
    """One package at one version: `marker` says where it is wanted (empty: everywhere), `hashes` sorted."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def read_lock(lock: bytes) -> tuple[Pin, ...]:
    """Return the pins of a lock. Raises BadInput for a line that is no pin with its hashes.

    An address, an option or a path is such a line: what is in a lock goes to every target.
    """
    pins = []
    for line in lock.decode(errors="replace").replace("\\\n", " ").splitlines():
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        head, *rest = re.split(r"\s+(?=--hash=)", text)
        found = _PIN.fullmatch(head.strip())
        hashes = [_HASH.fullmatch(item.strip()) for item in rest]
        if found is None or not hashes or None in hashes or "://" in text:
            raise BadInput(
                "A line of the runtime's lock is not a package with its hashes",
                where=head[:80],
                why="a lock names packages of an index, each with its version",
                fix="Name such packages under [runtime] packages, no addresses or folders",
                code="runtime.lock",
            )
        values = tuple(sorted({item[1] for item in hashes if item}))
        pins.append(Pin(found["name"], found["version"], found["marker"] or "", values))
    return tuple(sorted(pins))


def write_lock(pins: tuple[Pin, ...]) -> bytes:
    """Return the bytes of a lock: sorted, without comments."""
    lines = []
    for pin in sorted(pins):
        marker = f" ; {pin.marker}" if pin.marker else ""
        hashes = "".join(f" \\\n    --hash=sha256:{value}" for value in pin.hashes)
        lines.append(f"{pin.name}=={pin.version}{marker}{hashes}\n")
    return "".join(lines).encode()
