"""An endpoint's answer to one row, and how it is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textual.content import Content

from screens.deployments.rows import value
from screens.text import bar, said
from workbench.widths import fit, width

PROBABILITY = "probability_"
BARS = 6
"""Classes that are drawn, the most probable."""
WIDTH = 24
"""Cells of a bar."""
LABEL = 24
"""Cells of a class's name, at most."""
NAMED = 2
"""Values of an earlier row that are named, where it differs from the newest."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Which version answered under which request id, in how many milliseconds, and what."""

    version: str
    request: str
    ms: float
    outputs: Mapping[str, Any]

    @property
    def prediction(self) -> str:
        """The prediction as text."""
        return value(self.outputs.get("prediction"))

    @property
    def shares(self) -> list[tuple[str, float]]:
        """Class and probability, the most probable first; none for a number."""
        found = [
            (name.removeprefix(PROBABILITY), float(share))
            for name, share in self.outputs.items()
            if name.startswith(PROBABILITY) and isinstance(share, int | float)
        ]
        return sorted(found, key=lambda item: -item[1])

    @property
    def short(self) -> str:
        """One line: `delay@4 answers late (0.93)`."""
        shares = dict(self.shares)
        sure = f" ({shares[self.prediction]:.2f})" if self.prediction in shares else ""
        return f"{self.version} answers {self.prediction}{sure}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A row and what was answered to it."""

    row: Mapping[str, Any]
    answer: Answer


def drawn(asked: Sequence[Asked], *, short: bool = False) -> Content:
    """Draw the newest answer, the first of `asked`, its classes as bars, and a line for each before it."""
    answer, bars = asked[0].answer, 4 if short else BARS
    head = Content.assemble(
        said("● ", "good"),
        said(answer.prediction, "strong"),
        said(f"   {answer.version}, {answer.ms:.0f} ms, request {answer.request}", "muted"),
    )
    shares = answer.shares
    labels = [said(name, cap=LABEL).plain for name, _ in shares[:bars]]
    room = min(max(map(width, labels), default=0), LABEL)
    lines = [head]
    for (name, share), label in zip(shares, labels, strict=False):
        lines.append(
            Content.assemble(
                "  ",
                said(fit(label, room), "strong" if name == answer.prediction else "muted"),
                "  ",
                said(bar(share, WIDTH), "busy"),
                said(f"  {share:.4f}"),
            )
        )
    if len(shares) > bars:
        lines.append(said(f"  and {len(shares) - bars} less probable", "muted"))
    lines += [_before(each, asked[0].row) for each in asked[1 : 3 if short else None]]
    return Content("\n").join(lines)


def _before(asked: Asked, now: Mapping[str, Any]) -> Content:
    """Draw an earlier answer, with the values in which its row differs from the newest."""
    answer, row = asked.answer, asked.row
    names = [*row, *(name for name in now if name not in row)]
    other = [f"{name}={value(row.get(name))}" for name in names if row.get(name) != now.get(name)]
    more = f" and {len(other) - NAMED} more" if len(other) > NAMED else ""
    with_ = f", {', '.join(other[:NAMED])}{more}" if other else ", same values"
    return said(f"  before: {answer.short}, {answer.ms:.0f} ms{with_}", "muted", cap=90)
