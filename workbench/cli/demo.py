"""`workbench demo`: build the demo project from the sample data, end to end, and open it."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.base import Context, common
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.demo.story import Demo


@click.command()
@click.argument("folder", metavar="[DIR]", default="workbench-demo")
@click.option("--no-ui", is_flag=True, help="Do not open the interface afterwards.")
@common
def demo(context: Context, folder: str, no_ui: bool) -> None:
    """Build the demo project in DIR (default: workbench-demo) and open it.

    Two versions of real data and their differences, an experiment, three runs, a report, two model
    versions, promotions, and a deployment that answers. Run again, it goes on with what is there.
    """
    from workbench.demo.story import STEPS, build

    started = time.monotonic()

    def tell(step: int, text: str) -> None:
        context.say(f"{time.monotonic() - started:5.1f} s  [{step}/{STEPS}] {clean(text)}")

    made = build(Path(folder), tell)
    if not (context.json or no_ui) and sys.stdin.isatty() and sys.stdout.isatty():
        from workbench.cli.ui import open_ui
        from workbench.project.project import open_project

        open_ui(open_project(made.project.root, via="tui"))
        click.echo(_how_to(made))
        return
    context.answer("project.demo@1", _data(made), lambda: f"{_made(made)}\n\n{_how_to(made)}")


def _data(made: Demo) -> dict[str, Any]:
    deployment = made.deployment
    return {
        "project": {
            "id": made.project.id,
            "name": made.project.name,
            "root": str(made.project.root),
        },
        "versions": [version.reference for version in made.versions],
        "runs": {run.trainer: run.reference for run in made.runs},
        "models": [version.reference for version in made.models],
        "promoted": made.promoted,
        "deployment": {"name": deployment.name, "port": deployment.port, "url": deployment.url},
        "answers": [
            {"version": answer.version, "outputs": answer.outputs} for answer in made.answers
        ],
        "commands": _commands(made),
    }


def _made(made: Demo) -> str:
    """Say what stands now, a line for each arrow of the product's line."""
    runs = ", ".join(f"{run.reference} {run.trainer}" for run in made.runs)
    lines = {
        "project": str(made.project.root),
        "data": ", ".join(version.reference for version in made.versions),
        "experiment": made.runs[0].experiment,
        "runs": runs,
        "models": ", ".join(version.reference for version in made.models),
        "production": made.promoted,
        "deployment": f"{made.deployment.name} on port {made.deployment.port}",
        "answered by": made.answers[-1].version,
    }
    return "\n".join(f"{name:<12} {clean(text)}" for name, text in lines.items())


def _how_to(made: Demo) -> str:
    lines = [f"{name:<12} {command}" for name, command in _commands(made).items()]
    return clean("\n".join(lines), lines=True)


def _commands(made: Demo) -> dict[str, str]:
    """Return how to open, read, call and stop what was made, each as one command."""
    at = ["--project", str(made.project.root)]
    best, source = made.runs[-1].reference, made.versions[-1].reference
    name = made.deployment.name
    commands = {
        "open": ["ui", *at],
        "report": ["run", "report", best, *at],
        "differences": ["data", "diff", *(version.reference for version in made.versions), *at],
        "call": ["deploy", "call", name, "--dataset", source, *at],
        "stop": ["deploy", "stop", name, *at],
    }
    return {what: shlex.join(["workbench", *words]) for what, words in commands.items()}
