"""A loaded model version as the server holds it: columns of values in, output tensors out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from workbench.serving.folder import Desired
from workbench.serving.schema import TYPES, RequestSchema
from workbench.training.signature import Field, Signature

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

    def predict(self, columns: Columns) -> dict[str, list[Any]]:
        """Return the output tensors' values by name; every input column, all of one length."""
        import polars as pl

        frame = pl.DataFrame(columns, schema=self._schema)
        if self._classes is None:
            return {PREDICTION: _numbers(self._predictor.predict(frame))}
        # One pass through the pipeline gives both: the prediction is the most probable class.
        shares = self._predictor.predict_proba(frame)
        labels = self._classes
        outputs: dict[str, list[Any]] = {
            PREDICTION: [labels[place] for place in shares.argmax(axis=1).tolist()]
        }
        for place, name in enumerate(self.signature.classes):
            outputs[PROBABILITY + name] = shares[:, place].tolist()
        return {name: outputs[name] for name in self.datatypes}


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
