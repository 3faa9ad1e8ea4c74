"""Home by keys: what needs attention, one Enter from its place; seen, and there again when it changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from settle import settled, status, text, until
from textual.pilot import Pilot

from screens.app import Workbench
from screens.home import Home
from screens.memory import VERSION, Kept
from workbench.project.overview import overview
from workbench.project.paths import state_home
from workbench.project.project import Project
from workbench.records.data import Column, DatasetVersionAdded, Origin
from workbench.records.deployments import DeploymentChanged

Compare = Callable[..., bool]


@pytest.fixture
def busy(project: Project) -> Project:
    """The seeded project, with something of each kind that needs attention."""
    row = project.store.one("SELECT id FROM deployments")
    assert row is not None
    project.store.append(
        DatasetVersionAdded(
            id="01K9" + "0" * 22,
            dataset="flights",
            number=3,
            object="0" * 64,
            content="c1:" + "0" * 64,
            rows=300_000,
            bytes=9,
            columns=(Column("origin", "String"), Column("dep_delay", "Float64")),
            origin=Origin(source="csv", place="x.csv"),
        ),
        DeploymentChanged(id=row["id"], state="degraded", reason="two of ten answers took 3 s"),
    )
    return project


def was_here(project: Project, when: datetime) -> None:
    folder = state_home() / "screens" / project.id
    folder.mkdir(parents=True)
    kept = msgspec.json.encode(Kept(VERSION, left_at=when))
    (folder / "session.json").write_bytes(kept)


@pytest.fixture
def app(busy: Project, still: datetime, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    """The app of somebody who was here before everything was recorded."""
    monkeypatch.setenv("WORKBENCH_THEME", "workbench")
    monkeypatch.delenv("NO_COLOR", raising=False)
    was_here(busy, still - timedelta(days=1))
    return Workbench(busy, now=lambda: still)


def home(app: Workbench) -> Home:
    place = app.place
    assert isinstance(place, Home)
    return place


def states(app: Workbench) -> list[str]:
    return [home(app)._items[row.key].state for row in home(app).attention.rows.source.page(0)]


@pytest.mark.parametrize(
    "size", [(80, 24), (100, 30), (140, 40)], ids=lambda size: f"{size[0]}x{size[1]}"
)
def test_picture(app: Workbench, snap_compare: Compare, size: tuple[int, int]) -> None:
    async def seen(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        await pilot.press("j", "a")
        await settled(pilot)

    assert snap_compare(app, terminal_size=size, run_before=seen)


async def test_what_was_seen_goes_and_comes_back_with_something_new(
    app: Workbench, busy: Project
) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        assert states(app) == ["degraded", "lost", "changed", "arrived", "arrived"]
        await pilot.press("a")
        await settled(pilot)
        assert states(app) == ["lost", "changed", "arrived", "arrived"]
        assert "Attention 4  and 1 seen" in text(app)
        assert "It comes back when something new happens" in status(app)
        row = busy.store.one("SELECT id FROM deployments")
        assert row is not None
        busy.store.append(DeploymentChanged(id=row["id"], state="degraded", reason="all took 3 s"))
        await until(pilot, lambda: states(app)[0] == "degraded")
        await settled(pilot)


async def test_it_stays_seen_in_the_next_session(
    app: Workbench, busy: Project, still: datetime
) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("a", "q")
    again = Workbench(busy, now=lambda: still)
    async with again.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        assert states(again) == ["lost", "changed"]  # and what arrived was shown the last time


async def test_what_was_seen_can_be_shown_again(app: Workbench) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        place = home(app)
        assert place.why_not_seen() == "nothing was marked as seen"
        await pilot.press("a")
        await settled(pilot)
        place.act_seen()
        await settled(pilot)
        assert states(app)[0] == "degraded"
        assert "· seen" in text(app)
        await pilot.press("g", "a")
        await until(pilot, lambda: "it was marked as seen" in status(app))
        place.act_seen()
        await settled(pilot)
        assert states(app)[0] == "lost"
        await pilot.press("z")
        await until(pilot, lambda: states(app)[0] == "degraded")
        await until(pilot, lambda: "Taken back: marked as seen" in status(app))


async def test_only_what_needs_attention_can_be_seen(app: Workbench) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("tab", "a")
        await until(pilot, lambda: "only a line of Attention" in status(app))


@pytest.mark.parametrize(
    ("steps", "place", "key"),
    [(0, "deployments", "eta"), (1, "experiments", "r_4"), (2, "datasets", "flights@3")],
)
async def test_enter_goes_to_its_place(app: Workbench, steps: int, place: str, key: str) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press(*["j"] * steps, "enter")
        await until(pilot, lambda: app.current_mode == place)
        await settled(pilot)
        assert key in text(app)


async def test_a_full_disk_leads_to_the_doctor(
    app: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from screens.modals import doctor
    from workbench.project import overview as module
    from workbench.project.attention import SPACE, Attention

    full = Attention(
        "space", "/", "full", "1 MiB is left", "work will fail", datetime.now(UTC), SPACE
    )
    monkeypatch.setattr(module, "space", lambda *_: (full,))
    monkeypatch.setattr(doctor, "look", lambda *_: [])
    async with app.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("g", "j", "k")
        await until(pilot, lambda: home(app).attention.key.startswith("deployment"))
        await pilot.press("j", "enter")
        await until(pilot, lambda: isinstance(app.screen, doctor.Doctor))


def test_the_overview_knows_since_when(busy: Project, tmp_path: Path) -> None:
    assert not any(item.state == "arrived" for item in overview(busy).attention)
