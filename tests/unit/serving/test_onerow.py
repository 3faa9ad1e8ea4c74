"""One row around the frame: the same to the last bit as scikit-learn's own way, for every trainer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.options import settle
from workbench.plugins import load
from workbench.serving import onerow
from workbench.serving.served import ServedModel
from workbench.training.contract import Task
from workbench.training.features import plan_features
from workbench.training.fitting import Recipe
from workbench.training.inputs import conform
from workbench.training.signature import Field, Signature

from .conftest import Shelf

ROLES = {
    "n": "numeric",
    "x": "numeric",
    "empty": "numeric",
    "flag": "boolean",
    "kind": "categorical",
    "place": "categorical",
    "many": "categorical",
    "words": "text",
    "day": "datetime",
    "at": "datetime",
    "code": "categorical",
    "y": "numeric",
}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 9),
    "float": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "bool": st.booleans(),
    "str": st.sampled_from(["a", "b", "p7", "p33", "m5", "good day"])
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    "date": st.dates(),
    "datetime": st.datetimes(),
}


def table(rows: int = 400) -> pl.DataFrame:
    random = np.random.default_rng(5)
    at = range(rows)
    return pl.DataFrame(
        {
            "n": random.integers(-50, 50, rows),
            "x": [None if i % 9 == 0 else float(v) for i, v in enumerate(random.normal(size=rows))],
            "empty": [None if i % 2 else i / 7 for i in at],
            "flag": [None if i % 13 == 0 else i % 3 == 0 for i in at],
            "kind": [("a", "b", "c", None)[i % 4] for i in at],
            "place": [f"p{i % 60}" for i in at],
            "many": [f"m{i % 150}" for i in at],
            "words": [("good day", "bad day sir", "no", None)[i % 4] for i in at],
            "day": [date(1960 + i % 90, 1 + i % 12, 1 + i % 28) for i in at],
            "at": [datetime(1960 + i % 90, 1 + i % 12, 1 + i % 28, i % 24, i % 60) for i in at],  # noqa: DTZ001
            "code": [i % 5 for i in at],
            "y": random.normal(size=rows),
        },
        schema_overrides={"at": pl.Datetime("us")},
    )


def served(shelf: Shelf, trainer: str, task: Task) -> ServedModel:
    plugin = load("trainers", trainer)
    plan = plan_features(table(), ROLES, target="y")
    recipe = Recipe(task, plan, plugin, settle(plugin.options, {}, owner=trainer), 3)
    frame = conform(table(), plan.fields)
    numbers = table()["y"].to_numpy()
    truth = numbers if task == "regression" else np.where(numbers > 0, "yes", "no")
    names = (
        ("prediction",)
        if task == "regression"
        else ("prediction", "probability_no", "probability_yes")
    )
    signature = Signature(
        task=task,
        target="y",
        inputs=plan.fields,
        outputs=tuple(
            Field(name=n, type="float" if n != "prediction" or task == "regression" else "str")
            for n in names
        ),
        classes=() if task == "regression" else ("no", "yes"),
    )
    desired = msgspec.structs.replace(shelf.desired(1), signature=signature)
    return ServedModel(desired, recipe.make().fit(frame, truth), max_rows=10)


@pytest.mark.parametrize(
    ("trainer", "task"),
    [("hgb", "binary"), ("linear", "binary"), ("linear", "regression"), ("forest", "regression")],
)
def test_every_row_is_predicted_alike(shelf: Shelf, trainer: str, task: Task) -> None:
    model = served(shelf, trainer, task)
    assert model.one_row is not None
    fields = model.signature.inputs
    rows = st.fixed_dictionaries({f.name: VALUES[f.type] | st.none() for f in fields})

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(rows)
    def check(row: dict[str, Any]) -> None:
        frame = pl.DataFrame([row], schema=model._schema)
        slow = model._predictor[0].transform(frame)
        assert model.one_row is not None
        quick_features = model.one_row(row)
        assert type(quick_features) is type(slow)
        assert onerow.same(onerow._dense(slow), onerow._dense(quick_features))
        columns = {name: [value] for name, value in row.items()}
        quick = outcome(model, columns)
        way, model.one_row = model.one_row, None
        try:
            assert quick == outcome(model, columns)
        finally:
            model.one_row = way

    check()


def outcome(model: ServedModel, columns: dict[str, list[Any]]) -> Any:
    """Return the outputs, or what the model refused (a tree takes 32 bits)."""
    try:
        return model.predict(columns)
    except ValueError as error:
        return type(error)


def test_a_way_that_differs_is_not_taken(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """If an imputer filled with another figure than we think, or dates began on another day."""
    monkeypatch.setattr(onerow, "EPOCH", onerow.EPOCH + 1)
    assert served(shelf, "hgb", "binary").one_row is None


def test_a_pipeline_of_others_is_left_to_itself(shelf: Shelf) -> None:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeRegressor

    frame = pl.DataFrame({"n": [1.0, 2.0], "x": [0.5, 1.5]})
    model = make_pipeline(StandardScaler(), DecisionTreeRegressor()).fit(frame, [1.0, 2.0])
    fields = (Field(name="n", type="float"), Field(name="x", type="float"))
    outputs = (Field(name="prediction", type="float"),)
    signature = Signature(task="regression", target="y", inputs=fields, outputs=outputs)
    desired = msgspec.structs.replace(shelf.desired(1), signature=signature)
    made = ServedModel(desired, model, max_rows=10)
    assert made.one_row is None
    assert made.predict({"n": [1.0], "x": [0.5]}) == {"prediction": [1.0]}
