"""Segments, torn tails, remembered heads and refusals of the disk, on real files."""

from __future__ import annotations

import errno
import os
import shutil

import pytest

from workbench.errors import JournalDamaged, LockTimeout, Unavailable
from workbench.records import Who
from workbench.records.project import ProjectCreated
from workbench.store import audit, journal, locks
from workbench.store.store import Store


def created(n: int) -> ProjectCreated:
    return ProjectCreated(id=f"{n:026}", name=f"n{n}")


def names(store) -> list[str]:
    return [record.name for unit, _ in store.journal.read() for record in unit.records]


def test_units_come_back_in_order(store, again):
    for n in range(5):
        store.append(created(n), created(n + 10))
    assert names(again()) == [f"n{x}" for n in range(5) for x in (n, n + 10)]
    assert audit.verify(again()).units == 5


def test_a_decision_without_records_writes_nothing(store):
    before = store.changed()
    assert store.decide(lambda view: []) is None
    assert store.changed() == before


def test_a_decision_that_raises_writes_nothing(store):
    store.append(created(1))
    before = store.changed()
    with pytest.raises(ZeroDivisionError):
        store.decide(lambda view: [created(1 // 0)])
    assert store.changed() == before


def test_segments_rotate_and_are_read_through(store, again, monkeypatch):
    monkeypatch.setattr(journal, "SEGMENT_LIMIT", 1000)
    for n in range(9):
        store.append(created(n))
    assert len(store.journal.segments()) > 2
    assert all(store.journal.path(s).stat().st_size <= 1000 for s in store.journal.segments())
    assert names(again()) == [f"n{n}" for n in range(9)]
    assert len(again().query("SELECT * FROM projects")) == 9


def test_a_missing_segment_is_named(store, again, monkeypatch):
    monkeypatch.setattr(journal, "SEGMENT_LIMIT", 1000)
    for n in range(9):
        store.append(created(n))
    store.journal.path(2).unlink()
    with pytest.raises(JournalDamaged, match="the file is missing") as refusal:
        audit.verify(again())
    assert "000002.jsonl" in refusal.value.where


def test_a_torn_tail_is_ignored_by_readers_and_cut_by_the_next_writer(store, again):
    store.append(created(1))
    path = store.journal.path(1)
    whole = path.read_bytes()
    with path.open("ab") as stream:
        stream.write(whole[: len(whole) // 2])
    assert names(again()) == ["n1"]
    assert path.stat().st_size > len(whole), "a reader must not cut"
    assert len(again().query("SELECT * FROM projects")) == 1
    again().append(created(2))
    assert names(again()) == ["n1", "n2"]


def test_a_cut_end_is_noticed_by_writers_readers_and_audit(store, again):
    for n in range(3):
        store.append(created(n))
    store.query("SELECT 1 AS one")
    path = store.journal.path(1)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]))
    with pytest.raises(JournalDamaged, match="behind"):
        again().append(created(9))
    with pytest.raises(JournalDamaged, match="behind"):
        again().query("SELECT 1 AS one")
    with pytest.raises(JournalDamaged, match="after unit 2"):
        audit.verify(again())
    assert path.read_bytes() == b"".join(lines[:2]), "nothing is changed"


def test_a_journal_written_anew_is_noticed(store, again, own):
    for n in range(2):
        store.append(created(n))
    shutil.rmtree(own / "journal")
    (own / "journal").mkdir()
    head = store.heads.last()
    store.heads._path.unlink()  # another person's machine, which remembers nothing
    other = again()
    for n in range(3):
        other.append(created(n + 50))
    store.heads.remember(head.seq, head.hash)
    with pytest.raises(JournalDamaged, match="written anew"):
        audit.verify(again())


def test_a_full_disk_leaves_nothing_of_the_unit(store, again, monkeypatch):
    store.append(created(1))
    real = os.write
    calls = []

    def write(descriptor: int, data: bytes) -> int:
        calls.append(len(data))
        if len(calls) == 1:
            return real(descriptor, bytes(data[:40]))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(journal.os, "write", write)
    with pytest.raises(Unavailable, match="No space left") as refusal:
        store.append(created(2))
    assert refusal.value.code == "store.write"
    monkeypatch.undo()
    assert store.journal.path(1).read_bytes().endswith(b"}\n")
    again().append(created(3))
    assert names(again()) == ["n1", "n3"]


def test_who_holds_the_lock_is_named(store, own, monkeypatch):
    monkeypatch.setattr(locks, "PATIENCE", 0.05)
    with locks.locked(own / "journal" / "lock"), pytest.raises(LockTimeout) as refusal:  # noqa: SIM117
        with locks.locked(own / "journal" / "lock", patience=0.05):
            pass
    assert f"process {os.getpid()} has held" in refusal.value.why


def test_a_unit_stands_even_where_its_head_cannot_be_remembered(own, tmp_path):
    (tmp_path / "state").write_text("in the way")
    who = Who(user="ada", uid=1000, host="engine", via="test")
    store = Store(own, "01J0", who, state=tmp_path / "state", cache=tmp_path / "cache")
    store.append(created(1))
    assert names(store) == ["n1"]
    assert store.heads.last() is None
