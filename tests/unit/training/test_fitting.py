from __future__ import annotations

import math
from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from workbench.data.roles import infer_roles
from workbench.errors import BadInput
from workbench.options import settle
from workbench.plugins import load
from workbench.statistics.bootstrap import Interval
from workbench.training.contract import FeatureNeeds
from workbench.training.features import build_features, plan_features
from workbench.training.fitting import Learning, Recipe, Target, figures, read_target
from workbench.training.inputs import conform
from workbench.training.metrics import BY_NAME, Scored
from workbench.training.splits import deal
from workbench.training.targetmeans import TargetMeans
from workbench.training.texts import TextNumbers
from workbench.training.work import Problem, Split

Make = Callable[..., Learning]
ROWS = 300
TRAINERS = ["linear", "hgb", "dummy", "tree", "forest", "knn"]


class Leaky(Learning):
    """Known-wrong: its steps see every row."""

    def fit(self, rows: np.ndarray) -> Any:
        del rows
        return self.recipe.make().fit(self.features, self.target.values)


def poisoned(frame: pl.DataFrame, rows: np.ndarray) -> pl.DataFrame:
    """The frame with these rows replaced by other numbers, categories, flags and moments."""
    chosen = pl.Series(np.isin(np.arange(frame.height), rows))
    return frame.with_columns(
        pl.when(chosen).then(1e6 + pl.col("x") * 50).otherwise(pl.col("x")).alias("x"),
        pl.when(chosen).then(-1e5).otherwise(pl.col("gaps")).alias("gaps"),
        pl.when(chosen).then(pl.lit("only here")).otherwise(pl.col("kind")).alias("kind"),
        pl.when(chosen).then(pl.lit(None)).otherwise(pl.col("flag")).alias("flag"),
        pl.when(chosen).then(pl.col("at").dt.offset_by("10y")).otherwise(pl.col("at")).alias("at"),
    )


def check_blind(make: Make, frame: pl.DataFrame, trainer: str, kind: type[Learning]) -> None:
    """Assert that nothing a run makes of the training rows changes with what the test rows hold."""
    dealt = deal(ROWS, Split())
    one = make(frame, dealt.train, trainer, kind=kind)
    other = make(poisoned(frame, dealt.test), dealt.train, trainer, kind=kind)
    assert one.recipe.plan == other.recipe.plan
    probe = one.features[dealt.train]
    models = [learner.fit(dealt.train) for learner in (one, other)]
    chances = [model.predict_proba(probe) for model in models]
    assert np.array_equal(chances[0], chances[1])
    assert list(one.folds(dealt.folds)) == list(other.folds(dealt.folds))


@pytest.mark.parametrize("trainer", ["linear", "hgb"])
def test_nothing_is_fitted_on_test_rows(
    make_learning: Make, frame: pl.DataFrame, trainer: str
) -> None:
    check_blind(make_learning, frame, trainer, Learning)


def wordy(trainer: str, kind: type[Learning], *, poison: bool) -> tuple[Learning, Any]:
    """A learning over texts and a category of many values, and its deal; `poison`: other test rows."""
    rng = np.random.default_rng(5)
    table = pl.DataFrame(
        {
            "town": [f"t{n}" for n in rng.integers(0, 150, ROWS)],
            "note": [
                " ".join(rng.choice(["ice", "fog", "crew", "late", "calm"], 3)) for _ in range(ROWS)
            ],
        }
    )
    truth = np.where(rng.random(ROWS) < 0.5, "yes", "no")
    dealt = deal(ROWS, Split())
    roles = {"town": "categorical", "note": "text"}
    plan = plan_features(table[dealt.train], roles, target="")
    if poison:
        test = pl.Series(np.isin(np.arange(ROWS), dealt.test))
        table = table.with_columns(
            pl.when(test).then(pl.lit("t1")).otherwise("town").alias("town"),
            pl.when(test).then(pl.lit("ice ice poison")).otherwise("note").alias("note"),
        )
        truth[dealt.test] = "yes"
    plugin = load("trainers", trainer)
    recipe = Recipe("binary", plan, plugin, settle(plugin.options, {}, owner=trainer), 0)
    return kind(conform(table, plan.fields), Target(truth, ("no", "yes"), "yes"), recipe), dealt


@pytest.mark.parametrize("trainer", ["linear", "hgb"])
@pytest.mark.parametrize("kind", [Learning, Leaky])
def test_words_and_means_are_of_training_rows_only(trainer: str, kind: type[Learning]) -> None:
    (one, dealt), (other, _) = (wordy(trainer, kind, poison=poison) for poison in (False, True))
    probe = one.features[dealt.train]
    chances = [learner.fit(dealt.train).predict_proba(probe) for learner in (one, other)]
    assert np.array_equal(*chances) == (kind is Learning)


@pytest.mark.parametrize("trainer", ["linear", "hgb"])
def test_a_step_fitted_on_test_rows_is_caught(
    make_learning: Make, frame: pl.DataFrame, trainer: str
) -> None:
    with pytest.raises(AssertionError):
        check_blind(make_learning, frame, trainer, Leaky)


def test_a_fold_s_checked_rows_are_not_fitted_on(make_learning: Make, frame: pl.DataFrame) -> None:
    dealt = deal(ROWS, Split())
    fit, check = dealt.folds[0]
    one = make_learning(frame, dealt.train)
    other = Learning(poisoned(frame, check).select(one.features.columns), one.target, one.recipe)
    probe = one.features[fit]
    assert np.array_equal(one.fit(fit).predict_proba(probe), other.fit(fit).predict_proba(probe))


@pytest.mark.parametrize("trainer", TRAINERS)
@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_written_model_predicts_the_same(
    make_learning: Make, frame: pl.DataFrame, tmp_path: Path, trainer: str, task: str
) -> None:
    rows = np.arange(ROWS)
    learner = make_learning(frame, rows, trainer, task)
    model = learner.fit(rows)
    format_plugin, path = load("formats", "skops"), tmp_path / "model.skops"
    format_plugin.dump(model, path)
    assert format_plugin.inspect(path) == ()
    loaded = format_plugin.load(path)
    strange = poisoned(frame, rows[:50]).select(learner.features.columns)
    assert np.array_equal(model.predict(strange), loaded.predict(strange))


def test_linear_prepares_as_by_hand(frame: pl.DataFrame) -> None:
    """Oracle: polars' own medians, means and counts."""
    part = frame.select("gaps", "kind", "flag")
    roles = {"gaps": "numeric", "kind": "categorical", "flag": "boolean"}
    plan = plan_features(part, roles, target="")
    made, codes = build_features(
        plan, FeatureNeeds(scale=True, missing="impute", categories="onehot"), "binary"
    )
    rows = made.fit_transform(part)
    assert codes == []
    names = made.get_feature_names_out().tolist()
    filled = part["gaps"].fill_null(part["gaps"].median())
    assert rows[:, names.index("gaps")] == pytest.approx(
        ((filled - filled.mean()) / filled.std(ddof=0)).to_numpy()
    )
    missing = part["gaps"].is_null().cast(pl.Float64)
    assert rows[:, names.index("missingindicator_gaps")] == pytest.approx(
        ((missing - missing.mean()) / missing.std(ddof=0)).to_numpy()
    )
    for value in ("a", "b", "c", None):
        column = rows[:, names.index(f"kind_{value}")]
        assert column.tolist() == [float(kind == value) for kind in part["kind"].to_list()]
    assert {"flag_False", "flag_True", "flag_None"} <= set(names)


def test_a_category_never_seen_is_no_category(frame: pl.DataFrame) -> None:
    part = frame.select("kind").drop_nulls()
    plan = plan_features(part, {"kind": "categorical"}, target="")
    strange = pl.DataFrame({"kind": ["never", None]})
    onehot, _ = build_features(
        plan, FeatureNeeds(scale=True, missing="impute", categories="onehot"), "binary"
    )
    assert onehot.fit(part).transform(strange).tolist() == [[0.0] * 3] * 2
    coded, mask = build_features(
        plan, FeatureNeeds(scale=False, missing="native", categories="codes"), "binary"
    )
    assert np.isnan(coded.fit(part).transform(strange)).all()
    assert mask == [True]


def test_codes_are_marked_where_they_stand(frame: pl.DataFrame, make_learning: Make) -> None:
    """hgb would take numbers for categories, silently, were the positions wrong."""
    learner = make_learning(frame, np.arange(ROWS), "hgb")
    features, mask = build_features(learner.recipe.plan, learner.recipe.trainer.needs, "binary")
    names = features.fit(frame).get_feature_names_out().tolist()
    assert [name for name, code in zip(names, mask, strict=True) if code] == ["kind", "flag"]
    assert learner.fit(np.arange(ROWS))[-1].is_categorical_.tolist() == mask


ONEHOT = FeatureNeeds(scale=False, missing="impute", categories="onehot", text="words")
CODES = FeatureNeeds(scale=False, missing="native", categories="codes")


def towns(values: int, rows: int = 2000) -> tuple[pl.DataFrame, Any]:
    wide = pl.DataFrame({"kind": [f"k{i % values}" for i in range(rows)]})
    return wide, plan_features(wide, {"kind": "categorical"}, target="")


def test_few_categories_have_a_column_each_and_very_many_a_mean(frame: pl.DataFrame) -> None:
    wide, plan = towns(100)
    assert (plan.categories, plan.many) == (("kind",), ())
    assert build_features(plan, ONEHOT, "binary")[0].fit_transform(wide).shape == (2000, 100)
    wide, plan = towns(101)
    assert (plan.categories, plan.many) == ((), ("kind",))
    assert plan.fields[0].categories == ()
    truth = np.random.default_rng(0).integers(0, 2, 2000)
    for needs in (ONEHOT, CODES):
        made, codes = build_features(plan, needs, "binary")
        assert made.fit_transform(wide, truth).shape == (2000, 1)
        assert codes == []
        assert made.get_feature_names_out().tolist() == ["kind_mean"]


def test_the_mean_of_a_category_is_shrunken_to_that_of_all() -> None:
    """By hand: of 4 rows of a rare town all late, a share between all rows' and 1; unseen: all rows'."""
    names = [f"t{i}" for i in range(150) for _ in range(4)]
    late = np.array(["yes" if i % 2 or name == "t7" else "no" for i, name in enumerate(names)])
    table = pl.DataFrame({"town": names})
    made = TargetMeans("binary", 0).fit(table, late)
    found = made.transform(pl.DataFrame({"town": ["t7", "never", None]})).ravel()
    share = (late == "yes").mean()
    assert share < found[0] <= 1
    assert found[1:].tolist() == pytest.approx([share, share])


def test_a_category_of_one_row_does_not_tell_its_answer() -> None:
    """Noise with a category a row or two: cross fitting leaves nothing to learn, the plain mean all."""
    rng = np.random.default_rng(1)
    names = [f"t{i % 700}" for i in range(1000)]
    truth = rng.integers(0, 2, 1000)
    table = pl.DataFrame({"town": names})
    labels = np.where(truth == 1, "yes", "no")
    means = TargetMeans("binary", 0)
    crossed = means.fit_transform(table, labels).ravel()
    leaky = means.transform(table).ravel()
    assert abs(np.corrcoef(crossed, truth)[0, 1]) < 0.15
    assert np.corrcoef(leaky, truth)[0, 1] > 0.5
    again = TargetMeans("binary", 0).fit_transform(table, labels).ravel()
    assert crossed.tolist() == again.tolist()


def test_means_of_many_classes_and_of_numbers() -> None:
    table = pl.DataFrame({"town": [f"t{i % 120}" for i in range(600)]})
    classes = np.array(["a", "b", "c"])[np.arange(600) % 3]
    made = TargetMeans("multiclass", 0).fit(table, classes)
    assert made.transform(table).shape == (600, 3)
    assert made.get_feature_names_out().tolist() == ["town_a_mean", "town_b_mean", "town_c_mean"]
    # Whole numbers are numbers here, not classes.
    whole = np.arange(600.0) % 5
    assert TargetMeans("regression", 0).fit(table, whole).transform(table).shape == (600, 1)


TEXTS = ["late late plane", "plane on time", None, "", "late crew!", "crew on time"]


def test_words_as_scikit_learn_counts_them() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    table = pl.DataFrame({"note": TEXTS})
    found = TextNumbers().fit_transform(table)
    oracle = TfidfVectorizer(min_df=2, sublinear_tf=True)
    expected = oracle.fit_transform([text or "" for text in TEXTS])
    assert np.allclose(found.toarray(), expected.toarray())
    names = TextNumbers().fit(table).get_feature_names_out().tolist()
    assert names == [f"note_{word}" for word in ("crew", "late", "on", "plane", "time")]
    assert found[2].nnz == found[3].nnz == 0


@pytest.mark.parametrize("topics", [0, 50])
@pytest.mark.parametrize(
    "texts", [["", None, "!"], ["word"] * 3, ["one two", "three four", "five six"], [None] * 3]
)
def test_texts_of_few_words_or_none(texts: list[str | None], topics: int) -> None:
    table = pl.DataFrame({"note": texts}, schema={"note": pl.String})
    made = TextNumbers(topics).fit(table)
    for rows in (table, table.head(1)):
        assert made.transform(rows).shape == (rows.height, len(made.get_feature_names_out()))


def test_text_is_learned_from(make_learning: Make) -> None:
    """The class is a word of the text: every trainer finds it; a hidden word it cannot."""
    rng = np.random.default_rng(2)
    words = np.array(
        ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]
    )
    texts = [" ".join(rng.choice(words, 8)) for _ in range(ROWS)]
    truth = np.array(["yes" if "alpha" in text else "no" for text in texts])
    table = pl.DataFrame({"note": texts})
    plan = plan_features(table, {"note": "text"}, target="")
    assert plan.texts == ("note",)
    assert plan.fields[0].text
    for name in ("linear", "hgb", "forest", "tree"):
        trainer = load("trainers", name)
        recipe = Recipe("binary", plan, trainer, settle(trainer.options, {}, owner=name), 0)
        learner = Learning(conform(table, plan.fields), Target(truth, ("no", "yes"), "yes"), recipe)
        model = learner.fit(np.arange(200))
        found = learner.score(model, np.arange(200, ROWS))
        assert (found.predicted == found.truth).mean() > 0.8, name


def test_a_time_of_day_is_learned_from_and_parts_are_left_out() -> None:
    rng = np.random.default_rng(4)
    hours = rng.integers(0, 24, ROWS)
    table = pl.DataFrame(
        {
            "at": pl.Series([None if n % 9 == 0 else time(h, 15) for n, h in enumerate(hours)]),
            "took": pl.Series([timedelta(minutes=int(n)) for n in rng.integers(1, 90, ROWS)]),
            "tags": [[int(hour)] for hour in hours],
            "where": [{"x": 1.5, "y": int(hour)} for hour in hours],
        }
    )
    roles = infer_roles(table)
    plan = plan_features(table, roles, target="y")
    assert plan.numbers == ("at", "took")
    assert [field.unit for field in plan.fields] == ["seconds since midnight", "seconds"]
    assert set(plan.left_out) == {"tags", "where"}
    assert "make a column of each" in plan.left_out["tags"]
    truth = np.where(hours < 8, "yes", "no")
    for name in ("hgb", "tree", "linear"):
        trainer = load("trainers", name)
        recipe = Recipe("binary", plan, trainer, settle(trainer.options, {}, owner=name), 0)
        learner = Learning(conform(table, plan.fields), Target(truth, ("no", "yes"), "yes"), recipe)
        found = learner.score(learner.fit(np.arange(200)), np.arange(200, ROWS))
        there = np.array([n % 9 != 0 for n in range(200, ROWS)])
        assert (found.predicted == found.truth)[there].mean() > 0.9, name


def test_what_is_left_out_is_told(frame: pl.DataFrame) -> None:
    wide = frame.with_columns(
        pl.lit(1).alias("same"), pl.lit("x").alias("prose"), pl.Series("id", range(ROWS)),
        pl.Series("list", [[1]] * ROWS), pl.lit(0).alias("gone"), pl.lit(0).alias("y"),
    )  # fmt: skip
    roles = dict.fromkeys(wide.columns, "numeric")
    roles |= {
        "same": "constant",
        "prose": "text",
        "id": "identifier",
        "kind": "categorical",
        "at": "datetime",
    }
    plan = plan_features(wide, roles, target="y", drop=("gone",))
    assert set(plan.left_out) == {"same", "id", "list", "gone"}
    assert plan.texts == ("prose",)
    assert "List" in plan.left_out["list"]
    # Text that a role calls numeric is still a category: nothing here reads numbers out of text.
    assert plan.categories == ("kind", "flag")
    with pytest.raises(BadInput) as caught:
        plan_features(wide.select("same", "y"), roles, target="y")
    assert caught.value.code == "training.no_features"


def test_targets() -> None:
    def problem(task: str, **values: Any) -> Problem:
        return Problem(
            goal="", dataset="d", target="y", task=task, metric="", direction="maximize", **values
        )

    assert read_target(pl.Series([9, 10]), problem("binary")).positive == "10"
    assert read_target(pl.Series([9, 10]), problem("binary")).classes == ("10", "9")
    assert read_target(pl.Series([True, False]), problem("binary")).positive == "true"
    assert read_target(pl.Series(["b", "a"]), problem("binary", positive="a")).positive == "a"
    assert (
        read_target(pl.Series([1, 2], dtype=pl.Int8), problem("regression")).values.dtype == float
    )


def baseline(blind: dict[str, Scored]) -> dict[str, float]:
    return {name: BY_NAME[name].function(guess) for name, guess in blind.items()}


def test_the_baseline_is_what_the_shares_say(make_learning: Make, frame: pl.DataFrame) -> None:
    dealt = deal(ROWS, Split())
    learner = make_learning(frame, dealt.train)
    truth = learner.target.values
    share = (truth[dealt.train] == "yes").mean()
    told = baseline(learner.blind(dealt.train, dealt.test))
    positive = truth[dealt.test] == "yes"
    assert told["roc_auc"] == 0.5
    assert told["log_loss"] == pytest.approx(
        -np.where(positive, math.log(share), math.log(1 - share)).mean()
    )
    # Of these no draw is needed to be the best that does not look: by hand.
    assert told["accuracy"] == pytest.approx(max(positive.mean(), 1 - positive.mean()))
    assert told["recall"] == 1
    assert told["precision"] >= positive.mean()
    assert told["f1"] >= 2 * positive.mean() / (1 + positive.mean()) - 1e-9
    assert told["average_precision"] == pytest.approx(positive.mean())
    number = make_learning(frame, dealt.train, task="regression")
    values = number.target.values
    known, test = values[dealt.train], values[dealt.test]
    told = baseline(number.blind(dealt.train, dealt.test))
    errors = [np.abs(test - guess) for guess in (known.mean(), np.median(known))]
    assert told["mae"] == pytest.approx(min(error.mean() for error in errors))
    assert told["rmse"] == pytest.approx(min(math.sqrt((error**2).mean()) for error in errors))


def test_figures_by_hand() -> None:
    made = figures(
        {"rmse": 3.0},
        [{"rmse": 1.0}, {"rmse": 2.0}, {"rmse": 6.0}],
        {"rmse": 9.0},
        {"rmse": Interval(2.5, 3.5, 9)},
    )
    assert made["rmse"].last == 3.0
    folds = made["cv.rmse"]
    assert (folds.last, folds.best, folds.min, folds.max) == (3.0, 1.0, 1.0, 6.0)
    assert made["cv_std.rmse"].last == pytest.approx(math.sqrt(7))
    assert made["dummy.rmse"].last == 9.0
    assert (made["low.rmse"].last, made["high.rmse"].last) == (2.5, 3.5)
    undefined = figures({"roc_auc": 0.5}, [{"roc_auc": 0.6}, {"roc_auc": math.nan}], {}, {})
    assert undefined["cv.roc_auc"].last == "NaN"
    assert undefined["cv.roc_auc"].best == 0.6
    assert undefined["cv_std.roc_auc"].last == "NaN"


def test_a_class_that_training_lacked_has_no_chance(
    make_learning: Make, frame: pl.DataFrame
) -> None:
    learner = make_learning(frame, np.arange(ROWS))
    fitted = np.flatnonzero(learner.target.values == "no")[:80]
    labels = np.where(np.arange(80) % 2 == 0, "no", "other")
    model = learner.recipe.make().fit(learner.features[fitted], labels)
    wider = Target(learner.target.values, ("no", "other", "yes"), "yes")
    scored = Learning(learner.features, wider, learner.recipe).score(model, np.arange(40))
    assert scored.probabilities is not None
    assert scored.probabilities[:, 2].tolist() == [0.0] * 40
    assert "yes" not in scored.predicted
