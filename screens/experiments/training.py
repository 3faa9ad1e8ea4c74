"""Starting a run: which experiment, which trainer, then a form made of the trainer's own options."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from screens.experiments.newexperiment import references
from screens.experiments.whereto import OWN, limit_fields, target_field, where
from screens.feed import in_thread
from screens.modals.choose import Choose
from screens.modals.form import FormModal, Values
from screens.widgets.fields import Field, from_option, from_options
from screens.widgets.source import Cell, Column
from workbench import plugins
from workbench.compute.limits import Limits
from workbench.data.datasets import DatasetVersion
from workbench.errors import PluginError
from workbench.experiments.experiments import ExperimentRow
from workbench.experiments.runs import Run, train
from workbench.options import Option, Value
from workbench.project.settings import LOCAL
from workbench.training.contract import Trainer

if TYPE_CHECKING:
    from textual.widget import Widget

    from workbench.project.project import Project

_SEED = Option("seed", "int", 0, "Same seed, same model", minimum=0, maximum=2**32 - 1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is known before anything was asked: where the cursor is, and values to begin with.

    With `params` a run is being varied: its trainer stays.
    """

    experiment: str = ""
    trainer: str = ""
    params: Mapping[str, Value] | None = None
    seed: int = 0


class Starter:
    """Asks for everything that a run needs, step by step, over the place that `owner` is in."""

    def __init__(
        self,
        owner: Widget,
        project: Project,
        experiments: Sequence[ExperimentRow],
        versions: Sequence[DatasetVersion],
        started: Callable[[Run], object],
    ) -> None:
        self._owner = owner
        self._project = project
        self._experiments = {row.name: row for row in experiments if not row.error}
        self._versions = versions
        self._started = started
        self._target = Field(OWN + "target", "target", default=LOCAL)

    def ask(self, wanted: Wanted, *, sure: bool) -> None:
        """Begin; with `sure`, or where there is one experiment only, that is not asked for."""
        names = list(self._experiments)
        if len(names) == 1 or (sure and wanted.experiment in self._experiments):
            only = wanted.experiment if wanted.experiment in self._experiments else names[0]
            self._ask_trainer(replace(wanted, experiment=only))
            return
        more: dict[str, tuple[Cell, ...]] = {
            row.name: (row.task, row.target, row.metric) for row in self._experiments.values()
        }
        columns = (
            Column("task", "Task", cap=12), Column("target", "Target", cap=20),
            Column("metric", "Metric", cap=20),
        )  # fmt: skip

        def chosen(name: str | None) -> None:
            if name:
                self._ask_trainer(replace(wanted, experiment=name))

        choose = Choose(
            "Train: for which experiment?", names, wanted.experiment,
            columns=columns, more=more, head="Experiment",
        )  # fmt: skip
        self._owner.app.push_screen(choose, chosen)

    def _ask_trainer(self, wanted: Wanted) -> None:
        task, project = self._experiments[wanted.experiment].task, self._project

        def come(read: tuple[list[Trainer], Field]) -> None:
            found, self._target = read
            by_name = {trainer.name: trainer for trainer in found}
            if wanted.params is not None and wanted.trainer in by_name:
                self.ask_values(wanted, by_name[wanted.trainer])
                return
            more: dict[str, tuple[Cell, ...]] = {t.name: (t.title,) for t in found}

            def chosen(name: str | None) -> None:
                if name:
                    self.ask_values(replace(wanted, trainer=name), by_name[name])

            self._owner.app.push_screen(
                Choose(
                    f"Train for {wanted.experiment}: which trainer?",
                    list(by_name),
                    wanted.trainer or "hgb",
                    columns=(Column("title", "What it is", cap=60, grow=True),),
                    more=more,
                    head="Trainer",
                ),
                chosen,
            )

        in_thread(
            self._owner, lambda: (trainers(task), target_field(project)), come, group="trainers"
        )

    def ask_values(self, wanted: Wanted, trainer: Trainer) -> None:
        """Ask for the values of the trainer's options, the seed and the data."""
        problem = self._experiments[wanted.experiment]
        fields = _fields(wanted, trainer, problem, self._versions)
        fields += [self._target, *limit_fields()]

        def apply(values: Values) -> Run:
            asked = _asked(values, problem)
            return train(
                self._project, problem.name, trainer.name, asked.params, asked.seed, asked.data,
                asked.target, asked.limits,
            )  # fmt: skip

        def ended(run: Run | None) -> None:
            if run is not None:
                self._started(run)

        form = FormModal(
            f"Train {trainer.name} for {problem.name}",
            fields,
            apply,
            verb="Train",
            intro=f"{trainer.title}. Predicts {problem.target}, judged by {problem.metric}.",
            command=lambda values: command(problem, trainer, values),
            outcome=lambda run: f"{run.reference} is queued.",
            ready=True,
        )
        self._owner.app.push_screen(form, ended)


def trainers(task: str) -> list[Trainer]:
    """Return the installed trainers that do `task`; one that does not load is left out."""
    found: list[Trainer] = []
    for name in plugins.names("trainers"):
        try:
            trainer: Trainer = plugins.load("trainers", name)
        except PluginError:
            continue  # `workbench plugin list --check` says why
        if task in trainer.tasks:
            found.append(trainer)
    return found


def _fields(
    wanted: Wanted, trainer: Trainer, problem: ExperimentRow, versions: Sequence[DatasetVersion]
) -> list[Field]:
    fields = from_options(trainer.options)
    if wanted.params is not None:
        fields = [replace(field, default=_typed(wanted.params.get(field.name))) for field in fields]
    known = tuple(references(versions))
    data = Field(
        OWN + "data", "data", "another version than the problem's", "choice", problem.dataset,
        known if problem.dataset in known else (problem.dataset, *known),
    )  # fmt: skip
    seed = replace(from_option(_SEED), name=OWN + "seed", default=str(wanted.seed))
    return [*fields, seed, data]


def _typed(value: Value) -> str:
    if value is None:
        return ""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


@dataclass(frozen=True, slots=True)
class _Asked:
    params: dict[str, Any]
    seed: int
    data: str | None
    """Another data version than the problem names; None: as it says."""
    target: str
    limits: Limits


def _asked(values: Values, problem: ExperimentRow) -> _Asked:
    params = {name: value for name, value in values.items() if not name.startswith(OWN)}
    data = values[OWN + "data"]
    limits = Limits(*(values[OWN + name] for name in ("time", "memory", "cpus")))
    other = None if data == problem.dataset else data
    return _Asked(params, values[OWN + "seed"], other, values[OWN + "target"], limits)


def command(problem: ExperimentRow, trainer: Trainer, values: Values) -> list[str]:
    """Return the run as arguments of `workbench`; what is at its default is left out."""
    asked = _asked(values, problem)
    argv = ["run", "train", problem.name, "--trainer", trainer.name]
    for option in trainer.options:
        value = asked.params[option.name]
        if value != option.default:
            argv += [
                "-P",
                f"{option.name}={str(value).lower() if value is True or value is False else value}",
            ]
    if asked.seed:
        argv += ["--seed", str(asked.seed)]
    if asked.data:
        argv += ["--data", asked.data]
    return [*argv, *where(asked.target, asked.limits), "--detach"]
