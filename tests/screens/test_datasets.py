"""Datasets by keys alone, on a project whose tables are really there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from settle import settled, status, text, until

from screens.app import Workbench
from screens.datasets import Datasets, origin
from screens.datasets.diffs import pair
from screens.datasets.importing import ImportTable
from screens.datasets.picking import PickFile, look
from screens.datasets.query import Query
from screens.datasets.reading import becomes, likely_name, read
from screens.modals.choose import Choose
from screens.modals.form import FormModal
from workbench.data.datasets import add, list_versions
from workbench.data.derive import derive
from workbench.project.project import Project, init_project
from workbench.records import Who

Compare = Callable[..., bool]
HOSTILE = "[/x][@click=app.quit]y[/]\x1b]2;owned\x07\x9b31m\u202e"


def birds(path: Path, *, rows: int = 60, heavier: int = 0) -> Path:
    """Write a small table: a category, a number with gaps, a whole number, a day."""
    frame = pl.DataFrame(
        {
            "species": [("Adelie", "Gentoo", "Chinstrap")[n % 3] for n in range(rows)],
            "bill": [None if n % 20 == 0 else 30.0 + n % 17 for n in range(rows)],
            "mass": [3000 + 10 * n + heavier for n in range(rows)],
            "seen": [f"2007-11-{n % 28 + 1:02}" for n in range(rows)],
        }
    )
    frame.write_csv(path)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with two versions of `birds`."""
    made = init_project(tmp_path / "proj", "proj", via="tui")
    made.store.who = Who(user="ada", uid=1000, host="lab", via="tui")
    add(made, birds(tmp_path / "a.csv"), name="birds")
    add(made, birds(tmp_path / "b.csv", rows=300, heavier=9000), name="birds")
    return made


@pytest.fixture
def bench(project: Project, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    """The app on it."""
    monkeypatch.setenv("WORKBENCH_THEME", "workbench")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Workbench(project, now=lambda: datetime.now(UTC))


async def typed(pilot: Any, words: str) -> None:
    """Put words where the cursor is, as a terminal pastes them."""
    pilot.app.screen.focused.insert_text_at_cursor(words)
    await settled(pilot)


async def enter(pilot: Any, *keys: str) -> Datasets:
    """Go to Datasets and press keys, each when the screen is quiet."""
    await settled(pilot)
    for key in ("1", *keys):
        await pilot.press(key)
        await settled(pilot)
    place = pilot.app.screen_stack[0]
    assert isinstance(place, Datasets)
    return place


async def test_versions_stand_newest_first_and_the_table_is_read(bench: Workbench) -> None:
    async with bench.run_test(size=(140, 40)) as pilot:
        place = await enter(pilot)
        await until(pilot, lambda: place.side.table.count == 300)
        assert [row.key for row in place.table.rows.source.page(0)] == ["birds@2", "birds@1"]
        await until(pilot, lambda: place.side.profile is not None)
        assert "Adelie" in text(bench)
        assert "categorical" in text(bench)


async def test_the_last_row_is_reached_and_the_card_follows_the_column(bench: Workbench) -> None:
    async with bench.run_test(size=(140, 40)) as pilot:
        place = await enter(pilot)
        await until(pilot, lambda: place.side.table.count == 300 and place.side.profile is not None)
        for key in ("enter", "G", "l", "l"):
            await pilot.press(key)
            await settled(pilot)
        assert place.side.table.texts == ("300", "Chinstrap", "40.0", "14990", "2007-11-20")
        assert place.side.column == "mass"
        # 12000, 12010 ... 14990: the mean is the middle of the ends
        assert "1.35e+04" in text(bench) or "13495" in text(bench)


async def test_the_profile_says_how_many_rows_are_there_twice(
    project: Project, bench: Workbench, tmp_path: Path
) -> None:
    lines = [f"{n},{n * n % 97}" for n in range(100)]
    (tmp_path / "c.csv").write_text("\n".join(["a,b", *lines, *lines[:5]]) + "\n")
    add(project, tmp_path / "c.csv", name="again")
    async with bench.run_test(size=(140, 40)) as pilot:
        await enter(pilot, "enter", "v")
        await until(pilot, lambda: "again@1 columns 2" in text(bench))
        await until(pilot, lambda: "5 duplicate rows (4.8%)  ▲ medium" in text(bench))
        await pilot.press("shift+tab")
        await settled(pilot)
        await pilot.press("j")
        await until(pilot, lambda: "birds@2 columns 4" in text(bench))
        assert "duplicate" not in text(bench)


async def test_a_condition_filters_and_a_key_sorts(bench: Workbench) -> None:
    async with bench.run_test(size=(140, 40)) as pilot:
        place = await enter(pilot)
        await until(pilot, lambda: place.side.table.count == 300)
        await pilot.press("enter", "slash")
        await typed(pilot, "mass >= 14900 and species = 'Adelie'")
        await pilot.press("enter")
        await until(pilot, lambda: place.side.table.count == 3)
        await pilot.press("l", "l", "S")
        await until(pilot, lambda: place.side.table.sort is not None)
        await settled(pilot)
        masses = [row.cells[3] for row in place.side.table.rows.source.page(0)]
        assert masses == ["14970", "14940", "14910"]


async def test_what_is_no_condition_says_so(bench: Workbench) -> None:
    async with bench.run_test(size=(140, 40)) as pilot:
        place = await enter(pilot)
        await until(pilot, lambda: place.side.table.count == 300)
        await pilot.press("enter", "slash")
        await typed(pilot, "mass >>")
        await pilot.press("enter")
        await until(pilot, lambda: "is no condition" in text(bench))


async def test_a_filter_that_keeps_nothing_empties_the_right_side(bench: Workbench) -> None:
    async with bench.run_test(size=(140, 40)) as pilot:
        place = await enter(pilot)
        await until(pilot, lambda: place.side.version is not None)
        await pilot.press("slash")
        await typed(pilot, "nothing like it")
        await pilot.press("enter")
        await until(pilot, lambda: place.side.version is None)
        assert "No version is under the cursor." in text(bench)


async def test_import_shows_what_is_there_before_it_stores(
    bench: Workbench, project: Project, tmp_path: Path
) -> None:
    file = birds(tmp_path / "New birds.csv", rows=30)
    async with bench.run_test(size=(100, 30)) as pilot:
        place = await enter(pilot, "n")
        assert isinstance(bench.screen, PickFile)
        await typed(pilot, str(file))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(bench.screen, ImportTable))
        modal = bench.screen
        assert isinstance(modal, ImportTable)
        await until(pilot, lambda: modal.reading is not None)
        await settled(pilot)
        shown = text(bench)
        for words in (
            "species",
            "String",
            "Int64",
            "Gentoo",
            "delimiter",
            "new_birds",
            "a new dataset",
        ):
            assert words in shown
        assert len(list_versions(project)) == 2
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(bench.screen, Datasets))
        await until(pilot, lambda: place.table.key == "new_birds@1")
        assert [v.reference for v in list_versions(project, "new_birds")] == ["new_birds@1"]
        assert "Imported new_birds@1: 30 rows, 4 columns." in status(bench)
        assert any(
            "data add" in e.text and "New birds.csv" in e.text for e in bench.session.entries
        )


async def test_a_correction_is_read_again_and_kept_in_the_command(
    bench: Workbench, project: Project, tmp_path: Path
) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("code,amount\n007,1\n008,2\n")
    async with bench.run_test(size=(100, 30)) as pilot:
        await enter(pilot, "n")
        await typed(pilot, str(file))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(bench.screen, ImportTable))
        modal = bench.screen
        assert isinstance(modal, ImportTable)
        await until(pilot, lambda: modal.reading is not None)
        modal.query_one("#correct").focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(bench.screen, FormModal))
        await settled(pilot)
        bench.screen.query_one("#field-text").focus()
        await settled(pilot)
        await typed(pilot, "amount")
        bench.screen.query_one("#apply").focus()
        await pilot.press("enter")
        await until(pilot, lambda: bench.screen is modal)
        assert modal.reading is not None
        assert [column.type for column in modal.reading.preview.columns] == ["String", "String"]
        assert modal.reading.command("odd")[-2:] == ["-P", "text=amount"]
        await pilot.press("escape")
        await settled(pilot)
        assert len(list_versions(project)) == 2


async def test_a_type_is_chosen_by_keys_and_the_preview_renewed(
    bench: Workbench, project: Project, tmp_path: Path
) -> None:
    file = tmp_path / "codes.csv"
    file.write_text("code,n\n12,1\n13,x\n")
    async with bench.run_test(size=(100, 30)) as pilot:
        await enter(pilot, "n")
        await typed(pilot, str(file))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(bench.screen, ImportTable))
        modal = bench.screen
        assert isinstance(modal, ImportTable)
        await until(pilot, lambda: modal.reading is not None)
        modal.table.focus()
        await settled(pilot)

        async def choose(kind: str) -> None:
            await pilot.press("e")
            await until(pilot, lambda: isinstance(bench.screen, Choose))
            await settled(pilot)
            bench.screen.table.select(kind)  # type: ignore[attr-defined]
            await settled(pilot)
            await pilot.press("enter")
            await until(pilot, lambda: bench.screen is modal)
            await settled(pilot)

        await choose("text")
        assert modal.reading is not None
        assert [column.type for column in modal.reading.preview.columns] == ["String", "String"]
        assert "String!" in text(bench)
        assert modal.reading.command("codes")[-2:] == ["-P", "types=code=text"]
        await pilot.press("right")
        await choose("integer")
        assert "A value of n is no integer" in text(bench)
        assert "row 2" in text(bench)
        await pilot.press("left")
        await choose("as it was found")
        assert modal.reading.given == {}
        await pilot.press("escape")
        await settled(pilot)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"a,b\n1,2,3\n1\n", ""), (b"\x00\x01\x02PAR", "")],
    ids=["empty", "ragged", "binary"],
)
async def test_what_cannot_be_read_says_why_and_stores_nothing(
    bench: Workbench, project: Project, tmp_path: Path, content: bytes, words: str
) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(content)
    async with bench.run_test(size=(80, 24)) as pilot:
        await enter(pilot, "n")
        await typed(pilot, str(file))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(bench.screen, ImportTable))
        modal = bench.screen
        assert isinstance(modal, ImportTable)
        await until(pilot, lambda: modal.reading is not None or "✗" in text(bench))
        assert words in text(bench)
        await pilot.press("escape")
        await settled(pilot)
        assert len(list_versions(project)) == 2


async def test_a_file_that_is_not_there_says_so(bench: Workbench, tmp_path: Path) -> None:
    async with bench.run_test(size=(80, 24)) as pilot:
        await enter(pilot, "n")
        await typed(pilot, str(tmp_path / "nowhere.csv"))
        await pilot.press("enter")
        await until(pilot, lambda: "There is no file" in text(bench))
        assert isinstance(bench.screen, PickFile)


async def test_folders_are_walked_with_arrows_and_tab(bench: Workbench, tmp_path: Path) -> None:
    inner = tmp_path / "tables"
    inner.mkdir()
    birds(inner / "one.csv")
    birds(inner / "two.csv")
    async with bench.run_test(size=(80, 24)) as pilot:
        await enter(pilot, "n")
        await typed(pilot, f"{tmp_path}/tab")
        await pilot.press("tab")
        await settled(pilot)
        await pilot.press("down")
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(bench.screen, ImportTable))
        assert "two.csv" in text(bench)


async def test_diff_with_the_version_before_and_of_marked_ones(bench: Workbench) -> None:
    async with bench.run_test(size=(140, 40)) as pilot:
        place = await enter(pilot, "d")
        await until(pilot, lambda: place.side.diff is not None)
        await settled(pilot)
        shown = text(bench)
        assert "birds@1 → birds@2" in shown
        # masses ran to 3590, and run to 14990: more than a span beyond
        assert "✗ high" in shown
        assert "12000 … 14990, was 3000 … 3590" in shown
        for key in ("escape", "j"):
            await pilot.press(key)
            await settled(pilot)
        assert "has none before it" in place.why_not_diff()
        for key in ("space", "g", "space"):
            await pilot.press(key)
            await settled(pilot)
        assert place.command_diff() == ("data", "diff", "birds@1", "birds@2")


def test_a_diff_is_of_two(project: Project) -> None:
    versions = list_versions(project)
    assert pair(versions, set(), None)[0] is None
    found, _ = pair(versions, {"birds@1", "birds@2"}, None)
    assert found is not None
    assert [v.number for v in found] == [1, 2]


async def test_views_turn_and_details_tell_the_origin(bench: Workbench, tmp_path: Path) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        place = await enter(pilot)
        await until(pilot, lambda: place.side.profile is not None)
        await pilot.press("enter", "v")
        await settled(pilot)
        assert "Distinct" in text(bench)
        await pilot.press("i")
        await settled(pilot)
        assert "Digests (SHA-256)" in text(bench)
        assert place.command_details() == ("data", "show", "birds@2")
        await pilot.press("escape")
        await settled(pilot)
        assert place.side.views.view == "Table"


async def test_a_query_is_answered_and_refused(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        place = await enter(pilot)
        place.act_query()
        await settled(pilot)
        modal = bench.screen
        assert isinstance(modal, Query)
        modal.sql.text = "SELECT sum(mass) AS total\nFROM birds"
        await pilot.press("f5")
        # 300 masses from 12000 to 14990: 300 times 13495
        await until(pilot, lambda: "4048500" in text(bench))
        modal.sql.text = "DROP TABLE birds"
        modal.sql.focus()
        await pilot.press("enter")
        await until(pilot, lambda: "Only one SELECT" in text(bench))
        modal.sql.text = "SELECT mass\nFORM birds"
        modal.sql.focus()
        await pilot.press("f5")
        await until(pilot, lambda: "(line 2, column 6)" in text(bench))
        await settled(pilot)
        for _ in range(2):  # from the second line to the first, then to what was asked before
            await pilot.press("up")
        await until(pilot, lambda: modal.sql.text == "SELECT sum(mass) AS total\nFROM birds")


async def test_an_answer_is_paged_filtered_and_kept(bench: Workbench, project: Project) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        place = await enter(pilot)
        place.act_query()
        await settled(pilot)
        modal = bench.screen
        assert isinstance(modal, Query)
        assert modal.why_not_keep()
        modal.sql.text = "SELECT species, mass FROM birds"
        await pilot.press("enter")
        await until(pilot, lambda: modal.table.total == 300)
        await settled(pilot)
        await pilot.press("G")  # the second page
        await until(pilot, lambda: "14,990" in text(bench) or "14990" in text(bench))
        await pilot.press("slash")
        await settled(pilot)
        await typed(pilot, "species = 'Gentoo'")
        await pilot.press("enter")
        await until(pilot, lambda: modal.table.count == 100)
        await settled(pilot)
        await pilot.press("n")
        await settled(pilot)
        bench.screen.query_one("#field-name").value = "gentoos"  # type: ignore[attr-defined]
        bench.screen.query_one("#apply").focus()
        await pilot.press("enter")
        await until(pilot, lambda: place.table.key == "gentoos@1")
    made = list_versions(project, "gentoos")[0]
    assert (made.rows, made.origin.sql) == (300, "SELECT species, mass FROM birds")


async def test_the_console_takes_lines_and_hostile_text(bench: Workbench) -> None:
    async with bench.run_test(size=(80, 24)) as pilot:
        place = await enter(pilot)
        place.act_query()
        await settled(pilot)
        modal = bench.screen
        assert isinstance(modal, Query)
        modal.sql.text = ""
        for key in ("1", "ctrl+o", "2", "ctrl+o", "enter"):
            await pilot.press(key)
        assert modal.sql.text == "1\n2\n"  # the blank line ended it
        await until(pilot, lambda: "The query cannot be read" in text(bench))
        modal.sql.text = f"SELECT '{HOSTILE}' AS x"
        modal.sql.focus()
        await pilot.press("enter")
        await until(pilot, lambda: modal.table.total == 1)
        await settled(pilot)
        _harmless(text(bench))


async def test_a_tag_is_given_and_stands_in_the_list(bench: Workbench, project: Project) -> None:
    async with bench.run_test(size=(140, 30)) as pilot:
        place = await enter(pilot)
        assert "Tags" not in text(bench)  # nobody uses them yet
        place.act_tag()
        await settled(pilot)
        bench.screen.query_one("#field-name").value = "gold"  # type: ignore[attr-defined]
        bench.screen.query_one("#apply").focus()
        await pilot.press("enter")
        await until(pilot, lambda: "Tags" in text(bench))
        assert "birds@2 is birds@gold. z takes it back." in status(bench)
        place.point_at("birds@1")
        await settled(pilot)
        place.point_at("birds@gold")
        await until(pilot, lambda: place.table.key == "birds@2")
    assert [version.tags for version in list_versions(project)] == [("gold",), ()]


async def test_changes_of_a_tag_are_taken_back(bench: Workbench, project: Project) -> None:
    def tags() -> dict[int, tuple[str, ...]]:
        return {version.number: version.tags for version in list_versions(project)}

    async with bench.run_test(size=(140, 30)) as pilot:
        place = await enter(pilot)

        async def change(reference: str, what: str, expected: dict[int, tuple[str, ...]]) -> None:
            place.point_at(reference)
            await settled(pilot)
            place.act_tag()
            await settled(pilot)
            bench.screen.query_one("#field-name").value = "gold"  # type: ignore[attr-defined]
            bench.screen.query_one("#field-what").value = what  # type: ignore[attr-defined]
            bench.screen.query_one("#apply").focus()
            await pilot.press("enter")
            await until(pilot, lambda: not bench.screen.is_modal and tags() == expected)
            await settled(pilot)

        async def back(expected: dict[int, tuple[str, ...]]) -> None:
            await pilot.press("z")
            await until(pilot, lambda: tags() == expected)
            await settled(pilot)

        await change("birds@2", "give", {1: (), 2: ("gold",)})
        await change("birds@2", "give", {1: (), 2: ("gold",)})
        assert "birds@2 was birds@gold already." in status(bench)
        await change("birds@1", "give", {1: ("gold",), 2: ()})
        await change("birds@1", "take away", {1: (), 2: ()})
        assert "birds@1 is no longer birds@gold. z takes it back." in status(bench)
        await back({1: ("gold",), 2: ()})  # given to whom it was taken from
        await back({1: (), 2: ("gold",)})  # and then to who had it before
        await back({1: (), 2: ()})
        await pilot.press("z")  # what changed nothing left nothing to take back
        await until(pilot, lambda: "nothing was done" in status(bench))
        said = [entry.text for entry in bench.session.entries]
        assert "workbench data tag birds@2 gold --remove" in said
        assert "workbench data tag birds@2 gold" in said


async def test_export_writes_the_table(bench: Workbench, tmp_path: Path) -> None:
    place_to = tmp_path / "out.csv"
    async with bench.run_test(size=(100, 30)) as pilot:
        place = await enter(pilot)
        place.act_export()
        await settled(pilot)
        bench.screen.query_one("#field-file").value = str(place_to)  # type: ignore[attr-defined]
        bench.screen.query_one("#apply").focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(bench.screen, Datasets))
    assert pl.read_csv(place_to)["mass"].sum() == 4048500


async def test_hostile_text_goes_through_every_view(tmp_path: Path, bench: Workbench) -> None:
    file = tmp_path / "bad[@click=app.quit]x[[].csv"
    pl.DataFrame({HOSTILE: [HOSTILE, "b", "b"], "n": [1, 2, 3]}).write_csv(file)
    async with bench.run_test(size=(100, 30)) as pilot:
        place = await enter(pilot, "n")
        await typed(pilot, str(file))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(bench.screen, ImportTable))
        modal = bench.screen
        assert isinstance(modal, ImportTable)
        await until(pilot, lambda: modal.reading is not None)
        await pilot.press("enter")
        await settled(pilot)
        _harmless(text(bench))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(bench.screen, Datasets))
        await until(pilot, lambda: place.side.profile is not None and place.side.table.count == 3)
        for key in ("enter", "v", "v", "v", "2", "enter"):
            await pilot.press(key)
            await settled(pilot)
            _harmless(text(bench))


def _harmless(shown: str) -> None:
    assert not any(sign in shown for sign in ("\x1b", "\x07", "\x9b", "\u202e"))


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Penguins 2020.csv", "penguins_2020"),
        ("2020_flights.csv.gz", "flights"),
        ("latest.csv", ""),
        ("Übersicht.parquet", "bersicht"),
        ("x" * 80 + ".csv", "x" * 63),
    ],
)
def test_a_file_suggests_a_name(file: str, name: str) -> None:
    assert likely_name(Path(file)) == name


def test_a_name_says_what_it_becomes(project: Project) -> None:
    versions = list_versions(project)
    assert becomes(versions, "birds") == "becomes birds@3"
    assert becomes(versions, "bees") == "a new dataset"


def test_only_what_was_changed_is_given(tmp_path: Path) -> None:
    reading = read(birds(tmp_path / "a.csv"), {})
    same = {
        o.name: o.parse(f.default)
        for o, f in zip(reading.source.options, reading.fields(), strict=True)
    }
    assert reading.corrected(same).given == {}
    assert reading.corrected({**same, "decimal": ","}).given == {"decimal": ","}


def test_folders_come_first_and_trouble_is_told(tmp_path: Path) -> None:
    (tmp_path / "zoo").mkdir()
    (tmp_path / "a.csv").write_text("a\n1\n")
    (tmp_path / ".hidden").write_text("")
    assert [row.key for row in look(f"{tmp_path}/").rows] == ["zoo/", "a.csv"]
    assert [row.key for row in look(f"{tmp_path}/.h").rows] == [".hidden"]
    assert look(f"{tmp_path}/a.csv").is_file
    assert look(f"{tmp_path}/*.csv").is_file  # a pattern that stands for some file
    assert not look(f"{tmp_path}/*.tsv").is_file
    assert "No such file" in look(f"{tmp_path}/none/").trouble


@pytest.mark.parametrize("size", [(100, 30), (80, 24)], ids=["100x30", "80x24"])
@pytest.mark.parametrize(
    "keys", [("1",), ("1", "enter", "v"), ("1", "d")], ids=["table", "profile", "diff"]
)
def test_pictures(
    project: Project,
    bench: Workbench,
    snap_compare: Compare,
    size: tuple[int, int],
    keys: tuple[str, ...],
) -> None:
    still = max(version.created_at for version in list_versions(project))
    bench.now = lambda: still

    async def run(pilot: Any) -> None:
        place = await enter(pilot)
        await until(pilot, lambda: place.side.profile is not None and place.side.table.count == 300)
        for key in keys[1:]:
            await pilot.press(key)
            await settled(pilot)
        await until(pilot, lambda: keys[-1] != "d" or place.side.diff is not None)
        await settled(pilot)

    assert snap_compare(bench, terminal_size=size, run_before=run)


@pytest.mark.parametrize("size", [(100, 30), (80, 24)], ids=["100x30", "80x24"])
@pytest.mark.parametrize("modal", ["query", "tag", "type"])
def test_pictures_of_modals(
    project: Project,
    bench: Workbench,
    snap_compare: Compare,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    modal: str,
) -> None:
    still = max(version.created_at for version in list_versions(project))
    bench.now = lambda: still
    monkeypatch.chdir(tmp_path)
    codes = Path("codes.csv")
    codes.write_text("code,n\n0012,1\n13,x\n")

    async def run(pilot: Any) -> None:
        place = await enter(pilot)
        await until(pilot, lambda: place.side.profile is not None and place.side.table.count == 300)
        if modal == "tag":
            place.act_tag()
        elif modal == "query":
            place.act_query()
            await settled(pilot)
            console = bench.screen
            assert isinstance(console, Query)
            console.sql.text = (
                "SELECT species, count(*) AS n\nFROM birds GROUP BY species ORDER BY 1"
            )
            await pilot.press("f5")
            await until(pilot, lambda: console.table.count == 3)
        else:
            bench.push_screen(ImportTable(project, codes))
            await settled(pilot)
            form = bench.screen
            assert isinstance(form, ImportTable)
            await until(pilot, lambda: form.reading is not None)
            form.table.focus()
            await settled(pilot)
            await pilot.press("e")
            await until(pilot, lambda: isinstance(bench.screen, Choose))
        await settled(pilot)

    assert snap_compare(bench, terminal_size=size, run_before=run)


def test_lineage_tells_what_was_asked_of_what(project: Project) -> None:
    derive(project, "SELECT species, max(mass) AS most FROM birds GROUP BY ALL", "heaviest")
    derive(project, "SELECT count(*) AS n FROM heaviest", "counted")
    versions = list_versions(project)
    made = next(version for version in versions if version.dataset == "heaviest")
    told = {
        label: str(value)
        for section in origin.sections(made, versions, made.created_at)
        for label, value in section.facts
    }
    assert told["query"] == "SELECT species, max(mass) AS most FROM birds GROUP BY ALL"
    assert told["of"] == "birds@2"
    assert told["counted@1"] == "SELECT count(*) AS n FROM heaviest"
