"""What the demo makes, step by step. Each step looks for what is there and goes on from it.

So a second run changes nothing that stands, and takes up what was stopped or interrupted.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sample_data
from workbench.demo.endpoint import ENVIRONMENT, MODEL, TARGET, Answered, Tell, a_row, ask, deploy
from workbench.errors import BadInput, NotFound, WorkbenchError
from workbench.project.paths import Paths
from workbench.project.project import Project, init_project, open_project

if TYPE_CHECKING:
    from workbench.data.datasets import DatasetVersion
    from workbench.data.shape import ShapeDiff
    from workbench.experiments.lookup import Run
    from workbench.experiments.rows import RunRow
    from workbench.models.registry import ModelVersion
    from workbench.serving.deployments import Deployment

NAME = "flights-demo"
DATASET = "flights"
EXPERIMENT = "delay"
TRAINERS = ("dummy", "linear", "hgb")
GOAL = "Tell before departure which flights will come more than 15 minutes late."
METRIC = "roc_auc"
THRESHOLD = 0.6
STEPS = 8


@dataclass(frozen=True, slots=True)
class Demo:
    """Everything that stands at the end."""

    project: Project
    versions: tuple[DatasetVersion, ...]
    diff: ShapeDiff
    runs: tuple[RunRow, ...]
    models: tuple[ModelVersion, ...]
    promoted: str
    deployment: Deployment
    row: dict[str, Any]
    answers: tuple[Answered, ...]


def build(root: Path, tell: Tell) -> Demo:
    """Make the demo project in `root`, or go on with the one that is there.

    Raises BadInput for a folder with something else in it, and what the services raise.
    """
    project = _project(root, tell)
    versions = _versions(project, tell)
    diff = _diff(project, versions, tell)
    _experiment(project, tell)
    runs = _runs(project, versions[-1], tell)
    models = tuple(_register(project, run, tell) for run in runs if run.trainer != "dummy")
    row = a_row(project, versions[-1])
    answers = []
    deployment = None
    for model in models:
        _promote(project, model, tell)
        deployment = deploy(project, _promoted(project), tell)
        answers.append(ask(project, deployment, row, tell))
    assert deployment is not None
    return Demo(
        project=project,
        versions=versions,
        diff=diff,
        runs=runs,
        models=models,
        promoted=_promoted(project),
        deployment=deployment,
        row=row,
        answers=tuple(answers),
    )


def _project(root: Path, tell: Tell) -> Project:
    paths = Paths(root.expanduser().absolute())
    if not paths.settings.exists() and paths.root.is_dir() and any(paths.root.iterdir()):
        raise BadInput(
            "The demo needs a folder of its own",
            where=str(paths.root),
            why="there is something else in it",
            fix="Name an empty folder, or one that does not exist yet",
            code="demo.folder",
        )
    try:
        project = open_project(paths.root, via="demo")
    except NotFound:
        project = init_project(paths.root, NAME, via="demo")
        tell(1, f"project {NAME} started in {paths.root}")
    else:
        tell(1, f"project {project.name} found in {paths.root}")
    if project.name != NAME:
        raise BadInput(
            "That folder holds another project",
            where=str(project.root),
            why=f"its name is {project.name}, the demo's is {NAME}",
            fix="Name an empty folder, or one that does not exist yet",
            code="demo.folder",
        )
    return project


def _versions(project: Project, tell: Tell) -> tuple[DatasetVersion, ...]:
    from workbench.data.datasets import add

    made = []
    for season in ("flights_winter", "flights_summer"):
        # The same table again is the same version: what is there is found by its content.
        version = add(project, sample_data.path(season), name=DATASET)
        tell(2, f"{version.reference} from {season}.csv, {version.rows:,} rows")
        made.append(version)
    return tuple(made)


def _diff(project: Project, versions: tuple[DatasetVersion, ...], tell: Tell) -> ShapeDiff:
    from workbench.data.shape import shape_diff

    before, after = versions
    found = shape_diff(project, before, after)
    tell(3, f"{before.reference} against {after.reference}: {found.summary}")
    return found


def _experiment(project: Project, tell: Tell) -> None:
    from workbench.experiments.experiments import get_experiment, new_experiment
    from workbench.training.work import Problem, Split

    try:
        problem = get_experiment(project, EXPERIMENT).problem
    except NotFound:
        problem = Problem(
            goal=GOAL,
            dataset=DATASET,
            target=TARGET,
            task="binary",
            metric=METRIC,
            direction="maximize",
            threshold=THRESHOLD,
            split=Split(folds=3),
        )
        new_experiment(project, EXPERIMENT, problem)
    tell(
        4,
        f"experiment {EXPERIMENT}: {problem.metric} of {problem.target}, at least {problem.threshold}",
    )


def _runs(project: Project, version: DatasetVersion, tell: Tell) -> tuple[Run, ...]:
    """Ask for the runs that are missing, all at once, then wait for each."""
    from workbench.compute.waiting import wait
    from workbench.experiments.runs import get_run, list_runs, train

    found = {
        run.trainer: run.id
        for run in list_runs(project, experiment=EXPERIMENT, sort="newest")
        if run.dataset == version.reference and run.state not in {"failed", "cancelled", "lost"}
    }
    wanted = {
        trainer: found.get(trainer)
        or train(project, EXPERIMENT, trainer, {}, dataset_ref=version.reference).id
        for trainer in TRAINERS
    }
    ended = []
    for trainer, ref in wanted.items():
        wait(project, get_run(project, ref).job)
        run = get_run(project, ref)
        if run.state != "succeeded":
            raise WorkbenchError(
                f"The run {run.reference} {run.state}",
                where=f"trainer {trainer}",
                why=run.error,
                fix=f"See workbench run logs {run.reference} --project {project.root}",
                code="run.failed",
            )
        tell(
            5,
            f"{run.reference} {trainer}: {METRIC} {float(run.metrics[METRIC]):.3f}, {run.seconds:.1f} s",
        )
        ended.append(run)
    return tuple(ended)


def _register(project: Project, run: RunRow, tell: Tell) -> ModelVersion:
    from workbench.models.registry import list_versions, register

    try:
        known = list_versions(project, MODEL)
    except NotFound:
        known = []
    version = next((each for each in known if each.run == run.id), None)
    if version is None:
        version = register(project, run.reference, MODEL, note=f"demo: {run.trainer}")
    tell(6, f"{version.reference} is the model of {run.reference}")
    return version


def _promote(project: Project, version: ModelVersion, tell: Tell) -> None:
    """Promote a version to production, unless somebody has already (and perhaps rolled it back)."""
    from workbench.models.promotion import history, promote

    before = {entry.reference for entry in history(project, MODEL, ENVIRONMENT)}
    if version.reference in before:
        tell(7, f"{version.reference} was promoted to {ENVIRONMENT} before")
        return
    reason = "demo: first of its kind" if not before else "demo: better on the same test rows"
    made = promote(project, version.reference, ENVIRONMENT, reason, confirmed=MODEL)
    gates = ", ".join(f"{gate.gate} {gate.outcome}" for gate in made.gates)
    tell(7, f"{made.reference} promoted to {ENVIRONMENT} ({gates})")


def _promoted(project: Project) -> str:
    from workbench.models.promotion import live

    return live(project, MODEL)[ENVIRONMENT].reference
