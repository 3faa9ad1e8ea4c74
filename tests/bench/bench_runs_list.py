"""Lists of 10,000 runs as a cold command, and help, beside an interpreter that only imports click.

By hand: `python tests/bench/bench_runs_list.py [--runs N] [--rounds N]`. Builds a project through the store
(each unit many runs), then measures whole processes in turn, so that all meet the same machine.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from workbench.ids import new_ulid
from workbench.project.project import Project, init_project, open_project
from workbench.records import Record
from workbench.records.runs import ExperimentSaved, MetricFigures, RunCreated, RunEnded, RunFacts

UNIT = 12
"""Runs a unit: a line of the journal stays under 64 KiB."""
METRICS = (
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier",
    "accuracy",
    "f1",
    "precision",
    "recall",
)


def planted(number: int) -> float:
    """Return the figure of a run."""
    return number * 7919 % 10_007 / 10_007


def build(root: Path, runs: int) -> Project:
    """Make a project with `runs` finished runs of 9 parameters and 32 figures each; one there is kept."""
    if (root / "workbench.toml").exists():
        return open_project(root, via="cli")
    project = init_project(root, "bench")
    saved = ExperimentSaved(
        name="late", object="0" * 64, goal="g", dataset="flights", target="late", task="binary",
        metric="roc_auc", direction="maximize", threshold=0.8,
    )  # fmt: skip
    project.store.append(saved)
    for start in range(1, runs + 1, UNIT):
        records: list[Record] = []
        for number in range(start, min(start + UNIT, runs + 1)):
            records += _run(number)
        project.store.append(*records)
    return project


def _run(number: int) -> list[Record]:
    run = new_ulid()
    params = {
        "learning_rate": number % 97 / 100 + 0.01, "max_iter": 100 + number % 50, "max_leaf_nodes": 31,
        "max_depth": None, "min_samples_leaf": 20, "l2_regularization": 0.0, "max_features": 1.0,
        "early_stopping": False, "class_weight": "none",
    }  # fmt: skip
    created = RunCreated(
        id=run, number=number, job=new_ulid(), experiment="late", problem="0" * 64,
        trainer=("hgb", "linear")[number % 2], params=params, seed=number, dataset="flights@1",
        dataset_version=new_ulid(), target="local", facts=RunFacts(python="3.11.7"),
    )  # fmt: skip
    value = planted(number)
    figure = MetricFigures(last=value, best=value, min=value, max=value)
    names = [prefix + name for prefix in ("", "cv.", "cv_std.", "dummy.") for name in METRICS]
    return [created, RunEnded(id=run, state="succeeded", metrics=dict.fromkeys(names, figure))]


def seconds(command: list[str]) -> tuple[float, bytes]:
    """Run a command to its end; return how long it took and its stdout."""
    begun = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun, done.stdout


def main() -> None:
    """Build, check the answers, measure in turn, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        project = build(Path(folder) / "p", options.runs)
        print(f"built in {time.perf_counter() - begun:.1f} s")
        begun = time.perf_counter()
        project.store.query("SELECT count(*) FROM runs")
        print(f"projected in {time.perf_counter() - begun:.1f} s")
        program = [str(Path(sys.executable).with_name("workbench"))]
        listing = [*program, "run", "list", "--project", str(project.root)]
        commands = {
            "python -c 'import click'": [sys.executable, "-c", "import click"],
            "workbench --help": [*program, "--help"],
            "run list --json, all": [*listing, "--json"],
            "run list --json, best 50": [
                *listing, "--json", "--sort", "roc_auc", "--trainer", "hgb", "--limit", "50",
            ],
            "run list (100 for people)": listing,
        }  # fmt: skip
        found = msgspec.json.decode(seconds(commands["run list --json, all"])[1])["data"]
        assert len(found) == options.runs
        best = msgspec.json.decode(seconds(commands["run list --json, best 50"])[1])["data"]
        figures = [run["metrics"]["roc_auc"] for run in best]
        assert (
            figures
            == sorted(
                (r["metrics"]["roc_auc"] for r in found if r["trainer"] == "hgb"), reverse=True
            )[:50]
        )
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, command in commands.items():
                times[name].append(seconds(command)[0])
        limit = statistics.median(times["python -c 'import click'"])
        print(f"{'median of ' + str(options.rounds):30}{'ms':>8}{'ratio':>8}")
        for name, measured in times.items():
            middle = statistics.median(measured)
            print(f"{name:30}{middle * 1000:8.0f}{middle / limit:8.1f}")


if __name__ == "__main__":
    main()
