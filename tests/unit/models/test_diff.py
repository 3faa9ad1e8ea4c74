"""Two versions side by side: figures, what they are made from, parameters, columns, types of the file."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from tested_rows import SIGNATURE, figures, predictions

from workbench.cli.model_diff import diff_text
from workbench.errors import NotFound
from workbench.models import registry
from workbench.models.diff import complete_diff, version_diff
from workbench.project.project import Project
from workbench.training.signature import Field

MakeRun = Callable[..., str]


@pytest.fixture
def two(project: Project, make_run: MakeRun) -> Project:
    for seed, noise in ((1, 2.5), (2, 0.6)):
        frame = predictions(noise)
        inputs = (
            (*SIGNATURE.inputs, Field(name="hour", type="int")) if seed == 2 else SIGNATURE.inputs
        )
        run = make_run(
            seed=seed,
            predictions=frame,
            signature=msgspec.structs.replace(SIGNATURE, inputs=inputs),
            low__roc_auc=0.1,
            high__roc_auc=0.9,
            **figures(frame),
        )
        registry.register(project, run, "delay")
    return project


def test_what_differs(two: Project) -> None:
    found = version_diff(two, "delay@1", "delay@2")
    assert (found.before, found.after) == ("delay@1", "delay@2")
    lines = {line.name: line for line in found.metrics}
    assert next(iter(lines)) == "roc_auc"  # the problem's own first
    auc = lines["roc_auc"]
    assert auc.better
    assert auc.live is not None
    assert auc.candidate is not None
    assert auc.difference == pytest.approx(auc.candidate - auc.live)
    assert (auc.low, auc.live_high) == (0.1, 0.9)
    assert [(p.name, p.before, p.after) for p in found.origin] == [
        ("run", "r_1", "r_2"),
        ("seed", 1, 2),
    ]
    assert found.params == ()
    assert [(c.column, c.change) for c in found.columns] == [("hour", "added")]
    assert (found.types_gone, found.types_new) == ((), ())
    assert (found.rows, found.shape, found.before_latency) == (None, None, None)


def test_complete(two: Project) -> None:
    found = complete_diff(two, version_diff(two, "delay@1", "delay@2"))
    assert found.rows is not None
    assert found.rows.same_rows
    line = found.rows.line("roc_auc")
    assert line is not None
    assert line.verdict == "better"
    assert found.shape is not None
    assert "no dataset version" in found.shape.why
    for speed in (found.before_latency, found.after_latency):
        assert speed is not None
        assert "cannot predict a row" in speed.why
    text = diff_text(found)
    for part in (
        "From delay@1 to delay@2",
        "Both were tested on the same 160 rows.",
        "95 % OF IT, PAIRED",
        "Parameter: no difference",
        "hour    input  added",
    ):
        assert part in text


def test_a_version_and_itself_do_not_differ(two: Project) -> None:
    found = version_diff(two, "delay@1", "delay@1")
    assert (found.origin, found.params, found.columns, found.types_new) == ((), (), (), ())
    assert {line.difference for line in found.metrics} == {0.0}


def test_other_types_of_the_file_are_named(two: Project, make_run: MakeRun) -> None:
    from sklearn.dummy import DummyClassifier

    registry.register(two, make_run(seed=3, estimator=DummyClassifier()), "delay")
    found = version_diff(two, "delay@2", "delay@3")
    assert "sklearn.dummy.DummyClassifier" in found.types_new
    assert "sklearn.linear_model._logistic.LogisticRegression" in found.types_gone
    assert "- sklearn.linear_model._logistic.LogisticRegression" in diff_text(found)


def test_what_is_not_there_is_said(two: Project) -> None:
    with pytest.raises(NotFound, match="There is no version delay@9"):
        version_diff(two, "delay@1", "delay@9")
