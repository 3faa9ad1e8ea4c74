"""Training a run again from what its record holds, and telling how the two compare.

What the record cannot bring back (the code, the packages, the machine) is compared beforehand; the
problem, the data, the trainer's values and the seed are those of the record, whatever files say now.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from workbench.compute.limits import NO_LIMITS, Limits
from workbench.compute.targets import kind_of
from workbench.errors import Conflict, NotFound
from workbench.experiments.experiments import Experiment, check_experiment
from workbench.experiments.facts import run_facts
from workbench.experiments.lookup import Run, get_run
from workbench.experiments.problem import read_problem
from workbench.experiments.runs import Asked, brought_by, queue_run, trainer_for
from workbench.numbers import Figure, from_figure, to_figure
from workbench.options import Value, settle
from workbench.records.runs import RunFacts

if TYPE_CHECKING:
    from workbench.project.project import Project

CLOSE = 1e-9
"""How far two figures may be apart, relative to the larger one, and still be equal."""


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not as it was when the first run was made; empty: it was, or is, not there."""

    name: str
    before: str
    now: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What would be trained again, and what differs from then."""

    run: str
    params: dict[str, Value]
    changed: tuple[Changed, ...]


class FigureChange(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that the two runs do not share; None where a run has it not. `change` is now - before."""

    name: str
    before: Figure | None
    now: Figure | None
    change: Figure | None


class Reproduction(msgspec.Struct, frozen=True, kw_only=True):
    """How a run compares with the one that it reproduces.

    `equal`: no figure differs (by more than 1e-9, relative), folds, bounds and baseline included.
    `same_model`: the fitted models have one content digest. `compared` counts the figures.
    """

    first: str
    second: str
    equal: bool
    same_model: bool
    compared: int
    figures: tuple[FigureChange, ...]
    changed: tuple[Changed, ...]

    @property
    def words(self) -> str:
        """Whether the second run is the first one again, in a sentence."""
        first, second, apart = self.first, self.second, len(self.figures)
        if self.equal:
            model = "the same model" if self.same_model else "another model file"
            return f"{second} reproduces {first}: {model}, all {self.compared} figures equal."
        if not self.compared:
            return f"{second} and {first} have no figures to compare."
        though = ", though the model is the same" if self.same_model else ""
        return f"{second} does not reproduce {first}: {apart} of {self.compared} figures differ{though}."


def plan_again(project: Project, ref: str) -> Plan:
    """Return what reproducing a run would train, and what differs now. Takes some 50 ms.

    Raises NotFound when the run, its problem or its data are gone, Conflict for a run that did not
    succeed, BadInput or PluginError when its trainer or its values are not there any more.
    """
    run, asked = _asked(project, ref)
    facts = run_facts(project, brought_by(run.trainer))
    changed = [*_facts_changed(project, run.facts, facts), *_params_changed(run, asked)]
    return Plan(run=run.reference, params=dict(asked.params), changed=tuple(changed))


def reproduce(
    project: Project, ref: str, target: str | None = None, limits: Limits = NO_LIMITS
) -> Run:
    """Queue a run that trains `ref` again, wake the runner, return the new run.

    `target`: another place than the first one ran at. Raises as `plan_again` does.
    """
    return queue_run(project, _asked(project, ref, target, limits)[1])


def reproduced(project: Project, second: Run) -> Reproduction:
    """Compare a run that has succeeded with the one that it reproduces.

    Raises NotFound when that one was deleted, Conflict for a run that reproduces none.
    """
    if not second.reproduces:
        raise Conflict(
            f"{second.reference} reproduces no run",
            where=second.reference,
            why="it was asked for by itself",
            fix=f"Compare runs with: workbench run compare {second.reference} RUN",
            code="run.no_first",
        )
    first = get_run(project, second.reproduces)
    names = dict.fromkeys((*first.figures, *second.figures))
    changes = [_figure_change(name, first, second) for name in names]
    figures = tuple(change for change in changes if change is not None)
    return Reproduction(
        first=first.reference,
        second=second.reference,
        equal=not figures and bool(names),
        same_model=first.model is not None
        and second.model is not None
        and first.model.content == second.model.content,
        compared=len(names),
        figures=figures,
        changed=tuple(_facts_changed(project, first.facts, second.facts)),
    )


def reproduced_words(project: Project, run: Run) -> str:
    """Say how a run stands to the one that it reproduces; empty where it reproduces none."""
    if not run.reproduces:
        return ""
    try:
        if run.state == "succeeded":
            return reproduced(project, run).words
        first = get_run(project, run.reproduces).reference
    except NotFound:
        return "The run that it reproduces was deleted."
    return f"It is trained from the record of {first}, to be compared with it."


def _asked(
    project: Project, ref: str, target: str | None = None, limits: Limits = NO_LIMITS
) -> tuple[Run, Asked]:
    run = get_run(project, ref)
    if run.state != "succeeded":
        raise Conflict(
            f"{run.reference} cannot be reproduced",
            where=run.reference,
            why=f"it is {run.state}: there are no figures to compare with",
            fix=f"Train anew: workbench run train {run.experiment} --trainer {run.trainer}",
            code="run.reproduce",
        )
    problem = _problem(project, run)
    plugin = trainer_for(problem.problem.task, run.trainer)
    kind_of(project, target or run.target)  # refused here rather than by the runner
    version = check_experiment(project, problem, run.dataset_version)
    asked = Asked(
        experiment=problem,
        trainer=run.trainer,
        params=settle(plugin.options, run.params, owner=f"The trainer {run.trainer}"),
        seed=run.seed,
        version=version,
        target=target or run.target,
        limits=limits,
        reproduces=run.id,
    )
    return run, asked


def _problem(project: Project, run: Run) -> Experiment:
    """Return the problem as the record has it, whatever its file says by now."""
    objects = project.store.objects
    objects.verify(run.problem)
    path = objects.path(run.problem)
    problem, _ = read_problem(path)
    return Experiment(name=run.experiment, path=str(path), object=run.problem, problem=problem)


def _figure_change(name: str, first: Run, second: Run) -> FigureChange | None:
    before, now = (
        run.figures[name].last if name in run.figures else None for run in (first, second)
    )
    if before is None or now is None:
        return FigureChange(name=name, before=before, now=now, change=None)
    old, new = from_figure(before), from_figure(now)
    same = old == new or (math.isnan(old) and math.isnan(new))
    if same or math.isclose(old, new, rel_tol=CLOSE, abs_tol=CLOSE):
        return None
    return FigureChange(name=name, before=before, now=now, change=to_figure(new - old))


# What the record cannot bring back


def _facts_changed(project: Project, before: RunFacts, now: RunFacts) -> Iterable[Changed]:
    pairs = [
        ("git commit", before.commit, now.commit),
        ("uncommitted changes", _patch(before), _patch(now)),
        ("Python", before.python, now.python),
        *_packages(project, before, now),
        *_runtimes(before, now),
        ("platform", before.platform, now.platform),
        ("processor", before.processor, now.processor),
        ("GPUs", ", ".join(before.gpus), ", ".join(now.gpus)),
    ]
    return (Changed(name=n, before=old, now=new) for n, old, new in pairs if old != new)


def _patch(facts: RunFacts) -> str:
    """Return what names the changes: equal for equal ones."""
    return f"a patch, {facts.diff_object[:12]}" if facts.diff_object else ""


def _packages(project: Project, before: RunFacts, now: RunFacts) -> list[tuple[str, str, str]]:
    """Return every package by name with both versions: those recorded by name, then the others."""
    own = dict.fromkeys((*before.packages, *now.packages))
    found = [(n, before.packages.get(n, ""), now.packages.get(n, "")) for n in own]
    if before.lock_object == now.lock_object or not (before.lock_object and now.lock_object):
        return found
    old, new = (_lock(project, facts.lock_object) for facts in (before, now))
    others = sorted(name for name in old.keys() | new.keys() if name not in own)
    return found + [(name, old.get(name, ""), new.get(name, "")) for name in others]


def _runtimes(before: RunFacts, now: RunFacts) -> list[tuple[str, str, str]]:
    """Return the locked runtimes of two runs, where both were made in one."""
    if not (before.runtime and now.runtime):
        return []
    return [("locked runtime", before.runtime[:12], now.runtime[:12])]


def _lock(project: Project, digest: str) -> dict[str, str]:
    try:
        text = project.store.objects.read(digest).decode("utf-8", "replace")
    except NotFound:  # the record still tells what figures depend on
        return {}
    pairs = (line.partition("==") for line in text.splitlines() if "==" in line)
    return {name: version for name, _, version in pairs}


def _params_changed(run: Run, asked: Asked) -> Iterable[Changed]:
    """Options that the trainer has got since, or that no value stands for what it did then."""
    for name, value in asked.params.items():
        if name not in run.params or run.params[name] != value:
            before = str(run.params.get(name, ""))
            yield Changed(name=f"{run.trainer}'s option {name}", before=before, now=str(value))
