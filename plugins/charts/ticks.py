"""Where an axis has its marks, and how they are written: round numbers, and round moments."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from workbench.explore.axes import Axis, moment, written

_STEPS = (1, 2, 5, 10)
_DAY = 86400
_CLOCK = (
    1,
    5,
    15,
    30,
    60,
    300,
    900,
    1800,
    3600,
    10800,
    21600,
    43200,
    _DAY,
    2 * _DAY,
    7 * _DAY,
    14 * _DAY,
)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000)

Tick = tuple[float, str]


def ticks(axis: Axis, most: int) -> list[Tick]:
    """Return at most about `most` marks of an axis: (where, label)."""
    most = max(most, 2)
    if not axis.span:
        return [(axis.low, short(axis, axis.low))]
    if axis.kind in {"date", "datetime"}:
        return _moments(axis, most)
    if axis.kind in {"duration", "time"}:
        clock = next((s for s in _CLOCK if axis.span / s <= most), 0)
        if clock:
            whole = _multiples(axis, float(clock))
            return [(place, _clock(axis.kind, place, clock)) for place in whole]
    places: list[float] = []
    for more in range(4):  # two marks at least: one alone tells no distance
        step = number_step(axis.span, most + more, whole=axis.kind == "whole")
        places = _multiples(axis, step)
        if len(places) > 1:
            break
    return [(place, in_steps(place, step)) for place in places]


def number_step(span: float, most: int, *, whole: bool = False) -> float:
    """Return the round step that divides a span into at most `most` parts."""
    rough = span / most
    if rough <= 0 or not math.isfinite(rough):
        return 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((s * power for s in _STEPS if s * power >= rough * 0.999), 10 * power)
    return max(step, 1.0) if whole else step


def _multiples(axis: Axis, step: float) -> list[float]:
    first = math.ceil(axis.low / step - 1e-9)
    last = math.floor(axis.high / step + 1e-9)
    return [place * step for place in range(first, min(last, first + 200) + 1)]


def in_steps(value: float, step: float) -> str:
    """Write a number with the decimals that tell it from its neighbours `step` away."""
    size = abs(value)
    if size >= 1e15 or (value and size < 1e-5) or (0 < step < 1e-5):
        return f"{value:.4g}"
    for limit, sign in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if step >= limit / 1000 and size >= limit:
            return f"{value / limit:.{_decimals(step / limit)}f}{sign}"
    return f"{value:,.{_decimals(step)}f}" if value else "0"


def _decimals(step: float) -> int:
    return max(0, -math.floor(math.log10(step) + 1e-9)) if step > 0 else 0


def short(axis: Axis, value: float) -> str:
    """Write one value of an axis in few cells, as exactly as what is seen of the axis asks for."""
    if axis.kind in {"date", "datetime"}:
        text = written("datetime", value).replace("T", " ")
        if axis.span > 3 * _DAY or text.endswith(" 00:00:00"):
            return text[:10]
        return text[:16] if axis.span > 600 else text[:23]
    if axis.kind == "time":
        return written("time", value)[:8]
    if axis.kind == "whole" and float(value).is_integer():
        return f"{value:,.0f}" if abs(value) < 1e15 else f"{value:.6g}"
    if axis.span:
        step = 10.0 ** (math.floor(math.log10(axis.span)) - 2)
        if step > 1e-5 and abs(value) < 1e15:
            return f"{round(value / step) * step:,.{_decimals(step)}f}"
    return f"{value:.5g}"


def _clock(kind: str, value: float, step: int) -> str:
    whole = round(value)
    if kind == "duration" and step >= _DAY:
        return f"{whole // _DAY}d"
    sign, whole = ("-" if whole < 0 else ""), abs(whole)
    text = f"{sign}{whole // 3600:02}:{whole // 60 % 60:02}"
    return text if step >= 60 else f"{text}:{whole % 60:02}"


def _moments(axis: Axis, most: int) -> list[Tick]:
    clock = next((step for step in _CLOCK if axis.span / step <= most), None)
    if axis.span < most:
        step = number_step(axis.span, most)
        return [(place, f"{place % 60:.3g}s") for place in _multiples(axis, step)]
    if clock is not None and clock < 7 * _DAY:
        return [
            (place, _day(place, clock, first=n == 0))
            for n, place in enumerate(_multiples(axis, float(clock)))
        ]
    if clock is not None:
        monday = 4 * _DAY  # the first Monday of 1970 was the fifth
        shifted = Axis(axis.kind, axis.low - monday, axis.high - monday)
        places = [place + monday for place in _multiples(shifted, float(clock))]
        return [(place, moment(place).strftime("%b %d")) for place in places]
    months = next((m for m in _MONTHS if axis.span / (m * 30.44 * _DAY) <= most), _MONTHS[-1])
    return _by_months(axis, months)


def _day(place: float, step: int, *, first: bool) -> str:
    when = moment(place)
    if step >= _DAY:
        return when.strftime("%b %d")
    text = when.strftime("%H:%M") if step >= 60 else when.strftime("%H:%M:%S")
    at_midnight = when.hour == when.minute == when.second == 0
    return (
        f"{when.strftime('%b %d')} {text}"
        if first
        else when.strftime("%b %d") * at_midnight or text
    )


def _by_months(axis: Axis, months: int) -> list[Tick]:
    start = moment(axis.low)
    at = start.year * 12 + (start.month - 1)
    at -= at % months
    found: list[Tick] = []
    while len(found) < 200 and 12 <= at < 9999 * 12:
        when = datetime(at // 12, at % 12 + 1, 1, tzinfo=start.tzinfo)
        place = (when - moment(0)) / timedelta(seconds=1)
        if place > axis.high:
            break
        if place >= axis.low:
            whole = months % 12 == 0 or (months < 12 and when.month == 1)
            found.append((place, f"{when.year:04}" if whole else when.strftime("%b")))
        at += months
    if found and months < 12 and not found[0][1].isdigit():
        found[0] = (found[0][0], moment(found[0][0]).strftime("%b %Y"))
    return found
