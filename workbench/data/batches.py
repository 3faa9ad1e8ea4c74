"""A table in pieces, in order, so that memory does not grow with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

BATCH = 1 << 17
"""The most rows in a batch: large enough that Python's share of the time vanishes."""

_FIRST, _ENOUGH = 1 << 12, 1 << 24  # rows of the first batch; bytes from which batches stop growing


def read_batches(frame: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Yield the rows of a scanned table; batches grow up to BATCH rows while they stay small.

    So a table of narrow rows is read in few steps, and one with cells of any length fits in memory.
    """
    start, size = 0, _FIRST
    while (batch := frame.slice(start, size).collect()).height:
        yield batch
        start += batch.height
        if batch.height < size:
            return
        if batch.estimated_size() < _ENOUGH:
            size = min(size * 4, BATCH)
