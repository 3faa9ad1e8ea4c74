"""The records: units against raw appends, the projection against DuckDB's own bulk insert.

    python tests/bench/bench_store.py [--runs 10000]

Every figure is a median of five and stands beside its limit measured in the same run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from workbench.ids import new_ulid
from workbench.project.project import init_project
from workbench.records.jobs import JobEnded, JobQueued
from workbench.records.runs import MetricFigures, RunCreated, RunEnded, RunFacts
from workbench.store.store import Store

PARAMS = {f"p{i}": i * 0.1 for i in range(20)}
FIGURES = MetricFigures(last=0.9, best=0.9, min=0.1, max=0.9)
METRICS = {f"m{i}": FIGURES for i in range(10)}


def asked(number: int) -> tuple[RunCreated, JobQueued]:
    run, job = new_ulid(), new_ulid()
    return (
        RunCreated(
            id=run,
            number=number,
            job=job,
            experiment="delay",
            problem="",
            trainer="hgb",
            params=PARAMS,
            seed=number,
            dataset="flights@1",
            dataset_version="",
            target="local",
            facts=RunFacts(),
        ),
        JobQueued(
            id=job, number=number, kind_of_work="train", target="local", spec="", title="train"
        ),
    )


def fill(store: Store, runs: int) -> None:
    """Write `runs` finished runs, ten to a unit."""
    for start in range(1, runs + 1, 10):
        records = []
        for number in range(start, min(start + 10, runs + 1)):
            run, job = asked(number)
            records += [
                run,
                job,
                RunEnded(id=run.id, state="succeeded", metrics=METRICS),
                JobEnded(id=job.id, state="succeeded", exit_code=0),
            ]
        store.append(*records)


def median(work: Callable[[], object], times: int = 5) -> float:
    """Return the median of the seconds that `work` takes."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def raw_append(folder: Path, size: int, units: int) -> float:
    """Return the seconds for `units` appends of `size` bytes with an fsync each."""

    def work() -> None:
        descriptor = os.open(folder / "raw", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        for _ in range(units):
            os.write(descriptor, b"x" * size)
            os.fsync(descriptor)
        os.close(descriptor)

    return median(work)


def bulk_insert(store: Store, folder: Path) -> float:
    """Return the seconds that DuckDB takes to write the same rows, already in its own columns."""
    tables = ("runs", "jobs", "run_params", "run_metrics")
    frames = {name: store.query(f"SELECT * FROM {name}") for name in tables}

    import pyarrow as pa

    arrow = {name: pa.Table.from_pylist(rows) for name, rows in frames.items()}

    def work() -> None:
        path = folder / f"{new_ulid()}.duckdb"
        with duckdb.connect(str(path)) as connection:
            for name, table in arrow.items():
                connection.register("t", table)
                connection.execute(f"CREATE TABLE {name} AS SELECT * FROM t")
                connection.unregister("t")

    return median(work)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10_000)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["XDG_STATE_HOME"] = str(folder / "state")
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        store = init_project(folder / "p").store
        measure(store, folder, runs)


def row(what: str, ours: float, limit: float, against: str) -> None:
    print(f"{what:<44} {ours * 1000:9.1f} ms  {ours / limit:6.2f} x  {against}")


def measure(store: Store, folder: Path, runs: int) -> None:
    store.append(*asked(1))
    size = store.changed()[1]
    limit = raw_append(folder, size, 100)
    ours = median(lambda: [store.append(*asked(1)) for _ in range(100)])
    row("100 units, one run of 20 parameters each", ours, limit, "raw append + fsync")
    ours = median(lambda: [store.decide(_next) for _ in range(20)])
    limit = raw_append(folder, size, 20)
    row("20 decisions (number from the tables)", ours, limit, "raw append + fsync")
    fill(store, runs)
    store.query("SELECT 1 AS one")
    limit = bulk_insert(store, folder)

    def rebuild() -> None:
        (store.journal.folder.parent / "projection.duckdb").unlink()
        store.query("SELECT 1 AS one")

    row(f"projection of {runs} runs from nothing", median(rebuild), limit, "DuckDB bulk insert")
    warm = median(lambda: store.query("SELECT count(*) FROM runs"), 21)
    with duckdb.connect() as bare:
        bare.execute(
            f"ATTACH '{store.journal.folder.parent / 'projection.duckdb'}' AS p (READ_ONLY)"
        )
        limit = median(lambda: bare.execute("SELECT count(*) FROM p.runs").fetchall(), 21)
    row("one question, file attached and let go", warm, limit, "the same, file held open")
    best = """SELECT r.number, m.last FROM runs r JOIN run_metrics m ON m.run_number = r.number
              JOIN run_params p ON p.run_number = r.number
              WHERE m.name = 'm3' AND p.name = 'p4' AND p.value = '0.4' ORDER BY m.last DESC LIMIT 50"""
    row(
        "best 50 by a metric with a parameter",
        median(lambda: store.query(best)),
        0.010,
        "aim 10 ms",
    )
    row("counts of Home", median(store.counts), 0.001, "1 ms")


def _next(view: object) -> list[object]:
    return list(asked(view.next_number("runs")))  # type: ignore[attr-defined]  # a View


if __name__ == "__main__":
    main()
