"""The fields of a form: declared as data, each drawn on one line with its words beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.suggester import Suggester
from textual.widget import Widget

from screens.actions import Act, Actor
from screens.text import said
from screens.widgets.line import LineInput
from workbench.errors import WorkbenchError
from workbench.options import Option
from workbench.text import clean

Kind = Literal["text", "path", "choice"]


def _as_is(text: str) -> Any:
    return text


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a form.

    `parse` turns what was typed into a value and raises WorkbenchError for what it does not take;
    `default` is what the field starts with. A `choice` is picked among `choices` (a long list opens
    with Enter); `notes` says of a choice what the help says of the field. `required` refuses an empty
    text.
    """

    name: str
    label: str
    help: str = ""
    kind: Kind = "text"
    default: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    unit: str = ""
    secret: bool = False
    notes: Mapping[str, str] = field(default_factory=dict)
    parse: Callable[[str], Any] = _as_is


def from_option(option: Option) -> Field:
    """Return the field of an option that a plugin declares: same bounds, same words as its flag."""
    help_words = "; ".join(
        words for words in (option.help.rstrip("."), option.range_words) if words
    )
    label = option.name.replace("_", " ")
    choices = option.choices
    if option.kind == "bool":
        default = "" if option.default is None else "yes" if option.default else "no"
        choices = ("yes", "no")
    else:
        default = "" if option.default is None else str(option.default)
    return Field(
        option.name,
        label,
        help_words,
        kind="choice" if choices else "text",
        default=default,
        choices=choices,
        unit=option.unit,
        parse=option.parse,
    )


def from_options(options: Sequence[Option]) -> list[Field]:
    """Return a field for each option, in their order."""
    return [from_option(option) for option in options]


class PathSuggester(Suggester):
    """Completes a path from the folders that are there; the right arrow takes what is suggested."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """Return the first entry that goes on as typed, in a thread: a folder may be slow."""
        return await asyncio.to_thread(complete, value) if value else None


def complete(value: str) -> str | None:
    """Return `value` completed to the first entry of its folder that begins so."""
    typed = Path(value).expanduser()
    folder, start = (typed, "") if value.endswith("/") else (typed.parent, typed.name)
    try:
        names = sorted(entry.name + "/" * entry.is_dir() for entry in folder.iterdir())
    except OSError:
        return None
    if not start.startswith("."):
        names = [name for name in names if not name.startswith(".")]
    found = next(
        (name for name in names if name.startswith(start) and name.rstrip("/") != start), None
    )
    if found is None or clean(found) != found:
        return None
    return value[: len(value) - len(start)] + found


class TextField(LineInput):
    """A text of a form."""

    def __init__(self, field: Field) -> None:
        super().__init__(
            field.default,
            password=field.secret,
            suggester=PathSuggester() if field.kind == "path" else None,
            id=f"field-{field.name}",
        )


class ChoiceField(Actor, Widget, can_focus=True):
    """One of several: left and right go through them, a letter jumps, Enter opens a long list."""

    DEFAULT_CSS = """
    ChoiceField { height: 1; padding: 0 1; background: $panel; text-wrap: nowrap; }
    ChoiceField:focus { background: $block-cursor-background; }
    ChoiceField:ansi:focus { text-style: reverse; }
    """

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("choice.right", "right", label="Next", help="Take the next choice.", rank=1),
        Act("choice.left", "left", label="Before", help="Take the choice before.", rank=2),
        Act("choice.open", "open", label="All", help="Choose from the whole list.", rank=3),
    )

    value: reactive[str] = reactive("")

    class Changed(Message):
        """Another choice was taken."""

        def __init__(self, choice: ChoiceField) -> None:
            super().__init__()
            self.choice = choice

    def __init__(self, field: Field) -> None:
        super().__init__(id=f"field-{field.name}")
        self.label = field.label
        self.choices = field.choices
        self.notes = field.notes
        self.set_reactive(ChoiceField.value, field.default)

    def render(self) -> Content:
        """The choice between arrows, and which of how many it is where there is room for that."""
        at = self.choices.index(self.value) + 1 if self.value in self.choices else 0
        room = self.size.width
        value = said(self.value or "default").truncate(max(room - 4, 1), ellipsis=True)
        where = f"  {at} of {len(self.choices)}" if len(self.choices) > 2 else ""
        if value.cell_length + 4 + len(where) > room:
            where = ""
        return Content.assemble(
            ("‹ ", "$primary"), value, (" ›", "$primary"), (where, "$text-muted")
        )

    def watch_value(self) -> None:
        """Tell the form."""
        self.post_message(self.Changed(self))

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Letters and digits choose, they are not acts of the place."""
        del key
        return character is not None and character.isalnum()

    def on_key(self, event: events.Key) -> None:
        """Jump to the next choice that begins with the letter."""
        if event.character is None or not event.character.isalnum():
            return
        event.stop()
        at = self.choices.index(self.value) + 1 if self.value in self.choices else 0
        order = self.choices[at:] + self.choices[:at]
        letter = event.character.casefold()
        self.value = next(
            (item for item in order if item.casefold().startswith(letter)), self.value
        )

    def _turn(self, by: int) -> None:
        at = self.choices.index(self.value) if self.value in self.choices else -1
        self.value = self.choices[(at + by) % len(self.choices)]

    def why_not_right(self) -> str:
        """There must be choices."""
        return "" if self.choices else "there is nothing to choose from"

    def why_not_left(self) -> str:
        """There must be choices."""
        return self.why_not_right()

    def why_not_open(self) -> str:
        """There must be choices."""
        return self.why_not_right()

    def act_right(self) -> None:
        """The next choice."""
        self._turn(1)

    def act_left(self) -> None:
        """The choice before."""
        self._turn(-1)

    def act_open(self) -> None:
        """Choose from the whole list, with a filter."""
        from screens.modals.choose import Choose
        from screens.widgets.source import Cell, Column

        def chosen(value: str | None) -> None:
            if value is not None:
                self.value = value

        more: dict[str, tuple[Cell, ...]] = {
            choice: (self.notes.get(choice, ""),) for choice in self.choices if self.notes
        }
        columns = (Column("note", "", cap=60, grow=True),) if more else ()
        choose = Choose(self.label, self.choices, self.value, columns=columns, more=more)
        self.app.push_screen(choose, chosen)


def check(field: Field, text: str) -> tuple[Any, str]:
    """Return the field's value and an empty string, or None and what is wrong in one sentence."""
    if field.required and not text.strip():
        return None, "this is needed"
    try:
        return field.parse(text), ""
    except WorkbenchError as error:
        return None, clean(error.why or error.what)
