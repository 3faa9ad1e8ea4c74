"""Two versions on the same rows: the oracle draws rows by numpy and scores by scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import log_loss, roc_auc_score
from tested_rows import ROWS, TRUTH, chances, figures, predictions

from workbench.models import registry
from workbench.models.paired import compare_rows
from workbench.project.project import Project
from workbench.training.signature import Field, Signature

MakeRun = Callable[..., str]


@pytest.fixture
def versions(project: Project, make_run: MakeRun) -> Callable[..., tuple[str, str]]:
    """Register two versions with these predictions; returns their ULIDs."""

    def make(first: pl.DataFrame | None, second: pl.DataFrame | None, **options: Any) -> Any:
        found = []
        for seed, frame in ((1, first), (2, second)):
            made = {} if frame is None else figures(frame, options.get("positive", "yes"))
            given = options.get("of", {}).get(seed, {})
            run = make_run(seed=seed, predictions=frame, **made, **given)
            found.append(registry.register(project, run, "delay").id)
        return tuple(found)

    return make


def test_the_difference_and_its_interval(
    project: Project, versions: Callable[..., tuple[str, str]]
) -> None:
    """Against 4,000 draws of the rows by numpy, scored by scikit-learn; bounds within their spread."""
    found = compare_rows(project, *versions(predictions(2.5), predictions(0.6)))
    assert (found.same_rows, found.why, found.rows) == (True, "", ROWS)
    rng = np.random.default_rng(99)
    draws = {"roc_auc": [], "log_loss": []}  # type: dict[str, list[float]]
    a, b = chances(2.5), chances(0.6)
    for _ in range(500):
        rows = rng.integers(0, ROWS, ROWS)
        t = TRUTH[rows]
        draws["roc_auc"].append(roc_auc_score(t, b[rows]) - roc_auc_score(t, a[rows]))
        draws["log_loss"].append(log_loss(t, b[rows]) - log_loss(t, a[rows]))
    for name, values in draws.items():
        line = found.line(name)
        assert line is not None
        low, high = np.quantile(values, [0.025, 0.975])
        assert line.difference == pytest.approx(line.after - line.before, abs=1e-12)
        assert line.low == pytest.approx(low, abs=0.15 * (high - low))
        assert line.high == pytest.approx(high, abs=0.15 * (high - low))
        assert line.verdict == "better"  # less log loss is better, and it says so
    auc, loss = found.line("roc_auc"), found.line("log_loss")
    assert auc
    assert loss
    assert auc.after == pytest.approx(roc_auc_score(TRUTH, b))
    assert loss.before == pytest.approx(log_loss(TRUTH, a))
    assert (auc.difference > 0, loss.difference < 0) == (True, True)


def test_turned_round_it_is_worse(
    project: Project, versions: Callable[..., tuple[str, str]]
) -> None:
    first, second = versions(predictions(2.5), predictions(0.6))
    there, back = compare_rows(project, first, second), compare_rows(project, second, first)
    for line in there.lines:
        other = back.line(line.name)
        assert other is not None
        assert other.difference == pytest.approx(-line.difference)
        assert (other.low, other.high) == (pytest.approx(-line.high), pytest.approx(-line.low))
    assert {line.verdict for line in back.lines} <= {"worse", "no clear difference"}


def test_equal_predictions_show_no_clear_difference(
    project: Project, versions: Callable[..., tuple[str, str]]
) -> None:
    found = compare_rows(project, *versions(predictions(1.0), predictions(1.0)))
    assert {line.verdict for line in found.lines} == {"no clear difference"}
    assert {(line.difference, line.low, line.high) for line in found.lines} == {(0.0, 0.0, 0.0)}


def test_the_class_that_the_figures_are_about_is_found(
    project: Project, versions: Callable[..., tuple[str, str]]
) -> None:
    pair = versions(predictions(2.0), predictions(1.0), positive="no")
    line = compare_rows(project, *pair).line("recall")
    assert line is not None
    assert line.after == pytest.approx(figures(predictions(1.0), "no")["recall"])


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (None, predictions(1.0), "the run of delay@1 kept no predictions"),
        (
            predictions(1.0),
            predictions(1.0, row=np.arange(0, 6 * ROWS, 6)),
            f"another split: {ROWS // 2} of {ROWS} test rows are in both",
        ),
        (
            predictions(1.0),
            predictions(1.0, truth=np.where(TRUTH, "no", "yes")),
            "their test rows have one number and another truth",
        ),
        (
            predictions(1.0),
            predictions(1.0).rename({"probability_no": "probability_nope"}),
            "their predictions are of other classes",
        ),
    ],
    ids=["none", "split", "truth", "classes"],
)
def test_other_rows_are_said_and_nothing_is_judged(
    project: Project, make_run: MakeRun, first: Any, second: Any, why: str
) -> None:
    ids = [
        registry.register(project, make_run(seed=seed, predictions=frame), "delay").id
        for seed, frame in ((1, first), (2, second))
    ]
    found = compare_rows(project, ids[0], ids[1])
    assert (found.same_rows, found.why, found.lines) == (False, why, ())


def test_figures_that_the_predictions_do_not_give_are_not_trusted(
    project: Project, make_run: MakeRun
) -> None:
    ids = [
        registry.register(
            project, make_run(seed=seed, predictions=predictions(1.0), roc_auc=0.999), "delay"
        ).id
        for seed in (1, 2)
    ]
    assert "cannot be found again" in compare_rows(project, ids[0], ids[1]).why


def test_another_target_or_task_is_said(project: Project, make_run: MakeRun) -> None:
    other = Signature(
        task="regression",
        target="minutes",
        inputs=(Field(name="distance", type="float"),),
        outputs=(Field(name="prediction", type="float"),),
    )
    first = registry.register(project, make_run(seed=1, predictions=predictions(1.0)), "delay")
    run = make_run(seed=2, signature=other, predictions=predictions(1.0))
    second = registry.register(project, run, "delay")
    why = compare_rows(project, first.id, second.id).why
    assert why == "one predicts delayed (binary), the other minutes (regression)"


def test_damaged_predictions_are_said(project: Project, make_run: MakeRun) -> None:
    ids = []
    for seed in (1, 2):
        run = make_run(seed=seed, predictions=predictions(1.0 + seed))
        ids.append(registry.register(project, run, "delay").id)
    row = project.store.one("SELECT object FROM artifacts LIMIT 1")
    assert row
    path = project.store.objects.path(row["object"])
    path.chmod(0o600)
    path.write_bytes(b"PAR1 no more")
    assert "not what was stored" in compare_rows(project, ids[0], ids[1]).why


def test_regression_is_compared_as_well(project: Project, make_run: MakeRun) -> None:
    signature = Signature(
        task="regression",
        target="minutes",
        inputs=(Field(name="distance", type="float"),),
        outputs=(Field(name="prediction", type="float"),),
    )
    truth = np.linspace(0, 10, 50)
    ids = []
    for seed, error in ((1, 2.0), (2, 0.5)):
        errors = np.where(np.arange(50) % 2, error, -error) * np.linspace(0.5, 1.5, 50)
        frame = pl.DataFrame({"row": np.arange(50), "truth": truth, "prediction": truth + errors})
        run = make_run(seed=seed, signature=signature, predictions=frame)
        ids.append(registry.register(project, run, "minutes").id)
    found = compare_rows(project, ids[0], ids[1])
    line = found.line("mae")
    assert line is not None
    assert (line.before, line.after) == (pytest.approx(2.0), pytest.approx(0.5))
    assert line.verdict == "better"
