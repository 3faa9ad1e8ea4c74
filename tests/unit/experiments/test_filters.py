"""The filter language: what is read, what it means, and that SQL and plain Python mean the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from filter_oracle import keeps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shelf import NOW, Shelf, ago, created, figures, numbers, registered, ulid

from workbench.errors import BadInput
from workbench.experiments.filters import Condition, Value, Word, parse
from workbench.experiments.listing import Order, arrange_runs, known_names, list_runs, read_runs
from workbench.experiments.meaning import understand
from workbench.experiments.naming import Known
from workbench.records import Record
from workbench.records.runs import (
    RunChanged,
    RunEnded,
    RunsArchived,
    RunsDeleted,
    RunsRestored,
    RunsTagged,
    RunsUnarchived,
    RunsUntagged,
)

KNOWN = Known(("roc_auc", "log_loss", "cv.roc_auc", "seed"), ("lr", "learning_rate", "depth"))


@pytest.fixture(scope="module")
def shelf() -> Iterator[Shelf]:
    made = Shelf()
    yield made
    made.close()


def test_terms_are_read_with_their_columns() -> None:
    terms = parse('hgb "two words"  auc>=0.9 -tag:old,"a,b" x:ab*c,"*" param."my lr"!=3 e:""')
    assert terms == (
        Word("hgb", 1),
        Word("two words", 5),
        Condition("auc", ">=", (Value(("0.9",), 23),), 18),
        Condition("tag", ":", (Value(("old",), 32), Value(("a,b",), 36)), 28, negated=True),
        Condition("x", ":", (Value(("ab", "c"), 44), Value(("*",), 49)), 42),
        Condition("param.my lr", "!=", (Value(("3",), 68),), 53),
        Condition("e", ":", (Value(("",), 72),), 70),
    )
    assert parse('"say \\"hi\\" to \\\\ \\n"') == (Word('say "hi" to \\ \\n', 1),)
    assert parse(" \t\n ") == ()


_text = st.text(st.characters(codec="utf-8"), max_size=8)


@given(st.lists(st.tuples(st.booleans(), _text, st.sampled_from(["", *"<>=:"]), _text), max_size=5))
def test_what_is_quoted_comes_back_as_it_was(terms: list[tuple[bool, str, str, str]]) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    line = " ".join(
        "-" * no + quoted(a) + (sign + quoted(b) if sign else "") for no, a, sign, b in terms
    )
    read = [
        (t.negated, t.text, "", "")
        if isinstance(t, Word)
        else (t.negated, t.name, t.sign, t.values[0].text)
        for t in parse(line)
    ]
    assert read == [(no, a, sign, b if sign else "") for no, a, sign, b in terms]


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_with_a_column(text: str) -> None:
    refusal = _refusal(text)
    if refusal is not None:
        assert refusal.code == "run.filter"
        column = int(refusal.where.removeprefix("filter, column "))
        assert 1 <= column <= len(text) + 1


def _refusal(text: str) -> BadInput | None:
    try:
        understand(parse(text), KNOWN, NOW)
    except BadInput as refusal:
        return refusal
    return None


@pytest.mark.parametrize(
    ("text", "column", "what", "why"),
    [
        ("hgb - x", 5, "A lone - denies nothing", "right before"),
        ("a >3", 3, "Nothing stands before >", "without a space"),
        ('hgb "two', 5, "A quote is not closed", 'ends with "'),
        ("auc>", 5, "After auc> comes a value", "nothing stands there"),
        ("trainer:a,,b", 11, "After trainer: comes a value", "nothing stands there"),
        ("auc>high", 5, "high is not a number to compare auc with", "auc is a number"),
        ("auc:nan", 5, "nan is not a number", "is a number"),
        ("lr<1_0", 4, "1_0 is not a number", "is a number"),
        ("hgb rok>1", 5, "No run has a rok", "metrics roc_auc, log_loss, seed; parameters lr"),
        ("o>1", 1, "o means several", "roc_auc, log_loss"),
        ("lr:1 metric.lr>1", 6, "No run has a metric.lr", "known: facts run, state"),
        ("state:broken", 7, "broken is no state", "known: ok, queued"),
        ("state<failed", 1, "state cannot be compared by <", "no order"),
        ("trainer>=hgb", 1, "trainer cannot be compared by >=", "no order"),
        ("since:soon", 7, "soon is no moment", "30m, 12h, 2d, 3w"),
        ("since:99999999w", 7, "99999999w is no moment", "expected a span"),
        ("since>2d", 1, "since cannot be compared by >", "its direction in its name"),
        ("archived:maybe", 10, "maybe is not yes or no", "yes, no, all"),
        ("archived<yes", 1, "archived cannot be compared", "yes or no"),
        ("run:r_x", 5, "r_x is not a number to compare run with", "run is a number"),
        ("time>5y", 6, "5y is not a number to compare time with", "time is a number"),
    ],
)
def test_a_refusal_says_where_and_what_is_known(
    text: str, column: int, what: str, why: str
) -> None:
    with pytest.raises(BadInput) as caught:
        understand(parse(text), KNOWN, NOW)
    refusal = caught.value
    assert (refusal.code, refusal.where) == ("run.filter", f"filter, column {column}")
    assert what in refusal.what
    assert why in refusal.why
    assert refusal.fix


def test_a_name_near_to_a_known_one_is_offered() -> None:
    with pytest.raises(BadInput, match=r"Did you mean learning_rate\?"):
        understand(parse("lerning_rate>1"), KNOWN, NOW)
    both = Known(("depth",), ("depth",))
    with pytest.raises(BadInput, match=r"metric.depth, param.depth.*metric. or param. in front"):
        understand(parse("depth>1"), both, NOW)
    understand(parse("param.depth>1 metric.depth>1"), both, NOW)


def _seed(shelf: Shelf) -> None:
    shelf.clear()
    reached = figures({"roc_auc": 0.9, "log_loss": "NaN", "cv.roc_auc": 0.8})
    other = created(3, trainer="HGB_x", experiment="other", target="gpu", dataset="birds@1")
    shelf.put(
        [
            (created(1, params={"lr": 0.1, "depth": 3, "stop": False}, seed=3), ago(days=10)),
            (RunEnded(id=ulid(1), state="succeeded", metrics=reached), ago(days=9)),
            (created(2, trainer="linear", params={"lr": 0.5}, dataset="flights@2"), ago(days=1)),
            (RunChanged(id=ulid(2), state="running"), ago(hours=23)),
            (RunEnded(id=ulid(2), state="failed", error="Out of 100% memory"), ago(hours=22)),
            (other, ago(hours=1)),
            (created(4), ago(minutes=30)),
            (RunsArchived(ids=(ulid(4),)), NOW),
            (created(5), ago(minutes=20)),
            (RunsDeleted(ids=(ulid(5),)), NOW),
            (RunsTagged(ids=(ulid(1), ulid(2)), name="old"), NOW),
            (RunsUntagged(ids=(ulid(2),), name="old"), NOW),
            (RunsTagged(ids=(ulid(2),), name="Keep"), NOW),
            (registered(1, "delay", 3), NOW),
        ]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("", [3, 2, 1]),
        ("hgb", [3, 1]),
        ("OK hgb", [1]),
        ("k_", []),
        ('"k succ"', [1]),
        ("fail", [2]),
        ("queue", [3]),
        ("r_", [3, 2, 1]),
        ("R_2", [2]),
        ("_3", [3]),
        ("r_2x", []),
        ("_1 flights@2", []),
        ("2", [2]),  # r_2, flights@2: the same run
        ('"out of"', [2]),
        ("-hgb", [2]),
        ("delay@3", [1]),
        ("keep", [2]),
        ("trainer:hgb", [1]),
        ("trainer:hgb*", [3, 1]),
        ('trainer:"hgb*"', []),
        ("trainer:hgb,linear", [2, 1]),
        ("trainer!=hgb", [3, 2]),
        ("trainer:hgb_*", [3]),  # _ and % are no wildcards
        ("error:*100%*", [2]),
        ("error:1*0*", []),
        ("auc>0.8", [1]),
        ("auc>0.9", []),
        ("auc>=0.9", [1]),
        ("-auc>=0.9", [3, 2]),
        ("auc:*", [1]),
        ("-auc:*", [3, 2]),
        ("cv.roc_auc<0.85", [1]),
        ("loss<1", []),  # NaN passes no bound
        ("loss>1", []),
        ("lr<=0.1", [1]),
        ("lr:0.1,5e-1", [2, 1]),
        ("lr!=0.1", [3, 2]),
        ("stop:false", [1]),
        ("depth=3.0", [1]),
        ("state:ok", [1]),
        ("state:failed,queued", [3, 2]),
        ("data:flights", [2, 1]),
        ("data:flights@2", [2]),
        ("model:delay", [1]),
        ("model:delay@2", []),
        ("tag:old", [1]),
        ("tag:keep", [2]),
        ("-tag:*", [3]),
        ("since:2d", [3, 2]),
        ("-since:2d", [1]),
        ("until:2026-05-31", [1]),
        ("since:2026-06-01T10:59+00:00", [3]),
        ("time>30m", [2]),
        ("time<1h", []),
        ("time=3600", [2]),
        ("run:r_1,3", [3, 1]),
        ("run>1", [3, 2]),
        ("seed:3", [1]),
        ("on:gpu experiment:other", [3]),
        ("who:ADA since:2d", [3, 2]),
        ("archived:yes", [4]),
        ("archived:all", [4, 3, 2, 1]),
        ("-archived:no", [4]),
        ("archived:yes,no", [4, 3, 2, 1]),
    ],
)
def test_what_a_filter_keeps(shelf: Shelf, text: str, kept: list[int]) -> None:
    _seed(shelf)
    project = shelf.project
    assert numbers(list_runs(project, filter_text=text, now=NOW)) == kept
    assert list(arrange_runs(project, filter_text=text, now=NOW).numbers) == kept


def test_lists_are_cut_and_read_page_by_page(shelf: Shelf) -> None:
    _seed(shelf)
    project = shelf.project
    assert numbers(list_runs(project, limit=1, offset=1)) == [2]
    assert numbers(list_runs(project, offset=2)) == [1]
    assert numbers(read_runs(project, [1, 5, 3, 99])) == [1, 3]  # 5 is deleted
    assert arrange_runs(project, filter_text="hgb").total == 3
    assert arrange_runs(project, experiment="other").numbers.tolist() == [3]
    first = read_runs(project, [1])[0]
    assert (first.tags, first.metrics, first.archived) == (
        ("old",), {"log_loss": "NaN", "roc_auc": 0.9}, False,
    )  # fmt: skip
    assert known_names(project) == Known(
        ("cv.roc_auc", "log_loss", "roc_auc"), ("depth", "lr", "stop")
    )
    shelf.put([(RunsUnarchived(ids=(ulid(4),)), NOW), (RunsRestored(ids=(ulid(5),)), NOW)])
    assert numbers(list_runs(project)) == [5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (Order("run"), [1, 2, 3]),
        (Order("when", descending=True), [3, 2, 1]),
        (Order("trainer"), [1, 3, 2]),
        (Order("metric.roc_auc"), [1, 3, 2]),
        (Order("metric.log_loss", descending=True), [3, 2, 1]),  # NaN is none: newest first
        (Order("param.lr", descending=True), [2, 1, 3]),
        (Order("param.lr"), [1, 2, 3]),
        (Order("time"), [2, 3, 1]),
        (Order("seed", descending=True), [1, 3, 2]),
        (Order("model", descending=True), [1, 3, 2]),
        (Order("tag"), [2, 1, 3]),
        (Order("data"), [3, 1, 2]),
    ],
)
def test_what_is_missing_comes_last_either_way(
    shelf: Shelf, order: Order, expected: list[int]
) -> None:
    _seed(shelf)
    assert arrange_runs(shelf.project, order=order).numbers.tolist() == expected


def test_there_is_no_such_order(shelf: Shelf) -> None:
    with pytest.raises(BadInput) as caught:
        arrange_runs(shelf.project, order=Order("size"))
    assert caught.value.code == "run.sort"
    assert "trainer" in caught.value.why


# SQL against plain Python

WORDS = [
    "r_1",
    "hgb",
    "HGB",
    "hg_b",
    "a%c",
    "late",
    "flights@1",
    "flights@22",
    "flights",
    "true",
    "1",
    "Ünü",
]
_word = st.sampled_from(WORDS)
_figure = st.one_of(
    st.sampled_from([0.0, 0.5, 1.0, "NaN", "Infinity", "-Infinity"]), st.floats(-2, 2)
)
_value = st.one_of(st.none(), st.booleans(), st.integers(-2, 3), st.sampled_from([0.5, 1.0]), _word)


@st.composite
def _runs(draw: Any) -> list[tuple[Record, datetime]]:
    records: list[tuple[Record, datetime]] = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        run, at = ulid(number), ago(days=draw(st.integers(0, 5)))
        params = draw(st.dictionaries(st.sampled_from(["lr", "depth", "both"]), _value, max_size=3))
        records.append(
            (
                created(
                    number, trainer=draw(_word), dataset=draw(_word), experiment=draw(_word),
                    params=params, seed=draw(st.integers(0, 2)),
                ),
                at,
            )
        )  # fmt: skip
        if draw(st.booleans()):
            records.append((RunChanged(id=run, state="running"), at))
        if draw(st.booleans()):
            metrics = draw(
                st.dictionaries(st.sampled_from(["roc_auc", "loss", "both"]), _figure, max_size=3)
            )
            ended = RunEnded(
                id=run, state=draw(st.sampled_from(["succeeded", "failed"])), error=draw(_word),
                metrics=figures(metrics),
            )  # fmt: skip
            records.append((ended, ago(days=-draw(st.integers(0, 2)), seconds=-7)))
        for tag in draw(st.lists(st.sampled_from(["old", "Keep"]), max_size=2)):
            kind = draw(st.sampled_from([RunsTagged, RunsUntagged]))
            records.append((kind(ids=(run,), name=tag), at))
        if draw(st.booleans()):
            records.append((registered(number, draw(st.sampled_from(["hgb", "late"])), number), at))
        if draw(st.booleans()):
            records.append((RunsArchived(ids=(run,)), at))
    return records


_pattern = st.one_of(
    _word, _word.map(lambda w: f'"{w}"'), st.sampled_from(["h*b", "*", "f*@*", "*%*", '""'])
)
_terms = st.one_of(
    _word.map(lambda w: f'"{w}"'),
    st.sampled_from(["r_1", "ok", "succ", "keep", "@2"]),
    st.tuples(
        st.sampled_from(["trainer", "data", "experiment", "tag", "model", "lr", "error", "param.both"]),
        st.sampled_from([":", "=", "!="]),
        st.lists(_pattern, min_size=1, max_size=2).map(",".join),
    ).map("".join),
    st.tuples(
        st.sampled_from(["auc", "loss", "lr", "depth", "metric.both", "param.both", "seed", "run", "time"]),
        st.sampled_from(["<", "<=", ">", ">=", "=", "!=", ":"]),
        st.sampled_from(["0", "1", "0.5", "inf", "-1", "1e0", "0.5,1", "86400"]),
    ).map("".join),
    st.sampled_from(
        ["auc:*", "loss:*", "since:2d", "until:3d", "archived:yes", "archived:all", "archived:no",
         "state:ok,failed", "state!=running", "since:2026-05-30"]
    ),
)  # fmt: skip
_filters = st.lists(st.tuples(st.booleans(), _terms), max_size=3).map(
    lambda terms: " ".join("-" * no + term for no, term in terms)
)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(records=_runs(), texts=st.lists(_filters, min_size=4, max_size=8))
def test_sql_and_python_agree(
    shelf: Shelf, records: list[tuple[Record, datetime]], texts: list[str]
) -> None:
    shelf.clear()
    shelf.put(records)
    known = Known(("roc_auc", "loss", "both"), ("lr", "depth", "both"))
    models: dict[str, list[str]] = {}
    for row in shelf.view.query("SELECT run, model, number FROM model_versions"):
        models.setdefault(row["run"], []).append(f"{row['model']}@{row['number']}")
    everything = list_runs(shelf.project, filter_text="archived:all", now=NOW)
    for text in texts:
        clauses = understand(parse(text), known, NOW)
        kept = [run.number for run in everything if keeps(clauses, run, models)]
        found = arrange_runs(shelf.project, filter_text=text, now=NOW, known=known)
        assert found.numbers.tolist() == kept, text


def test_a_date_without_a_zone_is_utc() -> None:
    (clause, _) = understand(parse("since:2026-05-01"), KNOWN, NOW)
    (check,) = clause.checks
    assert getattr(check, "moment", None) == datetime(2026, 5, 1, tzinfo=UTC)
