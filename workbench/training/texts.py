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
    """Turn text columns of a Polars frame into numbers; null is a text without words.

    With `topics` 0 a term is a column (TF-IDF, sparse). Otherwise a truncated singular value
    decomposition of these (latent semantic analysis, Deerwester et al. 1990) leaves at most `topics`
    dense columns for each text. Terms are those of the rows that it is fitted on, in at least two of
    them where there are such.
    """

    def __init__(self, topics: int = 0, seed: int = 0) -> None:
        self.topics = topics
        self.seed = seed

    def fit(self, X: pl.DataFrame, y: object = None) -> TextNumbers:  # noqa: N803  # scikit-learn's name
        """Learn each column's terms, and its topics."""
        del y
        self.columns_ = list(X.columns)
        self.terms_ = [_terms(_texts(X[name])) for name in self.columns_]
        self.reducers_ = [
            _topics(terms.transform(_texts(X[name])), self.topics, self.seed)
            if terms is not None and self.topics
            else None
            for name, terms in zip(self.columns_, self.terms_, strict=True)
        ]
        return self

    def transform(self, X: pl.DataFrame) -> Any:  # noqa: N803  # scikit-learn's name
        """Return a sparse matrix, or an array where there are topics, of shape (rows, columns made)."""
        check_is_fitted(self)
        import numpy as np
        from scipy import sparse

        parts: list[Any] = [sparse.csr_matrix((X.height, 0))]
        for name, terms, reducer in zip(self.columns_, self.terms_, self.reducers_, strict=True):
            if terms is not None:
                found = terms.transform(_texts(X[name]))
                parts.append(found if reducer is None else reducer.transform(found))
        if self.topics:
            return np.hstack([p.toarray() if sparse.issparse(p) else p for p in parts])
        return sparse.csr_matrix(sparse.hstack(parts))

    def get_feature_names_out(self, input_features: object = None) -> Array:
        """Return `COLUMN_TERM`, or `COLUMN_topicN`, for each column of the result."""
        del input_features
        import numpy as np

        names: list[str] = []
        for name, terms, reducer in zip(self.columns_, self.terms_, self.reducers_, strict=True):
            if reducer is not None:
                names += [f"{name}_topic{n}" for n in range(len(reducer.components_))]
            elif terms is not None:
                names += [
                    f"{name}_topic0" if self.topics else f"{name}_{term}"
                    for term in terms.get_feature_names_out()
                ]
        return np.array(names, dtype=object)


def _texts(column: pl.Series) -> list[str]:
    texts: list[str] = column.fill_null("").to_list()
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
