"""Import, profile, shape diff and page jumps beside DuckDB doing the like, in one run.

By hand: `python tests/bench/bench_data.py [--rows N] [--rounds N] [--page-rows N] [--only PART]`. The
peer or limit is measured first in each round; medians are printed with their ratio. `--page-rows
100000000 --page-columns 5` takes some 3 GB of disk.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl

from workbench.data import datasets, profiling, storing
from workbench.data.pages import PageSource
from workbench.data.profile import kept_at, profile
from workbench.data.query import query
from workbench.data.shape import shape_diff
from workbench.project.project import Project, init_project


def table(rows: int, seed: int) -> pl.DataFrame:
    """Return 20 columns: 8 of whole numbers, 6 of decimals, 4 of words, a moment and a day."""
    draw = np.random.default_rng(seed)
    columns: dict[str, Any] = {f"i{n}": draw.integers(0, 10 ** (n + 1), rows) for n in range(8)}
    columns |= {f"f{n}": draw.normal(size=rows).round(4) for n in range(6)}
    for n in range(4):
        words = np.array([f"word{at}" for at in range(10 ** (n + 1))])
        columns[f"s{n}"] = pl.Series(words[draw.integers(0, len(words), rows)])
    columns["t"] = pl.Series(draw.integers(1_300_000_000, 1_400_000_000, rows) * 1_000_000).cast(
        pl.Datetime("us")
    )
    columns["d"] = pl.Series(draw.integers(15_000, 16_000, rows)).cast(pl.Int32).cast(pl.Date)
    frame = pl.DataFrame(columns)
    return frame.with_columns(pl.when(pl.col("f0") < 1.5).then("f0"))


def seconds(work: Callable[[], Any]) -> float:
    """Return how long `work` took."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def compare(
    name: str, peer: Callable[[], Any], ours: Callable[[], Any], rounds: int, aim: str
) -> None:
    """Print medians of both, in turn, and their ratio."""
    pairs = [(seconds(peer), seconds(ours)) for _ in range(rounds)]
    first, second = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"{name:34} {first:9.3f} s {second:9.3f} s {second / first:8.2f}x   {aim}", flush=True)


def peer(sql: str) -> Callable[[], Any]:
    """Return work that asks a fresh DuckDB."""

    def work() -> None:
        with duckdb.connect() as connection:
            connection.execute(sql).fetchall()

    return work


def histograms_and_ks(before: Path, after: Path) -> Callable[[], Any]:
    """Return the least that a diff can do: 1,000 bins of every column of numbers, and KS on them."""

    def work() -> None:
        with duckdb.connect() as connection:
            described = connection.execute(f"DESCRIBE FROM read_parquet('{before}')").fetchall()
            names = [row[0] for row in described if row[1] in {"BIGINT", "DOUBLE"}]
            ends = ", ".join(f"min({n}), max({n})" for n in names)
            both = [f"SELECT {ends} FROM read_parquet('{path}')" for path in (before, after)]
            first, second = (connection.execute(sql).fetchone() for sql in both)
            assert first is not None
            assert second is not None
            for place, name in enumerate(names):
                low = min(first[2 * place], second[2 * place])
                high = max(first[2 * place + 1], second[2 * place + 1])
                counts = np.zeros((2, 1001))
                for side, path in enumerate((before, after)):
                    bins = f"floor(({name} - {low}) * {1000 / (high - low)!r})::INT"
                    there = f"read_parquet('{path}') WHERE {name} IS NOT NULL"
                    sql = f"SELECT {bins} AS b, count(*) FROM {there} GROUP BY b"
                    for at, count in connection.execute(sql).fetchall():
                        counts[side, at] = count
                shares = counts / counts.sum(axis=1, keepdims=True)
                np.abs(np.cumsum(shares[0]) - np.cumsum(shares[1])).max()

    return work


def bench_memory(folder: Path, rows: int) -> None:
    """Profile a long table in a process of its own; its peak memory is the figure."""
    part = folder / "memory_part.parquet"
    table(1_000_000, 4).write_parquet(part)
    long = folder / "memory.parquet"
    pl.concat([pl.scan_parquet(part)] * max(1, rows // 1_000_000)).sink_parquet(
        long, row_group_size=storing.ROW_GROUP
    )
    code = (
        "import resource, sys, time; from pathlib import Path; from workbench.data import profiling; "
        "start = time.perf_counter(); profiling.compute(Path(sys.argv[1])); "
        "print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(long)], capture_output=True, text=True, check=True
    )
    took, peak = map(float, told.stdout.split())
    against = seconds(peer(f"SUMMARIZE FROM read_parquet('{long}')"))
    print(
        f"\n{rows:,} rows x 20 columns: profile {took:.1f} s, SUMMARIZE {against:.1f} s "
        f"({took / against:.2f}x, aim <= 0.5x), peak memory {peak:.0f} MB (aim <= 2000)"
    )
    long.unlink()


def bench_tables(folder: Path, project: Project, rows: int, rounds: int) -> None:
    """Import, profile and diff two tables of `rows` rows."""
    print(f"{rows:,} rows x 20 columns{'':12}      peer         ours      ratio   aim")
    files = []
    for seed in (1, 2):
        path = folder / f"t{seed}.csv"
        table(rows, seed).write_csv(path)
        files.append(path)
    names = iter(f"t{n}" for n in range(1000))
    compare(
        "import CSV / DuckDB COPY to Parquet",
        peer(f"COPY (FROM read_csv('{files[0]}')) TO '{folder}/peer.parquet' (COMPRESSION zstd)"),
        lambda: datasets.add(project, files[0], name=next(names)),
        rounds,
        "types of every row, content digest",
    )
    before = datasets.add(project, files[0], name="before")
    after = datasets.add(project, files[1], name="after")
    stored = datasets.path(project, before)
    compare(
        "profile / SUMMARIZE",
        peer(f"SUMMARIZE FROM read_parquet('{stored}')"),
        lambda: profiling.compute(stored),
        rounds,
        "<= 0.5x",
    )
    profile(project, before)
    profile(project, after)
    limit = histograms_and_ks(stored, datasets.path(project, after))
    compare(
        "shape diff, kept profiles / limit",
        limit,
        lambda: shape_diff(project, before, after),
        rounds,
        "DuckDB histograms + KS, <= 2x",
    )

    def from_nothing() -> None:
        for version in (before, after):
            for part in ("", ".distributions"):
                kept_at(project, version.content, part).unlink(missing_ok=True)
        shape_diff(project, before, after)

    compare("shape diff with both profiles / limit", limit, from_nothing, rounds, "<= 2x")
    compare(
        "SQL over a version / bare DuckDB",
        peer(f"SELECT s0, avg(f1) FROM read_parquet('{stored}') GROUP BY s0"),
        lambda: query(project, "SELECT s0, avg(f1) FROM before GROUP BY s0"),
        rounds,
        "",
    )


def bench_pages(folder: Path, project: Project, rows: int, rounds: int, columns: int) -> None:
    """Open a long table and jump about in it."""
    part = folder / "part.parquet"
    wide = table(1_000_000, 3)
    wide.select(wide.columns[:columns]).write_parquet(part)
    long = folder / "long.parquet"
    pl.concat([pl.scan_parquet(part)] * max(1, rows // 1_000_000)).sink_parquet(
        long, row_group_size=storing.ROW_GROUP
    )
    version = datasets.add(project, long, name="long")
    opened, jumps = [], []
    for _ in range(rounds):
        source: list[PageSource] = []

        def first_page(source: list[PageSource] = source) -> None:
            source.append(PageSource(project, version))
            source[0].page(0)

        opened.append(seconds(first_page))
        for _ in range(20):
            number = random.randrange(version.rows // 256)
            jumps.append(seconds(lambda: source[0].page(number)))  # noqa: B023  # called at once
        source[0].close()
    jumps.sort()
    print(
        f"\n{version.rows:,} rows: open and first page {statistics.median(opened) * 1000:.0f} ms (aim < 200)"
    )
    print(
        f"jump to any row: median {statistics.median(jumps) * 1000:.0f} ms, "
        f"p95 {jumps[int(len(jumps) * 0.95)] * 1000:.0f} ms (aim < 50)"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--page-rows", type=int, default=10_000_000)
    parser.add_argument("--page-columns", type=int, default=20)
    parser.add_argument("--memory-rows", type=int, default=10_000_000)
    parser.add_argument("--only", choices=("tables", "memory", "pages"))
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = init_project(folder / "project", "bench")
        if given.only in {None, "tables"}:
            bench_tables(folder, project, given.rows, given.rounds)
        if given.only in {None, "memory"}:
            bench_memory(folder, given.memory_rows)
        if given.only in {None, "pages"}:
            bench_pages(folder, project, given.page_rows, given.rounds, given.page_columns)
    print(
        f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB, peers included"
    )


if __name__ == "__main__":
    main()
