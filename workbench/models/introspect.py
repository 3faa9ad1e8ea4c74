"""The process that loads a model whose types are trusted, to ask it for its columns and classes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from workbench.models.apart import answer
from workbench.models.loading import load_model

MOST = 10_000
"""Columns and classes that are told."""
_READS_TEXT = (
    "OneHotEncoder",
    "OrdinalEncoder",
    "TargetEncoder",
    "TfidfVectorizer",
    "CountVectorizer",
)


class IntrospectWork(msgspec.Struct, frozen=True, kw_only=True):
    """What the process is told on its standard input."""

    path: str
    format: str
    object: str


class Introspected(msgspec.Struct, frozen=True, kw_only=True):
    """What the model says of itself. `texts`: some of its columns are not numbers."""

    columns: tuple[str, ...]
    count: int
    classes: tuple[str, ...]
    task: str
    texts: bool


def introspect(work: IntrospectWork) -> Introspected:
    """Load and ask; raises what load_model raises."""
    model = load_model(Path(work.path), work.format, object=work.object)
    classes = [str(name) for name in _list(getattr(model, "classes_", ()))]
    return Introspected(
        columns=tuple(str(name) for name in _list(getattr(model, "feature_names_in_", ()))),
        count=int(getattr(model, "n_features_in_", 0)),
        classes=tuple(classes),
        task=_task(model, classes),
        texts=_reads_text(model),
    )


def _list(values: Any) -> list[Any]:
    found = list(values)
    if len(found) > MOST:
        raise ValueError(f"it has {len(found):,} columns or classes, more than {MOST:,}")
    return found


def _task(model: Any, classes: list[str]) -> str:
    if not hasattr(model, "predict"):
        raise ValueError(f"a {type(model).__name__} predicts nothing")
    if classes:
        if not hasattr(model, "predict_proba"):
            raise ValueError("it classifies without probabilities, which a server needs")
        return "binary" if len(classes) == 2 else "multiclass"
    return "regression"


def _reads_text(model: Any) -> bool:
    """Tell whether some step takes what is not a number."""
    waiting, seen = [model], set()
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if type(item).__name__ in _READS_TEXT:
            return True
        if isinstance(item, list | tuple):
            waiting += item
        elif isinstance(item, dict):
            waiting += item.values()
        elif type(item).__module__.startswith("sklearn."):
            waiting += vars(item).values() if hasattr(item, "__dict__") else ()
    return False


def main() -> int:
    """Do the work that comes on stdin."""
    return answer(IntrospectWork, introspect)


if __name__ == "__main__":
    sys.exit(main())
