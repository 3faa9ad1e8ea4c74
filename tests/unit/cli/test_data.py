"""`workbench data` and `workbench explore` as a person and as a program meet them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from workbench.project.project import init_project

HOSTILE = "[/x][@click=app.quit]x[/]\x1b]0;gone\x07\x9b2J\u202e"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    init_project(tmp_path / "project", "proof")
    return tmp_path / "project"


def run(here: Path, *words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "workbench", *words],
        cwd=here,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert "leaked" not in done.stderr
    for stream in (done.stdout, done.stderr):
        assert not set(stream) & (
            set(map(chr, range(32))) - {"\n"} | set(map(chr, range(127, 160))) | {"\u202e"}
        )
    return done


def answer(here: Path, *words: str, status: int = 0) -> dict[str, object]:
    done = run(here, *words, "--json", status=status)
    body: dict[str, object] = json.loads(done.stdout)
    return body


def test_from_a_file_to_an_answer(here: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text("n,k\n" + "".join(f"{n},k{n % 3}\n" for n in range(60)))
    two.write_text("n,k\n" + "".join(f"{n * 9},k{n % 4}\n" for n in range(60)))
    tried = run(here, "data", "add", str(one), "--name", "t", "--dry-run")
    assert "Int64" in tried.stdout
    assert answer(here, "data", "list")["data"] == []
    added = run(here, "data", "add", str(one), "--name", "t")
    assert added.stdout == "one.csv: stored as t@1, 60 rows, 2 columns.\n"
    assert "read as csv (delimiter ,," in added.stderr
    assert "there already, as t@1" in run(here, "data", "add", str(one), "--name", "t").stdout
    told = answer(here, "data", "add", str(two), "--name", "t", "--text", "k", "-P", "skip=0")
    assert told["schema"] == "workbench/data.add@1"
    assert told["data"]["reference"] == "t@2"  # type: ignore[index]
    assert run(here, "data", "list").stdout.splitlines()[1].split()[:3] == ["t@2", "60", "2"]
    assert "c1:" in run(here, "data", "show", "t@1").stdout
    assert run(here, "data", "head", "t@1", "-n", "2").stdout == "n  k\n0  k0\n1  k1\n"
    assert "identifier" in run(here, "data", "profile", "t@1").stdout
    asked = answer(here, "data", "query", 'SELECT k, count(*) FROM "t@1" GROUP BY k ORDER BY k')
    assert asked["data"]["rows"] == [["k0", 20], ["k1", 20], ["k2", 20]]  # type: ignore[index]
    assert "new category k3 (25.0%" in run(here, "data", "diff", "t@1", "t").stdout
    run(here, "data", "diff", "t@1", "t", "--fail-on", "high", status=3)
    run(here, "data", "diff", "t@1", "t@1", "--fail-on", "low")
    chart = run(here, "explore", "chart", "histogram", "t", "n", "--width", "60", "--height", "9")
    assert len(chart.stdout.split("\n")) == 10
    counted = answer(here, "explore", "chart", "histogram", "t", "k", "-P", "top=2")
    assert counted["data"]["figures"]["data"]["counts"] == [15, 15]  # type: ignore[index]
    tagged = run(here, "data", "tag", "t@1", "gold")
    assert tagged.stdout == "t@1 is t@gold.\n"
    moved = answer(here, "data", "tag", "t@2", "gold")
    tag = {"dataset": "t", "tag": "gold", "version": "t@2", "before": "t@1", "changed": True}
    assert moved["data"] == tag
    assert "tags     gold" in run(here, "data", "show", "t@gold").stdout
    assert run(here, "data", "list").stdout.splitlines()[1].split()[-1] == "gold"
    removed = run(here, "data", "tag", "t@gold", "gold", "--remove")
    assert removed.stdout == "t@2 is no longer t@gold.\n"
    run(here, "data", "show", "t@gold", status=1)
    run(here, "data", "export", "t@1", str(tmp_path / "out.csv"))
    assert (tmp_path / "out.csv").read_text() == one.read_text()


def test_hostile_text_is_shown_and_never_obeyed(here: Path, tmp_path: Path) -> None:
    frame = pl.DataFrame({f"{HOSTILE}{n}": [HOSTILE, "\0", "x" * 100_000] for n in range(2)})
    frame.write_parquet(tmp_path / "t.parquet")
    column = frame.columns[0]
    place = tmp_path / f"odd{HOSTILE.replace('/', '')}.parquet"
    (tmp_path / "t.parquet").rename(place)
    run(here, "data", "add", str(place), "--name", "t")
    for words in (
        ["show", "t"], ["head", "t"], ["profile", "t"], ["list", "--versions"],
        ["query", "SELECT * FROM t"], ["diff", "t", "t"],
    ):  # fmt: skip
        run(here, "data", *words)
        answer(here, "data", *words)
    run(here, "explore", "chart", "histogram", "t", column)
    run(here, "explore", "chart", "histogram", "t", HOSTILE, status=1)
    run(here, "data", "query", f'SELECT "{HOSTILE}" FROM t', status=1)
    run(here, "data", "show", HOSTILE, status=1)


def test_refusals_have_one_line_and_a_code(here: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1\n")
    refused = answer(here, "data", "add", str(tmp_path / "t.csv"), "--name", "t", status=1)
    assert refused["error"]["code"] == "data.ragged"  # type: ignore[index]
    line = run(here, "data", "add", str(tmp_path / "t.csv"), "--name", "t", status=1).stderr
    assert line.count("\n") == 1
    assert "line 1" in line or "line 2" in line
    run(here, "data", "head", "t", "-n", "0", status=2)
