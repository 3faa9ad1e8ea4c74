"""Numbers from free text: words weighed by TF-IDF, or the topics that lie behind them.

Part of fitted models, and so imported wherever one is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]

MOST_TERMS = 20_000
"""The commonest terms of a column that are told apart."""
MOST_TOPICS = 50
"""Numbers that a column makes where a trainer takes dense features only."""


class TextNumbers(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Turn the one text column of a Polars frame into numbers; null is a text without words.

    With `topics` 0 a term is a column (TF-IDF, sparse). Otherwise a truncated singular value
    decomposition of these (latent semantic analysis, Deerwester et al. 1990) leaves at most `topics`
    dense columns. Terms are those of the rows that it is fitted on, in at least two of them where
    there are such.
    """

    def __init__(self, topics: int = 0, seed: int = 0) -> None:
        self.topics = topics
        self.seed = seed

    def fit(self, X: pl.DataFrame, y: object = None) -> TextNumbers:  # noqa: N803  # scikit-learn's name
        """Learn the column's terms, and its topics."""
        del y
        (self.column_,) = X.columns
        texts = _texts(X)
        self.terms_ = _terms(texts)
        self.reducer_ = None
        if self.terms_ is not None and self.topics:
            self.reducer_ = _topics(self.terms_.transform(texts), self.topics, self.seed)
        return self

    def transform(self, X: pl.DataFrame) -> Any:  # noqa: N803  # scikit-learn's name
        """Return a sparse matrix, or an array where there are topics, of shape (rows, columns made)."""
        check_is_fitted(self)
        import numpy as np

        if self.terms_ is None:
            return np.zeros((X.height, 0))
        found = self.terms_.transform(_texts(X))
        if self.reducer_ is not None:
            return self.reducer_.transform(found)
        return found.toarray() if self.topics else found

    def get_feature_names_out(self, input_features: object = None) -> Array:
        """Return `COLUMN_TERM`, or `COLUMN_topicN`, for each column of the result."""
        del input_features
        import numpy as np

        if self.terms_ is None:
            endings = []
        elif self.topics:
            made = 1 if self.reducer_ is None else len(self.reducer_.components_)
            endings = [f"topic{n}" for n in range(made)]
        else:
            endings = self.terms_.get_feature_names_out().tolist()
        return np.array([f"{self.column_}_{ending}" for ending in endings], dtype=object)


def _texts(frame: pl.DataFrame) -> list[str]:
    texts: list[str] = frame.to_series().fill_null("").to_list()
    return texts


def _terms(texts: list[str]) -> Any:
    """Return the fitted vectorizer, None where there is no word at all."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    for rows in (2, 1):
        made = TfidfVectorizer(max_features=MOST_TERMS, min_df=rows, sublinear_tf=True)
        try:
            made.fit(texts)
        except ValueError:  # scikit-learn's word for an empty vocabulary
            continue
        # Plain numbers: a model file need not know of numpy's.
        made.vocabulary_ = {term: int(place) for term, place in made.vocabulary_.items()}
        return made
    return None


def _topics(found: Any, topics: int, seed: int) -> Any:
    """Return the fitted reducer; None for one term, which is its own topic."""
    from sklearn.decomposition import TruncatedSVD

    most = min(topics, found.shape[1] - 1, max(found.shape[0] - 1, 1))
    if most < 1:
        return None
    return TruncatedSVD(n_components=most, random_state=seed).fit(found)
