"""A model's history as text: for each environment what counted from when to when, and why. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from screens.models.lanes import lanes
from screens.models.laying import Fact, facts, hanging
from screens.models.listing import LIVE_GLYPH, PROMOTED_GLYPH
from screens.models.loading import Loaded
from screens.states import look
from screens.text import Styled, Tone, count, said
from screens.widgets.detail import Section
from workbench.errors import WorkbenchError
from workbench.models.history import counted_at
from workbench.models.moments import When
from workbench.models.promotion import LIVE, REPLACED, Promotion
from workbench.records.models import GateOutcome

MOST = 100
"""How many entries of an environment are shown; `workbench model history` has all of them."""


def sections(
    model: str, loaded: Loaded, width: int, now: datetime, asked: When | WorkbenchError | None
) -> list[Section]:
    """Return what was asked about, the lanes, and a section an environment, the gravest first.

    The newest entry stands on top. Times are UTC.
    """
    found = []
    when = asked if isinstance(asked, When) else None
    if isinstance(asked, WorkbenchError):
        found.append(Section(text=hanging(f"✗ {asked.why}. {asked.fix}.", "warn", width, 0)))
    if when is not None:
        found.append(_then(model, loaded, width, when))
    drawn = lanes(model, loaded, width, now, when)
    if drawn.plain:
        found.append(Section(text=drawn))
    for standing in loaded.ordered(loaded.standing.get(model, {})):
        entries = [e for e in loaded.history[model] if e.environment == standing.environment]
        parts = [_entry(entry, width) for entry in entries[:MOST]]
        if len(entries) > MOST:
            words = f"and {count(len(entries) - MOST)} before: workbench model history {model}"
            parts.append(said(words, "muted"))
        found.append(Section(standing.environment, text=Content("\n").join(parts)))
    if not loaded.standing.get(model):
        words = f"No version of {model} was promoted yet. p promotes."
        found.append(Section(text=said(words, "muted")))
    return found


def _then(model: str, loaded: Loaded, width: int, when: When) -> Section:
    """What counted then, in each environment."""
    items = []
    for then in counted_at(loaded.history.get(model, ()), when, loaded.environments):
        parts: list[Styled] = []
        for item in then.counted:
            entry = item.promotion
            glyph = LIVE_GLYPH if item.live else PROMOTED_GLYPH
            state = "live" if item.live else "promoted, not served"
            tone: Tone = "good" if item.live else "warn"
            words = f"{glyph} {entry.reference}  {state}, {span(entry.promoted_at, entry.until)}"
            parts.append(Styled(words, tone))
            parts.append(Styled(f"{entry.promoted_by}: {entry.reason}"))
            if item.gates:
                parts.append(Styled(f"gates: {_gates(item.gates)}", "muted"))
        items.append(Fact(then.environment, parts or Styled("nothing", "muted")))
    return Section(when.words[0].upper() + when.words[1:], text=facts(items, width))


def _gates(gates: Sequence[GateOutcome]) -> str:
    return ", ".join(f"{gate.gate} {look(gate.outcome).glyph} {gate.outcome}" for gate in gates)


def _entry(entry: Promotion, width: int) -> Content:
    glyph, word, tone = _status(entry)
    back = " (rolled back)" if entry.action == "rollback" else ""
    name = said(entry.reference, "muted" if entry.status == REPLACED else "strong")
    when = span(entry.promoted_at, entry.until)
    head = Content.assemble(said(f"{glyph} ", tone), name)
    if len(entry.reference) + len(when) + 4 <= width:
        lines = [Content.assemble(head, "  ", said(when, "muted"))]
    else:
        lines = [head, hanging(when, "muted", width)]
    lines.append(hanging(f"{word}{back}", tone, width))
    lines.append(hanging(f"{entry.promoted_by}: {entry.reason}", "plain", width))
    if entry.gates:
        lines.append(hanging(f"gates: {_gates(entry.gates)}", "muted", width))
    return Content("\n").join(lines)


def _status(entry: Promotion) -> tuple[str, str, Tone]:
    since = f"{entry.serving_since:%Y-%m-%d %H:%M}" if entry.serving_since else ""
    if entry.status == LIVE:
        return LIVE_GLYPH, f"live at {', '.join(entry.serving)}, serving since {since}", "good"
    if entry.status == REPLACED:
        return "·", f"served from {since}" if since else "never served", "muted"
    return PROMOTED_GLYPH, entry.status, "warn"


def span(start: datetime, end: datetime | None) -> str:
    """Write from when to when it counted: the day once, if it is one."""
    if end is None:
        return f"since {start:%Y-%m-%d %H:%M}"
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M} to {until}"
