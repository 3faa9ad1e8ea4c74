"""The footer: the keys of what has the focus, made from the registry of acts."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from screens.actions import Offer


class FootLine(Widget):
    """One line: nearest acts first, those that cannot be done now dim, `? Keys` always last."""

    DEFAULT_CSS = """
    FootLine { height: 1; dock: bottom; background: $panel; padding: 0 1; text-wrap: nowrap; }
    FootLine:ansi { background: ansi_default; }
    """

    offers: reactive[Sequence[Offer]] = reactive(())

    def render(self) -> Content:
        """As many keys as there is room for."""
        last = _key("?", "Keys", able=True)
        room = self.size.width - last.cell_length - 2
        shown: list[Content] = []
        used = 0
        for offer in self.listed(self.offers):
            part = _key(offer.key, offer.act.words, able=not offer.reason)
            if used + part.cell_length + 2 > room:
                break
            shown.append(part)
            used += part.cell_length + 2
        gap = max(self.size.width - used - last.cell_length, 1)
        return Content.assemble(
            *[piece for part in shown for piece in (part, "  ")], " " * gap, last
        )

    @staticmethod
    def listed(offers: Sequence[Offer]) -> list[Offer]:
        """Return the offers that belong in a footer, in order: the act's rank, then nearness."""
        able = [
            offer for offer in offers if offer.key and offer.act.rank and offer.act.verb != "help"
        ]
        return sorted(able, key=lambda offer: (offer.act.rank, offer.near))


def _key(key: str, words: str, *, able: bool) -> Content:
    if able:
        return Content.assemble((key, "bold $primary"), " ", (words, "$foreground"))
    return Content.assemble((key, "$text-disabled"), " ", (words, "$text-disabled"))
