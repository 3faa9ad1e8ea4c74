"""A new problem statement by a form: the target from the dataset's columns, the task from the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from textual import on

from screens.experiments.guess import Guess, guess
from screens.feed import in_thread
from screens.modals.form import FormModal, Values
from screens.widgets.fields import ChoiceField, Field, from_option
from screens.widgets.form import Form
from workbench.data.datasets import DatasetVersion
from workbench.errors import BadInput, WorkbenchError
from workbench.experiments.experiments import Experiment, check_experiment, new_experiment
from workbench.experiments.problem import check_problem, problem_path
from workbench.links import check_name
from workbench.options import Option
from workbench.training.guardrails import parse_guardrail
from workbench.training.metrics import metric_for, metrics_of
from workbench.training.work import Guardrail, Method, Problem, Split

if TYPE_CHECKING:
    from workbench.project.project import Project

TASKS = ("binary", "multiclass", "regression")
SPLIT = Split()
NONE = "-"
"""What the choice of a column shows while there is none."""
_NUMBERS = {
    option.name: from_option(option)
    for option in (
        Option("threshold", "float", None, "Good enough; may stay empty"),
        Option("test", "float", SPLIT.test, "Share held out to test", minimum=0.01, maximum=0.9),
        Option("folds", "int", SPLIT.folds, "Made of the other rows", minimum=2, maximum=50),
        Option("seed", "int", SPLIT.seed, "Same seed, same rows", minimum=0, maximum=2**32 - 1),
    )
}


def references(versions: Sequence[DatasetVersion]) -> list[str]:
    """Return what a problem may name as its data: each dataset (its newest), then each version."""
    names = list(dict.fromkeys(version.dataset for version in versions))
    return names + [version.reference for version in versions]


def find(versions: Sequence[DatasetVersion], reference: str) -> DatasetVersion | None:
    """Return the version that a reference names; of a dataset the newest."""
    fitting = [v for v in versions if reference in {v.dataset, v.reference}]
    return max(fitting, key=lambda version: version.number, default=None)


def fields(versions: Sequence[DatasetVersion], dataset: str) -> list[Field]:
    """Return the form's fields, filled for `dataset`."""
    chosen = find(versions, dataset)
    columns = tuple(column.name for column in chosen.columns) if chosen else ()
    target = columns[-1] if columns else ""
    metrics = tuple(metric.name for metric in metrics_of("binary"))
    return [
        Field("name", "name", "letters, digits, - and _", required=True, parse=_name),
        Field(
            "dataset", "dataset", "its newest version, or one", "choice", dataset,
            tuple(references(versions)),
        ),
        Field("target", "target", "enter lists the columns", "choice", target, columns),
        Field("task", "task", "", "choice", TASKS[0], TASKS),
        Field("metric", "metric", "", "choice", metrics[0], metrics),
        _NUMBERS["threshold"],
        Field("guardrails", "guardrails", "such as recall=0.6", parse=_guardrails),
        Field("goal", "goal", "what it is for"),
        Field("positive", "positive class", "of two, the one meant"),
        Field("drop", "leave out", "columns, comma between them"),
        Field("split", "split", "how rows are dealt out", "choice",
              "stratified", get_args(Method)),
        Field("split_column", "by column", "for time and group splits", "choice",
              NONE, (NONE, *columns)),
        _NUMBERS["test"],
        _NUMBERS["folds"],
        _NUMBERS["seed"],
    ]  # fmt: skip


def _guardrails(text: str) -> tuple[Guardrail, ...]:
    return tuple(parse_guardrail(part) for part in text.split(",") if part.strip())


def _name(text: str) -> str:
    return check_name(text.strip(), "experiment")


def problem_of(values: Values) -> Problem:
    """Return the problem that the form's values state. Raises BadInput."""
    task = values["task"]
    metric = metric_for(task, values["metric"])
    dataset, target = values["dataset"], values["target"]
    return Problem(
        goal=values["goal"].strip() or f"Predict {target} from {dataset}",
        dataset=dataset,
        target=target,
        task=task,
        metric=metric.name,
        direction=metric.direction,
        threshold=values["threshold"],
        positive=values["positive"].strip() or None if task == "binary" else None,
        drop=_columns(values["drop"]),
        guardrails=values["guardrails"],
        split=_split(values),
    )


def _split(values: Values) -> Split:
    try:
        return Split(
            method=values["split"],
            test=values["test"],
            folds=values["folds"],
            seed=values["seed"],
            column=None if values["split_column"] == NONE else values["split_column"],
        )
    except ValueError as error:
        # The numbers are in their bounds already: it is the column.
        raise BadInput(
            "The split and its column do not go together",
            where="--split-column",
            why=str(error).removeprefix("column: "),
            fix="Choose a column for a split by time or group, none for another",
            code="experiment.split_column",
        ) from None


def _columns(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def command(values: Values) -> list[str]:
    """Return the same as arguments of `workbench`; what is at its default is left out."""
    problem = problem_of(values)
    argv = ["experiment", "new", values["name"], *_flag("dataset", problem.dataset)]
    argv += [*_flag("target", problem.target), *_flag("task", problem.task)]
    argv += _flag("metric", problem.metric)
    if problem.threshold is not None:
        argv += _flag("threshold", f"{problem.threshold:g}")
    if values["goal"].strip():
        argv += _flag("goal", problem.goal)
    if problem.positive:
        argv += _flag("positive", problem.positive)
    for column in problem.drop:
        argv += _flag("drop", column)
    for rail in problem.guardrails:
        argv += _flag("guardrail", f"{rail.metric}={rail.threshold:g}")
    split = problem.split
    shown = {
        "split": (split.method, SPLIT.method),
        "split-column": (split.column or NONE, NONE),
        "test": (f"{split.test:g}", f"{SPLIT.test:g}"),
        "folds": (str(split.folds), str(SPLIT.folds)),
        "split-seed": (str(split.seed), str(SPLIT.seed)),
    }
    for name, (value, default) in shown.items():
        argv += _flag(name, value) if value != default else []
    return argv


def _flag(name: str, value: str) -> list[str]:
    return [f"--{name}={value}"] if value.startswith("-") else [f"--{name}", value]


def make(project: Project, values: Values) -> Experiment:
    """Check the problem against its data, then write its file. Nothing is written if it cannot work."""
    name, problem = values["name"], problem_of(values)
    check_problem(problem)
    path = problem_path(project.paths, name)
    if not path.exists():
        draft = Experiment(name=name, path=str(path), object="", problem=problem)
        check_experiment(project, draft)
    return new_experiment(project, name, problem)


class NewExperiment(FormModal):
    """The form: another dataset brings its columns, another target the task that fits it."""

    def __init__(self, project: Project, versions: Sequence[DatasetVersion], dataset: str) -> None:
        self._project = project
        self._versions = versions
        self._seen = ("", "", "")
        super().__init__(
            "New experiment",
            fields(versions, dataset),
            lambda values: make(project, values),
            verb="Write it",
            command=command,
            outcome=lambda made: f"Wrote {made.name}. t trains a first run.",
        )

    def _choice(self, name: str) -> ChoiceField:
        return self.form.query_one(f"#field-{name}", ChoiceField)

    @on(Form.Changed)
    def _follow(self) -> None:
        """Let target, task and metric follow what was chosen before them."""
        texts = self.form.texts
        now = (texts["dataset"], texts["target"], texts["task"])
        before, self._seen = self._seen, now
        if now == before:
            return
        if now[0] != before[0] and before[0]:
            self._offer_columns(now[0])
        elif now[:2] != before[:2]:
            self._guess(*now[:2])
        if now[2] != before[2]:
            self._offer_metrics(now[2])

    def on_mount(self) -> None:
        """Guess the first target's task."""
        self._follow()

    def _offer_columns(self, dataset: str) -> None:
        version = find(self._versions, dataset)
        target = self._choice("target")
        target.choices = tuple(column.name for column in version.columns) if version else ()
        by = self._choice("split_column")
        by.choices = (NONE, *target.choices)
        if by.value not in by.choices:
            by.value = NONE
        if target.value in target.choices:
            self._guess(dataset, target.value)
        else:
            target.value = target.choices[-1] if target.choices else ""

    def _guess(self, dataset: str, column: str) -> None:
        version = find(self._versions, dataset)
        if version is None or not column:
            return

        def come(found: Guess) -> None:
            if self.form.texts["target"] == column:
                self._choice("task").value = found.task
                self._tell("target", found.words)

        in_thread(
            self,
            lambda: guess(self._project, version, column),
            come,
            group="guess",
            failed=self._not_guessed,
        )

    def _not_guessed(self, error: WorkbenchError) -> None:
        self._tell("target", error.why or error.what)

    def _offer_metrics(self, task: Any) -> None:
        metric = self._choice("metric")
        metric.choices = tuple(known.name for known in metrics_of(task))
        if metric.value not in metric.choices:
            metric.value = metric.choices[0]
        metric.refresh()

    def _tell(self, name: str, words: str) -> None:
        line = next(line for line in self.form.lines if line.field.name == name)
        line.field = replace(line.field, help=words)
        line.tell("")
