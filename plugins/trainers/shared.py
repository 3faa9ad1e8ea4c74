"""Options that several trainers have, each with the same meaning."""

from __future__ import annotations

from workbench.options import Option, Value

CLASS_WEIGHT = Option(
    "class_weight",
    "choice",
    "none",
    "Classification: balanced gives rare classes more weight.",
    choices=("none", "balanced"),
)


def class_weight(value: Value) -> str | None:
    """Return what scikit-learn calls the choice."""
    return None if value == "none" else "balanced"


MAX_DEPTH = Option("max_depth", "int", None, "Most levels of a tree.", minimum=1, maximum=1000)
MAX_FEATURES = Option(
    "max_features",
    "float",
    None,
    "Share of the features looked at for each split.",
    minimum=0.0,
    maximum=1.0,
    open_minimum=True,
)
