"""Comparisons: a baseline, means over seeds against SciPy, and the curves of what runs said."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from shelf import NOW, figures

from screens.experiments import comparing
from screens.widgets.source import plain
from workbench.cli.run_text import comparison_text
from workbench.compute.events import EventWriter
from workbench.errors import BadInput, NotFound
from workbench.experiments.compare import compare, compare_runs
from workbench.experiments.curves import curves, points
from workbench.experiments.rows import RunRow
from workbench.experiments.runs import Run
from workbench.project.project import Project
from workbench.records.runs import RunEnded

Queue = Callable[..., Run]


def row(number: int, seed: int = 0, trainer: str = "hgb", **more: object) -> RunRow:
    values: dict[str, object] = {
        "reference": f"r_{number}", "id": f"{number}", "number": number, "experiment": "late",
        "trainer": trainer, "state": "succeeded", "dataset": "d@1", "seed": seed, "target": "local",
        "job": "J", "created_at": NOW, "created_by": "ada", "started_at": None, "ended_at": None,
        "seconds": None, "error": "", "params": {"lr": 0.1}, "metrics": {},
    }  # fmt: skip
    return RunRow(**(values | more))  # type: ignore[arg-type]  # what a row takes


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=8, unique=True))
def test_runs_equal_but_for_their_seed_become_a_mean_with_its_interval(values: list[float]) -> None:
    runs = [row(n, n, metrics={"rmse": value}) for n, value in enumerate(values, 1)]
    runs += [row(90, trainer="linear", metrics={"rmse": 5.0})]
    found = compare_runs(runs, group="seed")
    assert found.runs == ("r_1", "r_90")
    assert found.members == (tuple(f"r_{n}" for n in range(1, len(values) + 1)), ("r_90",))
    assert [line.name for line in found.settings] == ["trainer"]
    (line,) = found.metrics
    assert line.counts == (len(values), 1)
    mean = statistics.fmean(values)
    assert line.values == pytest.approx((mean, 5.0), abs=1e-9)
    if statistics.stdev(values) > 1e-6:
        expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        assert (line.low[0], line.high[0]) == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert (line.low[1], line.high[1]) == (None, None)
    assert line.best == ((0,) if mean < 5 else (1,) if mean > 5 else ())
    assert line.change[1] == pytest.approx(5 - mean, abs=1e-9)


def test_groups_are_of_equal_runs_only() -> None:
    runs = [
        row(1, 1, params={"lr": 1}, metrics={"f1": 0.5}),
        row(2, 2, params={"lr": True}, metrics={"f1": "NaN"}),  # not equal to people
        row(3, 3, params={"lr": 1}, metrics={"f1": "NaN", "auc": 0.25}),
        row(4, 1, params={"lr": 1, "depth": 3}, metrics={}),
    ]
    found = compare_runs(runs, group="seed")
    assert found.members == (("r_1", "r_3"), ("r_2",), ("r_4",))
    f1, auc = found.metrics
    assert f1.values == ("NaN", "NaN", None)  # one of its figures is none: there is no mean
    assert (auc.values, auc.counts) == ((0.25, None, None), (1, 0, 0))
    over = compare_runs(runs, group="lr")
    assert [line.name for line in over.params] == ["depth"]
    assert not any(line.name == "lr" for line in over.params)
    with pytest.raises(BadInput) as caught:
        compare_runs(runs, group="alpha")
    assert caught.value.code == "run.group"
    assert "seed" in caught.value.why
    assert "depth, lr" in caught.value.why


def test_the_baseline_stands_first_and_need_not_be_named_twice(
    project: Project, queued: Queue
) -> None:
    for seed, value in enumerate((0.5, 0.75, 0.625)):
        run = queued(seed=seed)
        project.store.append(RunEnded(id=run.id, state="succeeded", metrics=figures({"f1": value})))
    for refs in (["r_1", "r_2"], ["r_1", "r_3", "r_2"]):
        found = compare(project, refs, baseline="r_3")
        assert found.runs == ("r_3", *[ref for ref in refs if ref != "r_3"])
        assert found.metrics[0].change[:2] == (0.0, -0.125)
    assert compare(project, ["r_1"], baseline="r_2").runs == ("r_2", "r_1")
    assert compare(project, ["r_1", "r_2", "r_3"], group="seed").members == (("r_1", "r_2", "r_3"),)
    for refs, baseline in (
        (["r_1"], ""),
        (["r_1"], "r_1"),
        (["r_1", "r_1"], ""),
        (["r_2", "r_2"], "r_1"),
    ):
        with pytest.raises(BadInput) as caught:
            compare(project, refs, baseline=baseline)
        assert caught.value.code == "run.compare"
    with pytest.raises(NotFound):
        compare(project, ["r_1", "r_9"])
    with pytest.raises(NotFound):
        compare(project, ["r_1"], baseline="nobody")


def say(project: Project, run: Run, name: str, values: list[float]) -> Path:
    path = project.paths.job(run.job)
    path.mkdir(parents=True, exist_ok=True)
    with EventWriter(path / "events.jsonl") as events:
        for step, value in enumerate(values, 1):
            events.metric(name, value, step)
    return path / "events.jsonl"


def test_curves_are_what_the_runs_said_step_by_step(project: Project, queued: Queue) -> None:
    first, second, third = queued(seed=1), queued(seed=2), queued(seed=3)
    with pytest.raises(NotFound) as caught:
        curves(project, ["r_1", "r_2"])
    assert caught.value.code == "run.curves"
    path = say(project, first, "cv.f1", [0.5, 0.75, math.nan])
    say(project, second, "cv.f1", [0.25, 0.5, 1.0])
    say(project, third, "loss", [3.0])
    assert points(path) == {"cv.f1": [(1, 0.5), (2, 0.75)]}
    found = curves(project, ["r_1", "r_2", "r_3"], "f1")
    assert found.title == "cv.f1 of 2 runs"
    assert found.notes == ("1 without",)
    drawn = dict(zip(found.data["labels"], found.data["curves"], strict=True))
    assert [y for y in drawn["r_1"] if y is not None] == [0.5, 0.75]
    assert [y for y in drawn["r_2"] if y is not None] == [0.25, 0.5, 1.0]
    assert curves(project, ["r_1", "r_2", "r_3"]).title == "cv.f1 of 2 runs"  # what most have
    with pytest.raises(NotFound, match=r"No run has points of auc.*known: cv.f1, loss"):
        curves(project, ["r_1", "r_3"], "auc")


def test_six_curves_are_drawn_and_the_others_counted(project: Project, queued: Queue) -> None:
    for seed in range(8):
        say(project, queued(seed=seed), "cv.f1", [seed / 10, 0.5])
    found = curves(project, [f"r_{n}" for n in range(1, 9)])
    assert found.title == "cv.f1 of 6 runs"
    assert found.notes == ("2 more have it",)
    assert set(found.data["labels"]) == {f"r_{n}" for n in range(1, 7)}


def test_a_run_of_its_own_has_the_interval_that_it_recorded(
    project: Project, queued: Queue
) -> None:
    recorded = {
        "roc_auc": 0.81,
        "low.roc_auc": 0.79,
        "high.roc_auc": 0.83,
        "log_loss": 0.5,
        "low.log_loss": "NaN",
    }
    for seed, more in enumerate(({}, {"roc_auc": 0.9}, {"roc_auc": 0.7})):
        run = queued("linear", seed=seed)
        project.store.append(
            RunEnded(id=run.id, state="succeeded", metrics=figures(recorded | more))
        )
    loss, auc = compare(project, ["r_1", "r_2"]).metrics
    assert (auc.low, auc.high, auc.counts) == ((0.79, 0.79), (0.83, 0.83), (1, 1))
    assert (loss.low, loss.high) == (("NaN", "NaN"), (None, None))
    (_, grouped) = compare(project, ["r_2", "r_3"], group="seed").metrics
    assert grouped.counts == (2,)  # the mean's interval is Student's, not one of theirs
    assert (grouped.low[0], grouped.high[0]) != (0.79, 0.83)
    found = compare(project, ["r_1", "r_2"])
    assert "0.8100 [0.7900, 0.8300]" in comparison_text(found)
    assert "0.5  " in comparison_text(found)
    shown = comparing.source(found)
    cells = [str(plain(cell)) for row in shown.page(0) for cell in row.cells]
    assert "0.810 [0.790, 0.830]  " in cells
    assert "0.900 [0.790, 0.830] *" in cells
    assert not any("low" in cell for cell in cells)
