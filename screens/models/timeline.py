"""A model's history as text: for each environment what counted from when to when, and why. Pure."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from screens.models.laying import hanging
from screens.models.listing import LIVE_GLYPH, PROMOTED_GLYPH
from screens.models.loading import Loaded
from screens.states import look
from screens.text import Tone, count, said
from screens.widgets.detail import Section
from workbench.models.promotion import LIVE, REPLACED, Promotion

MOST = 100
"""How many entries of an environment are shown; `workbench model history` has all of them."""


def sections(model: str, loaded: Loaded, width: int) -> list[Section]:
    """Return a section an environment, the gravest first, the newest entry on top. Times are UTC."""
    found = []
    for standing in loaded.ordered(loaded.standing.get(model, {})):
        entries = [e for e in loaded.history[model] if e.environment == standing.environment]
        parts = [_entry(entry, width) for entry in entries[:MOST]]
        if len(entries) > MOST:
            words = f"and {count(len(entries) - MOST)} before: workbench model history {model}"
            parts.append(said(words, "muted"))
        found.append(Section(standing.environment, text=Content("\n").join(parts)))
    if not found:
        return [Section(text=said(f"No version of {model} was promoted yet. p promotes.", "muted"))]
    return found


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
    gates = ", ".join(
        f"{gate.gate} {look(gate.outcome).glyph} {gate.outcome}" for gate in entry.gates
    )
    if gates:
        lines.append(hanging(f"gates: {gates}", "muted", width))
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
