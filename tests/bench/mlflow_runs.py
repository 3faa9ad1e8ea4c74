"""The peer of the lists of runs: mlflow on SQLite, 1,000 runs of 9 parameters and 32 figures.

Run by `bench_many_runs.py --mlflow PYTHON`, where PYTHON has mlflow (a venv of its own; it is no
dependency of ours): `python mlflow_runs.py FOLDER [RUNS]`. Fewer runs
than ours, because writing them is slow.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from mlflow.entities import Metric, Param
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


def main() -> None:
    """Write the runs, ask for the best 50 with a parameter, list them by the command."""
    address = f"sqlite:///{Path(sys.argv[1]) / 'mlflow.db'}"
    client = MlflowClient(address)
    experiment = client.create_experiment("late")
    begun = time.perf_counter()
    for number in range(1, RUNS + 1):
        run = client.create_run(experiment).info.run_id
        params = [
            Param("max_iter", str(100 + number % 50)),
            *(Param(f"p{n}", str(n)) for n in range(8)),
        ]
        value = number * 7919 % 10_007 / 10_007
        names = [prefix + name for prefix in ("", "cv.", "cv_std.", "dummy.") for name in NAMES]
        client.log_batch(run, metrics=[Metric(name, value, 0, 0) for name in names], params=params)
        client.set_terminated(run)
    print(f"mlflow: {RUNS:,} runs written in {time.perf_counter() - begun:.1f} s")
    times = []
    for _ in range(6):
        begun = time.perf_counter()
        found = client.search_runs(
            [experiment],
            "params.max_iter = '120'",
            max_results=50,
            order_by=["metrics.roc_auc DESC"],
        )
        times.append((time.perf_counter() - begun) * 1000)
    assert found[0].data.metrics["roc_auc"] == max(
        n * 7919 % 10_007 / 10_007 for n in range(1, RUNS + 1) if n % 50 == 20
    )
    print(f"mlflow: best 50 with a parameter, warm: median {statistics.median(times[1:]):.1f} ms")
    program = [
        str(Path(sys.executable).with_name("mlflow")),
        "runs",
        "list",
        "--experiment-id",
        experiment,
    ]
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        subprocess.run(
            program,
            check=True,
            capture_output=True,
            env={"MLFLOW_TRACKING_URI": address, "PATH": "/usr/bin:/bin"},
        )
        times.append((time.perf_counter() - begun) * 1000)
    print(f"mlflow: runs list, cold: median {statistics.median(times):.0f} ms")


if __name__ == "__main__":
    main()
