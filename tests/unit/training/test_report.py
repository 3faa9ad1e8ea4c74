"""What a report finds out, held to scikit-learn and to what was planted; and how it is written."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest

from workbench.cli.explain_text import explain_text
from workbench.options import settle
from workbench.plugins import load, names
from workbench.training.contract import Task
from workbench.training.features import plan_features
from workbench.training.fitting import Learning, Recipe, Target, figures
from workbench.training.inputs import conform
from workbench.training.intervals import intervals
from workbench.training.metrics import BY_NAME, score_all
from workbench.training.report import blocks, markdown, page, words
from workbench.training.report.looks import calibration, confusion, curves, residuals
from workbench.training.report.record import Report, decode_report
from workbench.training.report.tell import Story, tell
from workbench.training.splits import deal, strata
from workbench.training.work import Guardrail, Problem, Split, TrainWork

ROWS = 600
HOSTILE = "\x1b]0;owned\x07</td><script>alert(1)</script>|`x`\u202e&lt;"
METRIC = {"binary": "roc_auc", "multiclass": "macro_f1", "regression": "rmse"}


def table(noise: bool = False) -> tuple[pl.DataFrame, np.ndarray]:
    """A frame and the score behind its target: x counts, except where `place` is bad."""
    rng = np.random.default_rng(4)
    x, other, place = (
        rng.normal(size=ROWS),
        rng.normal(size=ROWS),
        rng.choice(["bad", "b", "c"], ROWS),
    )
    score = x + 0.4 * rng.normal(size=ROWS)
    score[place == "bad"] = rng.normal(size=(place == "bad").sum())
    if noise:
        score = rng.normal(size=ROWS)
    frame = pl.DataFrame({"x": x, "other": other, HOSTILE: place})
    return frame.with_columns(pl.when(pl.col("other") > -1.5).then("other").alias("other")), score


def made(
    task: Task, trainer: str = "linear", noise: bool = False, **problem: Any
) -> tuple[Story, Report]:
    frame, score = table(noise)
    cuts = {"binary": [0.0], "multiclass": [-0.5, 0.5]}
    labels = np.array(["a", HOSTILE, "z"])
    target = (
        Target(score)
        if task == "regression"
        else Target(labels[np.digitize(score, cuts[task])],
                    tuple(sorted(labels[: len(cuts[task]) + 1].tolist())), HOSTILE * (task == "binary"))
    )  # fmt: skip
    asked = Problem(
        goal=f"Know {HOSTILE}\n# fake", dataset="d", target=HOSTILE, task=task, metric=METRIC[task],
        direction="minimize" if task == "regression" else "maximize",
        split=Split(test=0.5, folds=2), **problem,
    )  # fmt: skip
    dealt = deal(ROWS, asked.split, strata(target.values, task, asked.split))
    plan = plan_features(
        frame[dealt.train], {"x": "numeric", "other": "numeric", HOSTILE: "categorical"}, target=""
    )
    plugin = load("trainers", trainer)
    params = settle(plugin.options, {}, owner=trainer)
    learner = Learning(conform(frame, plan.fields), target, Recipe(task, plan, plugin, params, 0))
    model = learner.fit(dealt.train)
    tested, blind = learner.score(model, dealt.test), learner.blind(dealt.train, dealt.test)
    test = score_all(task, tested)
    dummy = {name: BY_NAME[name].function(guess) for name, guess in blind.items()}
    work = TrainWork(
        run="R", experiment="e", problem=asked, dataset="d@1", content="c1:0", trainer=trainer,
        format="skops", params=params, seed=3,
    )  # fmt: skip
    story = Story(
        work=work, trainer=plugin, rows=ROWS, learner=learner, deal=dealt, model=model, tested=tested,
        blind=blind, figures=figures(test, [test, test], dummy, intervals(task, tested)), seconds=1.0,
        runtime={"Python": "3", HOSTILE: "1"}, machine={"host": HOSTILE},
    )  # fmt: skip
    return story, tell(story)


@pytest.fixture(scope="module")
def binary() -> tuple[Story, Report]:
    return made("binary", threshold=0.5, guardrails=(Guardrail(metric="recall", threshold=0.999),))


@pytest.fixture(scope="module")
def number() -> tuple[Story, Report]:
    return made("regression")


def test_curves_are_scikit_learn_s(binary: tuple[Story, Report]) -> None:
    from sklearn.metrics import auc, average_precision_score, roc_auc_score

    tested = binary[0].tested
    roc, precision = curves(tested)
    area = roc_auc_score(tested.is_positive, tested.positive_probability)
    assert auc(roc.x, roc.y) == pytest.approx(area, abs=0.005)
    assert (roc.x[0], roc.y[0], roc.x[-1], roc.y[-1]) == (0, 0, 1, 1)
    assert precision.x[0] == 0
    assert precision.x[-1] == 1
    found = average_precision_score(tested.is_positive, tested.positive_probability)
    assert auc(precision.x, precision.y) == pytest.approx(found, abs=0.01)
    assert len(roc.x) <= 200


def test_calibration_is_scikit_learn_s(binary: tuple[Story, Report]) -> None:
    from sklearn.calibration import calibration_curve

    tested = binary[0].tested
    bins = calibration(tested)
    observed, predicted = calibration_curve(
        tested.is_positive, tested.positive_probability, n_bins=10, strategy="quantile"
    )
    assert [b.observed for b in bins] == pytest.approx(observed.tolist(), abs=0.04)
    assert [b.predicted for b in bins] == pytest.approx(predicted.tolist(), abs=0.02)
    assert sum(b.rows for b in bins) == len(tested.truth)


def test_confusion_and_residuals_are_those_of_other_libraries(
    binary: tuple[Story, Report], number: tuple[Story, Report]
) -> None:
    from sklearn.metrics import confusion_matrix

    tested = binary[0].tested
    found = confusion(tested)
    assert found is not None
    expected = confusion_matrix(tested.truth, tested.predicted, labels=list(tested.classes))
    assert [list(row) for row in found.counts] == expected.tolist()
    errors = number[0].tested.truth - number[0].tested.predicted
    seen = residuals(number[0].tested)
    assert seen is not None
    assert sum(seen.rows) == len(errors)
    assert dict(seen.quantiles)[0.5] == pytest.approx(np.median(errors))
    assert residuals(tested) is None
    assert confusion(number[0].tested) is None


def test_what_matters_is_what_was_planted(binary: tuple[Story, Report]) -> None:
    _, report = binary
    found = {item.column: item for item in report.importances}
    assert report.importances[0].column == "x"
    # Shuffled, x says nothing: what is left is a coin.
    assert float(found["x"].mean) == pytest.approx(float(report.main.test) - 0.5, abs=0.08)
    assert abs(float(found["other"].mean)) < 0.02


def test_the_slice_that_was_planted_is_the_worst(
    binary: tuple[Story, Report], number: tuple[Story, Report]
) -> None:
    worst = number[1].slices[0]
    assert (worst.column, worst.value, worst.worse) == (HOSTILE, "bad", True)
    # Beside it stand narrow ranges of x, within which nothing can be ranked.
    found = {(item.column, item.value): item.worse for item in binary[1].slices}
    assert found[HOSTILE, "bad"]
    for report in (number[1], binary[1]):
        assert all(item.rows >= report.smallest_slice for item in report.slices)
        assert sum(item.worse for item in report.slices) < report.slices_seen


def test_null_has_a_slice_and_its_share_is_told(binary: tuple[Story, Report]) -> None:
    story, report = binary
    part = next(part for part in report.data.parts if part.name == "other")
    test = story.learner.features[story.deal.test]["other"]
    assert part.test_null == pytest.approx(test.null_count() / len(test))


def test_guardrails_are_told(binary: tuple[Story, Report]) -> None:
    main, rail = binary[1].rails
    assert (main.metric, main.main, main.holds) == ("roc_auc", True, True)
    assert (rail.metric, rail.main, rail.holds) == ("recall", False, False)


def test_the_verdict_says_whether_it_beats_the_baseline(binary: tuple[Story, Report]) -> None:
    assert "better than the baseline (0.5000) by" in words.verdict(binary[1])


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("trainer", names("trainers"))
def test_on_noise_no_trainer_is_told_to_be_better(trainer: str, task: Task) -> None:
    _, report = made(task, trainer, noise=True)
    assert not report.main.beats, words.verdict(report)
    assert re.search("not shown to be better|worse than", words.verdict(report))


def test_it_is_read_back_and_has_no_number_that_json_lacks(number: tuple[Story, Report]) -> None:
    data = msgspec.json.encode(number[1])
    assert decode_report(data) == number[1]
    assert "NaN" not in re.sub('"NaN"', "", data.decode())
    json.loads(data)


class Page(HTMLParser):
    """Every tag with its attributes, and what is never closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "section", "div", "table",
    "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "svg", "path", "text", "rect",
    "circle", "pre", "code",
}  # fmt: skip


@pytest.fixture(params=["binary", "multiclass", "regression"], scope="module")
def any_report(request: pytest.FixtureRequest) -> Report:
    return made(request.param, "tree")[1]


def test_the_page_needs_nothing_and_obeys_nothing(any_report: Report) -> None:
    text = page.write(any_report)
    found = Page(text)
    assert found.open == []
    assert {tag for tag, _ in found.tags} <= ALLOWED
    for tag, attributes in found.tags:
        assert not {"href", "src", "onclick", "onload", "xlink:href"} & set(attributes), tag
    assert not re.search(r"url\(|@import|https?:|<script|javascript:", text)
    assert not set("\x1b\x07\u202e") & set(text)
    assert "default-src 'none'" in text
    assert "prefers-color-scheme: dark" in text
    assert "&lt;script&gt;" in text


def test_the_page_has_its_pictures(binary: tuple[Story, Report]) -> None:
    titles = re.findall("<svg[^>]*><title>([^<]*)</title>", page.write(binary[1]))
    assert titles == [
        "ROC curve", "Precision-recall curve", "Calibration", "Permutation importance",
        "The worst slices",
    ]  # fmt: skip


def test_numbers_in_pictures_lie_inside(any_report: Report) -> None:
    text = page.write(any_report)
    for box, body in re.findall(r'<svg viewBox="0 0 ([\d. ]+)"[^>]*>(.*?)</svg>', text):
        width, height = map(float, box.split())
        for name, value in re.findall(r'(?<![a-z-])(c?[xy]|width|height)="(-?[\d.]+)"', body):
            assert 0 <= float(value) <= (width if "x" in name or name == "width" else height)


@pytest.mark.parametrize("width", [20, 37, 60, 120])
def test_pictures_of_characters_fit(any_report: Report, width: int) -> None:
    text = markdown.write(any_report, width)
    for block in re.findall(r"```text\n(.*?)\n```", text, re.DOTALL):
        assert max(map(len, block.splitlines())) <= max(width, 24) + 4
    assert "\n# fake" not in text
    assert not set("\x1b\x07\u202e") & set(text)
    # No cell breaks out of its table: a line has as many bars as its head.
    tables = re.findall(r"(?:^\|.*\n)+", text + "\n", re.MULTILINE)
    assert len(tables) >= 4
    for lines in tables:
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in lines.splitlines()}
        assert len(counts) == 1, lines


def test_it_is_explained_without_harm(any_report: Report) -> None:
    text = explain_text(any_report)
    assert not set("\x1b\x07\u202e") & set(text)
    assert text.startswith(words.verdict(any_report)[:10])
    assert "x " in text
    assert "null" in text or "bad" in text or "to under" in text


def test_a_curve_by_hand() -> None:
    drawn = blocks.unit_square([(0, 0), (1, 1)], width=2, height=1, across="x", up="y")
    # 4 by 4 dots, the diagonal from the lower left: ⡠ has (0,3) and (1,2), ⠊ has (2,1) and (3,0).
    assert drawn.splitlines() == ["y", "1 ┤⡠⠊", "  └──", "  0x1"]


def test_bars_by_hand() -> None:
    assert blocks.bar(0.5, 4) == "██"
    assert blocks.bar(0.125, 1) == "▏"
    assert blocks.bar(-1, 4) == ""
    assert blocks.bar(2, 2) == "██"
    assert blocks.columns([1, 2, 0], 1) == "▄█"


def test_the_command_makes_the_run_again(binary: tuple[Story, Report]) -> None:
    story, report = binary
    assert words.command(report) == "workbench run train e --trainer linear --seed 3 --data d@1"
    changed = Story(**{
        name: getattr(story, name) for name in Story.__slots__ if name != "work"
    }, work=msgspec.structs.replace(story.work, params={**story.work.params, "c": 0.5}))  # fmt: skip
    assert "-P c=0.5" in words.command(tell(changed))


def test_what_holds_is_good_and_what_is_worse_is_bad(binary: tuple[Story, Report]) -> None:
    one = binary[1]
    rails = [msgspec.structs.replace(one.rails[0], holds=holds) for holds in (True, False)]
    slices = [msgspec.structs.replace(item, worse=True) for item in one.slices]
    assert slices
    report = msgspec.structs.replace(one, rails=tuple(rails), slices=tuple(slices))
    found = re.findall(r'<td class="(good|bad)">([^<]*)</td>', page.write(report))
    assert found == [("good", "yes"), ("bad", "no")] + [("bad", "yes")] * len(slices)


def test_importances_stand_beside_their_bars(any_report: Report) -> None:
    body = page.write(any_report).partition("Permutation importance</title>")[2]
    labels = re.findall(r'<text [^>]*text-anchor="(start|end)"[^>]*>([^<]*)</text>', body)
    rows = words.importances(any_report)
    wanted = [("end", f"{mean} ± {spread}") for _, mean, spread in rows]
    assert rows
    assert [label for label in labels[: 2 * len(rows)] if label[0] == "end"] == wanted
