"""How long a chart of 10 million rows takes: its numbers, and a drawing of them.

    python tests/bench/bench_charts.py [ROWS] [FOLDER]

The limit beside it is DuckDB, which counts the same bins of the same file in one query.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from workbench.data.datasets import add
from workbench.explore.charts import draw, figures
from workbench.options import Value
from workbench.project.project import init_project

Case = tuple[str, list[str], str, str, dict[str, Value]]
CASES: list[Case] = [
    ("histogram", ["x"], "", "", {}),
    ("histogram", ["x"], "g", "", {}),
    ("histogram", ["x"], "", "y > 1 AND g = 'g3'", {}),
    ("density", ["x"], "", "", {}),
    ("bar", ["g", "y"], "", "", {}),
    ("box", ["x"], "", "", {}),
    ("box", ["x"], "g", "", {}),
    ("scatter", ["x", "y"], "", "", {}),
    ("line", ["t", "y"], "", "", {}),
    ("correlation", ["x", "y", "i", "g"], "", "", {}),
    ("missing", [], "", "", {}),
    ("target", ["x", "late"], "", "", {}),
]


def write(path: Path, rows: int) -> None:
    """Write the table: numbers, words, moments, gaps."""
    random = np.random.default_rng(0)
    start = np.datetime64("2013-01-01", "us")
    x = random.normal(size=rows)
    pl.DataFrame(
        {
            "x": x,
            "y": random.gamma(2.0, size=rows),
            "i": random.integers(0, 500, rows),
            "g": random.integers(0, 5, rows),
            "t": start + random.integers(0, 365 * 86400, rows) * np.timedelta64(1_000_000, "us"),
            "late": x + random.normal(size=rows) > 1,
            "gaps": pl.Series(np.where(random.random(rows) < 0.1, np.nan, x)).fill_nan(None),
        }
    ).with_columns(g=pl.format("g{}", "g")).write_parquet(path, row_group_size=1 << 17)


def median(function: Callable[[], object], times: int = 5) -> float:
    """Return the median time of some runs in milliseconds."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        function()
        taken.append(1000 * (time.perf_counter() - begin))
    return statistics.median(taken)


def main() -> None:
    """Measure and print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as folder:
        file = Path(folder) / "t.parquet"
        write(file, rows)
        project = init_project(Path(folder) / "p", "p", via="cli")
        version = add(project, file, name="t")
        limit = "SELECT floor((x + 6) * 40 / 12) AS bin, count(*) FROM read_parquet(?) GROUP BY bin"
        connection = duckdb.connect()
        peer = median(lambda: connection.execute(limit, [str(file)]).fetchall())
        print(f"{rows:,} rows; DuckDB counts the bins of x in {peer:.0f} ms")
        for kind, columns, group, where, options in CASES:

            def count(case: Case = (kind, columns, group, where, options)) -> object:
                return figures(
                    project, case[0], version, case[1], case[4], group=case[2], where=case[3]
                )

            numbers = figures(project, kind, version, columns, options, group=group, where=where)
            counted = median(count)
            drawn = median(lambda k=kind, n=numbers: draw(k, n, 98, 26))  # type: ignore[misc]
            words = " ".join([*columns, f"by {group}" * bool(group), f"/ {where}" * bool(where)])
            print(
                f"{kind:12} {words:28} {counted:7.0f} ms, {counted / peer:5.1f} x; drawn {drawn:5.1f} ms"
            )


if __name__ == "__main__":
    main()
