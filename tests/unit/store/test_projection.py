"""The tables: equal however they were made, whatever happens to the file."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from workbench.records import TABLES
from workbench.records.jobs import JobEnded, JobQueued
from workbench.records.runs import (
    MetricFigures,
    RunChanged,
    RunCreated,
    RunEnded,
    RunFacts,
    RunsTagged,
    RunsUntagged,
)
from workbench.store import projection, tables

SINCE = datetime(2026, 1, 1, tzinfo=UTC)


def run(n: int, job: str) -> RunCreated:
    return RunCreated(
        id=f"R{n}",
        number=n,
        job=job,
        experiment="delay",
        problem="",
        trainer="hgb",
        params={"lr": 0.1, "deep": True, "note": "ü"},
        seed=1,
        dataset="flights@1",
        dataset_version="",
        target="local",
        facts=RunFacts(),
    )


def story(store, runs: int, seed: int = 0) -> None:
    rng = random.Random(seed)
    for n in range(1, runs + 1):
        store.append(
            run(n, f"J{n}"),
            JobQueued(
                id=f"J{n}", number=n, kind_of_work="train", target="local", spec="", title=""
            ),
        )
        if rng.random() < 0.7:
            store.append(RunChanged(id=f"R{n}", state="running"))
        if rng.random() < 0.5:
            figures = MetricFigures(last=rng.random(), best=1.0, min="NaN", max="Infinity")
            store.append(
                RunEnded(id=f"R{n}", state="succeeded", metrics={"auc": figures}),
                JobEnded(id=f"J{n}", state="succeeded", exit_code=0),
            )


def everything(store) -> dict[str, list[str]]:
    return {
        table.name: sorted(map(repr, store.query(f'SELECT * FROM "{table.name}"')))
        for table in TABLES
    }


def test_a_run_by_hand(store):
    store.append(run(1, "J1"))
    store.append(RunChanged(id="R1", state="running"))
    figures = MetricFigures(last=0.5, best=0.75, min=0.25, max="Infinity")
    store.append(RunEnded(id="R1", state="succeeded", metrics={"auc": figures}))
    row = store.one("SELECT * FROM runs WHERE number = ?", [1])
    assert (row["state"], row["trainer"], row["created_by"]) == ("succeeded", "hgb", "ada")
    assert row["created_at"] <= row["started_at"] <= row["ended_at"]
    assert row["created_at"].tzinfo is UTC
    assert store.query("SELECT name, value, number FROM run_params ORDER BY name") == [
        {"name": "deep", "value": "true", "number": 1.0},
        {"name": "lr", "value": "0.1", "number": 0.1},
        {"name": "note", "value": "ü", "number": None},
    ]
    assert store.query("SELECT name, last, best, min, max FROM run_metrics") == [
        {"name": "auc", "last": 0.5, "best": 0.75, "min": 0.25, "max": float("inf")}
    ]
    assert store.query("SELECT 1 AS hit FROM runs WHERE created_at > ?", [SINCE]) == [{"hit": 1}]


def test_an_unknown_row_is_not_made_by_a_change(store):
    store.append(RunChanged(id="nobody", state="running"))
    assert store.query("SELECT * FROM runs") == []


@pytest.mark.parametrize("small", [0, 200])
def test_what_a_run_has_is_kept_by_its_number(store, monkeypatch, small):
    monkeypatch.setattr(tables, "SMALL", small)
    store.append(RunsTagged(ids=("R2", "nobody"), name="early"))
    figures = MetricFigures(last=0.5, best=0.5, min=0.5, max=0.5)
    store.append(RunEnded(id="nobody", state="succeeded", metrics={"auc": figures}))
    store.append(run(7, "J7"), run(9, "J9"), RunsTagged(ids=("R9", "R7"), name="kept"))
    tagged = "SELECT run_number, tag, present FROM run_tags ORDER BY run_number, tag"
    kept = [
        {"run_number": 7, "tag": "kept", "present": True},
        {"run_number": 9, "tag": "kept", "present": True},
    ]
    assert store.query(tagged) == kept
    # Of runs that are in the tables already, and of one that is only in this stretch.
    store.append(run(8, "J8"), RunsTagged(ids=("R8", "R7", "nobody"), name="late"))
    store.append(RunsUntagged(ids=("R9",), name="kept"))
    store.append(RunEnded(id="R7", state="succeeded", metrics={"auc": figures}))
    assert store.query(tagged) == [
        kept[0],
        {"run_number": 7, "tag": "late", "present": True},
        {"run_number": 8, "tag": "late", "present": True},
        {"run_number": 9, "tag": "kept", "present": False},
    ]
    assert store.query("SELECT run_number, name FROM run_metrics") == [
        {"run_number": 7, "name": "auc"}
    ]


@pytest.mark.parametrize("small", [0, 200])
def test_step_by_step_and_all_at_once_give_equal_tables(store, own, monkeypatch, small):
    monkeypatch.setattr(tables, "SMALL", small)
    for part in range(4):
        story(store, 6, seed=part)
        store.query("SELECT 1 AS one")
    stepwise, counts = everything(store), store.counts()
    (own / "projection.duckdb").unlink()
    assert everything(store) == stepwise
    (own / "counts.json").unlink()
    assert store.counts() == counts


def test_chunks_do_not_matter(store, own, monkeypatch):
    story(store, 8)
    whole = everything(store)
    (own / "projection.duckdb").unlink()
    monkeypatch.setattr(projection, "CHUNK", 3)
    assert everything(store) == whole


def test_another_version_is_rebuilt(store, again, monkeypatch):
    story(store, 3)
    before = everything(store)
    monkeypatch.setattr(projection, "VERSION", 99)
    other = again()
    assert everything(other) == before
    assert other.warnings == []


def test_damage_is_noticed_kept_aside_and_told(store, own, again):
    story(store, 5)
    before = everything(store)
    path = own / "projection.duckdb"
    data = bytearray(path.read_bytes())
    data[5000] ^= 0xFF
    path.write_bytes(data)
    other = again()
    assert everything(other) == before
    assert len(other.warnings) == 1
    assert "kept as projection.damaged-" in other.warnings[0]
    assert len(list(own.glob("projection.damaged-*"))) == 1


def test_a_wrong_question_is_not_damage(store, own):
    import duckdb

    story(store, 1)
    with pytest.raises(duckdb.BinderException):
        store.query("SELECT nothing FROM runs")
    assert store.warnings == []
    assert not list(own.glob("projection.damaged-*"))


def test_counts_need_no_tables_when_nothing_changed(store, again):
    story(store, 4)
    assert store.counts()["runs"] == 4
    other = again()
    other._projection.run = None  # asking DuckDB would fail
    assert other.counts() == store.counts()


def test_numbers_follow_each_other(store):
    seen = []
    for _ in range(3):
        store.decide(lambda view: [run(seen.append(view.next_number("runs")) or seen[-1], "J")])
    assert seen == [1, 2, 3]
    assert store.read(lambda view: view.next_number("runs", "experiment", "delay")) == 4
    assert store.read(lambda view: view.next_number("runs", "experiment", "other")) == 1
