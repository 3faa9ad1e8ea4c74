"""The sample tables are the bytes that make.py wrote from the verified packages, and say what they claim."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter

import pytest

import sample_data
from sample_data import make

DIGESTS = {
    "flights_summer": "ed080e1e0d5f50e1c14ce07ff9bdb342a11077e9ad22ad3da1d6f345062917a2",
    "flights_winter": "3ed3b8b2a18cac2fd3619c7009df7b8342de3ac15bd7806ce77cf928e6370cee",
    "penguins": "1867a776a83379df4219f227bb1effb967da12adb13732127c8c8d120434c29b",
    "speeches": "e6fcaad4a3ce5fdff7fe415ed9304c1f6b6094da9c1f9637f85faffef7c09f6e",
}


@pytest.mark.parametrize("name", sample_data.NAMES)
def test_a_table_has_the_bytes_that_were_made(name: str) -> None:
    found = hashlib.sha256(sample_data.path(name).read_bytes()).hexdigest()
    assert found == DIGESTS[name]


def test_all_tables_together_stay_small() -> None:
    assert sum(sample_data.path(name).stat().st_size for name in sample_data.NAMES) < 15_000_000


def test_an_unknown_table_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        ValueError, match="known: flights_winter, flights_summer, penguins, speeches"
    ):
        sample_data.path("../penguins")


def test_penguins_has_the_counts_of_the_paper() -> None:
    # Horst, Hill, Gorman (2020), palmerpenguins: 152 Adelie, 68 Chinstrap, 124 Gentoo; 11 without sex.
    with sample_data.path("penguins").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert Counter(row["species"] for row in rows) == {
        "Adelie": 152,
        "Chinstrap": 68,
        "Gentoo": 124,
    }
    assert sum(row["sex"] == "" for row in rows) == 11


@pytest.mark.parametrize(
    ("name", "months", "late"),
    [("flights_winter", {"01", "02"}, 0.229), ("flights_summer", {"06", "07"}, 0.310)],
)
def test_a_season_of_flights(name: str, months: set[str], late: float) -> None:
    with sample_data.path(name).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == make.ROWS
    assert {row["scheduled"][5:7] for row in rows} == months
    assert [row["scheduled"] for row in rows] == sorted(row["scheduled"] for row in rows)
    assert sum(row["late"] == "true" for row in rows) / len(rows) == pytest.approx(late, abs=0.001)
    assert "NA" not in {cell for row in rows for cell in row.values()}


def test_a_flight_over_midnight_takes_minutes_that_are_positive() -> None:
    row = {"sched_dep_time": "2359", "sched_arr_time": "350"}
    assert make._planned(row) == 231


def test_speeches_are_paragraphs_of_a_century() -> None:
    with sample_data.path("speeches").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == make.PARAGRAPHS
    assert Counter(row["party"] for row in rows) == {"Republican": 2603, "Democratic": 2397}
    assert {row["date"][:2] for row in rows} == {"19", "20"}
    assert min(row["date"] for row in rows) == "1901-12-03"  # Roosevelt's first annual message
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)
    # One speech is one party's, so that a split by speech can be told from one by rows.
    assert len({row["speech"] for row in rows}) == len({(r["speech"], r["party"]) for r in rows})
    assert all(40 <= len(row["paragraph"].split()) <= 200 for row in rows)
    told = next(row for row in rows if row["president"] == "Franklin D. Roosevelt")
    assert told["party"] == "Democratic"


def test_remarks_of_the_editors_are_no_part_of_a_paragraph() -> None:
    words = " ".join(["word"] * 40)
    found = make._paragraphs(
        f"short\n\n{words} [Applause.]\n\n{words} {words} {words} {words} {words} w"
    )
    assert list(found) == [words]
