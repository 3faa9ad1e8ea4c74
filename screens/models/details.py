"""Everything recorded of a version, in full: digests, lineage, packages."""

from __future__ import annotations

from textual.app import ComposeResult

from screens.experiments.figures import value_text
from screens.modals.base import Box, Modal
from screens.models.laying import Fact, facts
from screens.models.panes import LaidDetail
from screens.text import count
from screens.widgets.detail import Section
from workbench.models.lineage import Lineage
from workbench.models.show import ModelCard


def sections(card: ModelCard, width: int) -> list[Section]:
    """Return what is recorded, laid out for `width` cells."""
    version = card.version
    found: list[tuple[str, list[Fact]]] = [
        (
            "Version",
            [
                Fact("id", version.id),
                Fact("registered", f"{version.registered_at:%Y-%m-%d %H:%M:%S} UTC"),
                Fact("by", version.registered_by),
                Fact("note", version.note or "none"),
            ],
        ),
        (
            "File",
            [
                Fact("format", version.format),
                Fact("size", f"{count(version.bytes)} bytes"),
                Fact("object", version.object),
                Fact("content", version.content),
            ],
        ),
        *_lineage(card.lineage, version.source),
    ]
    return [
        Section(heading, text=facts(items, width, label=16)) for heading, items in found if items
    ]


def _lineage(origin: Lineage | None, source: str) -> list[tuple[str, list[Fact]]]:
    if origin is None:
        return [("Lineage", [Fact("run", "none"), Fact("imported", source or "a file")])]
    own = origin.facts
    machine = f"{own.host}, {own.platform}, {own.cores} cores" if own.host else "not recorded"
    return [
        (
            "Lineage",
            [
                Fact("run", f"r_{origin.run_number}, {origin.run}"),
                Fact("experiment", origin.experiment),
                Fact("data", f"{origin.dataset}, {origin.dataset_version}"),
                Fact("trainer", origin.trainer),
                Fact("seed", str(origin.seed)),
                Fact("code", own.commit or "no git commit"),
                Fact("diff", own.diff_object or "none"),
                Fact("machine", machine),
                Fact("python", own.python or "not recorded"),
            ],
        ),
        ("Parameters", [Fact(name, value_text(value)) for name, value in origin.params.items()]),
        ("Packages", [Fact(name, number) for name, number in sorted(own.packages.items())]),
    ]


class Details(Modal[None]):
    """Shows a version's record; Esc leaves."""

    DEFAULT_CSS = """
    Details > Box { width: 92; height: 80%; }
    """

    def __init__(self, card: ModelCard) -> None:
        super().__init__()
        self._card = card

    def compose(self) -> ComposeResult:
        """The facts."""
        card = self._card
        box = Box(LaidDetail(lambda width: sections(card, width), subject=card.reference))
        box.retitle(f"{card.reference} in full", "arrows read on   esc close")
        yield box
