"""The peer of the lists of runs: mlflow on SQLite, with as many runs of 9 parameters and 32 figures.

Run by `bench_many_runs.py --mlflow PYTHON`, where PYTHON has mlflow (a venv of its own; it is no
dependency of ours): `python mlflow_runs.py FOLDER [RUNS]`. Written in bulk through the tables of
mlflow's own store, since its client takes a minute for a few hundred runs; asked through its client.
"""

import statistics
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from mlflow.store.tracking.dbmodels.models import SqlLatestMetric, SqlMetric, SqlParam, SqlRun
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from mlflow.tracking import MlflowClient

RUNS = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
NAMES = (
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier",
    "accuracy",
    "f1",
    "precision",
    "recall",
)
FIGURES = [prefix + name for prefix in ("", "cv.", "cv_std.", "dummy.") for name in NAMES]
SINCE = 1_767_225_600_000
"""When the first run began, in ms."""


def planted(number: int) -> float:
    """Return the figure of a run, as in `bench_runs_list.py`."""
    return number * 7919 % 10_007 / 10_007


def rows(store: SqlAlchemyStore, experiment: str, number: int) -> dict[type, list[dict[str, Any]]]:
    """Return the rows of one run by table."""
    run, at, value = uuid.uuid4().hex, SINCE + number * 1000, planted(number)
    params = {"max_iter": str(100 + number % 50), "trainer": ("hgb", "linear")[number % 2]}
    params |= {f"p{n}": str(n) for n in range(7)}
    head = {
        "run_uuid": run, "name": f"r_{number}", "experiment_id": int(experiment),
        "user_id": "bench", "status": "FINISHED", "start_time": at, "end_time": at + 900,
        "lifecycle_stage": "active", "source_type": "LOCAL", "source_name": "", "source_version": "",
        "entry_point_name": "", "artifact_uri": f"{store.artifact_root_uri}/{run}",
    }  # fmt: skip
    figures = [
        {"key": key, "value": value, "timestamp": at, "step": 0, "is_nan": False, "run_uuid": run}
        for key in FIGURES
    ]
    return {
        SqlRun: [head],
        SqlParam: [{"key": key, "value": text, "run_uuid": run} for key, text in params.items()],
        SqlMetric: figures,
        SqlLatestMetric: figures,
    }


def build(address: str, artifacts: Path) -> str:
    """Write the runs; return the experiment's id."""
    store = SqlAlchemyStore(address, artifacts.as_uri())
    experiment = str(store.create_experiment("late"))
    for start in range(1, RUNS + 1, 1000):
        gathered: dict[type, list[dict[str, Any]]] = {}
        for number in range(start, min(start + 1000, RUNS + 1)):
            for table, some in rows(store, experiment, number).items():
                gathered.setdefault(table, []).extend(some)
        with store.ManagedSessionMaker() as session:
            for table, some in gathered.items():
                session.bulk_insert_mappings(table, some)
    return experiment


def tell(what: str, times: list[float]) -> None:
    """Print median, 95th percentile and best, in ms."""
    ordered = sorted(times)
    p95 = ordered[min(round(0.95 * len(ordered)), len(ordered) - 1)]
    print(f"{'mlflow: ' + what:52}{statistics.median(times):9.1f}{p95:9.1f}{ordered[0]:9.1f}")


def measured(work: Any, rounds: int = 7) -> list[float]:
    """Return how long each of some rounds took, in ms, after one that is not counted."""
    work()
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
    return times


def inside(client: MlflowClient, experiment: str) -> None:
    """Measure what happens in a process that is open: list, filter, the best 50, compare 50."""

    def search(text: str = "", order: str = "attributes.start_time DESC") -> list[Any]:
        return list(client.search_runs([experiment], text, max_results=50, order_by=[order]))

    best = search("params.max_iter = '120'", "metrics.roc_auc DESC")
    having = [planted(n) for n in range(1, RUNS + 1) if n % 50 == 20]
    assert [run.data.metrics["roc_auc"] for run in best] == sorted(having, reverse=True)[:50]
    newest = search()
    assert newest[0].info.run_name == f"r_{RUNS}"
    tell("list, newest first, first page", measured(search))
    tell(
        "list, best first by a metric, first page",
        measured(lambda: search("", "metrics.roc_auc DESC")),
    )
    high = "metrics.roc_auc > 0.95 and params.trainer = 'hgb'"
    assert all(run.data.metrics["roc_auc"] > 0.95 for run in search(high))
    tell("one filter: a figure and a parameter", measured(lambda: search(high)))
    tell(
        f"best 50 of {RUNS:,} with a parameter",
        measured(lambda: search("params.max_iter = '120'", "metrics.roc_auc DESC"), 15),
    )
    ids = [run.info.run_id for run in newest]
    tell("compare 50 runs, read one by one", measured(lambda: [client.get_run(id_) for id_ in ids]))


def cold(address: str, experiment: str) -> None:
    """Measure whole processes."""
    program = [str(Path(sys.executable).with_name("mlflow")), "runs", "list"]
    program += ["--experiment-id", experiment]
    asked = (
        "from mlflow.tracking import MlflowClient;"
        f"MlflowClient({address!r}).search_runs([{experiment!r}], \"params.max_iter = '120'\","
        " max_results=50, order_by=['metrics.roc_auc DESC'])"
    )
    env = {"MLFLOW_TRACKING_URI": address, "PATH": "/usr/bin:/bin"}
    for what, command in (
        ("runs list, cold", program),
        ("best 50 with a parameter, cold", [sys.executable, "-c", asked]),
    ):
        times = []
        for _ in range(3):
            begun = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, env=env)
            times.append((time.perf_counter() - begun) * 1000)
        tell(what, times)


def main() -> None:
    """Write the runs, ask as bench_many_runs.py does, print."""
    folder = Path(sys.argv[1])
    address = f"sqlite:///{folder / 'mlflow.db'}"
    begun = time.perf_counter()
    experiment = build(address, folder / "artifacts")
    print(f"mlflow: {RUNS:,} runs written in {time.perf_counter() - begun:.1f} s")
    inside(MlflowClient(address), experiment)
    cold(address, experiment)


if __name__ == "__main__":
    main()
