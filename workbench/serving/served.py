"""A loaded model version as the server holds it: columns of values in, output tensors out."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.serving.folder import Desired
from workbench.serving.schema import TYPES, RequestSchema
from workbench.training.signature import Field, Signature

if TYPE_CHECKING:
    from workbench.serving.onerow import Part

logger = logging.getLogger("workbench.serving")

PREDICTION = "prediction"
PROBABILITY = "probability_"

Columns = Mapping[str, Sequence[Any]]


class ServedModel:
    """One model version, ready to answer. `predict` may be called from one thread at a time."""

    def __init__(self, desired: Desired, model: Any, *, max_rows: int) -> None:
        self.version = desired.version
        self.model = desired.model
        self.number = str(desired.number)
        self.reference = desired.reference
        self.content = desired.content
        self.promotion = desired.promotion
        self.signature = desired.signature
        self.request = RequestSchema(desired.signature, max_rows=max_rows)
        self.metadata = msgspec.json.encode(_metadata(desired))
        self.datatypes = {f.name: TYPES[f.type].datatype for f in desired.signature.outputs}
        self._predictor = model
        self._classes = _classes(desired.signature, model)
        self._schema = _frame_schema(desired.signature)
        self.one_row = _one_row(model, desired.signature, self._schema)
        if self.one_row is not None and not self._alike():
            self.one_row = None

    def predict(self, columns: Columns) -> dict[str, list[Any]]:
        """Return the output tensors' values by name; every input column, all of one length."""
        predictor, given = self._prepared(columns)
        if self._classes is None:
            return {PREDICTION: _numbers(predictor.predict(given))}
        # One pass through the pipeline gives both: the prediction is the most probable class.
        shares = predictor.predict_proba(given)
        labels = self._classes
        outputs: dict[str, list[Any]] = {
            PREDICTION: [labels[place] for place in shares.argmax(axis=1).tolist()]
        }
        for place, name in enumerate(self.signature.classes):
            outputs[PROBABILITY + name] = shares[:, place].tolist()
        return {name: outputs[name] for name in self.datatypes}

    def _alike(self) -> bool:
        """Try whether rows are predicted alike both ways, to the last bit."""
        from workbench.serving.onerow import samples

        way = self.one_row
        for row in samples(self.signature.inputs, 8):
            columns = {name: [value] for name, value in row.items()}
            try:
                self.one_row = None
                slow = self.predict(columns)
                self.one_row = way
                if self.predict(columns) != slow:
                    return False
            except Exception:  # a model's code may raise anything; then it has no short way
                logger.info("one row is predicted by way of a frame", exc_info=True)
                return False
        return True

    def _prepared(self, columns: Columns) -> tuple[Any, Any]:
        """Return who predicts, and from what: one row goes around the frame where that is the same."""
        if self.one_row is not None and len(next(iter(columns.values()))) == 1:
            try:
                row = {name: values[0] for name, values in columns.items()}
                return self._predictor[-1], self.one_row(row)
            except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
                logger.debug("a row that only a frame can hold", exc_info=True)
        import polars as pl

        return self._predictor, pl.DataFrame(columns, schema=self._schema)


def _one_row(model: Any, signature: Signature, schema: Mapping[str, Any]) -> Part | None:
    """Return the short way for one row, None where there is none."""
    from sklearn.pipeline import Pipeline

    from workbench.serving.onerow import prepare

    if not isinstance(model, Pipeline) or len(model.steps) != 2:
        return None
    try:
        return prepare(model[0], signature.inputs, schema)
    except Exception:  # a model's code may raise anything; without the short way it goes on as ever
        logger.info("one row is predicted by way of a frame", exc_info=True)
        return None


def _classes(signature: Signature, model: Any) -> list[Any] | None:
    """Return the class labels in the order of the probabilities, as JSON values; None for numbers."""
    if signature.task == "regression":
        return None
    labels: list[Any] = model.classes_.tolist()
    return labels


def _numbers(values: Any) -> list[float | None]:
    """Return floats, None for what JSON cannot hold."""
    from math import isfinite

    return [value if isfinite(value) else None for value in values.astype(float).tolist()]


def _frame_schema(signature: Signature) -> dict[str, Any]:
    import polars as pl

    types = {
        "int": pl.Int64,
        "float": pl.Float64,
        "bool": pl.Boolean,
        "str": pl.String,
        "date": pl.Date,
        "datetime": pl.Datetime("us"),
    }
    return {field.name: types[field.type] for field in signature.inputs}


def _metadata(desired: Desired) -> dict[str, Any]:
    """The protocol's model metadata: every tensor has one dimension, the rows."""

    def tensor(field: Field) -> dict[str, Any]:
        return {"name": field.name, "datatype": TYPES[field.type].datatype, "shape": [-1]}

    return {
        "name": desired.model,
        "versions": [str(desired.number)],
        "platform": "workbench_" + desired.format.partition(":")[0].rpartition(".")[2],
        "inputs": [tensor(field) for field in desired.signature.inputs],
        "outputs": [tensor(field) for field in desired.signature.outputs],
    }
