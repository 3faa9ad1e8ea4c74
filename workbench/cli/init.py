"""`workbench init`: start a project in a folder."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from workbench.cli.base import Context, common
from workbench.text import clean


@click.command()
@click.argument("folder", metavar="[DIR]", default=".")
@click.option("--name", help="The project's name (default: the folder's).")
@click.option("--shared", "group", metavar="GROUP", help="Share it with the members of a group.")
@common
def init(context: Context, folder: str, name: str | None, group: str | None) -> None:
    """Start a project in DIR (default: here).

    Writes workbench.toml, which is meant for git, and .workbench/ with the records, which is not.
    """
    from workbench.project.project import init_project

    project = init_project(Path(folder), name, group=group, via="cli")
    root = clean(shlex.quote(str(project.root)))
    context.answer(
        "project.init@1",
        {"project": project.id, "name": project.name, "root": str(project.root)},
        f"Started the project {project.name} in {root}\n"
        f"Next: cd {root}; workbench data add FILE --name NAME, or workbench to open it",
    )
