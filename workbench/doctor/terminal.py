"""The terminal: colours, size, letters, and whether what is copied reaches the clipboard."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping

from workbench.doctor.findings import Finding, machine

SMALLEST = (80, 24)


def check_colours(environ: Mapping[str, str]) -> Finding:
    """Look how many colours the terminal says it has."""
    terminal = environ.get("TERM", "")
    if "NO_COLOR" in environ:
        return machine("colours", "pass", "No colours, as NO_COLOR asks")
    if terminal in {"", "dumb"}:
        return machine(
            "colours",
            "warn",
            "The terminal says that it can do nothing",
            f"TERM is {terminal or 'not set'}",
            "Set TERM to what it is, such as xterm-256color",
        )
    if environ.get("COLORTERM", "") in {"truecolor", "24bit"}:
        return machine("colours", "pass", "16 million colours")
    if "256" in terminal or "direct" in terminal:
        return machine("colours", "pass", "256 colours")
    return machine(
        "colours",
        "warn",
        "16 colours",
        f"TERM is {terminal} and COLORTERM is not set",
        "Where the terminal can do more: export COLORTERM=truecolor",
    )


def check_size(size: tuple[int, int] | None) -> Finding:
    """Look whether the interface has room; None where there is no terminal."""
    if size is None:
        return machine(
            "size",
            "warn",
            "No terminal here",
            "the input or the output is none",
            "The interface needs one (over ssh: ssh -t); commands work without",
        )
    columns, rows = size
    if columns < SMALLEST[0] or rows < SMALLEST[1]:
        return machine(
            "size",
            "warn",
            f"The terminal is {columns} columns by {rows} rows",
            f"the interface needs {SMALLEST[0]} by {SMALLEST[1]}",
            "Enlarge the window or take a smaller font",
        )
    return machine("size", "pass", f"{columns} columns by {rows} rows")


def check_letters(encoding: str) -> Finding:
    """Look whether all letters and the signs of the interface can be written."""
    if encoding.lower().replace("-", "") == "utf8":
        return machine("letters", "pass", "UTF-8")
    return machine(
        "letters",
        "warn",
        f"Letters are written as {encoding}",
        "signs and names in other scripts come out wrong",
        "export LC_ALL=C.UTF-8",
    )


def check_clipboard(
    environ: Mapping[str, str], tmux: Callable[[], str] | None = None
) -> Finding | None:
    """Look whether tmux passes on what is copied; None outside of tmux.

    `tmux` tells its option `allow-passthrough`, which is off where it was never set (tmux 3.3 and
    newer; older ones have no such option and pass everything on).
    """
    if not environ.get("TMUX"):
        return None
    if (tmux or _passthrough)().strip() in {"on", "all", ""}:
        return machine("clipboard", "pass", "tmux passes on what is copied")
    return machine(
        "clipboard",
        "warn",
        "What is copied stays in tmux",
        "its allow-passthrough is off; the text is in a file, as the message says",
        "Put into ~/.tmux.conf: set -g allow-passthrough on",
    )


def _passthrough() -> str:
    """Ask tmux; empty where it knows no such option or does not answer."""
    command = ["tmux", "show-options", "-Apv", "allow-passthrough"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
