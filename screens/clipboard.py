"""Copying out of a terminal: OSC 52, wrapped for tmux and screen, capped, and always a file as well.

A terminal does not say whether it took the text, so what is copied is also written to a file that
the message names. Protocol: xterm control sequences, "Manipulate Selection Data" (OSC 52); tmux
passes `ESC P tmux; ... ST` on with every inner ESC doubled; screen passes `ESC P ... ST` on
in pieces under its limit of 768 bytes.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from textual.app import App

from screens.feed import in_thread
from workbench.files import write_atomic
from workbench.project.paths import state_home

CAP = 74_000
"""The most bytes that are sent: with base64 just under the 100,000 that common terminals accept."""
_SCREEN_PIECE = 700
_START, _END = "\x1bP", "\x1b\\"


def osc52(text: str, environment: Mapping[str, str]) -> str:
    """Return the sequence that puts `text` on the clipboard, empty when it is over the cap."""
    data = text.encode("utf-8", "replace")
    if len(data) > CAP:
        return ""
    plain = f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\a"
    if environment.get("TMUX"):
        return f"{_START}tmux;{plain.replace(chr(27), chr(27) * 2)}{_END}"
    if environment.get("TERM", "").startswith("screen") or environment.get("STY"):
        pieces = [plain[at : at + _SCREEN_PIECE] for at in range(0, len(plain), _SCREEN_PIECE)]
        return "".join(f"{_START}{piece}{_END}" for piece in pieces)
    return plain


def keep(text: str) -> Path:
    """Write `text` to the file of what was copied last (0600, in the person's state) and return it."""
    folder = state_home()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "copied.txt"
    write_atomic(path, text.encode("utf-8", "replace"), mode=0o600, sync=False)
    return path


def copy(app: App[None], text: str, what: str, say: Callable[[str], object]) -> None:
    """Put `text` on the clipboard of `app`'s terminal and into the file, and `say` so."""
    sequence = osc52(text, os.environ)
    driver = app._driver  # App.copy_to_clipboard writes there too, but bare, which tmux drops
    if sequence and driver is not None:
        driver.write(sequence)
    sent = f"Copied the {what}" if sequence else f"Too long for the clipboard: the {what}"
    in_thread(
        app, lambda: keep(text), lambda path: say(f"{sent}; it is also in {path}"), group="copy"
    )
