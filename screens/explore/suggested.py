"""The list of charts that are worth a look, with their reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens.explore.spec import Spec
from screens.text import Styled
from screens.widgets.source import Column, MemorySource, Row

if TYPE_CHECKING:
    from workbench.explore.suggest import Advice
    from workbench.explore.suggestion import Suggestion

COLUMNS = (
    Column("kind", "Chart", cap=12),
    Column("of", "Of", cap=40),
    Column("why", "Why", cap=90, grow=True),
)


def source(advice: Advice) -> MemorySource:
    """Return the suggestions as rows; the key is the place in the list."""
    rows = [
        Row(str(at), (one.kind, words(one), Styled(one.why, "muted")))
        for at, one in enumerate(advice.charts)
    ]
    return MemorySource(COLUMNS, rows)


def words(one: Suggestion) -> str:
    """Return what a suggested chart is of."""
    return spec_of(one).words


def spec_of(one: Suggestion) -> Spec:
    """Return a suggestion as a chart of the grid."""
    return Spec(one.kind, one.columns, one.group, "", tuple(one.options.items()))
