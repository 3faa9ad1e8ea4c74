"""Explore by keys alone, on a project whose table is really there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from settle import settled, text, until
from textual.widgets import Button, Input

from screens.app import Workbench
from screens.explore import Explore
from screens.modals.form import FormModal
from workbench.data.datasets import add
from workbench.project.project import Project, init_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with `birds` and, added later, `bees`."""
    made = init_project(tmp_path / "proj", "proj", via="tui")
    for name, rows in (("birds", 90), ("bees", 40)):
        file = tmp_path / f"{name}.csv"
        pl.DataFrame(
            {
                "kind": [("small", "large", "large")[n % 3] for n in range(rows)],
                "mass": [float(n % 10) + 0.5 for n in range(rows)],
            }
        ).write_csv(file)
        add(made, file, name=name)
    return made


@pytest.fixture
def bench(project: Project, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    """The app on it."""
    monkeypatch.setenv("WORKBENCH_THEME", "workbench")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Workbench(project, now=lambda: datetime.now(UTC))


async def enter(pilot: Any, *keys: str) -> Explore:
    """Go to Explore and press keys, each when the screen is quiet."""
    await settled(pilot)
    for key in ("2", *keys):
        await pilot.press(key)
        await settled(pilot)
    place = pilot.app.screen_stack[0]
    assert isinstance(place, Explore)
    return place


async def test_the_column_under_the_cursor_is_drawn(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        place = await enter(pilot)
        await until(pilot, lambda: place.profile is not None)
        assert place.version is not None
        assert place.version.reference == "bees@1"  # added last
        # of 40 rows every third from the first is small: 14, and 26 are large
        await until(pilot, lambda: "26" in text(bench) and "14" in text(bench))
        await pilot.press("j")
        await until(pilot, lambda: "Histogram of mass in bees@1" in text(bench))
        await settled(pilot)
        assert "█" in text(bench)


async def test_options_are_asked_for_and_stand_in_the_command(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        place = await enter(pilot, "j")
        await until(pilot, lambda: place.columns.key == "mass")
        await pilot.press("e")
        await until(pilot, lambda: isinstance(bench.screen, FormModal))
        await settled(pilot)
        bins, draw = bench.screen.query_one("#field-bins", Input), bench.screen.query_one("#apply")
        assert isinstance(draw, Button)
        bins.value = "1"
        draw.press()
        await until(pilot, lambda: "✗ expected 2 to 500" in text(bench))
        bins.value = "5"
        draw.press()
        await until(pilot, lambda: bench.screen is place)
        assert place.options == {"bins": 5}
        assert place.command_chart() == (
            *("explore", "chart", "histogram", "bees@1", "mass"),
            *("-P", "bins=5"),
        )


async def test_another_dataset_is_chosen_from_the_second_view(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        place = await enter(pilot, "v", "j", "enter")
        await until(pilot, lambda: place.version is not None and place.version.dataset == "birds")
        await settled(pilot)
        assert place.views.view == "Columns"
        assert "birds@1 columns 2" in text(bench)


async def test_datasets_leads_here_with_its_column(bench: Workbench) -> None:
    async with bench.run_test(size=(140, 40)) as pilot:
        await settled(pilot)
        for key in ("1", "j", "enter", "l", "w"):
            await pilot.press(key)
            await settled(pilot)
        place = bench.screen
        assert isinstance(place, Explore)
        await until(pilot, lambda: place.columns.key == "mass" and place.profile is not None)
        assert place.version is not None
        assert place.version.reference == "birds@1"
        await pilot.press("i")
        await settled(pilot)
        assert bench.current_mode == "datasets"


async def test_nothing_to_explore_names_the_next_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_THEME", "workbench")
    empty = Workbench(init_project(tmp_path / "empty", "empty", via="tui"))
    async with empty.run_test(size=(80, 24)) as pilot:
        place = await enter(pilot)
        assert "1 goes to Datasets, n imports the first" in text(empty)
        assert place.why_not_options() == "there is no column under the cursor"
        await pilot.press("1")
        await settled(pilot)
        assert "n imports the first" in text(empty)


async def test_a_version_whose_file_is_gone_says_so(bench: Workbench, project: Project) -> None:
    row = project.store.one("SELECT object FROM dataset_versions WHERE dataset = 'bees'")
    assert row is not None
    project.store.objects.path(row["object"]).unlink()
    async with bench.run_test(size=(100, 30)) as pilot:
        place = await enter(pilot)
        await until(pilot, lambda: place.columns.count == 2)
        await settled(pilot)
        assert "gone" in text(bench) or "missing" in text(bench) or "no object" in text(bench)


@pytest.mark.parametrize("size", [(100, 30), (80, 24)], ids=["100x30", "80x24"])
def test_pictures(
    bench: Workbench, snap_compare: Callable[..., bool], size: tuple[int, int]
) -> None:
    async def run(pilot: Any) -> None:
        place = await enter(pilot)
        await until(pilot, lambda: place.profile is not None)
        await pilot.press("j")
        await until(
            pilot,
            lambda: (
                place.side.chart_pane.border_title is not None
                and "mass" in str(place.side.chart_pane.border_title)
            ),
        )
        await pilot.press("enter")
        await settled(pilot)

    assert snap_compare(bench, terminal_size=size, run_before=run)
