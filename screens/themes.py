"""The themes: dark, light, one for who sees red and green alike, and the terminal's own sixteen colours.

Palette of the dark one: ink for the ground, chalk for text, brass for what has the focus and for
keys; sage, sky, amber and brick only for states. Contrast of text on its ground, the cursor's row
included, is at least 4.5:1 (tests/screens/test_themes.py computes it).
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from textual.theme import Theme

DARK = Theme(
    name="workbench",
    primary="#d9b26a",  # brass
    secondary="#7fb2d6",  # sky: what runs
    accent="#d9b26a",
    foreground="#d6d9df",
    background="#12151a",
    surface="#171b21",
    panel="#1f252d",
    success="#8fbf8a",
    warning="#e69a52",
    error="#ea8075",
    dark=True,
    variables={
        "text-muted": "#959eac",
        "text-disabled": "#717a89",
        "border": "#d9b26a",
        "border-blurred": "#343d4a",
        "block-cursor-background": "#2c3542",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#1f252d",
        "block-cursor-blurred-foreground": "#d6d9df",
        "scrollbar": "#343d4a",
        "scrollbar-hover": "#4a5666",
        "scrollbar-active": "#d9b26a",
        "scrollbar-background": "#171b21",
        "scrollbar-background-hover": "#171b21",
        "scrollbar-background-active": "#171b21",
        "scrollbar-corner-color": "#171b21",
        "input-cursor-background": "#d9b26a",
        "input-cursor-foreground": "#12151a",
        "input-selection-background": "#d9b26a 30%",
    },
)

LIGHT = Theme(
    name="workbench-light",
    primary="#7a5200",
    secondary="#1f5f93",
    accent="#7a5200",
    foreground="#23282f",
    background="#f7f5f0",
    surface="#fdfcf9",
    panel="#ebe7dd",
    success="#2f6b2a",
    warning="#934700",
    error="#a82a20",
    dark=False,
    variables={
        "text-muted": "#535c69",
        "text-disabled": "#7a828f",
        "border": "#7a5200",
        "border-blurred": "#c9c3b5",
        "block-cursor-background": "#e3d9c0",
        "block-cursor-foreground": "#000000",
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": "#ebe7dd",
        "block-cursor-blurred-foreground": "#23282f",
        "scrollbar": "#c9c3b5",
        "scrollbar-hover": "#a8a191",
        "scrollbar-active": "#7a5200",
        "scrollbar-background": "#fdfcf9",
        "scrollbar-background-hover": "#fdfcf9",
        "scrollbar-background-active": "#fdfcf9",
        "scrollbar-corner-color": "#fdfcf9",
    },
)

SAFE = Theme(
    name="workbench-safe",
    primary="#e8e0cc",
    secondary="#c3b8f5",  # lavender: what runs
    accent="#e8e0cc",
    foreground="#d6d9df",
    background="#12151a",
    surface="#171b21",
    panel="#1f252d",
    success="#5cb0fa",  # blue: well
    warning="#f8e27e",  # yellow: look at it
    error="#f0802e",  # orange: broken
    dark=True,
    variables=DARK.variables
    | {
        "text-muted": "#98a1af",
        "text-disabled": "#717a89",
        "border": "#e8e0cc",
        "scrollbar-active": "#e8e0cc",
        "input-cursor-background": "#e8e0cc",
        "input-selection-background": "#e8e0cc 30%",
    },
)
"""Blue and orange instead of green and red, of unlike lightness: for who sees red and green alike."""

SIXTEEN = Theme(
    name="workbench-16",
    primary="ansi_yellow",
    secondary="ansi_cyan",
    accent="ansi_yellow",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    success="ansi_green",
    warning="ansi_bright_yellow",
    error="ansi_bright_red",
    boost="ansi_default",
    dark=True,
    ansi=True,
    variables={
        "text-muted": "ansi_default",
        "text-disabled": "ansi_white",
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "border": "ansi_yellow",
        "border-blurred": "ansi_bright_black",
        "block-cursor-background": "ansi_default",
        "block-cursor-foreground": "ansi_default",
        "block-cursor-text-style": "reverse",
        "block-cursor-blurred-background": "ansi_default",
        "block-cursor-blurred-foreground": "ansi_default",
        "block-cursor-blurred-text-style": "bold",
        "input-cursor-background": "ansi_default",
        "input-cursor-foreground": "ansi_default",
        "input-cursor-text-style": "reverse",
    },
)

THEMES = (DARK, LIGHT, SAFE, SIXTEEN)


def choose(environment: Mapping[str, str] = os.environ, kept: str = "") -> str:
    """Return the theme to start with: WORKBENCH_THEME, else the one that was kept, else what suits.

    Sixteen colours suit a terminal that has no more. With NO_COLOR they are taken too, whatever was
    kept: they mark with reverse and bold, so that nothing is lost when the colours are left out.
    """
    names = {theme.name for theme in THEMES}
    wanted = environment.get("WORKBENCH_THEME", "")
    if wanted in names:
        return wanted
    if "NO_COLOR" in environment:
        return SIXTEEN.name
    if kept in names:
        return kept
    terminal = environment.get("TERM", "")
    few = terminal in {"linux", "vt100", "vt220", "dumb", "ansi", "screen", "xterm-color"}
    rich = "256" in terminal or environment.get("COLORTERM", "") in {"truecolor", "24bit"}
    return SIXTEEN.name if few and not rich else DARK.name


def keep(name: str) -> None:
    """Write the theme into the person's own settings. Raises BadInput where these are broken."""
    from workbench.project.paths import config_home
    from workbench.project.settings import write_personal

    config_home().mkdir(mode=0o700, parents=True, exist_ok=True)
    write_personal({("theme",): name})
