"""Opening the interface: with the person's keys and theme, and with a word at the end on what goes on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from screens.app import Workbench
from screens.frame.statusline import farewell
from screens.keymap import personal

if TYPE_CHECKING:
    from workbench.project.project import Project


def run(project: Project, *, fresh: bool = False) -> None:
    """Open the interface on `project`; returns when the person leaves, and says what goes on."""
    own = personal()
    app = Workbench(project, keys=own.keys, fresh=fresh, theme=own.theme)
    for sentence in own.wrong:
        app.session.add(app.now(), "warning", sentence)
    app.run()
    if app.standing is not None and (app.standing.running or app.standing.counts.live):
        sys.stderr.write(farewell(app.standing) + "\n")
