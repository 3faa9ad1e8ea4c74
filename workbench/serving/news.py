"""What the runner saw last of a deployment elsewhere: `there.json` in its folder here, read by everybody.

News, not a record: the runner writes it anew every few seconds, and what is old says that nobody looks.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal

import msgspec

from workbench.compute.processes import Life
from workbench.files import write_atomic
from workbench.store.modes import file_mode

NAME = "there.json"
STALE_SECONDS = 20.0
"""News older than this say nothing of how it is now."""


class SeatNews(msgspec.Struct, frozen=True, kw_only=True):
    """A process there, as it was when the runner looked."""

    number: int
    process: Literal["none"] | Life
    pid: int | None = None


class News(msgspec.Struct, frozen=True, kw_only=True):
    """`at` is when the target answered last (Unix seconds here), `stage` what is being brought there.

    `trouble` is why it does not answer now, empty while it does.
    """

    at: float
    seats: tuple[SeatNews, ...] = ()
    trouble: str = ""
    stage: str = ""

    @property
    def current(self) -> bool:
        """Whether it tells how the deployment is now."""
        return not self.trouble and time.time() - self.at < STALE_SECONDS


def write_news(folder: Path, news: News) -> None:
    """Tell; not flushed to disk. OSError passes."""
    write_atomic(folder / NAME, msgspec.json.encode(news), mode=file_mode(folder), sync=False)


def read_news(folder: Path) -> News | None:
    """Return the last news, None where there are none that can be read: then it is served here."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=News)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError:
        return News(at=0.0)
