"""Features from roles: which columns a model sees, and the scikit-learn steps that prepare them.

All of it is fitted with the model, on the rows that the model is fitted on and no others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.errors import BadInput
from workbench.training.contract import FeatureNeeds, Task
from workbench.training.datetimes import DatetimeParts, parts_of
from workbench.training.inputs import feature_type, few_values, named, unit_of
from workbench.training.signature import Field
from workbench.training.targetmeans import TargetMeans
from workbench.training.texts import MOST_TOPICS, TextNumbers

if TYPE_CHECKING:
    import polars as pl

MOST_COLUMNS = 100
"""One column makes at most this many 0/1 columns; one of more values becomes means of the target."""
MOST_CODES = 254
"""One column has at most this many codes; rarer values share one (HistGradientBoosting takes 255)."""
LEFT_OUT = {
    "identifier": "an identifier names a row and says nothing of others",
    "constant": "it has one value only",
    "compound": "no feature is made of its parts together: make a column of each that counts "
    "(workbench data query SQL --name NAME)",
}
"""Role → why a column of it is left out."""


@dataclass(frozen=True, slots=True)
class FeaturePlan:
    """The columns that features are made of, and why the others are left out.

    `numbers`, `moments`, `categories`, `many` (categories of more than MOST_COLUMNS values) and
    `texts` partition the names of `fields`, in that order of output.
    """

    fields: tuple[Field, ...]
    numbers: tuple[str, ...]
    moments: tuple[str, ...]
    categories: tuple[str, ...]
    left_out: Mapping[str, str]
    many: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    def field(self, name: str) -> Field:
        """Return the field of this name."""
        return next(field for field in self.fields if field.name == name)


def plan_features(
    frame: pl.DataFrame,
    roles: Mapping[str, str],
    *,
    target: str,
    drop: tuple[str, ...] = (),
    grouped: tuple[str | None, ...] = (),
) -> FeaturePlan:
    """Decide from the training rows' types and roles. Raises BadInput when no column is left.

    `grouped` names the column whose groups are tested as a whole.
    """
    fields: list[Field] = []
    kinds: dict[str, list[str]] = {part: [] for part in _PARTS}
    left_out: dict[str, str] = {}
    for name in frame.columns:
        if name == target:
            continue
        kind = feature_type(frame.schema[name])
        why = _left_out(name, roles[name], drop, grouped)
        if why or kind is None:
            left_out[name] = why or f"no feature is made of {frame.schema[name]}"
            continue
        part = _part(roles[name], kind, frame[name])
        kinds[part].append(name)
        fields.append(_field(frame[name], kind, part))
    if not fields:
        raise _no_features(left_out)
    numbers, moments, categories, many, texts = (tuple(kinds[part]) for part in _PARTS)
    return FeaturePlan(tuple(fields), numbers, moments, categories, left_out, many, texts)


def _left_out(name: str, role: str, drop: tuple[str, ...], grouped: tuple[str | None, ...]) -> str:
    """Say why no feature is made of a column, whatever its type; empty where one may be."""
    if name in drop:
        return "the problem file drops it"
    if name in grouped:
        return "rows are split by it: the groups of the test are never trained on"
    return LEFT_OUT.get(role, "")


def _field(values: pl.Series, kind: str, part: str) -> Field:
    return Field(
        name=values.name,
        type=kind,
        required=False,  # null is accepted everywhere: every kind of feature has its way with it
        categories=few_values(values) if part == "categorical" else (),
        text=part == "text",
        unit=unit_of(values.dtype),
    )


def _no_features(left_out: Mapping[str, str]) -> BadInput:
    return BadInput(
        "No column is left to learn from",
        where=", ".join(left_out) or "the table has only the target",
        why="; ".join(f"{name}: {why}" for name, why in list(left_out.items())[:5])
        or "there is no other column",
        fix="Add columns, or change `drop` in the problem file",
        code="training.no_features",
    )


_PARTS = ("numeric", "datetime", "categorical", "many", "text")


def _part(role: str, kind: str, values: pl.Series) -> str:
    if kind in {"date", "datetime"}:
        return "datetime"
    # A role of numeric counts only for what is a number: text that reads as one is a category.
    if role == "numeric" and kind in {"int", "float"}:
        return "numeric"
    if kind == "str" and role == "text":
        return "text"
    return "many" if kind == "str" and values.n_unique() > MOST_COLUMNS else "categorical"


def build_features(
    plan: FeaturePlan, needs: FeatureNeeds, task: Task, seed: int = 0
) -> tuple[Any, list[bool]]:
    """Return the unfitted ColumnTransformer and, for its first columns, whether they hold codes.

    With one-hot categories the second is empty: how many columns come out is known after fitting.
    """
    from sklearn.compose import ColumnTransformer

    parts: list[tuple[str, Any, list[str]]] = []
    if plan.numbers:
        parts.append(("numbers", _numbers(needs, indicator=True), list(plan.numbers)))
    if plan.moments:
        steps = [("parts", DatetimeParts()), *_filled(needs, indicator=False)]
        parts.append(("moments", _pipeline(steps), list(plan.moments)))
    for kind in ("str", "number", "bool"):
        # A group for each kind of value: an encoder over texts and numbers would make all texts.
        kinds = frozenset({"int", "float"} if kind == "number" else {kind})
        chosen = [name for name in named(plan.fields, kinds) if name in plan.categories]
        if chosen:
            parts.append((f"categories_{kind}", _categories(needs), chosen))
    if plan.many:
        means = [("means", TargetMeans(task, seed)), *_scaled(needs)]
        parts.append(("many", _pipeline(means), list(plan.many)))
    parts += [(f"text_{n}", _text(needs, seed), [name]) for n, name in enumerate(plan.texts)]
    transformer = ColumnTransformer(
        parts,
        remainder="drop",
        verbose_feature_names_out=False,
        # Words are sparse; a trainer that takes topics may take no sparse matrix at all.
        sparse_threshold=0.3 if needs.text == "words" else 0.0,
    )
    if needs.categories == "onehot":
        return transformer, []
    moments = sum(len(parts_of(plan.field(name).type)) for name in plan.moments)
    codes = [False] * (len(plan.numbers) + moments) + [True] * len(plan.categories)
    return transformer, codes


def _numbers(needs: FeatureNeeds, *, indicator: bool) -> Any:
    steps = _filled(needs, indicator=indicator)
    return _pipeline(steps) if steps else "passthrough"


def _filled(needs: FeatureNeeds, *, indicator: bool) -> list[tuple[str, Any]]:
    from sklearn.impute import SimpleImputer

    steps: list[tuple[str, Any]] = []
    if needs.missing == "impute":
        # keep_empty_features: a column may be empty in one fold; the shape stays.
        filler = SimpleImputer(strategy="median", add_indicator=indicator, keep_empty_features=True)
        steps.append(("fill", filler))
    return [*steps, *_scaled(needs)]


def _scaled(needs: FeatureNeeds) -> list[tuple[str, Any]]:
    from sklearn.preprocessing import StandardScaler

    return [("scale", StandardScaler())] if needs.scale else []


def _text(needs: FeatureNeeds, seed: int) -> Any:
    if needs.text == "words":
        return TextNumbers()  # each text is of length 1 already
    return _pipeline([("topics", TextNumbers(MOST_TOPICS, seed)), *_scaled(needs)])


def _pipeline(steps: list[tuple[str, Any]]) -> Any:
    from sklearn.pipeline import Pipeline

    return Pipeline(steps)


def _categories(needs: FeatureNeeds) -> Any:
    import numpy as np
    from sklearn.impute import SimpleImputer
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

    if needs.categories == "onehot":
        return OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MOST_COLUMNS)
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
        max_categories=MOST_CODES,
    )
    if needs.missing == "native":
        return codes
    fill = SimpleImputer(strategy="most_frequent", keep_empty_features=True)
    return _pipeline([("codes", codes), ("fill", fill)])
