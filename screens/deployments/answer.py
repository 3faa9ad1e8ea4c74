"""An endpoint's answer to one row, and how it is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from textual.content import Content

from screens.deployments.rows import value
from screens.text import bar, said

PROBABILITY = "probability_"
BARS = 6
"""Classes that are drawn, the most probable."""
WIDTH = 24
"""Cells of a bar."""


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


def drawn(answer: Answer, before: Answer | None = None) -> Content:
    """Draw the answer, its classes as bars, and the answer before it on one line."""
    head = Content.assemble(
        said("● ", "good"),
        said(answer.prediction, "strong"),
        said(f"   {answer.version}, {answer.ms:.0f} ms, request {answer.request}", "muted"),
    )
    shares = answer.shares
    room = min(max((len(name) for name, _ in shares[:BARS]), default=0), 24)
    lines = [head]
    for name, share in shares[:BARS]:
        label = said(name, cap=24).plain.ljust(room)
        lines.append(
            Content.assemble(
                "  ",
                said(label, "strong" if name == answer.prediction else "muted"),
                "  ",
                said(bar(share, WIDTH), "busy"),
                said(f"  {share:.4f}"),
            )
        )
    if len(shares) > BARS:
        lines.append(said(f"  and {len(shares) - BARS} less probable", "muted"))
    if before is not None:
        lines.append(said(f"  before: {before.short}, {before.ms:.0f} ms", "muted"))
    return Content("\n").join(lines)
