"""The people of the fault scripts: processes that write and read one project, and what must be true.

Not a test: `kill9.py` and `crowd.py` beside it are scripts that use it, and the tests run these.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from workbench.errors import LockTimeout
from workbench.ids import new_ulid
from workbench.project.project import init_project, open_project
from workbench.records import TABLES, Record
from workbench.records.base import Stamp
from workbench.records.jobs import JobChanged, JobEnded, JobQueued
from workbench.records.runs import MetricFigures, RunChanged, RunCreated, RunEnded, RunFacts
from workbench.store.journal import Journal
from workbench.store.projection import Projection
from workbench.store.store import Store, View

NO_OBJECT = "0" * 64


def start(root: Path) -> None:
    """Start a project for a fault script."""
    init_project(root, "faults")


def store_of(root: Path) -> Store:
    """Open the project's store as another process would."""
    return open_project(root, via="test").store


def new_run(view: View) -> list[Record]:
    """Decide on a run and its job, both numbered in the same unit."""
    run, job = new_ulid(), new_ulid()
    number = view.next_number("runs")
    return [
        RunCreated(
            id=run,
            number=number,
            job=job,
            experiment="late",
            problem=NO_OBJECT,
            trainer="linear",
            params={"c": number / 7, "fit": True, "words": "a, b"},
            seed=number,
            dataset="flights@1",
            dataset_version="01J00000000000000000000001",
            target="local",
            facts=RunFacts(),
        ),
        JobQueued(
            id=job,
            number=view.next_number("jobs"),
            kind_of_work="train",
            target="local",
            spec=NO_OBJECT,
            title=f"run {number}",
        ),
    ]


def ended(view: View) -> list[Record]:
    """Decide on the end of the oldest run that is queued, if there is one."""
    row = view.one(
        "SELECT id, job, number FROM runs WHERE state = 'queued' ORDER BY number LIMIT 1"
    )
    if row is None:
        return []
    value = float(row["number"]) / 1000
    figures = MetricFigures(last=value, best=value, min=value, max=value)
    return [
        RunChanged(id=row["id"], state="running"),
        JobChanged(id=row["job"], state="running"),
        RunEnded(id=row["id"], state="succeeded", metrics={"roc_auc": figures}),
        JobEnded(id=row["job"], state="succeeded", exit_code=0),
    ]


def patiently(store: Store, decision: Callable[[View], list[Record]]) -> Stamp | None:
    """Decide; where the others held the lock for too long nothing was written, and one asks again."""
    while True:
        try:
            return store.decide(decision)
        except LockTimeout:
            continue


def write_for_ever(root: Path, acknowledged: int, units: int = sys.maxsize) -> NoReturn:
    """Write units; tell each one's seq, id and number to the descriptor once it is acknowledged."""
    store = store_of(root)
    for turn in range(units):
        number = 0

        def creation(view: View) -> list[Record]:
            nonlocal number
            records = new_run(view)
            number = records[0].number  # type: ignore[attr-defined]  # it is a RunCreated
            return records

        stamp = patiently(store, ended if turn % 3 == 2 else creation)
        if stamp is not None:
            os.write(acknowledged, f"{stamp.seq} {stamp.id} {number}\n".encode())
    os._exit(0)


def read_for_ever(root: Path, trouble: int, turns: int = sys.maxsize) -> NoReturn:
    """Ask again and again; tell the descriptor what can never be: half a unit, or going back."""
    store = store_of(root)
    last = 0
    for _ in range(turns):
        row = store.one(
            "SELECT (SELECT count(*) FROM runs) AS runs, (SELECT count(*) FROM jobs) AS jobs,"
            " (SELECT coalesce(max(number), 0) FROM runs) AS newest,"
            " (SELECT count(*) FROM run_metrics) AS measured,"
            " (SELECT count(*) FROM runs WHERE state = 'succeeded') AS ended"
        )
        assert row is not None
        sound = row["runs"] == row["jobs"] == row["newest"] and row["measured"] == row["ended"]
        if not sound or row["runs"] < last:
            os.write(trouble, f"{row} after {last}\n".encode())
        last = row["runs"]
    os._exit(0)


def fork(work: Any, *args: Any) -> int:
    """Run `work` in a child; whatever it raises ends it with status 70 and a traceback."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work(*args)
        os._exit(0)
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(70)


def everything(store: Store) -> dict[str, list[str]]:
    """Return every table, row by row, in an order of its own."""
    return {
        table.name: sorted(map(repr, store.query(f"SELECT * FROM {table.name}")))
        for table in TABLES
    }


def made_anew(root: Path, folder: Path) -> dict[str, list[str]]:
    """Return every table as made from the journal alone, in a file of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    store = store_of(root)
    journal = Journal(store.journal.folder, store.heads)
    fresh = Projection(folder / "projection.duckdb", journal, lambda sentence: None)
    return {
        table.name: sorted(
            map(repr, fresh.run(lambda c, n=table.name: View(c).query(f"SELECT * FROM {n}")))
        )
        for table in TABLES
    }


def check(root: Path, acknowledged: list[str], scratch: Path) -> dict[str, int]:
    """Assert that what was acknowledged is there, as a whole, and numbered once; returns counts."""
    from workbench.store.audit import verify

    store = store_of(root)
    proof = verify(store)
    units = {unit.seq: unit for unit, _ in store.journal.read()}
    assert list(units) == list(range(1, len(units) + 1))
    for line in acknowledged:
        seq, unit, number = line.split()
        assert units[int(seq)].id == unit, f"unit {seq} is {units[int(seq)].id}, not {unit}"
        if number != "0":
            assert units[int(seq)].records[0].number == int(number)
    for table in ("runs", "jobs"):
        numbers = [row["number"] for row in store.query(f"SELECT number FROM {table}")]
        assert sorted(numbers) == list(range(1, len(numbers) + 1)), f"{table} are numbered once"
    whole = (
        "SELECT count(*) AS n FROM runs JOIN jobs ON jobs.id = runs.job AND jobs.state = runs.state"
    )
    row = store.one(whole)
    runs = sum(
        record.__struct_config__.tag == "run.created"
        for u in units.values()
        for record in u.records
    )
    assert row is not None
    assert row["n"] == runs, "each run has its job, in the same state"
    assert everything(store) == made_anew(root, scratch)
    return {"units": proof.units, "acknowledged": len(acknowledged), "runs": runs}
