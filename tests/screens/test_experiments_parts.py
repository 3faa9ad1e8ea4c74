"""The parts of the place Experiments that need no screen: figures, Markdown, guesses, progress."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from test_boundary import ALL, FORBIDDEN, HOSTILE

from screens.experiments.figures import figure, reached
from screens.experiments.guess import guess, task_of
from screens.experiments.live import Progress
from screens.experiments.markdown import render
from workbench.compute.events import Message, Metric, Phase
from workbench.data import datasets
from workbench.project.project import init_project


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.9, "0.9000"), (0.0, "0.0000"), (0.00281, "0.0028"), (0.0000123, "1.230e-05"),
        (12.3, "12.30"), (1234.4, "1234"), (1.5e9, "1.500e+09"), (-0.25, "-0.2500"),
        ("NaN", "NaN"), ("Infinity", "Infinity"), (None, "–"),
    ],
)  # fmt: skip
def test_figures_line_up(value: Any, words: str) -> None:
    assert figure(value) == words


def test_good_enough_is_told_in_the_metrics_own_direction() -> None:
    assert reached(0.9, 0.9, "maximize") is True
    assert reached(0.9, 0.8, "minimize") is False
    assert reached(0.9, None, "maximize") is None
    assert reached("NaN", 0.5, "maximize") is None
    assert reached(None, 0.5, "minimize") is None


def test_progress_counts_folds() -> None:
    now = Progress().after([Phase(name="read"), Phase(name="folds", done=0, total=4)])
    assert (now.short, now.share) == ("0%", 0.0)
    now = now.after(
        [
            Metric(name="cv.auc", value=0.5, step=1),
            Metric(name="auc", value=0.1),
            Phase(name="folds", done=1, total=4),
            Message(text="warm"),
        ]
    )
    assert (now.short, now.folds, now.note) == ("25%", {"auc": (0.5,)}, "warm")
    assert now.after([Phase(name="fit")]).short == "fit"


def test_markdown_is_drawn_as_text() -> None:
    source = (
        "# Title\n\nSome *soft* **hard** `code` text\nover two lines.\n\n- one\n- two\n  - deep\n\n"
        "| a | b |\n|---|---:|\n| x | 10 |\n| long | 2 |\n\n```\nfenced [x]\n```\n"
    )
    assert render(source).plain.splitlines() == [
        "Title", "━━━━━", "", "Some soft hard code text over two lines.", "", "• one", "• two",
        "  • deep", "", "a      b", "────  ──", "x     10", "long   2", "", "  fenced [x]",
    ]  # fmt: skip


def test_a_table_is_cut_to_the_width() -> None:
    drawn = render("| name | words |\n|---|---|\n| a | " + "w" * 50 + " |\n", 20).plain
    assert max(map(len, drawn.splitlines())) == 20
    assert drawn.splitlines()[-1].endswith("…")


@pytest.mark.parametrize("hostile", [*HOSTILE, ALL, "&#27;]0;PWNED&#7;", "&#x9b;2J", "&#8238;x"])
@pytest.mark.parametrize(
    "frame", ["{}", "# {}", "- {}", "`{}`", "| a |\n|---|\n| {} |", "[{0}]({0})", "    {}"]
)
def test_nothing_hostile_comes_through_markdown(hostile: str, frame: str) -> None:
    content = render(frame.format(hostile))
    assert not FORBIDDEN.search(content.plain.replace("\n", ""))
    assert all("click" not in str(span.style) for span in content.spans)


def test_a_link_shows_where_it_leads_and_cannot_be_followed() -> None:
    content = render("[harmless](javascript:alert(1)) and [that](https://evil.example/x)")
    assert "that (https://evil.example/x)" in content.plain
    assert all(getattr(span.style, "link", None) is None for span in content.spans)
    assert "<script>" in render("<script>x</script>").plain


@pytest.mark.parametrize(
    ("numeric", "fractions", "distinct", "task"),
    [
        (False, False, 2, "binary"), (True, True, 2, "binary"), (False, False, 3, "multiclass"),
        (True, False, 20, "multiclass"), (True, False, 21, "regression"),
        (True, True, 3, "regression"), (False, False, 5000, "multiclass"),
    ],
)  # fmt: skip
def test_the_task_that_a_target_makes(
    numeric: bool, fractions: bool, distinct: int, task: str
) -> None:
    assert task_of(numeric, fractions, distinct) == task


def test_a_guess_looks_at_the_column(tmp_path: Path) -> None:
    project = init_project(tmp_path / "p", "p", via="test")
    file = tmp_path / "t.parquet"
    pl.DataFrame(
        {"kind": ["a", None, "b", "a"], "size": [1.5, 2.5, 3.5, 4.5], "tags": [["x"]] * 4}
    ).write_parquet(file)
    version = datasets.add(project, file, name="t")
    kind = guess(project, version, "kind")
    assert (kind.task, kind.words) == ("binary", "String, 2 values, 1 without")
    assert guess(project, version, "size").task == "regression"
