"""How one signature differs from another: what callers of the one have to change for the other. Pure."""

from __future__ import annotations

import msgspec

from workbench.models.contract import Field, Signature


class SignatureChange(msgspec.Struct, frozen=True, kw_only=True):
    """How a column differs from the live version's: added, removed, retyped, required, optional."""

    side: str
    column: str
    change: str
    before: str
    after: str


def signature_changes(before: Signature, after: Signature) -> tuple[SignatureChange, ...]:
    """Return how `after` differs from `before`, inputs then outputs, columns in the order of `after`."""
    found = []
    for side in ("inputs", "outputs"):
        old = {field.name: field for field in getattr(before, side)}
        new = {field.name: field for field in getattr(after, side)}
        for name in [*new, *(name for name in old if name not in new)]:
            a, b = old.get(name), new.get(name)
            found += [
                SignatureChange(
                    side=side,
                    column=name,
                    change=change,
                    before=a.type if a else "",
                    after=b.type if b else "",
                )
                for change in _changes(a, b)
            ]
    return tuple(found)


def _changes(before: Field | None, after: Field | None) -> list[str]:
    if before is None or after is None:
        return ["added" if before is None else "removed"]
    found = ["retyped"] if before.type != after.type else []
    if before.required != after.required:
        found.append("required" if after.required else "optional")
    return found
