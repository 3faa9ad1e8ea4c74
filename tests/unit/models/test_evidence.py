"""The evidence of a promotion: figures with bounds, guardrails, what is costly, versions without a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from tested_rows import figures, predictions

from workbench.data.datasets import add
from workbench.errors import Refused
from workbench.models import promotion, registry
from workbench.models.contract import Candidate
from workbench.models.evidence import complete, gather
from workbench.models.guardrails import judge_guardrails
from workbench.project.project import Project

MakeRun = Callable[..., str]
GUARD = '[[guardrail]]\nmetric = "log_loss"\nthreshold = 0.4\n'


def test_figures_have_bounds_and_baseline(project: Project, make_run: MakeRun) -> None:
    bounds = {"low__roc_auc": 0.79, "high__roc_auc": 0.83, "dummy__roc_auc": 0.5}
    registry.register(project, make_run(seed=1, roc_auc=0.78, low__roc_auc=0.76), "delay")
    registry.register(project, make_run(seed=2, roc_auc=0.81, **bounds), "delay")
    promotion.promote(project, "delay@1", "staging", "first")
    (line,) = gather(project, "delay@2", "staging").metrics
    assert (line.low, line.high, line.baseline) == (0.79, 0.83, 0.5)
    assert (line.live_low, line.live_high) == (0.76, None)
    assert line.reached


def test_guardrails_are_lines_of_the_gates(project: Project, make_run: MakeRun) -> None:
    registry.register(project, make_run(seed=1, log_loss=0.5, guardrails=GUARD), "delay")
    registry.register(project, make_run(seed=2, log_loss=0.3, guardrails=GUARD), "delay")
    card = gather(project, "delay@1", "staging")
    assert [(g.gate, g.outcome, g.measured, g.required) for g in card.gates] == [
        ("threshold", "pass", 0.8, 0.75),
        ("guardrail", "fail", 0.5, 0.4),
    ]
    assert card.gates[1].why == "0.5 misses at most 0.4"
    assert card.outcome == "fail"
    assert [(m.name, m.guardrail, m.threshold) for m in card.metrics] == [
        ("roc_auc", False, 0.75),
        ("log_loss", True, 0.4),
    ]
    with pytest.raises(Refused, match="does not pass"):
        promotion.promote(project, "delay@1", "staging", "hope")
    assert gather(project, "delay@2", "staging").outcome == "pass"
    made = promotion.promote(project, "delay@2", "staging", "good")
    assert [gate.gate for gate in made.gates] == ["threshold", "guardrail"]
    assert gather(project, "delay@1", "dev").gates == ()  # where nothing is asked, nothing is


def test_a_guardrail_without_its_figure_lets_nothing_through(
    project: Project, make_run: MakeRun
) -> None:
    registry.register(project, make_run(guardrails=GUARD), "delay")
    gate = gather(project, "delay@1", "staging").gates[-1]
    assert (gate.outcome, gate.measured, gate.why) == ("fail", None, "the run has no log_loss")


def test_guardrails_that_cannot_be_read_let_nothing_through(
    project: Project, make_run: MakeRun
) -> None:
    registry.register(project, make_run(guardrails="[[guardrail]]\nmetric = 3\n"), "delay")
    gate = gather(project, "delay@1", "staging").gates[-1]
    assert (gate.gate, gate.outcome) == ("guardrail", "fail")
    assert "problem file" in gate.why


def test_more_is_better_of_a_guardrail_that_says_so() -> None:
    candidate = Candidate(
        reference="a@1", environment="e", metric="roc_auc", direction="maximize", threshold=None,
        metrics={"recall": 0.5}, guardrails={"recall": 0.6},
    )  # fmt: skip
    assert [g.outcome for g in judge_guardrails(candidate)] == ["fail"]


def test_complete_brings_rows_shape_and_latency(
    project: Project, make_run: MakeRun, tmp_path: Path
) -> None:
    """The tables differ by one category of three, a column more and twice the rows."""
    tables = []
    for number, rows in ((1, 60), (2, 120)):
        frame = pl.DataFrame({"carrier": ["AA", "UA", "DL" if number == 1 else "B6"] * (rows // 3)})
        if number == 2:
            frame = frame.with_columns(hour=pl.int_range(rows))
        frame.write_csv(tmp_path / "t.csv")
        tables.append(add(project, tmp_path / "t.csv", name="flights"))
    for seed, data in enumerate(tables, 1):
        frame = predictions(2.0 / seed)
        made = figures(frame)
        run = make_run(seed=seed, predictions=frame, data=data, **made)
        registry.register(project, run, "delay")
    promotion.promote(project, "delay@1", "dev", "first")
    card = complete(project, gather(project, "delay@2", "dev"))
    assert card.rows is not None
    assert (card.rows.same_rows, card.rows.why) == (
        False, "tested on flights@2, the other on flights@1",
    )  # fmt: skip
    assert card.shape is not None
    assert (card.shape.before, card.shape.after, card.shape.same) == (
        "flights@1", "flights@2", False,
    )  # fmt: skip
    kinds = {(found.kind, found.column) for found in card.shape.differences}
    assert {("added", "hour"), ("rows", ""), ("new_categories", "carrier")} <= kinds
    assert card.shape.severity == "high"
    for found in (card.latency, card.live_latency):
        assert found is not None
        assert "cannot predict a row" in found.why  # fitted on one column of the two
    assert card.file.types
    assert {found.verdict for found in card.file.types} == {"trusted"}


def test_without_anything_live_there_is_nothing_to_compare(
    project: Project, make_run: MakeRun
) -> None:
    registry.register(project, make_run(), "delay")
    card = complete(project, gather(project, "delay@1", "dev"))
    assert (card.rows, card.shape, card.live_latency) == (None, None, None)
    assert card.latency is not None


def test_data_that_is_not_here_is_said(project: Project, make_run: MakeRun) -> None:
    for seed in (1, 2):
        registry.register(project, make_run(seed=seed), "delay")
    promotion.promote(project, "delay@1", "dev", "first")
    shape = complete(project, gather(project, "delay@2", "dev")).shape
    assert shape is not None
    assert "no dataset version" in shape.why
