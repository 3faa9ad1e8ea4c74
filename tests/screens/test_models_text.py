"""The texts of the place Models: they fit every width, whatever the names, and lose no word."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import models_seed
import pytest
from kept import copy_of
from models_seed import NOW, promote, register, run, seed
from rich.cells import cell_len
from textual.content import Content

from screens.models import card, details, timeline
from screens.models.cardfigures import metric_rows
from screens.models.lanes import LABEL, lanes
from screens.models.laying import Fact, cut, facts, hanging
from screens.models.loading import Loaded, load
from screens.models.parts import Parts
from screens.models.reading import against, read_card
from screens.widgets.detail import Section
from workbench.errors import BadInput
from workbench.models.moments import read_when
from workbench.models.paired import EVEN, PairedLine, RowComparison
from workbench.models.show import show
from workbench.project.project import Project

WIDTHS = (40, 48, 51, 76, 120)


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts are asked for in a worker's thread, which these tests have not."""
    still = SimpleNamespace(is_cancelled=False)
    monkeypatch.setattr("screens.models.parts.get_current_worker", lambda: still)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = copy_of(seed, tmp_path / "colony")
    promote(made, 3, 3, "production", "better, " * 30)
    run(made, 4, {"a_very_long_parameter_name_that_goes_on": "value" * 30})
    register(made, 4, "a note of many words " * 20)
    return made


def rows(sections: list[Section]) -> list[str]:
    return [
        line
        for section in sections
        for line in (section.text.plain if isinstance(section.text, Content) else "").splitlines()
    ]


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_pane(project: Project, width: int) -> None:
    loaded = load(project)
    for row in loaded.versions:
        found = read_card(project, loaded, row)
        parts = Parts(row.id, found.base.id if found.base else "", row.reference, "species@1")
        texts = rows(card.sections(found, loaded, parts, width, NOW))
        while (wanted := parts.next(project)) is not None:
            setattr(parts, wanted[0], wanted[1]())
        texts += rows(card.sections(found, loaded, parts, width, NOW))
        for asked in (None, read_when("4 May", NOW), BadInput("no", why="none", fix="say it")):
            texts += rows(timeline.sections(row.model, loaded, width, NOW, asked))
        texts += rows(details.sections(show(project, row.id), width))
        assert len(texts) > 20
        assert [line for line in texts if cell_len(line) > width] == []


def test_values_hang_behind_their_label() -> None:
    found = facts([Fact("why", "one two three four five"), Fact("who", "ada")], 24, label=8)
    assert found.plain.splitlines() == [
        "why      one two three",
        "         four five",
        "who      ada",
    ]
    assert hanging("one two three four five", "plain", 24).plain.splitlines() == [
        "  one two three four",
        "  five",
    ]
    assert facts([Fact("empty", "")], 24, label=8).plain == "empty    –"
    assert (cut("macro_f1", 10), cut("macro_precision", 10)) == ("macro_f1  ", "macro_pre…")


def test_a_version_is_held_against_what_it_would_replace(project: Project) -> None:
    loaded = load(project)

    def held(reference: str, within: Loaded = loaded) -> tuple[str, str]:
        row = within.version(reference)
        assert row is not None
        return against(within, row)[1:]

    assert held("species@4") == ("species@3", "promoted in production")
    assert held("species@3") == ("species@2", "before it in production")
    alone = Loaded(loaded.versions, {}, {}, (), loaded.environments, loaded.by_reference)
    assert held("species@2", alone) == ("species@1", "the version before")
    assert held("species@1", alone) == ("", "")


def test_when_it_counted_is_told_with_as_few_words_as_do() -> None:
    morning, noon = datetime(2026, 5, 4, 9, 5), datetime(2026, 5, 4, 12, 0)  # noqa: DTZ001
    later = datetime(2026, 6, 1, 8, 0)  # noqa: DTZ001
    assert timeline.span(morning, None) == "since 2026-05-04 09:05"
    assert timeline.span(morning, noon) == "2026-05-04 09:05 to 12:00"
    assert timeline.span(morning, later) == "2026-05-04 09:05 to 2026-06-01 08:00"
    assert card.moment(morning, noon) == "09:05"
    assert card.moment(morning, later) == "2026-05-04"


def test_lanes_are_to_scale(tmp_path: Path) -> None:
    """An hour on 61 cells: what begins after half of it stands in the middle."""
    made = models_seed.empty(tmp_path / "lanes")
    clock = models_seed.Clock(-1)  # the first unit at 09:00
    with patch("workbench.store.units.datetime", clock):
        promote(made, 1, 1, "production", "first")
        clock.at += timedelta(minutes=29)
        promote(made, 2, 2, "production", "second")
    loaded = load(made)
    begin = loaded.history["species"][-1].promoted_at
    now = begin + timedelta(minutes=60)
    asked = read_when((begin + timedelta(minutes=15)).isoformat(), now)
    mark, lane, scale = lanes("species", loaded, LABEL + 1 + 61, now, asked).plain.splitlines()
    assert mark.index("▼") == LABEL + 1 + 15
    assert lane.startswith("production  ┝@1╌")
    assert lane.index("┝@2") == LABEL + 1 + 30
    assert lane.endswith("○")
    assert len(lane) == LABEL + 1 + 61
    assert scale.split()[0] == f"{begin:%H:%M}"
    assert lanes("species", loaded, 20, now, None).plain == ""  # too narrow to draw


def test_a_wide_pane_has_a_metric_on_a_line(project: Project) -> None:
    loaded = load(project)
    row = loaded.version("species@2")
    assert row is not None
    found = read_card(project, loaded, row)
    rows = RowComparison(
        before="a", after="b", same_rows=True, rows=9,
        lines=(
            PairedLine(
                name="macro_f1", direction="maximize", before=0.2, after=0.9, difference=0.7,
                low=-0.01, high=1.2, verdict=EVEN,
            ),
        ),
    )  # fmt: skip
    head, first, *others = metric_rows(found.lines, "macro_f1", 110, ("@2", "@3"), rows)
    assert head.plain.split() == [
        "@2", "95", "%", "asked", "baseline", "@3", "95", "%", "change", "95", "%", "of", "it",
    ]  # fmt: skip
    assert first.plain.split() == [
        "macro_f1", "0.9333", "0.915–0.952", "0.9000", "✓", "0.2041", "0.9713", "0.952–0.991",
        "-0.038", "≈", "-0.01", "to", "+1.20",
    ]  # fmt: skip
    assert len(others) == 1
    narrow = [line.plain for line in metric_rows(found.lines, "macro_f1", 48, ("@2", "@3"), rows)]
    assert "  0.915–0.952  0.952–0.991  -0.01 to +1.20" in narrow
    assert any(line.split() == ["baseline", "0.2041"] for line in narrow)
