"""Journals that were cut, changed, swapped or shortened: whole units or none, and the place is named."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.errors import JournalDamaged
from workbench.ids import new_ulid
from workbench.project.project import Project, init_project, open_project
from workbench.records.data import Column, DatasetVersionAdded, Origin
from workbench.records.jobs import JobQueued
from workbench.store import journal as journal_module
from workbench.store.store import Store
from workbench.store.units import decode, encode

Lines = list[bytes]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    init_project(tmp_path / "p", "faults")
    return open_project(tmp_path / "p", via="test")


def three_records(project: Project) -> None:
    """Append one unit of three records."""
    project.store.append(
        DatasetVersionAdded(
            id=new_ulid(),
            dataset="flights",
            number=1,
            object="0" * 64,
            content="c1:0",
            rows=3,
            bytes=9,
            columns=(Column("a", "Int64"), Column("ü", "String")),
            origin=Origin(source="csv", place="a.csv"),
        ),
        *(
            JobQueued(
                id=new_ulid(),
                number=n,
                kind_of_work="train",
                target="local",
                spec="0" * 64,
                title=f"job {n} with a line\nfeed",
            )
            for n in (1, 2)
        ),
    )


def test_a_unit_cut_at_every_byte_is_whole_or_not_there(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whoever comes next sees the units before, cuts the rest and goes on."""
    head = project.store.heads.last()
    assert head is not None
    store = project.store
    path = store.journal.path(1)
    before = path.read_bytes()
    three_records(project)
    whole = path.read_bytes()
    # The unit was never acknowledged: nobody remembers it.
    project.store.heads._path.unlink()
    project.store.heads.remember(head.seq, head.hash)
    monkeypatch.setattr("os.fsync", lambda descriptor: None)  # nothing here loses its power
    for cut in range(len(before), len(whole) + 1):
        path.write_bytes(whole[:cut])
        project.store.heads.remember(head.seq, head.hash)
        later = Store(project.paths.own, project.id, store.who, state=tmp_path, cache=tmp_path)
        later.heads = later.journal.heads = store.heads
        units = [unit for unit, _ in later.journal.read()]
        assert len(units) == (2 if cut == len(whole) else 1)
        assert len(units[-1].records) == (3 if cut == len(whole) else 1)
        assert path.stat().st_size == cut, "a reader changes nothing"
        if cut % 97 == 0 or cut >= len(whole) - 1:
            jobs = later.query(
                "SELECT number FROM jobs UNION ALL SELECT number FROM dataset_versions"
            )
            assert len(jobs) == (3 if cut == len(whole) else 0)
            (project.paths.own / "projection.duckdb").unlink()
        stamp = later.append(*units[0].records)
        assert stamp.seq == len(units) + 1
        assert [unit.seq for unit, _ in later.journal.read()] == list(range(1, stamp.seq + 1))


def swap(lines: Lines) -> Lines:
    return [*lines[:3], lines[4], lines[3], *lines[5:]]


def forge(lines: Lines) -> Lines:
    """Write unit 4 anew with a right hash: the one behind it no longer follows."""
    unit = decode(lines[3], 4, decode(lines[2], 3, decode(lines[1], 2, _hash(lines[0])).hash).hash)
    forged, _ = encode(4, unit.prev, unit.who, unit.records[:1])
    return [*lines[:3], forged, *lines[4:]]


def _hash(line: bytes) -> str:
    found: str = json.loads(line)["hash"]
    return found


DAMAGES: dict[str, tuple[Callable[[Lines], Lines], int, int, str]] = {
    # what is done: (how, line that is named, unit that is named, part of the reason)
    "a letter changed": (
        lambda lines: [*lines[:3], lines[3].replace(b"flights", b"flightz"), *lines[4:]],
        4,
        4,
        "do not match its hash",
    ),
    "the first changed": (
        lambda lines: [lines[0].replace(b"faults", b"faultz"), *lines[1:]],
        1,
        1,
        "do not match its hash",
    ),
    "the last changed": (
        lambda lines: [*lines[:5], lines[5].replace(b"flights", b"flightz")],
        6,
        6,
        "do not match its hash",
    ),
    "one removed": (lambda lines: [*lines[:2], *lines[3:]], 3, 3, "one was removed or moved"),
    "the first removed": (lambda lines: lines[1:], 1, 1, "one was removed or moved"),
    "two swapped": (swap, 4, 4, "one was removed or moved"),
    "one twice": (
        lambda lines: [*lines[:3], lines[2], *lines[3:]],
        4,
        4,
        "one was removed or moved",
    ),
    "one forged with a right hash": (forge, 5, 5, "does not follow"),
    "garbage between": (
        lambda lines: [*lines[:2], b"\xff\x00garbage\n", *lines[2:]],
        3,
        3,
        "does not parse",
    ),
    "an empty line between": (
        lambda lines: [*lines[:2], b"\n", *lines[2:]],
        3,
        3,
        "does not parse",
    ),
    "the tail cut": (lambda lines: lines[:4], 5, 5, "unit 6 was seen here before"),
    "the tail cut in a unit": (
        lambda lines: [*lines[:5], lines[5][:100]],
        6,
        6,
        "unit 6 was seen here before",
    ),
    "all cut": (lambda lines: [], 1, 1, "unit 6 was seen here before"),
}


def audit(project: Project) -> tuple[int, dict[str, str]]:
    """Run `workbench audit verify` as a process; returns its status and its error."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "workbench.cli.main", "audit", "verify", "--json"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout).get("error", {})


@pytest.mark.parametrize("what", DAMAGES)
def test_audit_names_the_place(what: str, project: Project) -> None:
    how, line, seq, why = DAMAGES[what]
    for _ in range(5):
        three_records(project)
    project.store.query("SELECT 1 AS one")
    assert audit(project) == (0, {})
    path = project.store.journal.path(1)
    changed = how(path.read_bytes().splitlines(keepends=True))
    assert changed != path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(changed))
    status, error = audit(project)
    assert status == 1
    assert error["code"] in {"store.damaged", "store.behind"}
    assert error["where"].startswith(f"{path}, line {line}")
    assert error["what"].endswith(f"at unit {seq}")
    assert why in error["why"]
    assert path.read_bytes() == b"".join(changed), "nothing is changed"


def test_no_damage_is_written_over(project: Project) -> None:
    """A writer and a reader that come upon a shortened journal refuse; neither repairs it."""
    for _ in range(3):
        three_records(project)
    project.store.query("SELECT 1 AS one")
    path = project.store.journal.path(1)
    cut = b"".join(path.read_bytes().splitlines(keepends=True)[:2])
    path.write_bytes(cut)
    later = open_project(project.root, via="test").store
    with pytest.raises(JournalDamaged):
        later.append(*_first(project))
    with pytest.raises(JournalDamaged):
        later.query("SELECT * FROM jobs")
    assert path.read_bytes() == cut


def _first(project: Project) -> tuple[object, ...]:
    return next(unit.records for unit, _ in project.store.journal.read())


def test_audit_counts_lines_in_their_own_file(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "SEGMENT_LIMIT", 2500)
    for _ in range(5):
        three_records(project)
    segments = project.store.journal.segments()
    assert len(segments) >= 3
    second = project.store.journal.path(2)
    lines = second.read_bytes().splitlines(keepends=True)
    second.write_bytes(b"".join([*lines[:-1], lines[-1].replace(b"flights", b"flightz")]))
    status, error = audit(project)
    assert (status, error["where"]) == (1, f"{second}, line {len(lines)}")
    shutil.copy(project.store.journal.path(3), second)
    status, error = audit(project)
    assert (status, error["where"]) == (1, f"{second}, line 1")
    second.unlink()
    status, error = audit(project)
    assert (status, error["where"], error["why"]) == (1, str(second), "the file is missing")
