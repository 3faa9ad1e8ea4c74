"""What a Tab costs: names of a project with 10,000 runs, beside an interpreter that only imports click.

By hand: `python tests/bench/bench_completion.py [--runs N] [--rounds N]`. `warm` is every Tab but the
first after something was written; `cold` asks the tables.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from bench_runs_list import build

from workbench.records.runs import ExperimentSaved


def main() -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=9)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for variable in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
            os.environ[variable] = str(Path(folder) / variable)
        project = build(Path(folder) / "p", wanted.runs)
        tab = [str(Path(sys.executable).parent / "workbench"), "__complete", "fish", "workbench"]
        tab += ["run", "show", "--project", str(project.root), "r_9"]
        peer = [sys.executable, "-c", "import click"]
        times: dict[str, list[float]] = {"import click": [], "warm": [], "cold": []}
        took(tab)
        for _ in range(wanted.rounds):
            times["import click"].append(took(peer))
            times["warm"].append(took(tab))
            note(project, "late")
            times["cold"].append(took(tab))
    base = statistics.median(times["import click"])
    for name, found in times.items():
        middle = statistics.median(found)
        print(f"{name:14} {middle * 1000:7.0f} ms   {middle / base:5.2f} ×")


def note(project: object, name: str) -> None:
    """Write something, so that the names have to be asked again."""
    project.store.append(  # type: ignore[attr-defined]  # a Project
        ExperimentSaved(
            name=name, object="0" * 64, goal="g", dataset="flights", target="late", task="binary",
            metric="roc_auc", direction="maximize", threshold=0.8,
        )
    )  # fmt: skip


def took(command: list[str]) -> float:
    """Return the seconds of one process."""
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
