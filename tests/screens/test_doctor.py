"""The doctor over a place: found through the palette, the bad before the good, each with its fix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from settle import settled, text, until
from textual.pilot import Pilot

from screens.app import Workbench
from screens.modals import doctor
from screens.modals.doctor import Doctor
from workbench.doctor.findings import Finding
from workbench.project.project import Project

Compare = Callable[..., bool]

FOUND = [
    Finding(id="python", area="machine", state="pass", what="Python 3.12.3"),
    Finding(
        id="docker",
        area="machine",
        state="warn",
        what="Docker is not there",
        why="there is no /var/run/docker.sock",
        fix="Install Docker or start it; without it everything but containers works",
    ),
    Finding(
        id="locks",
        area="project",
        state="fail",
        what="Locks do not work in /net/\x1b]0;x\x07home/lab/.workbench",
        why="two holders had the same lock at once",
        fix="Move the project to a file system with working flock (a local disk, NFS 4)",
    ),
]


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Each look at the machine, answered with FOUND."""
    looks: list[tuple[int, int]] = []

    def look(_project: Project, size: tuple[int, int]) -> list[Finding]:
        looks.append(size)
        return FOUND

    monkeypatch.setattr(doctor, "look", look)
    return looks


async def opened(pilot: Pilot[Any]) -> None:
    await settled(pilot)
    await pilot.press("colon", *"doctor", "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, Doctor))
    await until(pilot, lambda: "broken" in text(pilot.app))
    await settled(pilot)


@pytest.mark.parametrize("size", [(100, 30), (80, 24)], ids=["100x30", "80x24"])
def test_picture(
    bench: Workbench, looked: list[Any], snap_compare: Compare, size: tuple[int, int]
) -> None:
    assert snap_compare(bench, terminal_size=size, run_before=opened)


async def test_it_looks_again_and_closes(bench: Workbench, looked: list[Any]) -> None:
    async with bench.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        assert looked == [(80, 24)]
        assert "1 broken, 1 could be better" in text(bench)
        await pilot.press("r")
        await until(pilot, lambda: len(looked) == 2)
        await settled(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(bench.screen, Doctor))


def test_it_looks_at_this_machine_and_the_project(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.doctor.work.check_plugins", list)
    found = {finding.id: finding for finding in doctor.look(project, (80, 24))}
    assert found["size"].what == "80 columns by 24 rows"
    assert found["journal"].state == "pass"
