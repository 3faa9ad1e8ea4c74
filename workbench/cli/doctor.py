"""`workbench doctor`: what works on this machine and in this project, and how to mend what does not."""

from __future__ import annotations

import locale
import os
import sys
from typing import TYPE_CHECKING

import click

from workbench.cli.base import Context, common
from workbench.errors import WorkbenchError
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.doctor.findings import Finding

SIGNS = {"pass": "✓", "warn": "▲", "fail": "✗"}


@click.command()
@common
def doctor(context: Context) -> None:
    """Look at this machine and at the project; exit 1 only when something that is needed is broken."""
    from workbench.cli.ui import wrong_keys
    from workbench.doctor.examine import examine_machine, examine_project, no_project
    from workbench.doctor.findings import broken

    found = examine_machine(
        size=_size(), encoding=locale.getpreferredencoding(False), keys=wrong_keys()
    )
    try:
        found += examine_project(context.project)
    except WorkbenchError as error:
        found.append(no_project(error, named=context.named))
    context.answer("doctor@1", found, lambda: told(found))
    if broken(found):
        click.get_current_context().exit(1)


def told(found: list[Finding]) -> str:
    """Return the findings as text: a line each, under it why and what to do where it is not well."""
    lines = []
    for area, title in (("machine", "This machine"), ("project", "This project")):
        lines += ["", title]
        for finding in found:
            if finding.area == area:
                lines.append(f"  {SIGNS[finding.state]} {clean(finding.what, 300)}")
                lines += [
                    f"      {clean(text, 500)}" for text in (finding.why, finding.fix) if text
                ]
    bad = sum(finding.state == "fail" for finding in found)
    poor = sum(finding.state == "warn" for finding in found)
    verdict = f"{len(found) - bad - poor} well, {poor} could be better, {bad} broken"
    return "\n".join([*lines[1:], "", verdict])


def _size() -> tuple[int, int] | None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    size = os.get_terminal_size(sys.stdout.fileno())
    return size.columns, size.lines
