"""The tree of commands as plain data, read from click (this imports every command: not at each Tab)."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from workbench.cli.completing.decide import Tree
from workbench.cli.main import COMMANDS

KINDS = {
    "version": "version",
    "before": "version",
    "after": "version",
    "versions": "version",
    "dataset": "version",
    "data": "version",
    "experiment": "experiment",
    "run": "run",
    "runs": "run",
    "model": "model",
    "environment": "environment",
    "trainer": "trainer",
    "source": "source",
    "job": "job",
    "target": "target",
    "columns": "column",
    "column": "column",
    "drop": "column",
    "sort": "metric",
}
"""Name of a parameter → kind of name that it takes, where NAMED says nothing else."""

NAMED = {
    "data add name": "dataset",
    "data tag name": "dataset_tag",
    "run tag name": "run_tag",
    "run untag name": "run_tag",
    "experiment new target": "column",
    "experiment show name": "experiment",
    "explore chart kind": "chart",
    "model register name": "model",
    "model import target": "column",
    "model evaluate target": "column",
    "deploy create model": "served",
    "deploy create target": "target",
    "target add kind": "kind",
    "target edit name": "target",
    "deploy show name": "deployment",
    "deploy call name": "deployment",
    "deploy stop name": "deployment",
    "deploy logs name": "deployment",
    "init folder": "folder",
    "demo folder": "folder",
    "completion shell": "",
}
"""`NOUN VERB PARAMETER` → kind of name."""


def tree() -> Tree:
    """Return every command with its flags and arguments."""
    made: Tree = {}
    for noun, (target, line) in COMMANDS.items():
        module, _, attribute = target.partition(":")
        command = getattr(import_module(module), attribute)
        if isinstance(command, click.Group):
            verbs = {
                verb: _command(f"{noun} {verb}", found)
                for verb, found in command.commands.items()
                if not found.hidden
            }
            made[noun] = {"help": line, "verbs": verbs}
        else:
            made[noun] = {"help": line, "command": _command(noun, command)}
    return made


def _command(path: str, command: click.Command) -> dict[str, Any]:
    parameters = command.get_params(click.Context(command))
    return {
        "help": command.get_short_help_str(80),
        "flags": [
            _flag(path, each)
            for each in parameters
            if isinstance(each, click.Option) and not each.hidden
        ],
        "arguments": [
            {"many": each.nargs != 1, **_value(path, each)}
            for each in parameters
            if isinstance(each, click.Argument)
        ],
    }


def _flag(path: str, option: click.Option) -> dict[str, Any]:
    names = sorted((*option.opts, *option.secondary_opts), key=len, reverse=True)
    return {
        "names": names,
        "value": not (option.is_flag or option.count),
        "many": option.multiple,
        "help": (option.help or "").partition(". ")[0].rstrip("."),
        **_value(path, option),
    }


def _value(path: str, parameter: click.Parameter) -> dict[str, Any]:
    name = parameter.name or ""
    bare = name.rstrip("_")
    kind = NAMED.get(f"{path} {bare}", KINDS.get(bare, ""))
    if path.startswith("model ") and kind == "version" and bare != "dataset":
        kind = "served"
    if bare == "project":
        kind = "folder"
    if not kind and isinstance(parameter.type, click.Path | click.File):
        kind = "file"
    choices = getattr(parameter.type, "choices", None)
    return {"kind": kind, "choices": [str(choice) for choice in choices or ()]}
