"""Neighbours and words in a model file that lead outside of what is there are refused before use."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline

from plugins.formats.skops import FORMAT
from workbench.errors import BadInput
from workbench.training.texts import TextNumbers

ROWS = np.random.default_rng(0).normal(size=(40, 3))
LABELS = np.array(["a", "b"])[np.arange(40) % 2]
NOTES = pl.DataFrame({"note": ["fog and ice", "ice again", "fog", "calm again"]})


@pytest.fixture(scope="module")
def neighbors() -> Any:
    return KNeighborsClassifier(5, algorithm="brute", metric="euclidean").fit(ROWS, LABELS)


@pytest.fixture(scope="module")
def words() -> Any:
    return TextNumbers().fit(NOTES)


def loaded(model: Any, folder: Path) -> Any:
    path = folder / "model.skops"
    FORMAT.dump(Pipeline([("part", model)]), path)
    return FORMAT.load(path)


def test_sound_ones_are_loaded(neighbors: Any, words: Any, tmp_path: Path) -> None:
    assert (loaded(neighbors, tmp_path).predict(ROWS) == neighbors.predict(ROWS)).all()
    number = KNeighborsRegressor(5, algorithm="brute", metric="euclidean", weights="distance").fit(
        ROWS, ROWS[:, 0]
    )
    assert (loaded(number, tmp_path).predict(ROWS) == number.predict(ROWS)).all()
    found = loaded(words, tmp_path).transform(NOTES)
    assert (found.toarray() == words.transform(NOTES).toarray()).all()


NEIGHBORS: list[tuple[dict[str, Any], str]] = [
    ({"_fit_X": ROWS.tolist()}, "not a table of floats"),
    ({"_fit_X": ROWS[0]}, "not a table of floats"),
    ({"_fit_X": ROWS.astype(np.float32)}, "not a table of floats"),
    ({"_fit_X": ROWS[:10]}, "one a row"),
    ({"_y": np.arange(40)}, "class points outside"),
    ({"_y": np.full(40, -1)}, "class points outside"),
    ({"_y": np.zeros(40)}, "answers are float64"),
    ({"n_features_in_": 9}, "not as many"),
    ({"n_samples_fit_": 4000}, "not as many"),
    ({"n_neighbors": 4000}, "more neighbours"),
    ({"n_neighbors": 2.5}, "more neighbours"),
    ({"algorithm": "kd_tree", "_fit_method": "kd_tree"}, "unknown way"),
    ({"effective_metric_": "precomputed"}, "unknown way"),
    ({"metric": "cosine", "effective_metric_": "cosine"}, "unknown way"),
    ({"effective_metric_params_": {"w": [1]}}, "unknown way"),
    ({"weights": np.log}, "weighed in an unknown way"),
    ({"outputs_2d_": True}, "weighed in an unknown way"),
]


@pytest.mark.parametrize(("changes", "why"), NEIGHBORS, ids=[str(n) for n in range(len(NEIGHBORS))])
def test_neighbors_that_lead_outside(
    changes: dict[str, Any], why: str, neighbors: Any, tmp_path: Path
) -> None:
    model = copy.deepcopy(neighbors)
    vars(model).update(changes)
    with pytest.raises(BadInput, match=why):
        loaded(model, tmp_path)


WORDS: list[tuple[dict[str, Any], str]] = [
    ({"vocabulary_": {"fog": 0, "ice": 10**9, "again": 1}}, "one for each"),
    ({"vocabulary_": {"fog": 0, "ice": 0, "again": 1}}, "one for each"),
    ({"vocabulary_": {"fog": 0, "ice": -1, "again": 1}}, "one for each"),
    ({"vocabulary_": {"fog": 0, "ice": 1}}, "weights are not one for each"),
    ({"vocabulary_": {"fog": 0.0, "ice": 1, "again": 2}}, "not words and places"),
    ({"token_pattern": "(a+)+b"}, "cut in an unknown way"),
    ({"analyzer": "char"}, "cut in an unknown way"),
    ({"tokenizer": np.log}, "cut by a function"),
    ({"preprocessor": np.exp}, "cut by a function"),
]


@pytest.mark.parametrize(("changes", "why"), WORDS, ids=[str(n) for n in range(len(WORDS))])
def test_words_that_lead_outside(
    changes: dict[str, Any], why: str, words: Any, tmp_path: Path
) -> None:
    model = copy.deepcopy(words)
    vars(model.terms_).update(changes)
    with pytest.raises(BadInput, match=why):
        loaded(model, tmp_path)
