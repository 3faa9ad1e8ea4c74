"""Looking at a deployment's processes at this moment, whatever was recorded last."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

import msgspec

from workbench.compute.processes import Life
from workbench.compute.processes import look as life
from workbench.serving.folder import Folder, Told
from workbench.serving.news import News, read_news

Process = Literal["none", "unheard"] | Life


class Worker(msgspec.Struct, frozen=True, kw_only=True):
    """One process: its number (from 1), its pid, how it is, what it told last.

    `process` is none (never started), alive, dead, reused (its pid is another process now), rebooted
    (it ended with the machine) or unheard (it is on a target that does not answer, or nobody looks).
    """

    number: int
    pid: int | None
    process: Process
    told: Told | None


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """How a deployment is: alive while any process is, `told` summed over all of them.

    `note` is of one on a target: what is being brought there, or why the target does not answer.
    """

    process: Process
    told: Told | None
    workers: tuple[Worker, ...] = ()
    note: str = ""


def observe(folder: Folder, workers: int) -> Observed:
    """Look at `workers` processes; what those beyond them answered before counts, too."""
    news = read_news(folder.root)
    look = _look if news is None else partial(_look_there, news)
    found = [look(folder.at(seat)) for seat in folder.seats() if seat < workers]
    gone = [folder.at(seat).read_told() for seat in folder.seats() if seat >= workers]
    lives = [each.process for each in found]
    told = [each.told for each in found if each.told]
    return Observed(
        process="alive" if "alive" in lives else lives[0],
        told=summed(told, [each for each in gone if each]),
        workers=tuple(found),
        note=(news.trouble or news.stage) if news else "",
    )


def _look(folder: Folder) -> Worker:
    who = folder.read_pid()
    return Worker(
        number=folder.seat + 1,
        pid=who.pid if who else None,
        process=life(who) if who else "none",
        told=folder.read_told(),
    )


def _look_there(news: News, folder: Folder) -> Worker:
    seat = next((seat for seat in news.seats if seat.number == folder.seat), None)
    return Worker(
        number=folder.seat + 1,
        pid=seat.pid if seat else None,
        process=("unheard" if not news.current else seat.process) if seat else "none",
        told=folder.read_told(),
    )


def summed(told: Sequence[Told], gone: Sequence[Told] = ()) -> Told | None:
    """Return what several processes tell as one: their counts together, the first one's version."""
    if not told:
        return None
    serving = [each for each in told if each.phase == "serving"]
    first = (serving or told)[0]
    everything = [*told, *gone]
    return msgspec.structs.replace(
        first,
        error=next((each.error for each in told if each.error), ""),
        refused=next((each.refused for each in told if each.refused), ""),
        requests=sum(each.requests for each in everything),
        errors=sum(each.errors for each in everything),
        logged=sum(each.logged for each in everything),
        dropped=sum(each.dropped for each in everything),
        at=max(each.at for each in told),
    )
