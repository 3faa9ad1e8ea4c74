"""Everything that the place shows, asked for at once in a thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from screens.experiments.facts import Known
from screens.experiments.live import Progress
from workbench.data.datasets import DatasetVersion, list_versions
from workbench.experiments.experiments import ExperimentRow, list_experiments
from workbench.experiments.runs import RunRow, get_run, list_runs

if TYPE_CHECKING:
    from workbench.project.project import Project

MOST_RUNS = 20_000
"""Runs that are listed, the newest."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Runs (newest first), experiments, data versions, and the model versions made of runs."""

    runs: Sequence[RunRow] = ()
    experiments: Sequence[ExperimentRow] = ()
    versions: Sequence[DatasetVersion] = ()
    models: Mapping[str, str] | None = None

    @property
    def problems(self) -> dict[str, ExperimentRow]:
        """The experiments by name."""
        return {row.name: row for row in self.experiments}


def load(project: Project) -> Loaded:
    """Ask the records and the problem files."""
    return Loaded(
        runs=list_runs(project, limit=MOST_RUNS),
        experiments=list_experiments(project),
        versions=list_versions(project),
        models=registered(project),
    )


def registered(project: Project) -> dict[str, str]:
    """Return run's ULID → the model versions registered from it, oldest first."""
    rows = project.store.query(_REGISTERED)
    return {row["run"]: row["versions"] for row in rows}


_REGISTERED = """
SELECT run, string_agg(model || '@' || number, ', ' ORDER BY registered_at, number) AS versions
FROM model_versions GROUP BY run
"""


def load_run(
    project: Project,
    reference: str,
    problem: ExperimentRow | None,
    models: str,
    progress: Progress | None,
) -> Known:
    """Ask for one run in full."""
    run = get_run(project, reference)
    job = project.store.one("SELECT number FROM jobs WHERE id = ?", (run.job,))
    return Known(run, problem, models, f"j_{job['number']}" if job else "", progress)
