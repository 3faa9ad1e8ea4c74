"""The stations of the line of the product, as Home shows them: a count and two lines of facts each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.widget import Widget

from screens.states import look
from screens.text import count, plural, said
from workbench.project.overview import Counts


class Card(Widget):
    """One station of the line: its digit and name, a count, and two lines of facts behind it."""

    DEFAULT_CSS = """
    Card {
        width: 1fr; height: 4; padding: 0 2; margin-right: 1; background: $surface;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    Card:last-of-type { margin-right: 0; }
    Card:ansi { background: ansi_default; }
    Home.-narrow Card { padding: 0 1; }
    """
    SCOPED_CSS = False

    def __init__(self, digit: str, name: str) -> None:
        super().__init__()
        self._head = Content.assemble((digit, "bold $primary"), " ", (name, "$text-muted"))
        self._station = Station("–", "", ())

    def fill(self, station: Station) -> None:
        """Show another count and other facts."""
        self._station = station
        self.refresh()

    def render(self) -> Content:
        """Name, count, and as many facts as two lines hold."""
        station = self._station
        figure = Content.assemble((station.figure, "bold"), " ", (station.noun, "$text-muted"))
        return Content("\n").join([self._head, figure, *fill_lines(station.facts, self.size.width)])


@dataclass(frozen=True, slots=True)
class Station:
    """What a card shows; facts in the order of their importance."""

    figure: str
    noun: str
    facts: tuple[Content, ...]


def fill_lines(facts: Sequence[Content], width: int, count: int = 2) -> list[Content]:
    """Put facts side by side into at most `count` lines of `width` cells; what has no room is left out."""
    lines: list[Content] = []
    for fact in facts:
        joined = Content("  ").join([lines[-1], fact]) if lines else fact
        if lines and joined.cell_length <= width:
            lines[-1] = joined
        elif len(lines) < count:
            lines.append(fact)
    return lines


def first_stations(counts: dict[str, int]) -> tuple[Station, ...]:
    """Return what the cards show of the counts that the store keeps noted (`Store.counts`)."""

    def of(name: str) -> int:
        return counts.get(name, 0)

    versions = said(plural(of("dataset_versions"), "version"), "muted")
    models = said(plural(of("model_versions"), "version"), "muted")
    failed = _states(("failed", of("runs_failed")))
    return (
        _station(of("datasets"), "dataset", versions),
        _station(of("runs"), "run", *failed),
        _station(of("models"), "model", models),
        Station("–", "", tuple(_states(("healthy", of("deployments_healthy"))))),
    )


def stations(counts: Counts) -> tuple[Station, ...]:
    """Return what the cards of data, runs, models and live show."""
    runs, up = counts.runs, counts.deployments
    working = sum(runs.get(state, 0) for state in ("starting", "running"))
    trouble = [(state, up.get(state, 0)) for state in ("failed", "lost", "degraded")]
    return (
        _station(
            counts.datasets,
            "dataset",
            said(plural(counts.dataset_versions, "version"), "muted"),
            said(plural(counts.rows, "row"), "muted"),
        ),
        _station(
            sum(runs.values()),
            "run",
            *_states(
                ("failed", runs.get("failed", 0)),
                ("running", working),
                ("queued", runs.get("queued", 0)),
                ("lost", runs.get("lost", 0)),
                ("succeeded", runs.get("succeeded", 0)),
            ),
        ),
        _station(
            counts.models,
            "model",
            said(plural(counts.model_versions, "version"), "muted"),
            said(plural(counts.experiments, "experiment"), "muted"),
        ),
        _station(
            counts.live,
            "served model",
            *_states(("healthy", up.get("healthy", 0)), *trouble),
            *([said(f"{counts.unserved} not served", "warn")] if counts.unserved else []),
        ),
    )


def _station(figure: int, noun: str, *facts: Content) -> Station:
    return Station(count(figure), noun if figure == 1 else noun + "s", facts)


def _states(*parts: tuple[str, int]) -> list[Content]:
    """Return counts by state, those that are zero left out."""
    return [
        said(f"{look(state).glyph} {count(number)} {look(state).word}", look(state).tone)
        for state, number in parts
        if number
    ]
