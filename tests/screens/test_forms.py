"""Forms from options, questions before a change, and the lists of acts, by keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from settle import settled, text, until

from screens.app import Workbench
from screens.modals.confirm import Confirm
from screens.modals.form import FormModal
from screens.widgets.fields import Field, check, complete, from_option
from workbench.errors import BadInput
from workbench.options import Option

OPTIONS = (
    Option("max_iter", "int", 100, "Trees at most.", minimum=1, maximum=1000),
    Option("rate", "float", 0.1, "Learning rate.", minimum=0, open_minimum=True),
    Option("solver", "choice", "fast", "How.", choices=("fast", "exact", "both")),
    Option("early", "bool", True, "Stop early."),
)


@pytest.mark.parametrize("option", OPTIONS)
def test_a_field_starts_with_the_option_default_and_parses_it(option: Option) -> None:
    field = from_option(option)
    assert check(field, field.default) == (option.default, "")


@pytest.mark.parametrize(
    ("option", "typed", "words"),
    [
        (OPTIONS[0], "0", "1 to 1000"),
        (OPTIONS[0], "ten", "a whole number"),
        (OPTIONS[1], "0", "more than 0"),
        (OPTIONS[2], "slow", "fast, exact, both"),
        (OPTIONS[3], "perhaps", "true or false"),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_the_option(
    option: Option, typed: str, words: str
) -> None:
    value, error = check(from_option(option), typed)
    assert value is None
    assert words in error


def test_a_needed_field_cannot_stay_empty() -> None:
    assert check(Field("name", "name", required=True), " ") == (None, "this is needed")


def test_a_path_is_completed_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "flights.csv").touch()
    (tmp_path / "flags").mkdir()
    (tmp_path / ".hidden").touch()
    assert complete(f"{tmp_path}/fli") == f"{tmp_path}/flights.csv"
    assert complete(f"{tmp_path}/fl") == f"{tmp_path}/flags/"
    assert complete(f"{tmp_path}/") == f"{tmp_path}/flags/"
    assert complete(f"{tmp_path}/.h") == f"{tmp_path}/.hidden"
    assert complete(f"{tmp_path}/zz") is None
    assert complete("/no/such/folder/x") is None


def modal(apply: Any, *, command: bool = True) -> FormModal:
    fields = [Field("name", "name", "What it is called.", required=True)]
    fields += [from_option(option) for option in OPTIONS]

    def line(values: dict[str, Any]) -> list[str]:
        return ["run", "train", "--name", values["name"], "-P", f"max_iter={values['max_iter']}"]

    return FormModal(
        "Train", fields, apply, verb="Start", command=line if command else None, intro="A run."
    )


async def test_a_form_is_filled_by_keys_and_teaches_its_command(bench: Workbench) -> None:
    got: list[Any] = []
    applied: list[dict[str, Any]] = []

    def apply(values: dict[str, Any]) -> str:
        applied.append(values)
        return "r_9"

    async with bench.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        bench.push_screen(modal(apply), got.append)
        await settled(pilot)
        await pilot.press(*"late", "enter", "backspace", "enter")
        await settled(pilot)
        assert "$ workbench run train --name late -P max_iter=10" in text(bench)
        await pilot.press("enter", "right", "tab", "n", "tab")
        assert bench.focused is not None
        assert bench.focused.id == "apply"
        await pilot.press("enter")
        await until(pilot, lambda: bool(got))
        assert got == ["r_9"]
        assert applied == [
            {"name": "late", "max_iter": 10, "rate": 0.1, "solver": "exact", "early": False}
        ]
        entry = bench.session.entries[-1]
        assert (entry.kind, entry.text) == (
            "command",
            "workbench run train --name late -P max_iter=10",
        )


async def test_what_is_wrong_stands_beside_its_field(bench: Workbench) -> None:
    def apply(values: dict[str, Any]) -> None:
        raise BadInput("rate cannot be so", where="--rate", why="too fast for this table")

    async with bench.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        bench.push_screen(modal(apply))
        await settled(pilot)
        await pilot.press(*["tab"] * 5, "enter")
        await settled(pilot)
        assert bench.focused is not None
        assert bench.focused.id == "field-name"
        assert "✗ this is needed" in text(bench)
        await pilot.press("x", *["tab"] * 5, "enter")
        await until(pilot, lambda: "✗ too fast for this table" in text(bench))
        assert bench.focused.id == "field-rate"
        assert not any(entry.kind == "command" for entry in bench.session.entries)
        await pilot.press("escape")
        await settled(pilot)
        assert len(bench.screen_stack) == 1


async def test_a_question_has_cancel_focused(bench: Workbench) -> None:
    got: list[Any] = []
    async with bench.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        question = Confirm("Roll back", ["delay@2 goes, delay@1 comes back."], verb="Roll back")
        bench.push_screen(question, got.append)
        await settled(pilot)
        await pilot.press("enter")
        await settled(pilot)
        assert got == [False]
        bench.push_screen(
            Confirm("Roll back", ["delay@1 comes back."], verb="Roll back"), got.append
        )
        await settled(pilot)
        await pilot.press("shift+tab", "enter")
        await settled(pilot)
        assert got == [False, True]


async def test_a_grave_act_wants_the_name(bench: Workbench) -> None:
    got: list[Any] = []
    async with bench.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        question = Confirm(
            "Promote",
            ["delay@1 becomes live in production."],
            verb="Promote",
            name="delay",
            argv=("model", "promote", "delay@1", "--to", "production"),
        )
        bench.push_screen(question, got.append)
        await settled(pilot)
        assert "$ workbench model promote delay@1 --to production" in text(bench)
        await pilot.press(*"dela", "enter", "enter")
        await settled(pilot)
        assert got == [False]


async def test_a_grave_act_is_done_after_the_name(bench: Workbench) -> None:
    got: list[Any] = []
    async with bench.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        bench.push_screen(Confirm("Promote", [], verb="Promote", name="delay"), got.append)
        await settled(pilot)
        await pilot.press(*"delay", "enter", "enter")
        await settled(pilot)
        assert got == [True]


async def test_the_palette_finds_an_act_and_does_it(bench: Workbench) -> None:
    async with bench.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("colon", *"models")
        await settled(pilot)
        assert "4  Models" in text(bench)
        await pilot.press("enter")
        await settled(pilot)
        assert bench.current_mode == "models"


async def test_the_help_is_about_what_has_the_focus(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 40)) as pilot:
        await settled(pilot)
        await pilot.press("question_mark")
        await settled(pilot)
        shown = text(bench)
        assert "Open what is under the cursor." in shown
        assert "Keep only the rows that match what you type." in shown
        await pilot.press("escape")
        await settled(pilot)
        assert "Open what is under the cursor." not in text(bench)


async def test_the_drawers_lie_over_any_place(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("4", "J")
        await until(pilot, lambda: "train r_6" in text(bench).partition("Jobs 7")[2])
        assert "Models" in text(bench).splitlines()[0]
        await pilot.press("escape", "L")
        await settled(pilot)
        assert "Log of this session" in text(bench)
