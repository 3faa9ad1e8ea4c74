"""Loading what is to be served: verified, safe in format, tried once before it answers anybody."""

from __future__ import annotations

from pathlib import Path

from workbench.errors import BadInput
from workbench.models.example import example_row
from workbench.models.loading import load_model
from workbench.serving.folder import Desired
from workbench.serving.served import PREDICTION, ServedModel
from workbench.text import clean


def load(desired: Desired, most_rows: int) -> ServedModel:
    """Load and try a version; blocks for seconds the first time (scikit-learn).

    The stored bytes must have the digest, the format must be a safe one and hold known types only,
    and one row that the signature allows must give the outputs that it names. Raises the refusal of
    whichever does not hold.
    """
    model = load_model(Path(desired.path), desired.format, object=desired.object)
    served = ServedModel(desired, model, max_rows=most_rows)
    try:
        outputs = served.predict(example_row(desired.signature))
        sound = list(outputs) == list(served.datatypes) and len(outputs[PREDICTION]) == 1
        why = f"it gives {', '.join(outputs)}"
    except Exception as error:  # noqa: BLE001  # a model's code may raise anything
        sound, why = False, f"{type(error).__name__}: {error}"
    if not sound:
        raise BadInput(
            f"{desired.reference} does not do what its signature says",
            where=desired.reference,
            why=clean(why, 300),
            fix="Train and register it again",
            code="model.signature",
        )
    return served
