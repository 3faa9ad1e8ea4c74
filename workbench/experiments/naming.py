"""Which metric or parameter a name means, as people write it. Pure.

Exactly, without case, or by a part that one name alone has (a figure of the test rows, without a
dot in its name, before others). `metric.` and `param.` in front say which is meant.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn

from workbench.experiments.filters import Condition, wrong


@dataclass(frozen=True, slots=True)
class Known:
    """The names that runs have: of their metrics, and of their parameters."""

    metrics: tuple[str, ...] = ()
    params: tuple[str, ...] = ()


def resolve(
    term: Condition, known: Known, facts: Iterable[str]
) -> tuple[Literal["metric", "param"], str]:
    """Return which metric or parameter a name means; `facts` are the other names there are.

    Raises BadInput with the column for a name that none has, or several.
    """
    found = matches(term.name, known)
    if len(found) == 1:
        return found[0]
    if not found:
        _unknown_name(term, known, tuple(facts))
    many = len({name for _, name in found}) > 1
    raise wrong(
        f"{term.name[:40]} means several",
        term.column,
        why=", ".join(name if many else f"{of}.{name}" for of, name in found[:8]),
        fix="Write more of the name" if many else "Say which: metric. or param. in front",
    )


def matches(text: str, known: Known) -> list[tuple[Literal["metric", "param"], str]]:
    """Return the metrics and parameters that a name may mean: one, as a rule."""
    kind, dot, rest = text.partition(".")
    names: list[tuple[Literal["metric", "param"], str]] = [("metric", n) for n in known.metrics]
    names += [("param", name) for name in known.params]
    sought = text
    if dot and kind in {"metric", "param"}:
        names, sought = [one for one in names if one[0] == kind], rest
    folded = sought.lower()
    ways = (
        [one for one in names if one[1] == sought],
        [one for one in names if one[1].lower() == folded],
        [one for one in names if folded in one[1].lower() and "." not in one[1]],
        [one for one in names if folded in one[1].lower()],
    )
    return next((way for way in ways if way), [])


def _unknown_name(term: Condition, known: Known, facts: Sequence[str]) -> NoReturn:
    near = difflib.get_close_matches(
        term.name.lower(), [*facts, *known.metrics, *known.params], n=1, cutoff=0.6
    )
    own = [name for name in known.metrics if "." not in name]
    lists = (("facts", facts), ("metrics", own), ("parameters", known.params))
    raise wrong(
        f"No run has a {term.name[:40]}",
        term.column,
        why="known: " + "; ".join(f"{of} {_listed(names)}" for of, names in lists if names),
        fix=f"Did you mean {near[0]}?"
        if near
        else 'Choose one of these; words go in quotes: "a:b"',
    )


def _listed(names: Sequence[str], most: int = 16) -> str:
    shown = names[:most]
    return ", ".join(shown) + (f" and {len(names) - most} more" if len(names) > most else "")
