"""What a chart of the screen is and becomes: pure."""

from __future__ import annotations

import pytest

from screens.explore.spec import Spec, as_kind, moved, ordered, stepped, unzoomed
from workbench.explore.charts import find_chart

TYPES = {
    "when": "Datetime(time_unit='us', time_zone=None)",
    "city": "String",
    "distance": "Int64",
    "delay": "Float64",
    "late": "Boolean",
    "tags": "List(String)",
}


@pytest.mark.parametrize(
    ("kind", "columns", "expected"),
    [
        ("histogram", ["delay"], ("delay",)),
        ("density", ["city"], ("city",)),  # it does not fit, and the chart says why
        ("scatter", ["delay"], ("delay", "distance")),
        ("scatter", ["distance", "delay"], ("distance", "delay")),
        ("line", ["delay"], ("when", "delay")),
        ("line", ["city"], ("when",)),
        ("target", ["city"], ("city", "late")),
        ("target", ["late"], ("late", "distance")),
        ("correlation", ["delay"], ()),
        ("correlation", ["delay", "city"], ("delay", "city")),
        ("missing", ["delay"], ()),
        ("box", ["delay"], ("delay",)),
        ("box", ["delay", "distance"], ("delay", "distance")),
        ("bar", ["city"], ("city",)),
        ("bar", ["city", "delay"], ("city", "delay")),
    ],
)
def test_another_kind_of_the_same_columns(
    kind: str, columns: list[str], expected: tuple[str, ...]
) -> None:
    made = as_kind(Spec(where="delay > 0"), find_chart(kind), TYPES, columns)
    assert (made.kind, made.columns, made.where) == (kind, expected, "delay > 0")


def test_the_target_of_an_experiment_is_the_guess() -> None:
    made = as_kind(Spec(), find_chart("target"), TYPES, ["delay"], "city")
    assert made.columns == ("delay", "city")


def test_a_group_goes_where_it_means_nothing() -> None:
    grouped = Spec("box", ("delay",), "city")
    assert as_kind(grouped, find_chart("density"), TYPES, ["delay"]).group == "city"
    assert as_kind(grouped, find_chart("correlation"), TYPES, ["delay"]).group == ""
    assert as_kind(grouped, find_chart("histogram"), TYPES, ["city"]).group == ""


def test_the_cursor_leads_one_place() -> None:
    zoomed = Spec("scatter", ("delay", "distance"), options=(("low", "3"), ("bins", 20)))
    on = moved(zoomed, find_chart("scatter"), TYPES, "distance")
    assert on == Spec("scatter", ("distance", "distance"), options=(("bins", 20),))
    assert moved(zoomed, find_chart("scatter"), TYPES, "delay") is zoomed
    line = Spec("line", ("when", "delay"))
    assert moved(line, find_chart("line"), TYPES, "distance").columns == ("when", "distance")
    assert moved(line, find_chart("line"), TYPES, "city") is line
    every = Spec("correlation")
    assert moved(every, find_chart("correlation"), TYPES, "city") is every


def test_its_command_says_all_of_it() -> None:
    spec = Spec("box", ("delay",), "city", "delay > 0", (("whisker", 2.0), ("log", True)))
    assert spec.argv("flights@2") == (
        *("explore", "chart", "box", "flights@2", "delay", "--group", "city"),
        *("--where", "delay > 0", "-P", "whisker=2.0", "-P", "log=true"),
    )
    assert spec.having(low="1", log="").options == (("whisker", 2.0), ("low", "1"))
    assert unzoomed(spec.having(low="1", ceiling="4")) == spec
    assert spec.words == "delay by city"
    assert Spec("correlation").words == "all columns"
    assert Spec("box", ("a", "b", "c")).words == "a and 2 more"


def test_steps_go_around_the_end() -> None:
    names = list(TYPES)
    assert stepped(names, "tags", 1) == "when"
    assert stepped(names, "when", -1) == "tags"
    assert stepped([], "when", 1) == "when"
    assert ordered(["own", "missing", "histogram"]) == ["histogram", "missing", "own"]
