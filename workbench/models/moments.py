"""When, as people write it: a day, a moment, or how long ago. Pure; UTC where no time zone is named.

2026-10-01                     the whole day, in UTC
2026-10-01+02:00               the whole day there
2026-10-01 12:30               a moment, in UTC; also with T, seconds, Z, +02:00, Europe/Berlin
1 October, October 1 2026      a day; without a year the last one that has begun
today, yesterday, now
3d, 3d ago, 90 minutes ago     that long before now (s, m or min, h, d, w)
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NoReturn

import msgspec

from workbench.errors import BadInput

CODE = "moment"
LIMIT = 80
"""Characters that a moment may have; what is longer is none."""

_UNITS = {
    "s": 1, "sec": 1, "second": 1,
    "m": 60, "min": 60, "minute": 60,
    "h": 3600, "hour": 3600,
    "d": 86400, "day": 86400,
    "w": 604800, "week": 604800,
}  # fmt: skip
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_RELATIVE = re.compile(r"(\d{1,6})\s*([a-z]+?)(s?)(\s+ago)?")
_ISO = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:(?:t|\s+)(\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?))?"
    r"\s*(z|utc|[+-]\d{2}:?\d{2}|[a-z]+(?:/[a-z0-9_+-]+)+)?"
)
_DAY_MONTH = re.compile(r"(\d{1,2})\.?\s+([a-z]{3,9})\.?,?(?:\s+(\d{4}))?")
_MONTH_DAY = re.compile(r"([a-z]{3,9})\.?\s+(\d{1,2}),?(?:\s+(\d{4}))?")


class When(msgspec.Struct, frozen=True, kw_only=True):
    """A moment (`end` is `start`) or a day from `start` to before `end`; both aware."""

    asked: str
    start: datetime
    end: datetime

    @property
    def whole_day(self) -> bool:
        """Whether a day was meant, not a moment."""
        return self.end > self.start

    @property
    def words(self) -> str:
        """`on 2026-10-01 (UTC)`, `at 2026-10-01 12:30:00 (UTC+02:00)`."""
        zone = f"({self.start.tzname()})"
        if self.whole_day:
            return f"on {self.start:%Y-%m-%d} {zone}"
        return f"at {self.start:%Y-%m-%d %H:%M:%S} {zone}"

    def meets(self, begin: datetime, end: datetime | None) -> bool:
        """Tell whether what counted from `begin` to before `end` (None: still) counted then."""
        began = begin < self.end if self.whole_day else begin <= self.start
        return began and (end is None or end > self.start)

    def came(self, moment: datetime | None) -> bool:
        """Tell whether `moment` had come then, before the day was over."""
        return moment is not None and self.meets(moment, None)


def read_when(text: str, now: datetime) -> When:
    """Read a day or a moment; raises BadInput for what is neither, and for what is yet to come.

    `now` is aware; what is relative is counted from it.
    """
    asked = text.strip()
    wanted = asked.casefold()
    if not wanted or len(wanted) > LIMIT:
        _refuse(asked, "it is empty" if not wanted else f"it has more than {LIMIT} characters")
    try:
        found = _relative(wanted, now) or _iso(wanted) or _named(wanted, now)
    except (ValueError, OverflowError) as error:
        _refuse(asked, str(error))
    if found is None:
        _refuse(asked, "it is neither a date, a moment nor a length of time")
    start, end = found
    if start > now:
        raise BadInput(
            f"{asked} is yet to come",
            where="--at",
            why=f"now is {now.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
            fix="Ask about today or before",
            code=f"{CODE}.future",
        )
    return When(asked=asked, start=start, end=end)


def _refuse(asked: str, why: str) -> NoReturn:
    raise BadInput(
        f"{asked[:LIMIT] or 'Nothing'} names no day and no moment",
        where="--at",
        why=why,
        fix="Write 2026-10-01, 2026-10-01 12:30 +02:00, 1 October, yesterday or 3d ago",
        code=CODE,
    ) from None


Bounds = tuple[datetime, datetime]


def _relative(text: str, now: datetime) -> Bounds | None:
    if text == "now":
        return now, now
    days = {"today": 0, "yesterday": 1}
    if text in days:
        return _day(now.astimezone(UTC).date() - timedelta(days=days[text]), UTC)
    match = _RELATIVE.fullmatch(text)
    if match is None:
        return None
    count, unit, plural, back = match.groups()
    seconds = _UNITS.get(unit) or _UNITS.get(unit + plural)
    if seconds is None and not back:
        return None  # `1 october`
    if seconds is None:
        raise ValueError(f"{unit + plural} is no unit of time (s, min, h, d, w)")
    then = now - timedelta(seconds=int(count) * seconds)
    return then, then


def _iso(text: str) -> Bounds | None:
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    day, clock, zone = match.groups()
    where = _zone(zone or "utc")
    if clock is None:
        return _day(date.fromisoformat(day), where)
    moment = datetime.combine(
        date.fromisoformat(day), time.fromisoformat(clock.zfill(len(clock) + (clock[1] == ":")))
    )
    return moment.replace(tzinfo=where), moment.replace(tzinfo=where)


def _zone(text: str) -> tzinfo:
    if text in {"z", "utc"}:
        return UTC
    if text[0] in "+-":
        zone = datetime.strptime(text, "%z").tzinfo
        assert zone is not None, "it has just been read"
        return zone
    from zoneinfo import ZoneInfo, available_timezones  # reads a folder of some hundred files

    known = {name.casefold(): name for name in available_timezones()}
    if text not in known:
        raise ValueError(f"there is no time zone {text}")
    return ZoneInfo(known[text])


def _day(day: date, zone: tzinfo) -> Bounds:
    begin = datetime.combine(day, time(), zone)
    return begin, datetime.combine(day + timedelta(days=1), time(), zone)


def _named(text: str, now: datetime) -> Bounds | None:
    """`1 october 2026`, `october 1`: without a year the last such day that has begun."""
    if match := _DAY_MONTH.fullmatch(text):
        day, name, year = match.groups()
    elif match := _MONTH_DAY.fullmatch(text):
        name, day, year = match.groups()
    else:
        return None
    months = [at for at, month in enumerate(_MONTHS, 1) if month.startswith(name)]
    if len(months) != 1:
        raise ValueError(f"there is no month {name}")
    if year:
        return _day(date(int(year), months[0], int(day)), UTC)
    today = now.astimezone(UTC).date()
    for back in range(9):  # 29 February lies eight years back at most
        try:
            found = date(today.year - back, months[0], int(day))
        except ValueError:
            continue
        if found <= today:
            return _day(found, UTC)
    raise ValueError(f"{name} has no day {day}")
