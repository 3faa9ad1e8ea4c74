"""The map of keys: every verb with its key, and Enter to give it another, kept in the person's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult

from screens.actions import Act
from screens.keymap import keep_key
from screens.modals.base import Box, Modal
from screens.modals.form import FormModal
from screens.text import Styled, plural
from screens.verbs import VERBS
from screens.widgets.fields import Field
from screens.widgets.pane import ListPane
from screens.widgets.source import Column, MemorySource, Row
from screens.widgets.table import Table
from workbench.project.paths import config_home

if TYPE_CHECKING:
    from screens.modals.form import Values

_COLUMNS = (
    Column("key", "Key", cap=16),
    Column("verb", "Verb", cap=18),
    Column("what", "What", cap=80, grow=True),
    Column("default", "Default", cap=16),
)
HINT = "names like x, X, f5, ctrl+x, question_mark; several with a comma; empty for the default"


class Keys(Modal[None]):
    """One row a verb. What is changed holds at once, and in every later session."""

    DEFAULT_CSS = """
    Keys > Box { width: 100; height: 90%; padding: 0; }
    Keys ListPane, Keys ListPane:focus-within { border: none; background: $surface; }
    """

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("keys.change", "edit", label="Change", help="Give the verb another key.", rank=5),
    )

    def __init__(self) -> None:
        super().__init__()
        self.table = Table(markable=False)
        self.pane = ListPane("Verbs", self.table)

    def compose(self) -> ComposeResult:
        """The list."""
        yield Box(self.pane)

    def on_mount(self) -> None:
        """Show the map as it is."""
        self._show()
        self.table.focus()

    def on_table_opened(self, event: Table.Opened) -> None:
        """Enter changes the key of the verb under the cursor."""
        event.stop()
        self.act_change()

    def why_not_change(self) -> str:
        """There must be a verb under the cursor."""
        return "" if self.table.key in VERBS else "there is no verb under the cursor"

    def act_change(self) -> None:
        """Ask for the key."""
        verb = VERBS[self.table.key]
        now = self.bench.keys.get(verb.id, verb.keys)

        def apply(values: Values) -> dict[str, str]:
            return keep_key(verb.id, str(values["key"]), self.bench.keys)

        def done(keys: dict[str, str] | None) -> None:
            if keys is not None:
                self._take(keys)

        self.app.push_screen(
            FormModal(
                f"The key of {verb.id}",
                [Field("key", "key", HINT, default=now)],
                apply,
                verb="Keep",
                intro=f"{verb.help} It is kept under [keys] in {config_home() / 'config.toml'}.",
            ),
            done,
        )

    def _take(self, keys: dict[str, str]) -> None:
        bench = self.bench
        bench.keys = keys
        bench.set_keymap(keys)
        self._show()
        bench.bars.refresh()
        bench.bars.foot(bench.place)

    def _show(self) -> None:
        own = self.bench.keys
        rows: list[Row] = []
        for verb in VERBS.values():
            shown: Any = verb.all_shown(own.get(verb.id))
            changed = verb.id in own
            default = Styled(verb.all_shown(), "muted") if changed else ""
            rows.append(
                Row(
                    verb.id,
                    (Styled(shown, "key" if changed else "strong"), verb.id, verb.help, default),
                )
            )
        self.table.load(MemorySource(_COLUMNS, rows))
        changed_words = f"{plural(len(own), 'key')} of your own" if own else "all as they come"
        self.query_one(Box).retitle(f"Keys: {changed_words}", "enter change   / filter   esc close")
