"""How the figures of a profile are found; `workbench.data.profile` says what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.data.batches import read_batches
from workbench.data.bins import Bins, Scalar, floats, is_ordered, plain
from workbench.data.distributions import Distribution, of_counts, of_sample
from workbench.data.duplicates import count_duplicates, count_values, severity
from workbench.data.profile import (
    BINS,
    COUNTED,
    QUANTILES,
    SAMPLE,
    TOP,
    ColumnProfile,
    Frequency,
    Warned,
)
from workbench.data.remarks import about_words, remarks, repeated, share_far_out, skewness
from workbench.data.roles import facts_of, read_facts, role_of
from workbench.numbers import to_figure

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Found:
    """The columns' profiles and distributions, and what `Profile` says of the table as a whole."""

    columns: tuple[ColumnProfile, ...]
    distributions: tuple[Distribution, ...]
    rows: int
    sample: int
    duplicates: int | None
    duplicate_share: float | None
    warnings: tuple[Warned, ...]


def compute(path: Path) -> Found:
    """Read a Parquet file a few times and return what there is to know of its columns and rows."""
    import polars as pl

    frame = pl.scan_parquet(path, glob=False)
    schema = frame.collect_schema()
    basics = _basics(frame, schema)
    rows = int(basics["rows"])
    step = max(1, -(-rows // SAMPLE))
    columns = [
        _Column(place, name, dtype, basics) for place, (name, dtype) in enumerate(schema.items())
    ]
    start = 0
    with ThreadPoolExecutor(2, "profile") as pool:  # Polars and numpy release the GIL
        for batch in read_batches(frame):
            offset = -start % step
            work = [
                pool.submit(column.feed, series, step, offset)
                for column, series in zip(columns, batch.iter_columns(), strict=True)
            ]
            for done in work:
                done.result()
            start += batch.height
        known = count_values(path, [column.name for column in columns if not column.flat])
        for column in columns:
            column.values = known.get(column.name, column.facts.distinct)
        profiles = tuple(pool.map(_Column.profile, columns))
        kept = [one for one in pool.map(_Column.distribution, columns) if one is not None]
    sample = len(range(0, rows, step))
    again = count_duplicates(path) if rows else 0
    share = None if again is None else again / max(rows, 1)
    told = _of_rows(
        again, rows, [column.values + (column.facts.filled < rows) for column in columns]
    )
    return Found(profiles, tuple(kept), rows, sample, again, share, told)


def _of_rows(again: int | None, rows: int, values: list[int]) -> tuple[Warned, ...]:
    """Return what is to be said of duplicate rows; `values` has the different values of each column."""
    if again is None:
        return (Warned("low", "Duplicate rows were not counted: there was no room for it."),)
    grave = severity(again / max(rows, 1), rows, values)
    return () if grave is None else (Warned(grave, repeated(again, rows)),)


def _basics(frame: pl.LazyFrame, schema: pl.Schema) -> dict[str, Any]:
    """Ask for everything that one pass of Polars' streaming engine gives."""
    import polars as pl

    wanted = [pl.len().alias("rows")]
    for place, (name, dtype) in enumerate(schema.items()):
        wanted += facts_of(place, name, dtype)
        column = pl.col(name)
        more: dict[str, pl.Expr] = {}
        if dtype.is_float():
            finite = pl.when(column.is_finite()).then(column)
            more = {"finite": finite.count(), "floor": finite.min(), "ceiling": finite.max()}
        elif is_ordered(dtype):
            more = {"floor": column.min(), "ceiling": column.max()}
        if dtype.is_numeric():
            number = column if dtype.is_float() else column.cast(pl.Float64)
            number = number.fill_nan(None) if dtype.is_float() else number
            more |= {
                "mean": number.mean(),
                "std": number.std(),
                "zeros": (column == 0).sum(),
                "negatives": (column < 0).sum(),
            }
        elif dtype == pl.String:
            size = column.str.len_chars()
            more = {"short": size.min(), "long": size.max(), "chars": size.mean()}
            more |= {"floor": column.min(), "ceiling": column.max(), "empty": (column == "").sum()}
        elif dtype == pl.Boolean:
            more = {"true": column.sum()}
        wanted += [expression.alias(f"{place}:{fact}") for fact, expression in more.items()]
    return frame.select(wanted).collect(engine="streaming").row(0, named=True)


class _Column:
    """The second pass over one column."""

    def __init__(
        self, place: int, name: str, dtype: pl.DataType, basics: Mapping[str, Any]
    ) -> None:
        self.name = name
        self.dtype = dtype
        self.facts = read_facts(basics, place)
        self.basics = {
            key.partition(":")[2]: value
            for key, value in basics.items()
            if key.startswith(f"{place}:")
        }
        self.role = role_of(name, dtype, self.facts)
        self.flat = "distinct" in self.basics
        """Whether Polars tells its values apart: not those of lists and such."""
        self.values = self.facts.distinct
        """About how many differ."""
        self._counted = self.flat and self.facts.distinct <= COUNTED
        self._seen: list[pl.DataFrame] = []
        self._sample: list[pl.Series] = []
        self._bins = Bins.over(dtype, self.basics.get("floor"), self.basics.get("ceiling"), BINS)

    def feed(self, series: pl.Series, step: int, offset: int) -> None:
        """Add a batch: every `step`-th row from `offset` on goes into the sample."""
        if not self.flat:
            return
        if self._bins is not None:
            self._bins.feed(series)
        if self._counted:
            self._seen.append(_counts(series))
            if len(self._seen) >= 16:
                self._seen = [_merge(self._seen)]
        self._sample.append(series.gather_every(step, offset))

    def profile(self) -> ColumnProfile:
        """Put the figures together."""
        basics, facts = self.basics, self.facts
        nulls = facts.rows - facts.filled
        distinct, top, exact = self._frequencies()
        lengths = "chars" in basics and facts.filled > 0
        numeric = self.dtype.is_numeric() and facts.filled > 0
        not_finite = facts.filled - basics["finite"] if "finite" in basics else None
        numbers = self._numbers()
        skew, far_out = None, None
        if numeric and numbers is not None:
            skew, far_out = skewness(numbers), share_far_out(numbers)
        said = remarks(
            self.role,
            facts,
            not_finite=not_finite,
            most=(top[0].value, top[0].count) if exact and top else None,
            skew=skew,
            far_out=far_out,
        )
        return ColumnProfile(
            name=self.name,
            type=str(self.dtype),
            role=self.role,
            nulls=nulls,
            distinct=distinct,
            distinct_exact=self._counted,
            minimum=plain(basics.get("floor")),
            maximum=plain(basics.get("ceiling")),
            mean=to_figure(basics["mean"]) if numeric and basics["mean"] is not None else None,
            std=to_figure(basics["std"]) if numeric and basics["std"] is not None else None,
            zeros=basics.get("zeros"),
            negatives=basics.get("negatives"),
            not_finite=not_finite,
            quantiles=self._quantiles(numbers),
            skew=None if skew is None else to_figure(skew),
            far_out=far_out,
            edges=self._bins.edges() if self._bins else (),
            counts=self._bins.result() if self._bins else (),
            top=top,
            top_exact=exact,
            empty=basics.get("empty"),
            shortest=basics["short"] if lengths else None,
            longest=basics["long"] if lengths else None,
            mean_length=basics["chars"] if lengths else None,
            warnings=said + self._words(),
        )

    def _frequencies(self) -> tuple[int, tuple[Frequency, ...], bool]:
        import polars as pl

        if not self.flat or not self.facts.filled:
            return (self.values if self.facts.filled else 0), (), True
        if self._counted:
            table, scale = self._all(), 1.0
            distinct = table.height
        else:
            table = _counts(pl.concat(self._sample))
            distinct = self.facts.distinct
            scale = self.facts.filled / max(1, int(table["count"].sum()))
            table = table.filter(pl.col("count") > 1)
        best = table.sort("count", "value", descending=[True, False]).head(TOP)
        top = tuple(Frequency(plain(value), round(n * scale)) for value, n in best.rows())
        return distinct, top, self._counted or scale == 1.0

    def _all(self) -> pl.DataFrame:
        """Return every value with its count."""
        self._seen = [_merge(self._seen)]
        return self._seen[0]

    def distribution(self) -> Distribution | None:
        """Return how the values lie, None where that says nothing: names of rows, prose, no value."""
        import polars as pl

        if (
            not self.flat
            or not self.facts.filled
            or self.role in {"identifier", "text", "compound"}
        ):
            return None
        if self._counted:
            return of_counts(self.name, self._all())
        return of_sample(self.name, pl.concat(self._sample))

    def _numbers(self) -> Any:
        """Return the finite values of the sample as floats, None where they lie on no line."""
        import numpy as np
        import polars as pl

        if not is_ordered(self.dtype) or not self.facts.filled or self._bins is None:
            return None
        numbers = floats(pl.concat(self._sample).drop_nulls())
        return numbers[np.isfinite(numbers)]

    def _quantiles(self, numbers: Any) -> dict[str, Scalar]:
        import numpy as np

        if numbers is None or not len(numbers) or self._bins is None:
            return {}
        values = np.quantile(numbers, QUANTILES)
        return {
            f"{q:g}": self._bins.value(float(v)) for q, v in zip(QUANTILES, values, strict=True)
        }

    def _words(self) -> tuple[str, ...]:
        """Return what is to be said of a column of words whose every value was counted."""
        import polars as pl

        if self.dtype != pl.String or not self._counted or self.role == "text" or not self._seen:
            return ()
        table = self._all().sort("count", "value", descending=[True, False])
        return about_words(table["value"].to_list(), table["count"].to_list())


def _counts(series: pl.Series) -> pl.DataFrame:
    return series.drop_nulls().rename("value").value_counts(name="count")


def _merge(seen: list[pl.DataFrame]) -> pl.DataFrame:
    import polars as pl

    return pl.concat(seen).group_by("value").agg(pl.col("count").sum())
