"""The colours of the series of charts, by theme: its own first, all apart for colour-blind eyes.

Each stands out from its ground by 3:1 at least, the notes by 4.5:1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from workbench.explore.contract import MUTED, SERIES

if TYPE_CHECKING:
    from textual.app import App

DARK = ("#d9b26a", "#7fb2d6", "#d98cb3", "#4fb8a3", "#a89bf0", "#ea8075")
LIGHT = ("#7a5200", "#1f5f93", "#a3386c", "#0f6f62", "#5b45b0", "#a82a20")
SIXTEEN = ("yellow", "cyan", "magenta", "green", "blue", "red")
"""The terminal's own; Rich's names."""


def colours(app: App[object]) -> Mapping[int, str]:
    """Return what stands for each colour of a drawing in the theme of the app."""
    theme = app.current_theme
    if theme.ansi:
        return {**dict(zip(SERIES, SIXTEEN, strict=True)), MUTED: "bright_black"}
    shades, muted = (DARK, "#959eac") if theme.dark else (LIGHT, "#5d6673")
    own = theme.variables.get("text-muted", muted)
    return {**dict(zip(SERIES, shades, strict=True)), MUTED: own if own.startswith("#") else muted}
