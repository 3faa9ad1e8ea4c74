"""Runs as they are recorded: list them, find one, read its report.

Lists come from the projection alone and stay fast over 10,000 runs; nothing here imports polars.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import BadInput, Conflict, NotFound
from workbench.links import parse_numbered, parse_suffix
from workbench.numbers import Figure, to_figure
from workbench.options import Value
from workbench.records.runs import Artifact, MetricFigures, RunFacts
from workbench.states import RunState
from workbench.training.metrics import direction_of

if TYPE_CHECKING:
    from workbench.project.project import Project


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run in a list. `metrics` are the figures on the test rows by name (`roc_auc`), last values.

    `seconds` is from start to end (until now it is None). `job` is the job's ULID.
    """

    reference: str
    id: str
    number: int
    experiment: str
    trainer: str
    state: RunState
    dataset: str
    seed: int
    target: str
    job: str
    created_at: datetime
    created_by: str
    started_at: datetime | None
    ended_at: datetime | None
    seconds: float | None
    error: str
    params: dict[str, Value]
    metrics: dict[str, Figure]


class RunModel(msgspec.Struct, frozen=True, kw_only=True):
    """The fitted model of a run; `signature` is as training/signatures.py keeps it."""

    object: str
    content: str
    format: str
    bytes: int
    signature: str


class Run(RunRow, frozen=True, kw_only=True):
    """A run with everything that is recorded.

    `figures` has every recorded metric (`cv.`, `cv_std.` and `dummy.` included); `problem` is the
    object of the problem file as it was; `report` the object of the Markdown report, or empty.
    """

    problem: str
    dataset_version: str
    facts: RunFacts
    figures: dict[str, MetricFigures]
    artifacts: tuple[Artifact, ...]
    model: RunModel | None
    report: str


_ROW = (
    "r.id, r.number, r.experiment, r.trainer, r.state, r.dataset, r.seed, r.target, r.job,"
    " r.created_at, r.created_by, r.started_at, r.ended_at, coalesce(r.error, '') AS error, r.params"
)
# One text a run is far cheaper than a row a figure. A name with a dot is not of the test rows.
_METRICS = """
    SELECT run, '{' || string_agg(to_json(name) || ':' || CASE
        WHEN isnan(last) THEN '"NaN"'
        WHEN isinf(last) THEN CASE WHEN last > 0 THEN '"Infinity"' ELSE '"-Infinity"' END
        ELSE last::VARCHAR END, ',') || '}' AS metrics
    FROM run_metrics WHERE NOT contains(name, '.') GROUP BY run
"""
_LIST = f"SELECT {_ROW}, m.metrics FROM runs r LEFT JOIN ({_METRICS}) m ON m.run = r.id"  # noqa: S608  # ours

_params = msgspec.json.Decoder(dict[str, Value])
_metrics = msgspec.json.Decoder(dict[str, Figure])


def list_runs(
    project: Project,
    *,
    experiment: str | None = None,
    state: str | None = None,
    trainer: str | None = None,
    sort: str = "newest",
    limit: int | None = None,
) -> list[RunRow]:
    """Return runs, `limit` at most.

    `sort`: `newest`, `oldest`, or a metric's name, best first by its direction; runs without the
    figure come last. Raises BadInput for a metric that nobody recorded and no task has.
    """
    conditions, values = [], []
    for column, value in (("experiment", experiment), ("state", state), ("trainer", trainer)):
        if value is not None:
            conditions.append(f"r.{column} = ?")
            values.append(value)
    where = " WHERE " + " AND ".join(conditions) if conditions else ""
    join, order = _order(project, sort)
    limited = f" LIMIT {int(limit)}" if limit is not None else ""
    sql = f"{_LIST}{join}{where} ORDER BY {order}{limited}"
    before = [sort] if join else []
    return [RunRow(**_row(row)) for row in project.store.query(sql, [*before, *values])]


def metrics_by_experiment(project: Project) -> dict[str, str]:
    """Return the metric of every recorded experiment by name."""
    rows = project.store.query("SELECT name, metric FROM experiments")
    return {row["name"]: row["metric"] for row in rows}


def _order(project: Project, sort: str) -> tuple[str, str]:
    if sort in {"newest", "oldest"}:
        return "", f"r.number {'DESC' if sort == 'newest' else 'ASC'}"
    direction = direction_of(sort)
    if direction is None:
        recorded = project.store.query("SELECT DISTINCT name FROM run_metrics ORDER BY name")
        names = [row["name"] for row in recorded]
        if sort not in names:
            raise BadInput(
                f"Runs cannot be sorted by {sort[:60]}",
                where="sort",
                why="known: "
                + ", ".join(["newest", "oldest", *(n for n in names if "." not in n)]),
                fix="Choose one of these",
                code="run.sort",
            )
    way = "ASC" if direction == "minimize" else "DESC"
    join = " LEFT JOIN run_metrics s ON s.run = r.id AND s.name = ?"
    # NaN would sort above every number: it is no figure.
    return join, f"nullif(s.last, 'NaN'::DOUBLE) {way} NULLS LAST, r.number DESC"


def _row(row: dict[str, Any]) -> dict[str, Any]:
    started, ended = row["started_at"], row["ended_at"]
    row["reference"] = f"r_{row['number']}"
    row["seconds"] = (ended - started).total_seconds() if started and ended else None
    row["params"] = _params.decode(row["params"])
    # Sorted here: sorting inside the aggregate doubles the time of a long list.
    row["metrics"] = dict(sorted(_metrics.decode(row["metrics"]).items())) if row["metrics"] else {}
    return row


def run_id(project: Project, ref: str) -> str:
    """Return the ULID of `r_142`, of a ULID or of a unique end of one. Raises NotFound or Conflict."""
    number = parse_numbered(ref, "r")
    suffix = parse_suffix(ref)
    rows: list[dict[str, Any]] = []
    if number is not None:
        rows = project.store.query("SELECT id, number FROM runs WHERE number = ?", (number,))
    elif suffix is not None:
        rows = project.store.query(
            "SELECT id, number FROM runs WHERE suffix(id, ?) ORDER BY number LIMIT 6", (suffix,)
        )
    if not rows:
        raise NotFound(
            f"There is no run {ref[:80]}",
            where=ref[:80],
            why="no run has that number or ULID",
            fix="See: workbench run list",
            code="run.none",
        )
    if len(rows) > 1:
        raise Conflict(
            f"{ref} means several runs",
            where=ref,
            why=", ".join(f"r_{row['number']}" for row in rows[:5]),
            fix="Give more of the ULID, or the number",
            code="run.ambiguous",
        )
    return str(rows[0]["id"])


def get_run(project: Project, ref: str) -> Run:
    """Return the run with everything recorded. Raises NotFound or Conflict."""
    run = run_id(project, ref)

    def read(view: Any) -> Run:
        row = view.one(f"SELECT {_ROW}, {_MORE} FROM runs r WHERE r.id = ?", (run,))  # noqa: S608  # ours
        figures = view.query(
            "SELECT name, last, best, min, max FROM run_metrics WHERE run = ? ORDER BY name", (run,)
        )
        artifacts = view.query(
            "SELECT name, object, bytes FROM artifacts WHERE run = ? ORDER BY name", (run,)
        )
        return _whole(row, figures, artifacts)

    found: Run = project.store.read(read)
    return found


_MORE = (
    "NULL AS metrics, r.problem, r.dataset_version, r.facts, coalesce(r.report, '') AS report,"
    " r.model_object, r.model_content, r.model_format, r.model_bytes, r.signature"
)


def _whole(
    row: dict[str, Any], figures: list[dict[str, Any]], artifacts: list[dict[str, Any]]
) -> Run:
    values = _row(row)
    values["facts"] = msgspec.json.decode(values["facts"], type=RunFacts)
    named = {
        figure["name"]: MetricFigures(
            **{key: to_figure(figure[key]) for key in ("last", "best", "min", "max")}
        )
        for figure in figures
    }
    values["figures"] = named
    values["metrics"] = {name: one.last for name, one in named.items() if "." not in name}
    values["artifacts"] = tuple(Artifact(**artifact) for artifact in artifacts)
    parts = {
        key: values.pop(f"model_{key}") for key in ("object", "content", "format", "bytes")
    } | {"signature": values.pop("signature")}
    values["model"] = RunModel(**parts) if parts["object"] else None
    return Run(**values)


def read_report(project: Project, ref: str) -> str:
    """Return the Markdown report of a run; raises NotFound while there is none."""
    run = get_run(project, ref)
    if not run.report:
        raise NotFound(
            f"{run.reference} has no report",
            where=run.reference,
            why=f"it is {run.state}" + (f": {run.error}" if run.error else ""),
            fix=f"See its log: workbench run logs {run.reference}",
            code="run.no_report",
        )
    return project.store.objects.read(run.report).decode()
