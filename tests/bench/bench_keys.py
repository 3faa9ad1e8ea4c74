"""From a key to the frame that answers it, over a table of ten million rows, while a run trains.

    python tests/bench/bench_keys.py [--rows 10000000] [--keys 200]

The aim is p95 ≤ 50 ms. The first bytes after the key are taken as the frame: Textual writes a frame
in one go.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
from ptys import Pty

import sample_data
from workbench.data.datasets import add
from workbench.project.project import init_project

WORKBENCH = [sys.executable, "-P", "-m", "workbench"]
PROBLEM = "experiment new late --dataset flights --target late --task binary"
MOVES = ["j", "j", "\x1b[6~", "\x1b[6~", "j", "G", "k", "k", "\x1b[5~", "\x1b[5~", "k", "g"]
"""From the first row down, two pages, to the last, and back: each of them changes the screen."""


def prepare(folder: Path, rows: int) -> Path:
    """Return a project with a table of `rows` rows and an experiment that keeps a core at work."""
    table = folder / "big.parquet"
    duckdb.sql(
        f"""COPY (SELECT i, i * 0.5 AS x, i % 1000 AS bucket, 'row ' || i AS name
        FROM range({rows}) t(i)) TO '{table}'"""
    )
    project = init_project(folder / "p")
    add(project, sample_data.path("flights_winter"), name="flights")
    subprocess.run(
        [*WORKBENCH, *PROBLEM.split(), "--project", str(project.root)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    add(project, table, name="big")
    return project.root


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--keys", type=int, default=200)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for variable in ("STATE", "CACHE", "CONFIG"):
            os.environ[f"XDG_{variable}_HOME"] = str(folder / variable)
        root = prepare(folder, asked.rows)
        train = ["run", "train", "late", "--trainer", "hgb", "-P", "max_iter=20000", "--detach"]
        subprocess.run([*WORKBENCH, *train, "--project", str(root)], check=True)
        with Pty([*WORKBENCH, "ui", "--project", str(root)], root) as terminal:
            terminal.wait("Newest acts")
            terminal.send("1")
            terminal.wait("big@1")
            terminal.send("g")
            terminal.wait("row 3")
            terminal.send("\t")
            terminal.still()
            taken = []
            for number in range(asked.keys):
                taken.append(terminal.answer(MOVES[number % len(MOVES)]))
                terminal.still(0.05)
        subprocess.run([*WORKBENCH, "run", "cancel", "r_1", "--project", str(root)], check=True)
    taken.sort()
    print(f"{asked.keys} keys over {asked.rows:,} rows while a run trains")
    print(f"median {statistics.median(taken) * 1000:6.1f} ms")
    print(f"p95    {taken[int(len(taken) * 0.95)] * 1000:6.1f} ms   aim 50 ms")
    print(f"worst  {taken[-1] * 1000:6.1f} ms")


if __name__ == "__main__":
    main()
