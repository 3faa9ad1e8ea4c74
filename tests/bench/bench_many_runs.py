"""A project of 100,000 runs: list, filter as one types, sort, compare 50, and cold commands.

By hand: `python tests/bench/bench_many_runs.py [--runs N] [--mlflow PYTHON]`. Builds the project
through the store, checks each answer against the figures that it planted, then measures. With
`--mlflow` (an interpreter that has it; see `mlflow_runs.py`) the peer is measured in the same run.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench_runs_list import build, planted, seconds

from screens.experiments.listed import Names, RunsSource, Setting
from screens.experiments.rows import Shelf
from screens.widgets.source import Sort, prepare
from workbench.errors import BadInput
from workbench.experiments.compare import compare
from workbench.experiments.listing import list_runs
from workbench.project.project import Project

TYPED = (
    "auc>0.95 trainer:hgb -tag:old",
    "max_iter=120 hgb",
    "state:failed",
    "learning_rate<=0.1 since:2d",
)
ROUNDS = 7


def measured(work: Callable[[], Any], rounds: int = ROUNDS) -> list[float]:
    """Return how long each of some rounds took, in ms, after one that is not counted."""
    work()
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
    return times


def tell(what: str, times: list[float]) -> None:
    """Print median, 95th percentile and best."""
    ordered = sorted(times)
    p95 = ordered[min(round(0.95 * len(ordered)), len(ordered) - 1)]
    print(f"{what:52}{statistics.median(times):9.1f}{p95:9.1f}{ordered[0]:9.1f}")


def screen(project: Project) -> Callable[..., int]:
    """Return what the interface does in a thread when rows are asked for: order them, read a page."""
    setting = Setting(project, Names(project), Shelf(), project_now(project))

    def look(filter_text: str = "", sort: Sort | None = None) -> int:
        source = RunsSource(setting).arranged(sort, filter_text)
        count = source.count()
        prepare(source.page(0))
        return count

    return look


def project_now(project: Project) -> Any:
    """Return the moment of the newest run."""
    row = project.store.one("SELECT max(created_at) AS newest FROM runs")
    assert row is not None
    return row["newest"]


def inside(project: Project, runs: int) -> None:
    """Measure what happens in a process that is open."""
    look = screen(project)
    assert look() == runs
    high = sum(planted(n) > 0.95 and n % 2 == 0 for n in range(1, runs + 1))
    assert look("auc>0.95 trainer:hgb") == high
    tell("list, newest first, first page", measured(look))
    tell(
        "list, best first by a metric, first page",
        measured(lambda: look("", Sort("metric.roc_auc", True))),
    )
    keys: list[float] = []
    for text in TYPED:
        for end in range(1, len(text) + 1):
            begun = time.perf_counter()
            with contextlib.suppress(BadInput):  # half a condition: told as it is
                look(text[:end])
            keys.append((time.perf_counter() - begun) * 1000)
    tell(f"filter as one types, {len(keys)} keys", keys)
    refs = [f"r_{runs - n * 3}" for n in range(50)]
    assert len(compare(project, refs).runs) == 50
    tell("compare 50 runs", measured(lambda: compare(project, refs)))
    best(project, runs)


def best(project: Project, runs: int) -> None:
    """Measure the best 50 where a parameter has a value, in a process that is open."""

    def ask() -> list[float]:
        found = list_runs(project, filter_text="max_iter=120", sort="roc_auc", limit=50)
        return [float(run.metrics["roc_auc"]) for run in found]

    having = [planted(n) for n in range(1, runs + 1) if n % 50 == 20]
    assert ask() == sorted(having, reverse=True)[:50]
    tell(f"best 50 of {runs:,} with a parameter", measured(ask, 15))


def commands(project: Project) -> None:
    """Measure whole processes."""
    program = [
        str(Path(sys.executable).with_name("workbench")),
        "run",
        "list",
        "--project",
        str(project.root),
    ]
    best_50 = ["--filter", "max_iter=120", "--sort", "roc_auc", "--limit", "50", "--json"]
    for name, more in (
        ("run list (100 for people)", []),
        ("run list --json, best 50 with a parameter", best_50),
        ("run list --json, all", ["--json"]),
    ):
        times = [seconds([*program, *more])[0] * 1000 for _ in range(5)]
        tell(name + ", cold", times)


def main() -> None:
    """Build, check, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--mlflow", help="A Python that has mlflow.")
    parser.add_argument("--mlflow-runs", default="1000", help="How many runs mlflow is given.")
    parser.add_argument(
        "--kept", type=Path, help="A folder to keep the projects in, between rounds."
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for runs in dict.fromkeys((10_000, options.runs)):
            root = (options.kept or Path(folder)) / f"runs-{runs}"
            begun = time.perf_counter()
            project = build(root, runs)
            made = time.perf_counter()
            project.store.query("SELECT count(*) FROM runs")
            took = time.perf_counter() - made
            print(f"{runs:,} runs: written in {made - begun:.1f} s, tables made in {took:.1f} s")
            print(f"{'ms':>54}{'median':>7}{'p95':>9}{'best':>9}")
            if runs == options.runs:
                inside(project, runs)
            else:
                best(project, runs)
            commands(project)
        if options.mlflow:
            peer = Path(__file__).with_name("mlflow_runs.py")
            subprocess.run([options.mlflow, str(peer), folder, options.mlflow_runs], check=True)


if __name__ == "__main__":
    main()
