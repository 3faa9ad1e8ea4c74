"""Keys that come in one burst act where they would have acted one by one."""

from __future__ import annotations

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Button, Input

from screens.typeahead import TypeAhead


class Fields(App[None]):
    """Two fields; Enter in the first goes to the second, the button opens a third."""

    def compose(self) -> ComposeResult:
        yield Input(id="first")
        yield Input(id="second")
        yield Button("more", id="button")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.query_one("#second").focus()

    async def on_button_pressed(self) -> None:
        await self.mount(Input(id="third"))
        self.query_one("#third").focus()


class Patient(TypeAhead, Fields):
    """The same, with keys that wait for each other."""


def burst(app: App[None], *keys: str) -> None:
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


def values(app: App[None]) -> list[str]:
    return [field.value for field in app.query(Input)]


@pytest.mark.parametrize("move", ["tab", "enter"])
async def test_what_is_typed_ahead_goes_into_the_next_field(move):
    app = Patient()
    async with app.run_test() as pilot:
        burst(app, *"one", move, *"two")
        while "".join(values(app)) != "onetwo":
            await pilot.pause()
        assert values(app) == ["one", "two"]


async def test_a_field_that_a_key_opens_gets_what_follows():
    app = Patient()
    async with app.run_test() as pilot:
        burst(app, *"a", "tab", *"b", "tab", "enter", *"c")
        while "".join(values(app)) != "abc":
            await pilot.pause()
        assert values(app) == ["a", "b", "c"]


async def test_a_widget_that_a_key_removes_holds_nothing_up():
    class Removing(TypeAhead, App[None]):
        def compose(self) -> ComposeResult:
            yield Button("go", id="go")
            yield Input(id="field")

        def on_button_pressed(self) -> None:
            self.query_one("#field").focus()
            self.query_one("#go").remove()

    app = Removing()
    async with app.run_test() as pilot:
        burst(app, "enter", *"text")
        while app.query_one("#field", Input).value != "text":
            await pilot.pause()


async def test_without_it_the_burst_goes_astray():
    """So that these tests cannot pass for another reason."""
    app = Fields()
    async with app.run_test() as pilot:
        burst(app, *"one", "tab", *"two")
        while "".join(values(app)) != "onetwo":
            await pilot.pause()
        assert values(app) == ["onetwo", ""]
