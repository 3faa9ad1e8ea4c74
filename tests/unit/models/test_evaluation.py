"""Imported models measured on tables: figures against scikit-learn's own, evidence, gates, refusals."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn import metrics
from sklearn.linear_model import LinearRegression, LogisticRegression

from plugins.formats.skops import FORMAT
from workbench.cli import main
from workbench.cli.model_evidence import evidence_text
from workbench.data.datasets import add
from workbench.errors import BadInput, Conflict, NotFound, Refused, WorkbenchError
from workbench.models import promotion, registry
from workbench.models.evaluating import named
from workbench.models.evaluation import evaluate
from workbench.models.evidence import gather
from workbench.models.importing import Given, import_model
from workbench.models.show import show
from workbench.project.project import Project
from workbench.records import Stamp, Who
from workbench.records.models import ModelEvaluated

ROWS = 400
SetGates = Callable[[str, list[dict[str, object]]], None]


def flights() -> pl.DataFrame:
    random = np.random.default_rng(3)
    distance, hour = random.uniform(100, 3000, ROWS), random.integers(5, 23, ROWS)
    minutes = distance / 8 + hour + random.normal(size=ROWS) * 20
    return pl.DataFrame(
        {
            "distance": distance,
            "hour": hour.astype(float),
            "minutes": [None if n % 40 == 0 else m for n, m in enumerate(minutes)],
            "late": hour + random.normal(size=ROWS) * 4 > 15,
        }
    )


@pytest.fixture
def table(project: Project, tmp_path: Path) -> pl.DataFrame:
    frame = flights()
    frame.write_parquet(tmp_path / "flights.parquet")
    add(project, tmp_path / "flights.parquet", name="flights")
    return frame


def imported(
    project: Project, folder: Path, model: Any, target: str, name: str = "given"
) -> tuple[str, Any]:
    path = folder / "given.skops"
    FORMAT.dump(model, path)
    return import_model(project, path, name, given=Given(target=target)).reference, model


def classifier(table: pl.DataFrame, labels: Any) -> Any:
    rows = table.head(100)
    return LogisticRegression(max_iter=1000).fit(
        rows.select("distance", "hour"), np.asarray(labels(rows))
    )


def test_a_regression_as_scikit_learn_measures_it(
    project: Project, table: pl.DataFrame, tmp_path: Path
) -> None:
    there = table.drop_nulls("minutes")
    model = LinearRegression().fit(
        there.head(50).select("distance", "hour"), there.head(50)["minutes"]
    )
    ref, _ = imported(project, tmp_path, model, "minutes")
    made = evaluate(project, ref, "flights@1")
    predicted = model.predict(there.select("distance", "hour"))
    truth = there["minutes"].to_numpy()
    assert (made.rows, made.left_out, made.step) == (390, 10, 1)
    assert made.metrics["rmse"] == pytest.approx(metrics.root_mean_squared_error(truth, predicted))
    assert made.metrics["mae"] == pytest.approx(metrics.mean_absolute_error(truth, predicted))
    assert made.metrics["r2"] == pytest.approx(metrics.r2_score(truth, predicted))
    assert (made.metric, made.direction, made.experiment) == ("rmse", "minimize", "")
    # The bounds by other draws of the same rows.
    random = np.random.default_rng(99)
    drawn = [random.integers(0, 390, 390) for _ in range(2000)]
    again = [metrics.mean_absolute_error(truth[rows], predicted[rows]) for rows in drawn]
    low, high = np.quantile(again, [0.025, 0.975])
    assert made.metrics["low.mae"] == pytest.approx(low, abs=0.15 * (high - low))
    assert made.metrics["high.mae"] == pytest.approx(high, abs=0.15 * (high - low))


def test_classes_that_sort_otherwise_as_text(
    project: Project, table: pl.DataFrame, tmp_path: Path
) -> None:
    frame = table.with_columns(pl.when("late").then(10).otherwise(9).alias("kind"))
    frame.write_parquet(tmp_path / "kinds.parquet")
    add(project, tmp_path / "kinds.parquet", name="kinds")
    model = classifier(frame, lambda rows: rows["kind"])
    ref, _ = imported(project, tmp_path, model, "kind")
    made = evaluate(project, ref, "kinds")
    chance = model.predict_proba(frame.select("distance", "hour"))[:, 1]
    truth = (frame["kind"] == 10).to_numpy()
    assert made.positive == "10"
    assert made.metrics["roc_auc"] == pytest.approx(metrics.roc_auc_score(truth, chance))
    assert made.metrics["log_loss"] == pytest.approx(metrics.log_loss(truth, chance))
    assert made.metrics["recall"] == pytest.approx(metrics.recall_score(truth, chance > 0.5))
    other = evaluate(project, ref, "kinds", positive="9")
    assert other.metrics["recall"] == pytest.approx(metrics.recall_score(~truth, chance <= 0.5))
    assert show(project, ref).evaluated == other  # the newest counts


def test_true_and_false_are_known_as_the_model_writes_them(
    project: Project, table: pl.DataFrame, tmp_path: Path
) -> None:
    model = classifier(table, lambda rows: rows["late"])
    ref, _ = imported(project, tmp_path, model, "late")
    made = evaluate(project, ref, "flights")
    truth = table["late"].to_numpy()
    right = model.predict(table.select("distance", "hour")) == truth
    assert (made.positive, made.metrics["accuracy"]) == ("True", pytest.approx(right.mean()))


@pytest.mark.parametrize(
    ("label", "classes", "expected"),
    [
        ("yes", ("no", "yes"), "yes"),
        ("true", ("False", "True"), "True"),
        ("1", ("0.0", "1.0"), "1.0"),
        ("1.0", ("0", "1"), "1"),
        ("a", ("A", "a"), "a"),
        ("á", ("A", "a"), None),
        ("Yes", ("YES", "yes"), None),  # either of them
        ("2", ("0", "1"), None),
    ],
)
def test_which_class_a_value_means(
    label: str, classes: tuple[str, ...], expected: str | None
) -> None:
    assert named(label, classes) == expected


def test_a_threshold_gate_takes_the_figures(
    project: Project, table: pl.DataFrame, tmp_path: Path, set_gates: SetGates
) -> None:
    ref, _ = imported(project, tmp_path, classifier(table, lambda rows: rows["late"]), "late")
    set_gates("staging", [{"gate": "threshold", "metric": "roc_auc", "limit": 0.6}])
    (gate,) = gather(project, ref, "staging").gates
    assert gate.outcome == "fail"
    assert "workbench model evaluate" in gate.why
    with pytest.raises(Refused):
        promotion.promote(project, ref, "staging", "try")
    made = evaluate(project, ref, "flights@1")
    evidence = gather(project, ref, "staging")
    (gate,) = evidence.gates
    assert (gate.outcome, gate.measured) == ("pass", made.metrics["roc_auc"])
    assert evidence.evaluated == made
    line = next(line for line in evidence.metrics if line.name == "roc_auc")
    assert (line.candidate, line.low, line.high) == tuple(
        made.metrics[name] for name in ("roc_auc", "low.roc_auc", "high.roc_auc")
    )
    assert "measured   on 400 rows of flights@1, figures of True" in evidence_text(evidence)
    done = promotion.promote(project, ref, "staging", "it is measured now")
    assert done.gates[0].measured == made.metrics["roc_auc"]


PROBLEM = """goal = "who is late"
dataset = "flights"
target = "late"
task = "binary"
metric = "accuracy"
direction = "maximize"
threshold = {threshold}
positive = "false"

[[guardrail]]
metric = "recall"
threshold = 0.99
"""


def test_a_problem_says_what_is_asked(
    project: Project, table: pl.DataFrame, tmp_path: Path, set_gates: SetGates
) -> None:
    ref, _ = imported(project, tmp_path, classifier(table, lambda rows: rows["late"]), "other")
    set_gates("staging", [{"gate": "threshold"}])
    place = project.root / "experiments" / "late.toml"
    place.parent.mkdir(exist_ok=True)
    place.write_text(PROBLEM.format(threshold=0.999))
    made = evaluate(project, ref, "flights", experiment="late")
    assert (made.target, made.metric, made.positive) == ("late", "accuracy", "False")
    threshold, guardrail = gather(project, ref, "staging").gates
    assert (threshold.outcome, threshold.required) == ("fail", 0.999)
    assert (guardrail.gate, guardrail.required) == ("guardrail", 0.99)
    assert guardrail.measured == made.metrics["recall"]
    place.write_text(PROBLEM.format(threshold=0.5).replace("0.99", "0.01"))
    evaluate(project, ref, "flights", experiment="late")
    assert {gate.outcome for gate in gather(project, ref, "staging").gates} == {"pass"}


def test_held_against_what_is_live(
    project: Project, table: pl.DataFrame, tmp_path: Path, set_gates: SetGates
) -> None:
    first, _ = imported(project, tmp_path, classifier(table, lambda rows: rows["late"]), "late")
    set_gates("staging", [])
    promotion.promote(project, first, "staging", "first")
    weaker = LogisticRegression(C=1e-6).fit(
        table.head(30).select("distance", "hour"), table.head(30)["late"].to_numpy()
    )
    second, _ = imported(project, tmp_path, weaker, "late")
    assert gather(project, second, "staging").same_data is None
    evaluate(project, first, "flights")
    evaluate(project, second, "flights")
    evidence = gather(project, second, "staging")
    assert evidence.same_data is True
    line = next(line for line in evidence.metrics if line.name == "accuracy")
    assert line.live == show(project, first).metrics["accuracy"]
    table.head(200).write_parquet(tmp_path / "part.parquet")
    add(project, tmp_path / "part.parquet", name="part")
    evaluate(project, second, "part")
    evidence = gather(project, second, "staging")
    assert (evidence.same_data, evidence.tested_on, evidence.live_tested_on) == (
        False,
        "part@1",
        "flights@1",
    )
    assert "Tested on different data: part@1 and flights@1." in evidence_text(evidence)


def refused(kind: type[WorkbenchError], code: str, act: Callable[[], object]) -> WorkbenchError:
    with pytest.raises(kind) as caught:
        act()
    assert caught.value.code == code
    return caught.value


def test_what_cannot_be_measured(
    project: Project, table: pl.DataFrame, tmp_path: Path, make_run: Callable[..., str]
) -> None:
    ref, _ = imported(project, tmp_path, classifier(table, lambda rows: rows["late"]), "late")
    run = registry.register(project, make_run(), "ours").reference
    refused(Conflict, "model.measured", lambda: evaluate(project, run, "flights"))
    refused(NotFound, "model.none", lambda: evaluate(project, "nothing", "flights"))
    found = refused(
        BadInput, "model.evaluate", lambda: evaluate(project, ref, "flights", target="gone")
    )
    assert "has no column gone" in found.what
    found = refused(
        BadInput, "model.evaluate", lambda: evaluate(project, ref, "flights", target="minutes")
    )
    assert "does not know" in found.why
    found = refused(
        BadInput, "model.evaluate", lambda: evaluate(project, ref, "flights", positive="maybe")
    )
    assert "has no class maybe" in found.why
    table.drop("hour").write_parquet(tmp_path / "short.parquet")
    add(project, tmp_path / "short.parquet", name="short")
    found = refused(BadInput, "model.evaluate", lambda: evaluate(project, ref, "short"))
    assert "A column is missing (hour)" in found.why
    assert show(project, ref).evaluated is None, "nothing was recorded"


class Payload:
    """Writes a file when it is loaded."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.marker, "run")


def test_a_file_that_may_run_code_is_never_loaded(
    project: Project, table: pl.DataFrame, tmp_path: Path
) -> None:
    text = project.paths.settings.read_text()
    project.paths.settings.write_text(text.replace("unsafe = []", 'unsafe = ["pickle"]'))
    project.fresh_settings()
    path, marker = tmp_path / "given.pkl", tmp_path / "marker"
    path.write_bytes(pickle.dumps(Payload(marker)))
    signature = tmp_path / "signature.json"
    signature.write_text(
        json.dumps(
            {
                "task": "regression",
                "target": "minutes",
                "inputs": [{"name": "distance", "type": "float"}],
                "outputs": [{"name": "prediction", "type": "float"}],
            }
        )
    )
    made = import_model(project, path, "bad", given=Given(signature=signature), dangerous=True)
    refused(Refused, "model.unsafe", lambda: evaluate(project, made.reference, "flights"))
    assert not marker.exists()


def test_on_the_command_line(
    project: Project,
    table: pl.DataFrame,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    imported(project, tmp_path, classifier(table, lambda rows: rows["late"]), "late")
    monkeypatch.chdir(project.root)

    def run(*words: str) -> str:
        monkeypatch.setattr("sys.argv", ["workbench", "model", *words])
        with pytest.raises(SystemExit) as end:
            main.main()
        assert not end.value.code
        return capsys.readouterr().out

    assert run("evaluate", "given@1", "flights@1").startswith(
        "measured   on 400 rows of flights@1, figures of True, "
    )
    answer = json.loads(run("evaluate", "given", "flights", "--json"))
    assert answer["schema"] == "workbench/model.evaluate@1"
    assert answer["data"]["metrics"]["roc_auc"] == show(project, "given").metrics["roc_auc"]
    assert "measured   on 400 rows of flights@1" in run("show", "given")


def test_the_record_makes_one_row() -> None:
    record = ModelEvaluated(
        id="E", version="V", dataset="flights@1", dataset_version="D", content="c1:0", target="late",
        metric="roc_auc", direction="maximize", experiment="", positive="yes", rows=2, left_out=1, step=1,
        metrics={"roc_auc": "NaN", "low.roc_auc": 0.5}, runtime="Python 3.11",
    )  # fmt: skip
    at = datetime(2026, 1, 2, tzinfo=UTC)
    stamp = Stamp(seq=7, id="U", at=at, who=Who(user="ada", uid=1, host="lab", via="cli"))
    (change,) = record.changes(stamp)
    assert change.table == "model_evaluations"
    assert change.row == {
        "id": "E", "seq": 7, "version": "V", "dataset": "flights@1", "dataset_version": "D",
        "content": "c1:0", "target": "late", "metric": "roc_auc", "direction": "maximize",
        "experiment": "", "positive": "yes", "rows": 2, "left_out": 1, "step": 1,
        "metrics": '{"roc_auc":"NaN","low.roc_auc":0.5}', "runtime": "Python 3.11",
        "evaluated_at": at, "evaluated_by": "ada",
    }  # fmt: skip
