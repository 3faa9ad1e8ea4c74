"""The keys of what has the focus, in words."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from textual.app import ComposeResult
from textual.content import Content

from screens.actions import Offer
from screens.modals.base import Box, Modal
from screens.verbs import VERBS
from screens.widgets.detail import Detail, Section
from workbench.text import clean

_CLOSING = "Letters act outside inputs. Keys are changed by : and Change keys."
WIDTH, INDENT = 88, 27
"""Cells of the box, and before the sentences in it."""


class Help(Modal[None]):
    """Two parts: the keys of what has the focus, then those that work everywhere."""

    DEFAULT_CSS = f"""
    Help > Box {{ width: {WIDTH}; height: 90%; }}
    """

    def __init__(self, offers: Sequence[Offer], keys: dict[str, str]) -> None:
        super().__init__()
        self._offers = offers
        self._keys = keys

    def compose(self) -> ComposeResult:
        """One scrolling text."""
        detail = Detail()
        detail.fill([*self._sections()])
        box = Box(detail)
        box.retitle("Keys", "esc close")
        yield box

    def _sections(self) -> list[Section]:
        here = [offer for offer in self._offers if not offer.everywhere and offer.key]
        everywhere = [offer for offer in self._offers if offer.everywhere and offer.key]
        rare = [offer for offer in self._offers if not offer.key]
        return [
            Section("Here", text=self._table(here)),
            Section("Everywhere", text=self._table(everywhere)),
            Section("Without a key (. or : finds them)", text=self._table(rare)),
            Section(
                text=Content.styled(
                    "Letters act outside inputs. Keys are changed by : and Change keys.",
                    "$text-muted",
                )
            ),
        ]

    def _table(self, offers: Sequence[Offer]) -> Content:
        room = max(min(self.app.size.width, WIDTH) - 7 - INDENT, 20)
        lines = []
        for offer in offers:
            verb = VERBS.get(offer.act.verb)
            key = verb.all_shown(self._keys.get(verb.id)) if verb else ""
            why = f" (not now: {offer.reason})" if offer.reason else ""
            first, *rest = wrap(clean(offer.act.sentence + why), room) or [""]
            words = offer.act.words.ljust(15)
            lines.append(
                Content.assemble(
                    (key.rjust(8), "bold $primary"), f"  {words}  ", (first, "$text-muted")
                )
            )
            lines += [Content.styled(" " * INDENT + line, "$text-muted") for line in rest]
        return Content("\n").join(lines)
