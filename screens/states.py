"""How a state is shown, one table for all: always glyph, word and colour, never colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content

from screens.text import STYLES, Styled, Tone, said


@dataclass(frozen=True, slots=True)
class Look:
    """The glyph, the word and the tone of one state."""

    glyph: str
    word: str
    tone: Tone

    @property
    def text(self) -> str:
        """Glyph and word."""
        return f"{self.glyph} {self.word}"


LOOKS: dict[str, Look] = {
    # jobs and runs
    "queued": Look("◌", "queued", "muted"),
    "starting": Look("◔", "starting", "busy"),
    "running": Look("◑", "running", "busy"),
    "stopping": Look("◕", "stopping", "warn"),
    "succeeded": Look("✓", "ok", "good"),
    "failed": Look("✗", "failed", "bad"),
    "cancelled": Look("⊘", "cancelled", "muted"),
    "lost": Look("?", "lost", "warn"),
    # deployments
    "healthy": Look("●", "healthy", "good"),
    "degraded": Look("▲", "degraded", "warn"),
    "suspended": Look("‖", "suspended", "muted"),
    "stopped": Look("■", "stopped", "muted"),
    # outcomes of gates and checks
    "pass": Look("✓", "pass", "good"),
    "warn": Look("▲", "warn", "warn"),
    "fail": Look("✗", "fail", "bad"),
    # what needs attention beside states
    "waiting": Look("◌", "waiting", "busy"),
    "changed": Look("≠", "changed", "warn"),
    "arrived": Look("✓", "new", "good"),
    "low": Look("▲", "low", "warn"),
    "full": Look("✗", "full", "bad"),
    # how the project is
    "ok": Look("●", "ok", "good"),
    "attention": Look("▲", "attention", "warn"),
    "down": Look("✗", "down", "bad"),
}
"""State → how it looks. Covers every state of `workbench.states`, gate outcomes and health."""


def look(state: str) -> Look:
    """Return how `state` looks; one that this version does not know is shown as its word."""
    return LOOKS.get(state) or Look("·", state, "plain")


def cell(state: str, extra: str = "") -> Styled:
    """Return a state as a cell of a table; `extra` follows the word (`running 62%`)."""
    shown = look(state)
    return Styled(f"{shown.text} {extra}".rstrip(), shown.tone)


def shown(state: str, extra: str = "") -> Content:
    """Return a state as a Content."""
    return said(cell(state, extra).text, look(state).tone)


def style(state: str) -> str:
    """Return the style of a state in a Content."""
    return STYLES[look(state).tone]
