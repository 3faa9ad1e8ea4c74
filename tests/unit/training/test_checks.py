import polars as pl
import pytest

from workbench.errors import BadInput
from workbench.training.checks import check_table
from workbench.training.work import Problem, Split

GOOD = {"x": [float(i) for i in range(40)], "y": ["a", "b"] * 20}


def problem(task: str = "binary", **values: object) -> Problem:
    metric = {"binary": "roc_auc", "multiclass": "macro_f1", "regression": "rmse"}[task]
    values = {"target": "y", **values}
    return Problem(goal="g", dataset="d", task=task, metric=metric, direction="maximize", **values)


def test_what_is_good_passes() -> None:
    check_table(pl.LazyFrame(GOOD), problem(), where="d@1")
    check_table(pl.LazyFrame(GOOD), problem("regression", target="x"), where="d@1")
    check_table(pl.LazyFrame(GOOD), problem("multiclass"), where="d@1")
    check_table(pl.LazyFrame(GOOD), by("time", "x"), where="d@1")
    check_table(pl.LazyFrame({**GOOD, "g": [i // 4 for i in X]}), by("group", "g"), where="d@1")


X = list(range(40))


def by(method: str, column: str, folds: int = 5) -> Problem:
    return problem(split=Split(method=method, column=column, folds=folds))


CASES = [
    ("experiment.target_absent", problem(target="why"), GOOD, "near to it: x, y"),
    ("experiment.drop_absent", problem(drop=("z",)), GOOD, "near to it"),
    ("experiment.drop_target", problem(drop=("y",)), GOOD, "y is to be predicted"),
    ("experiment.no_features", problem(drop=("x",)), GOOD, "there is none"),
    ("experiment.no_features", problem(), {"y": ["a", "b"]}, "there is none"),
    ("experiment.one_row", problem(), {"x": [1], "y": ["a"]}, "rows to learn from"),
    ("experiment.one_row", problem(), {"x": [], "y": []}, "rows to learn from"),
    ("experiment.target_constant", problem(), {"x": X, "y": ["a"] * 40}, "every row has a"),
    ("experiment.target_constant", problem("regression"), {"x": X, "y": [1.5] * 40}, "every row has 1.5"),
    ("experiment.target_null", problem(), {"x": X, "y": [None] * 40}, "cells are null"),
    ("experiment.target_not_numeric", problem("regression"), GOOD, "it is String"),
    ("experiment.target_infinite", problem("regression"), {"x": X, "y": [*map(float, X[1:]), float("inf")]},
     "1 of 40"),
    ("experiment.target_type", problem(), {"x": X, "y": [[1], [2]] * 20}, "List"),
    ("experiment.classes", problem(), {"x": X, "y": ["a", "b", "c", "d"] * 10}, "at most 2"),
    ("experiment.classes", problem("multiclass"), dict.fromkeys("xy", range(201)), "at most 200"),
    ("experiment.class_rows", problem(), {"x": X, "y": ["a"] * 36 + ["b"] * 4}, "at least 7"),
    ("experiment.too_few_rows", problem("regression"), {"x": [1, 2, 3], "y": [1, 2, 3]}, "at least 8"),
    ("experiment.split_absent", by("time", "day"), GOOD, "near to it"),
    ("experiment.split_target", by("group", "y"), GOOD, "to be predicted"),
    ("experiment.split_type", by("time", "t"), {**GOOD, "t": ["a"] * 40}, "it is String"),
    ("experiment.split_type", by("group", "t"), {**GOOD, "t": [[1]] * 40}, "it is List"),
    ("experiment.split_null", by("time", "t"), {**GOOD, "t": [None, *X[1:]]}, "1 of 40"),
    ("experiment.split_few", by("time", "t"), {**GOOD, "t": [1, 2, 3, 4] * 10}, "4 times, needed are 7"),
    ("experiment.split_few", by("group", "t"), {**GOOD, "t": ["a", None] * 20}, "2 groups, needed are 6"),
    ("experiment.split_classes", by("time", "x", 3), {"x": X, "y": ["a"] * 20 + ["b"] * 20}, "does not vary"),
    ("experiment.positive", problem(positive="c"), GOOD, "it has a, b"),
    ("experiment.column_null", problem(), {**GOOD, "n": [None] * 40}, "all of its 40 cells"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "asked", "table", "why"), CASES, ids=lambda v: v if isinstance(v, str) else ""
)
def test_what_is_bad_is_refused(code: str, asked: Problem, table: dict, why: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_table(pl.LazyFrame(table), asked, where="d@1")
    refusal = caught.value
    assert refusal.code == code
    assert why in refusal.why
    assert refusal.what
    assert refusal.where
    assert refusal.fix


def test_the_fix_helps() -> None:
    """What the messages advise makes the table pass."""
    check_table(pl.LazyFrame({**GOOD, "n": [None] * 40}), problem(drop=("n",)), where="d@1")
    rare = {"x": X, "y": ["a"] * 36 + ["b"] * 4}
    check_table(pl.LazyFrame(rare), problem(split=Split(folds=2, test=0.25)), where="d@1")


def test_hostile_names_are_cleaned() -> None:
    with pytest.raises(BadInput) as caught:
        check_table(
            pl.LazyFrame({"\x1b]0;x\x07": [1, 2], "y": [1, 2]}),
            problem(target="no\x1b[2J"),
            where="d@1",
        )
    assert "\x1b" not in str(caught.value)
