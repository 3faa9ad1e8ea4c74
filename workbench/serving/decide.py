"""What is to be done for one deployment, from what is known of it. Pure: its test is a table of cases."""

from __future__ import annotations

from dataclasses import replace

from workbench.serving.folder import Told
from workbench.serving.known import Down, End, Instruction, Known, Launch, Note, Seat, Serves, Write
from workbench.text import clean

SILENT_SECONDS = 15.0
"""A server whose last beat is older is degraded: halted by a signal, starved, or hung."""
STOP_SECONDS = 20.0
"""A server that was asked to stop is ended after this long."""
MOST_CRASHES = 5
"""Crashes of one process, within `CRASH_WINDOW`, after which it is not started again."""
CRASH_WINDOW = 600.0
LONGEST_WAIT = 60.0


def agreed(known: Known) -> Told | None:
    """Return what all processes tell alike, None while one of them serves something else or nothing."""
    seats = known.at_work
    if len(seats) < known.wanted.workers or not all(seat.answers for seat in seats):
        return None
    told = [seat.told for seat in seats if seat.told]
    if len({(each.version, each.content, each.promotion) for each in told}) != 1:
        return None
    return max(told, key=lambda each: each.since)


def needs_answer(known: Known) -> bool:
    """Tell whether the server must be asked before it can be decided: something new is claimed."""
    told = agreed(known)
    if told is None or known.stop_requested or known.suspend_requested:
        return False
    if any(trouble(seat) for seat in known.at_work):
        return False
    new = told.version != known.serving or _promotion_new(known, told)
    return known.state != "healthy" or new


def trouble(seat: Seat) -> str:
    """Return what is wrong with a running server process, empty when nothing is."""
    if seat.process != "alive":
        return ""
    if seat.silent > SILENT_SECONDS:
        return f"the server has not been heard of for {int(seat.silent)} seconds"
    return seat.told.error if seat.told else ""


def back_off(crashes: int) -> float:
    """Return how many seconds to wait before a process that crashed so often is started again."""
    return min(2.0 ** (crashes - 1), LONGEST_WAIT)


def decide(known: Known) -> list[Instruction]:
    """Return what is to be done, in order."""
    if known.stop_requested:
        return _end(known, "stopped")
    if known.state in {"stopped", "failed"}:
        return []
    if known.suspend_requested:
        return _end(known, "suspended")
    doing: list[Instruction] = []
    if known.written != known.wanted:
        doing.append(Write(known.wanted))
    for seat in known.seats:
        if seat.number >= known.wanted.workers:
            doing += _end_one(seat)
    seats: list[Seat] = []
    crashed = False
    for seat in known.at_work:
        if _is_gone(seat):
            down = _fallen(seat)
            doing.append(Down(seat.number, down.down, down.final))
            crashed = crashed or not down.final
            seats.append(down)
            continue
        if _is_due(seat):
            doing.append(Launch(seat.number))
        seats.append(seat)
    restarts = sum(isinstance(each, Down) and not each.final for each in doing)
    return doing + _noted(replace(known, seats=tuple(seats)), restarts)


def _is_gone(seat: Seat) -> bool:
    """Whether a process ended that nobody had asked to, and that was not noted yet."""
    if seat.process == "alive" or seat.down or seat.asked is not None:
        return False
    return seat.process != "none" or seat.exit_status is not None


def _is_due(seat: Seat) -> bool:
    """Whether the process is to be started now."""
    if seat.process == "alive" or seat.final:
        return False
    if seat.down:
        return seat.rested >= back_off(seat.crashes)
    return seat.asked is not None or not seat.launched


def _fallen(seat: Seat) -> Seat:
    """Return the seat after its process ended, with why, and when it is tried again."""
    reason = why_gone(seat)
    crashes = seat.crashes + 1
    refused = bool(seat.told and seat.told.phase == "failed" and seat.told.error)
    final = refused or crashes > MOST_CRASHES
    if not refused:
        wait = f"started again in {back_off(crashes):g} s (crash {crashes} of {MOST_CRASHES})"
        given_up = f"given up after {crashes} crashes in {int(CRASH_WINDOW / 60)} minutes"
        reason = f"{given_up if final else wait}: {reason}"
    return replace(seat, down=reason, final=final, crashes=crashes)


def _end(known: Known, state: str) -> list[Instruction]:
    """End all processes, then note the state."""
    doing = [each for seat in known.seats for each in _end_one(seat)]
    if doing or any(seat.process == "alive" for seat in known.seats):
        return doing
    if any(_is_coming(seat) for seat in known.seats):
        return []  # it was started a moment ago and has not said who it is
    return [] if known.state == state else [Note(state)]


def _end_one(seat: Seat) -> list[Instruction]:
    if seat.process != "alive":
        return []
    if seat.asked is None:
        return [End(seat.number, now=False)]
    return [End(seat.number, now=True)] if seat.asked > STOP_SECONDS else []


def _is_coming(seat: Seat) -> bool:
    return seat.process == "none" and seat.launched and seat.exit_status is None


def _noted(known: Known, restarts: int) -> list[Instruction]:
    """Return what is to be recorded of the deployment as a whole."""
    seats = known.at_work
    wrong = [_of(known, seat, words) for seat in seats if (words := seat.down or trouble(seat))]
    answering = any(seat.answers for seat in seats)
    total = known.restarts + restarts if restarts else None
    if seats and all(seat.final for seat in seats):
        return [Note("failed", wrong[0], restarts=total)]
    if wrong:
        up = any(seat.process == "alive" for seat in seats)
        state = (
            "degraded" if answering or (up and not any(seat.down for seat in seats)) else "starting"
        )
        reason = "; ".join(wrong[:2]) + (f"; and {len(wrong) - 2} more" if len(wrong) > 2 else "")
        same = (known.state, known.reason) == (state, reason)
        return [] if same and not restarts else [Note(state, reason, *_place(known), total)]
    told = agreed(known)
    if told is None or known.answers is None or known.answers != told.content:
        return []
    doing: list[Instruction] = []
    if known.state != "healthy":
        doing.append(Note("healthy", "", *_place(known)))
    version = told.version if told.version != known.serving else None
    promotion = told.promotion if _promotion_new(known, told) else None
    if version or promotion:
        doing.append(Serves(version, promotion, told.since))
    return doing


def _of(known: Known, seat: Seat, words: str) -> str:
    return f"worker {seat.number + 1}: {words}" if known.wanted.workers > 1 else words


def _promotion_new(known: Known, told: Told) -> bool:
    return bool(
        not known.promotion_served
        and told.promotion == known.wanted.promotion
        and told.version == known.wanted.version
    )


def _place(known: Known) -> tuple[int | None, int | None]:
    """Return the pid of the first process and the port, as far as they are known."""
    ports = [seat.told.port for seat in known.at_work if seat.told and seat.told.port]
    pids = [seat.pid for seat in known.at_work if seat.pid]
    return (pids[0] if pids else None), (ports[0] if ports else None)


def why_gone(seat: Seat) -> str:
    """Say why there is no server process, as closely as can be told."""
    if seat.told and seat.told.phase == "failed" and seat.told.error:
        return seat.told.error
    last = f"; its last line: {clean(seat.last_line, 300)}" if seat.last_line else ""
    if seat.process == "rebooted":
        return "the server ended when this machine was restarted"
    if seat.process == "reused":
        return f"the server is gone, and its pid {seat.pid} belongs to another process now{last}"
    if seat.exit_status is None:
        return f"the server process {seat.pid} is gone{last}"
    if seat.exit_status < 0:
        return f"the server was ended by signal {-seat.exit_status}{last}"
    return f"the server ended with status {seat.exit_status}{last}"
