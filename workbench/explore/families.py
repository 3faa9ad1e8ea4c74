"""Families of models for a table: how well each fits, and why. Rules of thumb, from the profile alone."""

from __future__ import annotations

from typing import Literal

import msgspec

from workbench.data.profile import ColumnProfile, Profile
from workbench.numbers import from_figure
from workbench.plugins import names

Fits = Literal["first", "good", "possible", "poor"]
_ORDER: tuple[Fits, ...] = ("first", "good", "possible", "poor")


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """A family of models: `trainer` is the plugin that makes it, empty where none is installed."""

    name: str
    trainer: str
    fits: Fits
    why: str


class _Table(msgspec.Struct, frozen=True):
    """What the rules look at: rows, features by role, the share of rows with a gap in a feature."""

    rows: int
    numbers: int
    words: int
    texts: int
    widest: int
    gaps: float

    @property
    def features(self) -> int:
        return self.numbers + self.words + self.texts


def task_of(aim: ColumnProfile) -> str:
    """Return what kind of prediction a target asks for."""
    if aim.role == "numeric":
        return "regression"
    return "binary" if aim.role == "boolean" or aim.distinct == 2 else "multiclass"


def families(known: Profile, aim: ColumnProfile | None) -> tuple[Family, ...]:
    """Return the families that are worth a thought, those that fit best first."""
    features = [
        c
        for c in known.columns
        if c is not aim and c.role not in {"constant", "identifier", "compound"}
    ]
    table = _Table(
        rows=known.rows - (aim.nulls if aim else 0),
        numbers=sum(c.role in {"numeric", "datetime"} for c in features),
        words=sum(c.role in {"categorical", "boolean"} for c in features),
        texts=sum(c.role == "text" for c in features),
        widest=max((c.distinct for c in features if c.role == "categorical"), default=0),
        gaps=max((c.nulls / max(known.rows, 1) for c in features), default=0.0),
    )
    found = [_baseline(known, aim), _linear(table), _boosted(table), _forest(table)]
    found += [_tree(table), _neighbours(table)]
    installed = set(names("trainers"))
    found = [
        one if one.trainer in installed else msgspec.structs.replace(one, trainer="")
        for one in found
    ]
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.fits)))


def _baseline(known: Profile, aim: ColumnProfile | None) -> Family:
    why = "what is reached without looking at a feature; every other figure stands beside it"
    filled = max(known.rows - aim.nulls, 1) if aim else 1
    if aim is not None and aim.role != "numeric" and aim.top:
        share = max(one.count for one in aim.top) / filled
        why = f"the most frequent value is right in {share:.1%}: what a model must beat"
    elif aim is not None and aim.std is not None:
        why = f"the mean is off by {from_figure(aim.std):,.4g} (root of squares): what to beat"
    return Family(name="baseline", trainer="dummy", fits="first", why=why)


def _linear(table: _Table) -> Family:
    if table.texts:
        return _family(
            "linear", "linear", "good", "texts become a column a word, which suits it best"
        )
    wide = table.features + table.widest
    if table.rows < 20 * max(wide, 1):
        why = f"{table.rows:,} rows for about {wide:,} columns: few, and it holds back by itself"
        return _family("linear", "linear", "good", why)
    why = "quick and easily explained; what it misses are bends and interplay"
    return _family("linear", "linear", "possible", why)


def _boosted(table: _Table) -> Family:
    name = "boosted trees"
    if table.rows < 300:
        return _family(name, "hgb", "poor", f"{table.rows:,} rows are few: it learns them by heart")
    if table.rows < 600:
        why = f"{table.rows:,} rows are few for it; a forest needs less care there"
        return _family(name, "hgb", "possible", why)
    if table.texts and not table.numbers + table.words:
        return _family(name, "hgb", "possible", "texts come to it as topics, which loses much")
    reasons = ["numbers and categories together"] if table.numbers and table.words else ["bends"]
    if table.gaps:
        reasons.append("gaps as they are")
    return _family(
        name, "hgb", "good", f"takes {', '.join(reasons)}; {table.rows:,} rows are enough"
    )


def _forest(table: _Table) -> Family:
    if table.rows > 500_000:
        why = f"{table.rows:,} rows make large trees and a large file; boosted trees are quicker"
        return _family("random forest", "forest", "poor", why)
    if table.rows < 100:
        return _family("random forest", "forest", "possible", "few rows: its trees are all alike")
    why = "good without tuning, hard to get wrong"
    return _family("random forest", "forest", "good" if table.rows < 20_000 else "possible", why)


def _tree(table: _Table) -> Family:
    why = "rules that can be read aloud; seldom the best figure"
    if table.texts and not table.numbers + table.words:
        return _family("one tree", "tree", "poor", "of a text it can ask for one topic at a time")
    return _family("one tree", "tree", "possible", why)


def _neighbours(table: _Table) -> Family:
    name = "nearest neighbours"
    if table.rows > 100_000:
        why = f"every prediction looks at {table.rows:,} rows"
        return _family(name, "knn", "poor", why)
    if table.features > 20 or table.widest > 50 or table.texts:
        return _family(name, "knn", "poor", "in many dimensions everything is equally far away")
    if table.words > table.numbers:
        return _family(name, "knn", "poor", "categories have no distance that means something")
    return _family(name, "knn", "possible", "few numbers: what lies close may be alike")


def _family(name: str, trainer: str, fits: Fits, why: str) -> Family:
    return Family(name=name, trainer=trainer, fits=fits, why=why)
