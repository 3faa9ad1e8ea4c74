"""Runs as they are recorded: find one, read its report. Lists are in `listing.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import Conflict, NotFound
from workbench.experiments.rows import COLUMNS, TAGGED, RunRow, row_values
from workbench.links import parse_numbered, parse_suffix
from workbench.numbers import to_figure
from workbench.records.runs import Artifact, MetricFigures, RunFacts

if TYPE_CHECKING:
    from workbench.project.project import Project


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
    `reproduces` is the ULID of the run that this one trains again, or empty.
    """

    problem: str
    dataset_version: str
    reproduces: str
    facts: RunFacts
    figures: dict[str, MetricFigures]
    artifacts: tuple[Artifact, ...]
    model: RunModel | None
    report: str


def metrics_by_experiment(project: Project) -> dict[str, str]:
    """Return the metric of every recorded experiment by name."""
    rows = project.store.query("SELECT name, metric FROM experiments")
    return {row["name"]: row["metric"] for row in rows}


def run_id(project: Project, ref: str) -> str:
    """Return the ULID of `r_142`, of a ULID or of a unique end of one. Raises NotFound or Conflict."""
    number = parse_numbered(ref, "r")
    suffix = parse_suffix(ref)
    rows: list[dict[str, Any]] = []
    if number is not None:
        rows = project.store.query(
            "SELECT id, number FROM runs WHERE number = ? AND NOT deleted", (number,)
        )
    elif suffix is not None:
        rows = project.store.query(
            "SELECT id, number FROM runs WHERE suffix(id, ?) AND NOT deleted"
            " ORDER BY number LIMIT 6",
            (suffix,),
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
        row = view.one(_ONE, (run,))
        assert row is not None, "rows of runs are never taken away"
        figures = view.query(
            "SELECT name, last, best, min, max FROM run_metrics WHERE run_number = ? ORDER BY name",
            (row["number"],),
        )
        artifacts = view.query(
            "SELECT name, object, bytes FROM artifacts WHERE run = ? ORDER BY name", (run,)
        )
        return _whole(row, figures, artifacts)

    found: Run = project.store.read(read)
    return found


_ONE = (
    f"SELECT {COLUMNS}, r.problem, r.dataset_version, r.reproduces, r.facts,"  # noqa: S608  # ours
    " coalesce(r.report, '') AS report,"
    " r.model_object, r.model_content, r.model_format, r.model_bytes, r.signature"
    f" FROM runs r LEFT JOIN {TAGGED} WHERE r.id = ?"
)


def _whole(
    row: dict[str, Any], figures: list[dict[str, Any]], artifacts: list[dict[str, Any]]
) -> Run:
    values = row_values(row)
    values["facts"] = msgspec.json.decode(values["facts"], type=RunFacts)
    named = {
        figure["name"]: MetricFigures(
            **{key: to_figure(figure[key]) for key in ("last", "best", "min", "max")}
        )
        for figure in figures
    }
    values["figures"] = named
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
