"""Runs as services: train, list, look up, compare, read the report, cancel.

To train is to ask for a run: everything is checked first; then run and job come into the records as
one unit, and the runner does the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from workbench import plugins
from workbench.compute.jobs import cancel as cancel_job
from workbench.compute.jobs import queue_record, store_runtime, store_spec
from workbench.compute.limits import NO_LIMITS, Limits
from workbench.compute.spec import JobSpec
from workbench.compute.targets import kind_of
from workbench.compute.wake import wake_runner
from workbench.errors import BadInput
from workbench.experiments.compare import Comparison, compare
from workbench.experiments.experiments import (
    Experiment,
    check_experiment,
    keep_experiment,
    saved_records,
)
from workbench.experiments.facts import run_facts
from workbench.experiments.listing import list_runs
from workbench.experiments.lookup import Run, get_run, read_report, run_id
from workbench.experiments.rows import RunRow
from workbench.ids import new_ulid
from workbench.options import Value, settle
from workbench.project.settings import LOCAL
from workbench.records import Record
from workbench.records.runs import RunCreated
from workbench.training.contract import Task, Trainer
from workbench.training.work import TrainWork

if TYPE_CHECKING:
    from workbench.data.versions import DatasetVersion
    from workbench.project.project import Project
    from workbench.store.store import View

__all__ = [
    "Comparison", "Run", "RunRow", "cancel", "compare", "get_run", "list_runs", "read_report",
    "run_id", "train", "trainer_for",
]  # fmt: skip

MODULE = "workbench.training.worker"
FORMAT = "skops"
"""The format of model files, as long as nobody asks for another."""


def train(
    project: Project,
    experiment: str,
    trainer: str,
    params: Mapping[str, Any],
    seed: int = 0,
    dataset_ref: str | None = None,
    target: str = LOCAL,
    limits: Limits = NO_LIMITS,
) -> Run:
    """Queue a run of `trainer` for an experiment, wake the runner, return the run.

    `params` are given values by option name (left out: the default). `dataset_ref` is another data
    version than the problem names. Raises BadInput or NotFound, before anything is queued, for what
    cannot work: the problem file, the trainer, a parameter, the data, the target; Unavailable for a
    target whose runtime cannot be locked here.
    """
    kept = keep_experiment(project, experiment)
    plugin = trainer_for(kept.problem.task, trainer)
    settled = settle(plugin.options, params, owner=f"The trainer {trainer}")
    _check_seed(seed)
    kind_of(project, target)  # refused here rather than by the runner
    version = check_experiment(project, kept, dataset_ref)
    return queue_run(project, Asked(kept, trainer, settled, seed, version, target, limits))


@dataclass(frozen=True, slots=True)
class Asked:
    """A run that can be trained: everything in it has been checked.

    `reproduces` is the ULID of the run from whose record it is trained; then `experiment` is as that
    record has it, and no news of the experiment.
    """

    experiment: Experiment
    trainer: str
    params: Mapping[str, Value]
    seed: int
    version: DatasetVersion
    target: str
    limits: Limits = NO_LIMITS
    reproduces: str = ""


def queue_run(project: Project, asked: Asked) -> Run:
    """Write run and job as one unit, wake the runner, return the run."""
    run = new_ulid()
    spec = _spec(run, asked)
    digest, runtime = store_spec(project, spec), store_runtime(project, spec, asked.target)
    facts = run_facts(project, brought_by(asked.trainer), runtime=runtime)

    def decide(view: View) -> list[Record]:
        created = RunCreated(
            id=run,
            number=view.next_number("runs"),
            job=spec.job,
            experiment=asked.experiment.name,
            problem=asked.experiment.object,
            trainer=asked.trainer,
            params=dict(asked.params),
            seed=asked.seed,
            dataset=asked.version.reference,
            dataset_version=asked.version.id,
            target=asked.target,
            facts=facts,
            reproduces=asked.reproduces,
        )
        saved = [] if asked.reproduces else saved_records(view, asked.experiment)
        job = queue_record(view, spec, digest, target=asked.target, runtime=runtime)
        return [*saved, created, job]

    project.store.decide(decide)
    wake_runner(project)
    return get_run(project, run)


def _spec(run: str, asked: Asked) -> JobSpec:
    name, version = asked.experiment.name, asked.version
    work = TrainWork(
        run=run,
        experiment=name,
        problem=asked.experiment.problem,
        dataset=version.reference,
        content=version.content,
        trainer=plugins.reference("trainers", asked.trainer),
        format=plugins.reference("formats", FORMAT),
        params=dict(asked.params),
        seed=asked.seed,
    )
    return JobSpec(
        job=new_ulid(),
        kind="train",
        module=MODULE,
        run=run,
        title=f"train {asked.trainer} for {name} on {version.reference}",
        inputs={"data.parquet": version.object},
        plugins=(work.trainer, work.format),
        limits=asked.limits,
        work=msgspec.to_builtins(work),
    )


def cancel(project: Project, ref: str) -> Run:
    """Ask that a run's job be ended; the runner does it. An ended run is refused (Conflict)."""
    run = get_run(project, ref)
    cancel_job(project, run.job)
    return get_run(project, run.id)


def trainer_for(task: Task, name: str) -> Trainer:
    """Load a trainer plugin; raises NotFound, PluginError, or BadInput when it has not that task."""
    plugin: Trainer = plugins.load("trainers", name)
    if task not in plugin.tasks:
        raise BadInput(
            f"The trainer {name} does not do {task}",
            where="trainer",
            why="it does " + ", ".join(sorted(plugin.tasks)),
            fix="Choose another trainer: workbench plugin list",
            code="run.task",
        )
    return plugin


def _check_seed(seed: int) -> None:
    if not 0 <= seed < 2**32:
        raise BadInput(
            f"The seed cannot be {seed}",
            where="seed",
            why="expected 0 to 4294967295",
            fix="Choose another, or leave it out for 0",
            code="run.seed",
        )


def brought_by(trainer: str) -> tuple[str, ...]:
    """Return the distributions that a trainer comes from."""
    return tuple(row.distribution for row in plugins.rows("trainers") if row.name == trainer)
