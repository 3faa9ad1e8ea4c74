"""One-shot timers that fire even where the machine is busy.

Textual 8 lets a timer skip the ticks that it is late for, and a timer that fires once is one too: where
the process rests between two readings of the clock for longer than the delay, it never fires. Textual
waits 8 ms with one before it passes a new size of the terminal on; were that one skipped, the program
would keep its old size for good (tests/screens/test_timers.py makes it happen).
"""

from __future__ import annotations

from collections.abc import Callable

from textual.message_pump import MessagePump
from textual.timer import Timer


def after(node: MessagePump, seconds: float, callback: Callable[[], object]) -> Timer:
    """Call `callback` once, `seconds` from now; stop the timer that is returned to call it off."""
    return never_skipped(node.set_timer(seconds, callback))


def never_skipped(timer: Timer) -> Timer:
    """Make a timer that was just made fire however late it is (it begins to run only afterwards)."""
    timer._skip = False
    return timer
