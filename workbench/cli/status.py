"""`workbench status`: how the project stands, as Home shows it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import click

from workbench.cli.base import Context, common, table
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.project.overview import Counts, Overview
    from workbench.project.project import Project


@click.command()
@common
def status(context: Context) -> None:
    """Show what is there, what runs now, what needs attention and the newest acts."""
    from workbench.project.overview import overview

    project = context.project
    found = overview(project)
    data = {
        "project": {"id": project.id, "name": project.name, "root": str(project.root)},
        "health": found.health,
        **asdict(found),
    }
    context.answer("project.status@1", data, lambda: _human(project, found))


def _human(project: Project, found: Overview) -> str:
    parts = [f"{clean(project.name)}  {found.health}", _line(found.counts)]
    if found.running:
        rows = [[job.reference, job.state, job.title, _time(job.since)] for job in found.running]
        parts.append("Running\n" + table(["job", "state", "what", "since"], rows))
    if found.attention:
        rows = [[item.what, item.why, _time(item.at)] for item in found.attention]
        parts.append("Attention\n" + table(["what", "why", "at"], rows))
    if found.acts:
        rows = [
            [_time(act.at), act.who, act.verb, act.reference, act.note] for act in found.acts[:10]
        ]
        parts.append("Newest\n" + table(["at", "who", "did", "what", "note"], rows))
    return "\n\n".join(parts)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}Z"


def _line(counts: Counts) -> str:
    """Write the counts from left to right along the line of the product."""
    runs = ", ".join(f"{number} {state}" for state, number in counts.runs.items())
    deployed = ", ".join(f"{number} {state}" for state, number in counts.deployments.items())
    return " · ".join(
        [
            f"data {counts.datasets} ({counts.dataset_versions} versions, {counts.rows:,} rows)",
            f"experiments {counts.experiments}",
            f"runs {sum(counts.runs.values())}" + (f" ({runs})" if runs else ""),
            f"models {counts.models} ({counts.model_versions} versions)",
            f"live {counts.live}" + (f" ({counts.unserved} not served)" if counts.unserved else ""),
            f"deployments {sum(counts.deployments.values())}"
            + (f" ({deployed})" if deployed else ""),
        ]
    )
