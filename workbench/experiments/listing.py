"""Lists of runs, as long as they may be: filtered and sorted by DuckDB, read page by page.

Everything comes from the projection; nothing here imports polars or numpy.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from workbench.errors import BadInput
from workbench.experiments.conditions import SECONDS, condition
from workbench.experiments.filters import parse
from workbench.experiments.meaning import needs_names, understand
from workbench.experiments.naming import Known
from workbench.experiments.rows import ROWS, RunRow, row_values
from workbench.training.metrics import direction_of

if TYPE_CHECKING:
    from workbench.project.project import Project
    from workbench.store.store import View

NEWEST, OLDEST = "newest", "oldest"
_MODELS = (
    "(SELECT o.number AS run_number, min(v.model || '@' || v.number) AS model"
    " FROM model_versions v JOIN runs o ON o.id = v.run GROUP BY o.number)"
)
_TAGS = "(SELECT run_number, min(tag) AS tag FROM run_tags WHERE present GROUP BY run_number)"
_SORTS = {
    "run": "r.number",
    "state": "r.state",
    "trainer": "lower(r.trainer)",
    "experiment": "lower(r.experiment)",
    "data": "lower(r.dataset)",
    "seed": "r.seed",
    "time": SECONDS,
    "on": "lower(r.target)",
    "who": "lower(r.created_by)",
    "when": "r.created_at",
    "model": "lower(s.model)",
    "tag": "lower(s.tag)",
}
_JOINED = {"model": _MODELS, "tag": _TAGS}
METRIC, PARAM = "metric.", "param."


@dataclass(frozen=True, slots=True)
class Order:
    """By what runs are sorted: a fact (`trainer`, `when`), `metric.NAME` or `param.NAME`.

    What is missing, and NaN, comes last in both directions; equals stand newest first.
    """

    by: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class RunList:
    """The numbers of runs in their order, and how many there are without the filter."""

    numbers: array[int]
    total: int


def list_runs(
    project: Project,
    *,
    experiment: str | None = None,
    state: str | None = None,
    trainer: str | None = None,
    filter_text: str = "",
    sort: str = NEWEST,
    limit: int | None = None,
    offset: int = 0,
    now: datetime | None = None,
) -> list[RunRow]:
    """Return runs, `limit` at most, those before `offset` left out.

    `filter_text` is in the language of `filters.py`; archived runs are left out unless it speaks of
    them. `sort`: `newest`, `oldest`, or a metric's name, best first by its direction; runs without
    the figure come last. Raises BadInput for a filter that means nothing, or a metric that nobody
    recorded and no task has.
    """

    def read(view: View) -> list[RunRow]:
        where, values = _where(view, filter_text, now)
        for column, value in (("experiment", experiment), ("state", state), ("trainer", trainer)):
            if value is not None:
                where += f" AND r.{column} = ?"
                values.append(value)
        join, by, before = _order(_best_first(view, sort))
        part = f"{join} WHERE {where} ORDER BY {by}"
        if limit is None and not offset:
            rows = view.query(f"{ROWS}{part}", [*before, *values])
            return [RunRow(**row_values(row)) for row in rows]
        # Which ones first: so that only these are read in full.
        part += f" LIMIT {limit}" if limit is not None else ""
        part += f" OFFSET {int(offset)}" if offset else ""
        numbers = view.values(f"SELECT r.number FROM runs r{part}", [*before, *values])  # noqa: S608  # ours
        return _read(view, numbers)

    found: list[RunRow] = project.store.read(read)
    return found


def arrange_runs(
    project: Project,
    *,
    filter_text: str = "",
    order: Order | None = None,
    experiment: str = "",
    now: datetime | None = None,
    known: Known | None = None,
) -> RunList:
    """Return which runs match, in order (default: newest first), without reading them.

    `experiment` is the only one whose runs are listed. `known` are the names that runs have, where
    the caller has them. Raises BadInput for a filter that means nothing.
    """

    def read(view: View) -> RunList:
        scope, scoped = (" AND r.experiment = ?", [experiment]) if experiment else ("", [])
        where, values = _where(view, filter_text, now, known)
        join, by, before = _order(order or Order("run", descending=True))
        numbers = view.numbers(
            f"SELECT r.number FROM runs r{join} WHERE {where}{scope} ORDER BY {by}",  # noqa: S608  # ours
            [*before, *values, *scoped],
        )
        total = view.values(
            f"SELECT count(*) FROM runs r WHERE NOT r.deleted AND NOT r.archived{scope}",  # noqa: S608  # ours
            scoped,
        )[0]
        return RunList(numbers, max(total, len(numbers)))

    found: RunList = project.store.read(read)
    return found


def read_runs(project: Project, numbers: Sequence[int]) -> list[RunRow]:
    """Return these runs in this order; those that are not there, or deleted, are left out."""
    found: list[RunRow] = project.store.read(lambda view: _read(view, numbers))
    return found


def known_names(project: Project) -> Known:
    """Return the names of the metrics and parameters that runs have."""
    found: Known = project.store.read(_known)
    return found


def _read(view: View, numbers: Sequence[int]) -> list[RunRow]:
    rows = view.query(
        f"{ROWS} WHERE NOT r.deleted AND r.number IN (SELECT unnest(?))", [list(numbers)]
    )
    found = {row["number"]: RunRow(**row_values(row)) for row in rows}
    return [found[number] for number in numbers if number in found]


def _where(
    view: View, filter_text: str, now: datetime | None, known: Known | None = None
) -> tuple[str, list[Any]]:
    terms = parse(filter_text)
    names = known or (_known(view) if needs_names(terms) else Known())
    where, values = condition(understand(terms, names, now or datetime.now(UTC)))
    return f"NOT r.deleted AND {where}", values


def _known(view: View) -> Known:
    def names(table: str) -> tuple[str, ...]:
        return tuple(sorted(view.values(f"SELECT DISTINCT name FROM {table}")))  # noqa: S608  # ours

    return Known(names("run_metrics"), names("run_params"))


def _order(order: Order) -> tuple[str, str, list[Any]]:
    """Return what is joined, what is ordered by, and the parameters of the join."""
    way = "DESC" if order.descending else "ASC"
    newest = "r.number DESC"
    if order.by.startswith(METRIC):
        join = " LEFT JOIN run_metrics s ON s.run_number = r.number AND s.name = ?"
        # NaN would sort above every number: it is no figure.
        by = f"nullif(s.last, 'NaN'::DOUBLE) {way} NULLS LAST, {newest}"
        return join, by, [order.by.removeprefix(METRIC)]
    if order.by.startswith(PARAM):
        join = " LEFT JOIN run_params s ON s.run_number = r.number AND s.name = ?"
        by = f"s.number {way} NULLS LAST, lower(s.value) {way} NULLS LAST, {newest}"
        return join, by, [order.by.removeprefix(PARAM)]
    if order.by not in _SORTS:
        raise BadInput(
            f"Runs cannot be sorted by {order.by[:60]}",
            where="sort",
            why="known: " + ", ".join(_SORTS),
            fix="Choose one of these, or metric.NAME, or param.NAME",
            code="run.sort",
        )
    joined = _JOINED.get(order.by)
    join = f" LEFT JOIN {joined} s ON s.run_number = r.number" if joined else ""
    if order.by in {"run", "when"}:  # numbers are given in the order of time
        return "", f"r.number {way}", []
    return join, f"{_SORTS[order.by]} {way} NULLS LAST, {newest}", []


def _best_first(view: View, sort: str) -> Order:
    if sort in {NEWEST, OLDEST}:
        return Order("run", descending=sort == NEWEST)
    direction = direction_of(sort)
    if direction is None and sort not in (names := _known(view).metrics):
        raise BadInput(
            f"Runs cannot be sorted by {sort[:60]}",
            where="sort",
            why="known: " + ", ".join([NEWEST, OLDEST, *(n for n in names if "." not in n)]),
            fix="Choose one of these",
            code="run.sort",
        )
    return Order(METRIC + sort, descending=direction != "minimize")
