"""Make the README's pictures from a project, such as the demo's, at 100x30.

workbench demo DIR --no-ui
python -m screens.pictures.make DIR
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.worker import WorkerState

from screens.app import Workbench
from workbench.project.project import open_project

SIZE = (100, 30)
PICTURES = {"home": "0", "experiments": "3"}
"""Name of the picture → the keys that lead there."""


async def make(root: Path, folder: Path) -> None:
    """Write an SVG for each of PICTURES into `folder`."""
    app = Workbench(open_project(root, via="tui"))
    async with app.run_test(size=SIZE) as pilot:
        for name, keys in PICTURES.items():
            await pilot.press(*keys)
            await _loaded(pilot)
            (folder / f"{name}.svg").write_text(app.export_screenshot(title="workbench"))


async def _loaded(pilot: Pilot[Any]) -> None:
    """Wait until nothing is being loaded any more."""
    busy = {WorkerState.PENDING, WorkerState.RUNNING}
    while True:
        for _ in range(3):
            await pilot.pause(0.1)
        if not any(worker.state in busy for worker in pilot.app.workers):
            return


def main() -> None:
    """Make the pictures beside this file."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    asyncio.run(make(Path(sys.argv[1]), Path(__file__).parent))


if __name__ == "__main__":
    main()
