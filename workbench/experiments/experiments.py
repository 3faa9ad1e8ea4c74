"""Experiments as services: write a problem file, list, show, check it against data.

The file is what counts; the journal notes it (ExperimentSaved) whenever it is saved here or used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import Conflict, WorkbenchError
from workbench.experiments.problem import (
    check_problem,
    edit_problem,
    problem_path,
    problem_text,
    read_problem,
)
from workbench.files import write_atomic
from workbench.links import NAME
from workbench.records import Record
from workbench.records.runs import ExperimentSaved
from workbench.training.work import Problem

if TYPE_CHECKING:
    from workbench.data.datasets import DatasetVersion
    from workbench.project.project import Project
    from workbench.store.store import View


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment as its file says; `path` is the file's, `object` the digest of its bytes."""

    name: str
    path: str
    object: str
    problem: Problem


class ExperimentRow(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment in a list. `error` tells what is wrong with its file; then the rest is as recorded.

    `best` is the best test figure of `metric` among its runs, reached by the run `best_run`.
    """

    name: str
    goal: str = ""
    dataset: str = ""
    target: str = ""
    task: str = ""
    metric: str = ""
    direction: str = ""
    threshold: float | None = None
    runs: int = 0
    best: float | None = None
    best_run: str | None = None
    last_run_at: datetime | None = None
    error: str = ""


def new_experiment(project: Project, name: str, problem: Problem) -> Experiment:
    """Write the problem file of a new experiment and note it. Raises Conflict when there is one."""
    path = problem_path(project.paths, name)
    check_problem(problem)
    if path.exists():
        raise Conflict(
            f"There is an experiment {name} already",
            where=str(path),
            why="its problem file is there",
            fix="Choose another name, or edit the file",
            code="experiment.exists",
        )
    path.parent.mkdir(exist_ok=True)
    write_atomic(path, problem_text(problem).encode())
    try:
        return note(project, name)
    except BaseException:
        path.unlink(missing_ok=True)  # refused as a whole: it can be asked for again
        raise


def save_experiment(project: Project, name: str, changes: Mapping[str, Any]) -> Experiment:
    """Change keys of a problem file (`{"threshold": 0.8, "split.folds": 3}`; None removes) and note it.

    Comments and order stay. What could not be read back is refused, and nothing is written.
    """
    edit_problem(problem_path(project.paths, name), changes)
    return note(project, name)


def note(project: Project, name: str) -> Experiment:
    """Note the problem file as it is now, unless the journal has it so already."""
    experiment = keep_experiment(project, name)
    project.store.decide(lambda view: saved_records(view, experiment))
    return experiment


def keep_experiment(project: Project, name: str) -> Experiment:
    """Read an experiment's file and keep its bytes as an object, for records that name them."""
    experiment, data = _read(project, name)
    project.store.objects.put_bytes(data)
    return experiment


def saved_records(view: View, experiment: Experiment) -> list[Record]:
    """Return ExperimentSaved when the file differs from what is recorded, else nothing."""
    row = view.one("SELECT object FROM experiments WHERE name = ?", (experiment.name,))
    if row and row["object"] == experiment.object:
        return []
    problem = experiment.problem
    return [
        ExperimentSaved(
            name=experiment.name,
            object=experiment.object,
            goal=problem.goal,
            dataset=problem.dataset,
            target=problem.target,
            task=problem.task,
            metric=problem.metric,
            direction=problem.direction,
            threshold=problem.threshold,
        )
    ]


def get_experiment(project: Project, name: str) -> Experiment:
    """Read an experiment's file; writes nothing. Raises NotFound or BadInput."""
    return _read(project, name)[0]


def _read(project: Project, name: str) -> tuple[Experiment, bytes]:
    path = problem_path(project.paths, name)
    problem, data = read_problem(path)
    digest = hashlib.sha256(data).hexdigest()
    return Experiment(name=name, path=str(path), object=digest, problem=problem), data


def list_experiments(project: Project) -> list[ExperimentRow]:
    """Return every experiment that has a file or runs, by name; a file that is wrong is a row, too."""
    recorded = {row["name"]: row for row in project.store.query(_SUMMARY)}
    files = {path.stem: path for path in sorted(project.paths.experiments.glob("*.toml"))}
    rows = []
    for name in sorted(recorded.keys() | files.keys()):
        values = dict(recorded.get(name, {"name": name}))
        if name in files:
            values |= _as_filed(files[name])
        best = values.get("best_number")
        values["best_run"] = f"r_{best}" if best else None
        fields = ExperimentRow.__struct_fields__
        rows.append(ExperimentRow(**{key: values[key] for key in fields if key in values}))
    return rows


def _as_filed(path: Path) -> dict[str, Any]:
    if NAME.fullmatch(path.stem) is None:
        return {"error": f"{path.name} cannot be an experiment's name"}
    try:
        problem, _ = read_problem(path)
    except WorkbenchError as refusal:
        return {"error": str(refusal)}
    values = msgspec.to_builtins(problem)
    return {key: values[key] for key in ExperimentRow.__struct_fields__ if key in values}


# The best test figure of each experiment's own metric, with the run that reached it.
_SUMMARY = """
SELECT e.name, e.goal, e.dataset, e.target, e.task, e.metric, e.direction, e.threshold,
       coalesce(c.runs, 0) AS runs, c.last_run_at, b.best, b.best_number
FROM experiments e
LEFT JOIN (
    SELECT experiment, count(*) AS runs, max(created_at) AS last_run_at FROM runs
    WHERE NOT deleted GROUP BY experiment
) c ON c.experiment = e.name
LEFT JOIN (
    SELECT r.experiment,
           CASE WHEN any_value(x.direction) = 'minimize' THEN min(m.last) ELSE max(m.last) END AS best,
           CASE WHEN any_value(x.direction) = 'minimize'
                THEN arg_min(r.number, m.last) ELSE arg_max(r.number, m.last) END AS best_number
    FROM runs r JOIN experiments x ON x.name = r.experiment
    JOIN run_metrics m ON m.run_number = r.number AND m.name = x.metric
    WHERE NOT isnan(m.last) AND NOT r.deleted
    GROUP BY r.experiment
) b ON b.experiment = e.name
"""


def check_experiment(
    project: Project, experiment: Experiment, dataset: str | None = None
) -> DatasetVersion:
    """Return the data version that a run would use (`dataset`: another than the problem names).

    Raises BadInput, before anything is queued, when no model of the problem can be fitted on it.
    """
    # polars: 0.2 s, only for whoever trains or checks.
    import polars as pl

    from workbench.data.datasets import get_version, path
    from workbench.training.checks import check_table

    version = get_version(project, dataset or experiment.problem.dataset)
    table = pl.scan_parquet(path(project, version), glob=False)
    check_table(table, experiment.problem, where=version.reference)
    return version
