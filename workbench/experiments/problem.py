"""Problem files: `experiments/NAME.toml`, in git, owned by people; read strictly, edited with care."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from workbench.errors import BadInput, NotFound
from workbench.links import check_name, parse_version
from workbench.project.paths import Paths
from workbench.project.toml import edit_toml, line_of, parse_toml
from workbench.training.guardrails import check_guardrails
from workbench.training.metrics import metric_for
from workbench.training.work import Problem

CODE = "experiment"


def problem_path(paths: Paths, name: str) -> Path:
    """Return where the problem file of an experiment lies; raises BadInput for what is no name."""
    return paths.experiments / f"{check_name(name, 'experiment')}.toml"


def read_problem(path: Path) -> tuple[Problem, bytes]:
    """Return the problem and the file's bytes, read once.

    Raises NotFound, and BadInput (`experiment.syntax`, `.unknown`, `.missing`, `.type`, `.metric`,
    `.direction`) with file, line, key and what was expected.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise NotFound(
            f"There is no experiment {path.stem}",
            where=str(path),
            why="there is no such file",
            fix="Write it with workbench experiment new, or see workbench experiment list",
            code="experiment.none",
        ) from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path.name} is not text",
            where=str(path),
            why=f"byte {error.start} is not UTF-8",
            fix="Save it as UTF-8",
            code=f"{CODE}.syntax",
        ) from None
    problem = parse_toml(text, Problem, where=str(path), code=CODE)
    check_problem(problem, text, str(path))
    return problem, data


def check_problem(problem: Problem, text: str = "", where: str = "") -> None:
    """Raise BadInput unless metric, direction, guardrails and task agree and the dataset can be a reference.

    With `text` and `where` the message names the file's line.
    """
    try:
        metric = metric_for(problem.task, problem.metric)
    except BadInput as refusal:
        refusal.where = _place(text, where, "metric")
        raise
    if problem.direction != metric.direction:
        raise BadInput(
            f"{problem.metric} is not a metric to {problem.direction}",
            where=_place(text, where, "direction"),
            why=f"{'more' if metric.direction == 'maximize' else 'less'} of it is better",
            fix=f'Write direction = "{metric.direction}"',
            code="experiment.direction",
        )
    try:
        check_guardrails(problem)
    except BadInput as refusal:
        if where and (found := re.search(r"guardrail\[(\d+)\]", refusal.where)):
            line = line_of(text, ("guardrail", int(found[1]), "metric"))
            refusal.where = f"{where}, line {line}, {refusal.where}"
        raise
    try:
        parse_version(problem.dataset)
    except BadInput as refusal:
        refusal.where = _place(text, where, "dataset")
        raise


def _place(text: str, where: str, key: str) -> str:
    return f"{where}, line {line_of(text, (key,))}, key {key}" if where else f"key {key}"


def problem_text(problem: Problem) -> str:
    """Return a commented problem file that reads back as `problem`."""
    values = msgspec.to_builtins(problem)
    values |= {f"split.{key}": value for key, value in values.pop("split").items()}
    values["guardrails"] = problem.guardrails

    def filled(place: re.Match[str]) -> str:
        mark, key = place.groups()
        if key == "guardrails":
            return _guardrails(problem)
        if mark:  # before a key that may be left out: then its line is a comment, with an example
            return "# " if values[key] is None else ""
        return _EXAMPLES[key] if values[key] is None else _literal(values[key])

    # In one pass: a value that looks like a place is not filled in again.
    text = _PLACE.sub(filled, _TEMPLATE)
    assert parse_toml(text, Problem, where="", code=CODE) == problem
    return text


def _guardrails(problem: Problem) -> str:
    """Return the tables of the guardrails, or one in comments to begin with."""
    tables = [
        f"[[guardrail]]\nmetric = {_literal(rail.metric)}\nthreshold = {_literal(rail.threshold)}"
        for rail in problem.guardrails
    ]
    return "\n\n".join(tables) or '# [[guardrail]]\n# metric = "accuracy"\n# threshold = 0.8'


def _literal(value: Any) -> str:
    # tomlkit costs 25 ms to import; only writers need it.
    import tomlkit

    text: str = tomlkit.item(value).as_string()
    return text


def edit_problem(path: Path, changes: Mapping[str, Any]) -> Problem:
    """Change keys (`{"threshold": 0.8, "split.folds": 3}`; None removes), keeping comments.

    What would not be read back, or not agree with itself, is refused and nothing is written.
    """
    old, data = read_problem(path)
    del old
    problem = _applied(data.decode(), changes, str(path))
    check_problem(problem)
    return edit_toml(path, _by_keys(changes), Problem, code=CODE)


def _applied(text: str, changes: Mapping[str, Any], where: str) -> Problem:
    import tomlkit

    document: Any = tomlkit.parse(text)
    for keys, value in _by_keys(changes).items():
        table = document
        for key in keys[:-1]:
            table = table.setdefault(key, {})
        if value is None:
            table.pop(keys[-1], None)
        else:
            table[keys[-1]] = value
    return parse_toml(tomlkit.dumps(document), Problem, where=where, code=CODE)


def _by_keys(changes: Mapping[str, Any]) -> dict[tuple[str, ...], Any]:
    return {tuple(key.split(".")): value for key, value in changes.items()}


_PLACE = re.compile(r"<(#?)([a-z.]+)>")
_EXAMPLES = {"threshold": "0.8", "positive": '"yes"', "split.column": '"day"'}
_TEMPLATE = """\
# The problem that the runs of this experiment try to solve. Meant for git.

# What it is for, in a sentence.
goal = <goal>

# A dataset (its newest version), or one version of it: "flights@3".
dataset = <dataset>

# The column to predict, and how: binary, multiclass or regression.
target = <target>
task = <task>
# Of a binary problem: the class that the figures are about (left out: the last in order).
<#positive>positive = <positive>

# What a run is judged by, and the value on the test rows that makes it good enough.
metric = <metric>
direction = <direction>
<#threshold>threshold = <threshold>

# Columns that no feature may be made of.
drop = <drop>

# What must hold on the test rows besides: at least the threshold, or at most where less is better.
<guardrails>

# method: stratified keeps the target's shares, random deals freely, time tests on the newest rows
# (of a column of times), group keeps the rows of a group (of a column) on one side. test: the share
# held out. folds are made of the other rows. The same seed deals out the same rows in every run.
[split]
method = <split.method>
<#split.column>column = <split.column>
test = <split.test>
folds = <split.folds>
seed = <split.seed>
"""
