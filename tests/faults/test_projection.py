"""Whatever happens to the projection's file: it is made anew, and every answer is the journal's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.project.project import init_project, open_project
from workbench.records import TABLES
from workbench.records.data import Column, DatasetVersionAdded, Origin
from workbench.records.jobs import JobQueued
from workbench.store.store import Store

HERE = Path(__file__).parent


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with enough rows for several blocks in the file."""
    project = init_project(tmp_path / "p", "faults")
    for start in range(0, 600, 60):
        project.store.append(
            *(
                JobQueued(
                    id=f"{n:026}",
                    number=n,
                    kind_of_work="train",
                    target="local",
                    spec=f"{n:064x}",
                    title=f"job {n} " + "x" * (n % 50),
                )
                for n in range(start, start + 60)
            )
        )
    project.store.append(
        DatasetVersionAdded(
            id="0" * 26,
            dataset="flights",
            number=1,
            object="0" * 64,
            content="c1:0",
            rows=3,
            bytes=9,
            columns=(Column("a", "Int64"),),
            origin=Origin(source="csv", place="a.csv"),
        )
    )
    return project.root


def fresh(root: Path) -> Store:
    """Open the store as another process would; warnings are kept, not written."""
    return open_project(root, via="tui").store


def everything(store: Store) -> list[object]:
    tables = [store.query(f"SELECT * FROM {table.name} ORDER BY ALL") for table in TABLES]
    return [
        *tables,
        store.query("SELECT kind_of_work, count(*), max(title) FROM jobs GROUP BY 1"),
        store.query("SELECT * FROM jobs WHERE title LIKE '%99%' ORDER BY number DESC"),
        store.counts(),
    ]


def flips(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Give copies with one bit changed: at every 97th byte of the head, then spread over all."""
    places = [*range(0, 3 * 4096, 293), *range(3 * 4096, len(data), len(data) // 40)]
    for place in places:
        yield f"flip at {place}", data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]


def cuts(data: bytes) -> Iterator[tuple[str, bytes]]:
    for size in (0, 1, 100, 4095, 4096, 8192, 12288, 12289, len(data) // 2, len(data) - 1):
        yield f"cut to {size}", data[:size]


@pytest.mark.parametrize("how", [flips, cuts])
def test_damage_never_changes_an_answer(how, root: Path) -> None:
    right = everything(fresh(root))
    path = root / ".workbench" / "projection.duckdb"
    data = path.read_bytes()
    noticed = 0
    for what, damaged in how(data):
        path.write_bytes(damaged)
        store = fresh(root)
        assert everything(store) == right, what
        noticed += bool(store.warnings)
    assert noticed > 5
    assert len(list(path.parent.glob("projection.damaged-*"))) <= 6, "old ones go"


@pytest.mark.parametrize(
    "names", [["projection.duckdb"], ["counts.json"], ["projection.duckdb", "counts.json"]]
)
def test_what_is_deleted_is_made_anew(names: list[str], root: Path) -> None:
    right = everything(fresh(root))
    for name in names:
        (root / ".workbench" / name).unlink()
    store = fresh(root)
    assert everything(store) == right
    assert store.warnings == []


def test_a_changed_note_of_the_counts_is_not_believed(root: Path) -> None:
    right = fresh(root).counts()
    assert right["jobs_open"] == 600
    path = root / ".workbench" / "counts.json"
    data = path.read_bytes()
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert fresh(root)._projection._noted() is None
    path.write_bytes(data.replace(b"600", b"601"))
    assert fresh(root).counts() == right


def test_somebody_elses_wal_is_not_applied(root: Path) -> None:
    right = everything(fresh(root))
    path = root / ".workbench" / "projection.duckdb"
    path.with_name(path.name + ".wal").write_bytes(b"not a log" * 500)
    assert everything(fresh(root)) == right


def test_a_folder_in_its_place_is_set_aside(root: Path) -> None:
    right = everything(fresh(root))
    path = root / ".workbench" / "projection.duckdb"
    path.unlink()
    path.mkdir()
    assert everything(fresh(root)) == right


def test_readers_and_writers_go_on_while_it_is_destroyed() -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / "vandal.py"), "--blows", "60"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    counts = json.loads(done.stdout)
    assert sum(counts["blows"].values()) == 60
    assert counts["acknowledged"] >= 20
