"""Explore by keys alone, on a project whose table is really there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from settle import settled, status, text, until
from textual.widgets import Button, Input

from screens.app import Workbench
from screens.explore import Explore
from screens.explore.spec import Spec
from screens.modals.choose import Choose
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
                "mass": [float(n * n % 10) + 0.5 for n in range(rows)],
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
        await pilot.press("greater_than_sign")
        await until(pilot, lambda: place.spec.columns == ("kind",))  # around the end
        await pilot.press("less_than_sign")
        await until(pilot, lambda: place.spec.columns == ("mass",))


async def test_options_are_asked_for_and_stand_in_the_command(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        place = await enter(pilot, "j")
        await until(pilot, lambda: place.spec.columns == ("mass",))
        await pilot.press("e")
        await until(pilot, lambda: isinstance(bench.screen, FormModal))
        await settled(pilot)
        bins, draw = bench.screen.query_one("#field-bins", Input), bench.screen.query_one("#apply")
        assert isinstance(draw, Button)
        bins.value = "1"
        draw.press()
        await until(pilot, lambda: "✗ expected 2 to 500" in text(bench))
        bins.value = "5"
        where = bench.screen.query_one("#field-where", Input)
        where.value = "mass >"
        draw.press()
        await until(pilot, lambda: "The filter is no condition" in text(bench))
        where.value = "mass > 3"
        draw.press()
        await until(pilot, lambda: bench.screen is place)
        assert dict(place.spec.options) == {"bins": 5}
        assert place.command_chart() == (
            *("explore", "chart", "histogram", "bees@1", "mass"),
            *("--where", "mass > 3", "-P", "bins=5"),
        )
        await until(pilot, lambda: "where mass > 3" in text(bench))


async def test_kinds_groups_and_a_second_column_by_keys(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        place = await enter(pilot, "j", "enter")
        assert place.charts.active.has_focus
        await pilot.press("v")
        await until(pilot, lambda: "Density of mass" in text(bench))
        await pilot.press("B")
        await until(pilot, lambda: isinstance(bench.screen, Choose))
        await settled(pilot)
        await pilot.press("g", "j", "enter")  # none, then the words
        await until(pilot, lambda: "Density of mass by kind" in text(bench))
        await until(pilot, lambda: "● large 26" in text(bench))
        await pilot.press("w")
        await until(pilot, lambda: isinstance(bench.screen, Choose))
        await settled(pilot)
        await pilot.press("slash", *"target", "enter", "enter")
        # the cursor gives the feature, the target is asked for
        await until(pilot, lambda: "target of the target chart" in text(bench))
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "Target of mass and kind" in text(bench))
        await until(pilot, lambda: "rate of kind = small by mass" in text(bench))


async def test_zoom_pan_and_the_whole_axis(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        place = await enter(pilot, "j", "enter")
        cell = place.charts.active
        await until(pilot, lambda: cell.numbers is not None and not cell.why_not_zoom_in())
        await pilot.press("left")
        await until(pilot, lambda: "the whole axis is seen" in status(bench))
        await pilot.press("plus")
        # of 0.5 to 9.5 the middle half
        await until(pilot, lambda: dict(place.spec.options) == {"low": "2.75", "high": "7.25"})
        await settled(pilot)
        await pilot.press("right")
        await until(pilot, lambda: dict(place.spec.options) == {"low": "3.875", "high": "8.375"})
        assert place.command_chart()[-4:] == ("-P", "low=3.875", "-P", "high=8.375")
        await until(pilot, lambda: "zoomed, backspace resets" in text(bench))
        await settled(pilot)
        await pilot.press("underscore")
        await until(pilot, lambda: dict(place.spec.options) == {"low": "1.625", "high": "10.625"})
        await settled(pilot)
        await pilot.press("backspace")
        await until(pilot, lambda: place.spec.options == ())


async def test_rows_are_filtered_by_a_condition(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        place = await enter(pilot, "j", "enter")
        await pilot.press("slash", *"kind = 'small'", "enter")
        await until(pilot, lambda: place.spec.where == "kind = 'small'")
        await until(pilot, lambda: "mass (14 rows)" in text(bench))
        await pilot.press("slash", "space", *"AND x", "enter")
        await until(pilot, lambda: "The filter is no condition" in text(bench))
        await pilot.press("escape")
        await until(pilot, lambda: place.spec.where == "" and "mass (40 rows)" in text(bench))


async def test_several_charts_of_which_one_has_the_keys(bench: Workbench) -> None:
    async with bench.run_test(size=(140, 40)) as pilot:
        place = await enter(pilot, "j", "enter")
        await pilot.press("x")
        await until(pilot, lambda: "the last chart stays" in status(bench))
        for count, kind in ((2, "density"), (3, "box"), (4, "bar")):
            await pilot.press("n")
            await until(
                pilot,
                lambda count=count: (
                    len(place.charts.cells) == count and place.charts.active.has_focus
                ),  # type: ignore[misc]
            )
            await pilot.press("v")
            await until(pilot, lambda kind=kind: place.spec.kind == kind)  # type: ignore[misc]
        await pilot.press("n")
        await until(pilot, lambda: "4 charts are as many as there are" in status(bench))
        await settled(pilot)
        for title in ("Histogram of mass", "Density of mass", "Box of mass", "Bar of mass"):
            assert title in text(bench)
        await pilot.press("f")
        await until(pilot, lambda: place.charts.alone and "Density" not in text(bench))
        assert "Bar of mass in bees@1" in text(bench)
        await settled(pilot)
        await pilot.press("f")
        await until(pilot, lambda: not place.charts.alone and "Density of mass" in text(bench))
        await pilot.press("x", "shift+tab")
        await until(pilot, lambda: len(place.charts.cells) == 3 and place.spec.kind == "density")


async def test_suggestions_are_drawn_as_the_cursor_goes(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        place = await enter(pilot, "v")
        await until(
            pilot, lambda: place.suggestions.table.count > 0 or "Nothing stands" in text(bench)
        )
        await settled(pilot)
        assert "Nothing stands out" in text(
            bench
        )  # two columns that have nothing to do with another
        await pilot.press("v", "j", "enter")
        await until(pilot, lambda: place.version is not None and place.version.dataset == "birds")


@pytest.fixture
def related(project: Project, tmp_path: Path) -> Project:
    """The project with `wings`, added last: its span follows its length."""
    file = tmp_path / "wings.csv"
    spans = [2.0 * n + n % 3 for n in range(60)]
    pl.DataFrame({"length": [float(n) for n in range(60)], "span": spans}).write_csv(file)
    add(project, file, name="wings")
    return project


@pytest.mark.usefixtures("related")
async def test_a_suggestion_that_is_not_opened_leaves_the_chart_as_it_was(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        place = await enter(pilot, "j")
        before = place.spec
        assert before.columns == ("span",)
        await pilot.press("v")
        await until(pilot, lambda: len(place.spec.columns) == 2)
        await pilot.press("v")  # on to the datasets
        await until(pilot, lambda: place.spec == before)


@pytest.mark.usefixtures("related")
async def test_a_suggestion_that_is_opened_stays(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        place = await enter(pilot, "j", "v")
        await until(pilot, lambda: len(place.spec.columns) == 2)
        opened = place.spec
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("escape", "ctrl+left")
        await until(pilot, lambda: place.views.view == "Columns")
        await settled(pilot)
        assert place.spec == opened


async def test_marked_columns_make_a_chart_of_several(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        place = await enter(pilot, "space", "j", "space")
        await settled(pilot)
        place.take_kind("correlation")
        await until(pilot, lambda: place.spec.columns == ("kind", "mass"))
        await until(pilot, lambda: "correlation of 2 columns" in text(bench))


async def test_another_dataset_is_chosen_from_the_second_view(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        place = await enter(pilot, "v", "v", "j", "enter")
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
            lambda: place.spec.columns == ("mass",) and place.charts.active.numbers is not None,
        )
        await pilot.press("enter")
        await settled(pilot)

    assert snap_compare(bench, terminal_size=size, run_before=run)


@pytest.mark.parametrize("size", [(100, 30), (80, 24)], ids=["100x30", "80x24"])
def test_pictures_of_several_charts(
    bench: Workbench, snap_compare: Callable[..., bool], size: tuple[int, int]
) -> None:
    async def run(pilot: Any) -> None:
        place = await enter(pilot, "j", "enter")
        await until(pilot, lambda: place.profile is not None)
        for count in range(2, place.charts.room + 1):
            await pilot.press("n")
            await until(
                pilot,
                lambda: len(place.charts.cells) == count and place.charts.active.has_focus,  # noqa: B023  # awaited at once
            )
            await pilot.press("v")
            await until(pilot, lambda: place.charts.active.numbers is not None)
        await settled(pilot)

    assert snap_compare(bench, terminal_size=size, run_before=run)


def test_picture_without_colours(
    bench: Workbench, snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("WORKBENCH_THEME")
    app = Workbench(bench.project, now=bench.now)

    async def run(pilot: Any) -> None:
        place = await enter(pilot, "j")
        await until(pilot, lambda: place.profile is not None)
        place.put(Spec("density", ("mass",), "kind"))
        await until(pilot, lambda: "● large 26" in text(app))
        await settled(pilot)

    assert snap_compare(app, terminal_size=(100, 30), run_before=run)


@pytest.mark.parametrize("key", ["w", "e", "B"], ids=["kind", "options", "group"])
def test_pictures_of_modals(bench: Workbench, snap_compare: Callable[..., bool], key: str) -> None:
    async def run(pilot: Any) -> None:
        place = await enter(pilot, "j")
        await until(pilot, lambda: place.profile is not None and place.spec.columns == ("mass",))
        await settled(pilot)
        await pilot.press(key)
        await until(pilot, lambda: bench.screen is not place)
        await settled(pilot)

    assert snap_compare(bench, terminal_size=(80, 24), run_before=run)
