"""What is suggested, and why: rules over profiles of tables that are made for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import sample_data
from workbench.data import datasets
from workbench.errors import BadInput
from workbench.explore.charts import figures
from workbench.explore.suggest import Advice, advise
from workbench.project.project import Project

ROWS = 2000


def made(project: Project, folder: Path, **columns: object) -> datasets.DatasetVersion:
    pl.DataFrame(columns).write_parquet(folder / "t.parquet")
    return datasets.add(project, folder / "t.parquet", name="t")


def charts(advice: Advice) -> dict[tuple[str, ...], str]:
    return {(one.kind, *one.columns): one.why for one in advice.charts}


def test_each_oddity_is_seen(project: Project, tmp_path: Path) -> None:
    random = np.random.default_rng(7)
    x = random.normal(size=ROWS)
    late = random.random(ROWS) < 0.2
    version = made(
        project,
        tmp_path,
        x=x,
        double=2 * x + random.normal(size=ROWS) * 0.01,
        gaps=[None if n % 4 else float(n % 7) for n in range(ROWS)],
        zeros=[0.0 if n % 2 else float(n % 11) for n in range(ROWS)],
        tail=[1e6 if n == 5 else float(n % 100) for n in range(ROWS)],
        odd=[float("nan") if n == 9 else float(n % 13) for n in range(ROWS)],
        leak=["yes" if flag else "no" for flag in late],
        late=late,
    )
    advice = advise(project, version, "late")
    found = charts(advice)
    assert advice.task == "binary"
    assert "almost by itself (1.00)" in found["target", "leak", "late"]
    assert advice.charts[0].columns == ("leak", "late")  # a leak comes first
    assert "gaps lacks 75%" in found["missing",]
    assert "nearly the same" in found["scatter", "double", "x"]
    assert "are 0" in found["histogram", "zeros"]
    assert "far above the rest" in found["box", "tail"]
    assert "1 values are NaN or infinite" in found["histogram", "odd"]
    share = late.mean()
    assert f"true is the rarest with {share:.1%}" in found["bar", "late"]
    # whatever is suggested can be drawn
    for one in advice.charts:
        figures(project, one.kind, version, one.columns, one.options, group=one.group)


def test_a_table_without_oddities_is_left_alone(project: Project, tmp_path: Path) -> None:
    random = np.random.default_rng(8)
    version = made(project, tmp_path, a=random.random(ROWS), b=random.random(ROWS))
    assert advise(project, version).charts == ()


def test_flights(project: Project) -> None:
    version = datasets.add(project, sample_data.path("flights_winter"), name="flights")
    advice = advise(project, version, "late")
    found = charts(advice)
    assert "wind_gust lacks 72%" in found["missing",]
    assert ("target", "carrier", "late") in found
    fits = {one.trainer: one.fits for one in advice.families}
    assert (fits["dummy"], fits["hgb"], fits["knn"]) == ("first", "good", "poor")
    assert "right in 77.1%" in advice.families[0].why  # 23,140 of 30,000 were on time


def test_families_follow_the_table(project: Project, tmp_path: Path) -> None:
    random = np.random.default_rng(9)
    few = made(project, tmp_path, a=random.random(80), y=random.random(80))
    fits = {one.trainer: one.fits for one in advise(project, few, "y").families}
    assert (fits["linear"], fits["hgb"], fits["knn"]) == ("possible", "poor", "possible")
    words = [
        " ".join(random.choice(["fair", "seas", "and", "calm", "wind"], 8)) for _ in range(900)
    ]
    version = made(project, tmp_path, text=words, y=[n % 2 == 0 for n in range(900)])
    advice = advise(project, version, "y")
    assert advice.families[1].trainer == "linear"
    assert "a column a word" in advice.families[1].why


@pytest.mark.parametrize(
    ("target", "code"), [("nowhere", "chart.column"), ("one", "explore.target")]
)
def test_what_is_no_target(project: Project, tmp_path: Path, target: str, code: str) -> None:
    version = made(project, tmp_path, a=[1.5, 2.5, 3.5], one=[1, 1, 1])
    with pytest.raises(BadInput) as refusal:
        advise(project, version, target)
    assert refusal.value.code == code
