"""Runs in tables that stand in memory: what the store would show, without a journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import duckdb

from workbench.records import TABLES, Record, Stamp, Who
from workbench.records.base import Table
from workbench.records.models import ModelVersionRegistered
from workbench.records.runs import MetricFigures, RunCreated, RunFacts
from workbench.store import tables
from workbench.store.store import View

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
WHO = Who(user="ada", uid=1, host="lab", via="test")


class Shelf:
    """The tables; `project` is what services take."""

    def __init__(self) -> None:
        self._connection = duckdb.connect(":memory:")
        tables.create(self._connection)
        self.view = View(self._connection)
        store = SimpleNamespace(read=self._read, query=self.view.query, one=self.view.one)
        self.project: Any = SimpleNamespace(store=store)

    def _read(self, work: Callable[[View], Any]) -> Any:
        return work(self.view)

    def clear(self) -> None:
        """Take everything out."""
        for table in TABLES:
            assert isinstance(table, Table)
            self._connection.execute(f'DELETE FROM "{table.name}"')

    def put(self, records: Iterable[tuple[Record, datetime]]) -> None:
        """Do what the records do, each at its moment."""
        batch = tables.Batch()
        for seq, (record, at) in enumerate(records, 1):
            batch.add(record.changes(Stamp(seq, f"U{seq}", at, WHO)))
        batch.write(self._connection)

    def close(self) -> None:
        """Let go of the tables."""
        self._connection.close()


def ulid(number: int) -> str:
    """A run's ULID."""
    return f"01K1{number:022}"


def created(number: int, **changes: Any) -> RunCreated:
    """A run as it is asked for."""
    values: dict[str, Any] = {
        "id": ulid(number), "number": number, "job": f"01K2{number:022}", "experiment": "late",
        "problem": "0" * 64, "trainer": "hgb", "params": {}, "seed": 0, "dataset": "flights@1",
        "dataset_version": "0" * 26, "target": "local", "facts": RunFacts(),
    }  # fmt: skip
    return RunCreated(**(values | changes))


def figures(values: dict[str, Any]) -> dict[str, MetricFigures]:
    """Figures that were reached at once."""
    return {n: MetricFigures(last=v, best=v, min=v, max=v) for n, v in values.items()}


def registered(number: int, model: str, version: int) -> ModelVersionRegistered:
    """A model version made from a run."""
    return ModelVersionRegistered(
        id=f"01K3{version:011}{number:011}", model=model, number=version, run=ulid(number),
        object="0" * 64, content="m1:" + "0" * 64, format="skops", bytes=1, signature="{}",
    )  # fmt: skip


def ago(**span: float) -> datetime:
    """A moment before now."""
    return NOW - timedelta(**span)


def numbers(rows: Sequence[Any]) -> list[int]:
    """The runs' numbers."""
    return [row.number for row in rows]
