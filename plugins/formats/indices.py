"""Other parts of a model whose indices compiled code follows without looking; see `trees.py`.

Nearest neighbours: rows, labels and columns as the search takes them. Words: the place of each term
in a sparse matrix.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from plugins.formats.trees import parts

_METRICS = {"euclidean", "manhattan"}
_PATTERN = r"(?u)\b\w\w+\b"


def check_indices(model: Any) -> None:
    """Raise ValueError when neighbours or terms anywhere in `model` point outside what is there."""
    for _, part in parts(model):
        kind = type(part).__name__
        if kind in {"KNeighborsClassifier", "KNeighborsRegressor"}:
            _check_neighbors(part, classes=kind == "KNeighborsClassifier")
        elif kind == "TfidfVectorizer":
            _check_terms(part)


def _check_neighbors(part: Any, *, classes: bool) -> None:
    rows, answers = part._fit_X, part._y
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.dtype != np.float64:
        raise ValueError("the neighbours' rows are not a table of floats")
    if not isinstance(answers, np.ndarray) or answers.shape != (len(rows),):
        raise ValueError("the neighbours' answers are not one a row")
    if answers.dtype.kind not in ("iu" if classes else "f"):
        raise ValueError(f"the neighbours' answers are {answers.dtype}")
    if part.n_samples_fit_ != len(rows) or part.n_features_in_ != rows.shape[1]:
        raise ValueError("the neighbours' rows or columns are not as many as it says")
    if type(part.n_neighbors) is not int or not 1 <= part.n_neighbors <= len(rows):
        raise ValueError("more neighbours are asked than there are")
    plain = part._tree is None and part._fit_method == part.algorithm == "brute"
    metric = part.effective_metric_ == part.metric and part.metric in _METRICS
    if not plain or not metric or part.effective_metric_params_ or part.metric_params:
        raise ValueError("the neighbours are searched for in an unknown way")
    if part.weights not in {"uniform", "distance"} or getattr(part, "outputs_2d_", False):
        raise ValueError("the neighbours are weighed in an unknown way")
    if classes:
        known = len(part.classes_)
        if answers.size and (int(answers.min()) < 0 or int(answers.max()) >= known):
            raise ValueError(f"a neighbour's class points outside ({known} there)")


def _check_terms(part: Any) -> None:
    terms = part.vocabulary_
    if not isinstance(terms, dict) or sorted(terms.values()) != list(range(len(terms))):
        raise ValueError("the terms' places are not one for each")
    if not all(type(term) is str for term in terms) or not all(
        type(place) is int for place in terms.values()
    ):
        raise ValueError("the terms are not words and places")
    if np.shape(part._tfidf.idf_) != (len(terms),):
        raise ValueError("the terms' weights are not one for each")
    if part.token_pattern != _PATTERN or part.analyzer != "word":
        raise ValueError("the terms are cut in an unknown way")
    if part.preprocessor is not None or part.tokenizer is not None:
        raise ValueError("the terms are cut by a function")
