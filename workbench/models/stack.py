"""What promotions and rollbacks amount to: pure functions over an environment's records.

The promotions of a model to an environment are a stack. A promotion lies on top of the one before;
a rollback takes the top away, so that the one beneath counts again. v1, v2, v3, rollback (v2),
rollback (v1), rollback: refused. After rolling back, a new promotion lies on what was restored:
v1, v2, rollback, v3, rollback gives v1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from workbench.errors import Conflict, Refused

PROMOTE = "promote"
ROLLBACK = "rollback"


class Entry(Protocol):
    """What is needed of a promotion."""

    @property
    def id(self) -> str:
        """ULID of the promotion."""
        ...

    @property
    def version(self) -> str:
        """ULID of the model version."""
        ...

    @property
    def action(self) -> str:
        """`promote` or `rollback`."""
        ...

    @property
    def restores(self) -> str | None:
        """Of a rollback: the promotion that it brings back."""
        ...


E = TypeVar("E", bound=Entry)


def stack(entries: Iterable[E]) -> list[E]:
    """Return the promotions that count, the bottom first; `entries` in the order of the journal."""
    standing: list[E] = []
    for entry in entries:
        if entry.action == PROMOTE:
            standing.append(entry)
            continue
        while standing and standing[-1].id != entry.restores:
            standing.pop()
    return standing


def predecessor(entries: Sequence[E], where: str) -> E:
    """Return the promotion that a rollback would bring back; raises Refused when there is none."""
    standing = stack(entries)
    if len(standing) < 2:
        raise Refused(
            f"There is nothing to roll back to in {where}",
            where=where,
            why="nothing was promoted there"
            if not standing
            else "what is there now is the first that counts",
            fix="Promote another version instead",
            code="promotion.no_predecessor",
        )
    return standing[-2]


def current(entries: Sequence[E]) -> E | None:
    """Return the newest record: its version is what is promoted now; None when there is none."""
    return entries[-1] if entries else None


def check_unchanged(entries: Sequence[E], seen: str, where: str) -> None:
    """Raise Conflict unless the newest record is still the one that was `seen` (empty: none)."""
    last = current(entries)
    now = last.id if last else ""
    if now != seen:
        raise Conflict(
            f"Somebody promoted in {where} meanwhile",
            where=where,
            why=f"the newest promotion there is {now}, not {seen or 'none'}",
            fix="Look at it again and decide anew",
            code="promotion.changed",
        )
