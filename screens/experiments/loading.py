"""Everything that the place shows beside the list itself, asked for at once in a thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from screens.experiments.facts import Known
from screens.experiments.live import Progress
from workbench.data.datasets import DatasetVersion, list_versions
from workbench.experiments.crash import last_words
from workbench.experiments.experiments import ExperimentRow, list_experiments
from workbench.experiments.listing import list_runs, read_runs
from workbench.experiments.lookup import get_run
from workbench.experiments.rows import RunRow
from workbench.states import JOB_ENDED

if TYPE_CHECKING:
    from workbench.project.project import Project

MOST_OPEN = 500
"""Runs that are watched for their end, the oldest: more do not run at a time."""
OPEN = "state:queued,starting,running,lost archived:all"


@dataclass(frozen=True, slots=True)
class Loaded:
    """Experiments, data versions, what has been registered, and the runs that have not ended."""

    by_experiment: Mapping[str, int] = field(default_factory=dict)
    """How many runs each experiment has."""
    open: Sequence[RunRow] = ()
    ended: Sequence[RunRow] = ()
    """Those that had not ended when it was loaded before, and now have."""
    experiments: Sequence[ExperimentRow] = ()
    versions: Sequence[DatasetVersion] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    """Run's ULID → the model versions registered from it, oldest first."""
    named: Mapping[str, str] = field(default_factory=dict)
    """Experiment → the name under which its runs were registered last."""

    @property
    def problems(self) -> dict[str, ExperimentRow]:
        """The experiments by name."""
        return {row.name: row for row in self.experiments}

    @property
    def total(self) -> int:
        """How many runs there are."""
        return sum(self.by_experiment.values())


def load(project: Project, watched: Iterable[int] = ()) -> Loaded:
    """Ask the records and the problem files; `watched` are the numbers of runs that were open."""
    query = project.store.query
    counts = query(
        "SELECT experiment, count(*) AS runs FROM runs WHERE NOT deleted GROUP BY ALL ORDER BY ALL"
    )
    registered = query(_REGISTERED)
    unended = list_runs(project, filter_text=OPEN, sort="oldest", limit=MOST_OPEN)
    gone = set(watched) - {run.number for run in unended}
    return Loaded(
        by_experiment={row["experiment"]: row["runs"] for row in counts},
        open=unended,
        ended=[run for run in read_runs(project, sorted(gone)) if run.state in JOB_ENDED]
        if gone
        else (),
        experiments=list_experiments(project),
        versions=list_versions(project),
        models={row["run"]: row["versions"] for row in registered},
        named={row["experiment"]: row["model"] for row in registered},
    )


_REGISTERED = """
SELECT v.run, string_agg(v.model || '@' || v.number, ', ' ORDER BY v.registered_at, v.number)
       AS versions, any_value(r.experiment) AS experiment,
       arg_max(v.model, (v.registered_at, v.number)) AS model
FROM model_versions v JOIN runs r ON r.id = v.run
GROUP BY v.run ORDER BY max(v.registered_at), v.run
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
    again = ""
    if run.reproduces:
        from workbench.experiments.reproduce import reproduced_words

        again = reproduced_words(project, run)
    job = project.store.one("SELECT number FROM jobs WHERE id = ?", (run.job,))
    return Known(
        run,
        problem,
        models,
        f"j_{job['number']}" if job else "",
        progress,
        again,
        last_words(project, run),
    )
