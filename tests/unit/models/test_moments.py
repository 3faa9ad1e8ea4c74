"""Days and moments as people write them; the oracle is the calendar, by hand or by `date` of coreutils."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import BadInput
from workbench.models.moments import read_when

NOW = datetime(2026, 11, 28, 13, 5, 7, tzinfo=UTC)
BERLIN_SUMMER = timezone(timedelta(hours=2))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]  # year, month, day, ...


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("2026-10-01", utc(2026, 10, 1)),
        ("1 October", utc(2026, 10, 1)),
        ("October 1", utc(2026, 10, 1)),
        ("1. oct 2025", utc(2025, 10, 1)),
        ("Oct 1, 2025", utc(2025, 10, 1)),
        ("1 December", utc(2025, 12, 1)),  # this year's has not begun
        ("28 nov", utc(2026, 11, 28)),
        ("29 February", utc(2024, 2, 29)),  # the last that there was
        ("today", utc(2026, 11, 28)),
        (" Yesterday ", utc(2026, 11, 27)),
        ("2026-10-01 +02:00", utc(2026, 9, 30, 22)),
        ("2026-10-01 Asia/Tokyo", utc(2026, 9, 30, 15)),
    ],
)
def test_a_day_is_a_whole_day(text: str, start: datetime) -> None:
    when = read_when(text, NOW)
    assert (when.whole_day, when.start) == (True, start)
    assert when.end - when.start == timedelta(days=1)


def test_a_day_of_a_zone_that_changes_its_clocks_has_25_hours() -> None:
    when = read_when("2026-10-25 europe/berlin", NOW)
    assert when.end.astimezone(UTC) - when.start.astimezone(UTC) == timedelta(hours=25)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", NOW),
        ("2026-10-01 12:30", utc(2026, 10, 1, 12, 30)),
        ("2026-10-01T12:30:05Z", utc(2026, 10, 1, 12, 30, 5)),
        ("2026-10-01 9:30 UTC", utc(2026, 10, 1, 9, 30)),
        ("2026-10-01t12:30:00.25+02:00", utc(2026, 10, 1, 10, 30, 0, 250_000)),
        ("2026-10-01 12:30 -0530", utc(2026, 10, 1, 18)),
        ("2026-10-01 12:30 Europe/Berlin", utc(2026, 10, 1, 10, 30)),
        ("90 minutes ago", NOW - timedelta(minutes=90)),
        ("3d", NOW - timedelta(days=3)),
        ("2 weeks ago", NOW - timedelta(days=14)),
        ("1h", NOW - timedelta(hours=1)),
        ("45s", NOW - timedelta(seconds=45)),
        ("1 sec", NOW - timedelta(seconds=1)),
    ],
)
def test_a_moment(text: str, moment: datetime) -> None:
    when = read_when(text, NOW)
    assert (when.whole_day, when.start) == (False, moment)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("x" * 81, "more than 80 characters"),
        ("soon", "neither a date"),
        ("2026-13-01", "month must be in 1..12"),
        ("2026-02-30", "day"),
        ("2026-10-01 25:00", "hour must be in 0..23"),
        ("2026-10-01 mars/phobos", "there is no time zone mars/phobos"),
        ("2026-10-01 +99:00", "offset"),
        ("3 parsecs ago", "parsecs is no unit of time"),
        ("999999w", "date value out of range"),
        ("1 ma", "neither a date"),
        ("1 mai", "there is no month mai"),
        ("june 99 2020", "day"),
        ("31 june", "june has no day 31"),
        ("0 june 2020", "day"),
        ("01/02/2026", "neither a date"),
    ],
)
def test_what_is_no_moment_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read_when(text, NOW)
    assert refusal.value.code == "moment"
    assert why in str(refusal.value.why)


@pytest.mark.parametrize("text", ["2026-11-29", "2026-11-28 13:06", "1 jan 2100"])
def test_what_is_yet_to_come_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read_when(text, NOW)
    assert refusal.value.code == "moment.future"


@given(st.integers(0, int(NOW.timestamp())))
def test_agrees_with_the_standard_library(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert read_when(f"{moment:%Y-%m-%d %H:%M:%S}", NOW).start == moment
    assert read_when(moment.isoformat(), NOW).start == moment
    assert read_when(f"{moment:%d %B %Y}", NOW).start.date() == moment.date()


@pytest.mark.parametrize("text", ["2026-10-01 12:30 +0200", "2024-02-29 23:59:59 UTC"])
def test_agrees_with_date_of_coreutils(text: str) -> None:
    command = ["date", "-u", "-d", text, "+%s"]
    seconds = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert read_when(text, NOW).start.timestamp() == int(seconds)


def test_what_counted_on_a_day_or_at_a_moment() -> None:
    day, moment = read_when("2026-10-01", NOW), read_when("2026-10-01 12:00", NOW)
    noon, late, next_day = utc(2026, 10, 1, 12), utc(2026, 10, 1, 23), utc(2026, 10, 2)
    before = utc(2026, 9, 1)
    assert day.meets(noon, late)
    assert day.meets(late, None)
    assert not day.meets(next_day, None)  # began when the day was over
    assert not day.meets(before, day.start)  # ended as the day began
    assert day.meets(before, noon)
    assert moment.meets(noon, None)  # began at that very moment
    assert not moment.meets(before, noon)  # was replaced at that very moment
    assert not moment.meets(late, None)
    assert day.came(late)
    assert not moment.came(late)
    assert not moment.came(None)


def test_words_name_the_zone() -> None:
    assert read_when("2026-10-01", NOW).words == "on 2026-10-01 (UTC)"
    assert read_when("2026-10-01 12:30 +02:00", NOW).words == "at 2026-10-01 12:30:00 (UTC+02:00)"
