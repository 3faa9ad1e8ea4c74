"""Figures, files, states and the plugin door."""

from __future__ import annotations

import json
import math
import os
import stat
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import plugins, states
from workbench.errors import BadInput, Conflict, NotFound, PluginError
from workbench.files import inside, write_atomic
from workbench.numbers import Figure, even, from_figure, json_ready, to_figure

# Figures


@given(st.floats())
def test_a_float_comes_back_from_its_figure(value: float) -> None:
    back = from_figure(json.loads(json.dumps(to_figure(value), allow_nan=False)))
    assert back == value or (math.isnan(back) and math.isnan(value))


def test_no_bare_nan_at_any_depth() -> None:
    ready = json_ready({"a": [math.nan, (math.inf, {"b": -math.inf})], "c": "x", "d": 1})
    assert ready == {"a": ["NaN", ["Infinity", {"b": "-Infinity"}]], "c": "x", "d": 1}


@pytest.mark.parametrize(
    ("figures", "digits", "written"),
    [
        ((0.444, 0.47), 4, "0.4440 0.4700"),
        ((0.958, 0.944, 0.97), 3, "0.958 0.944 0.970"),
        ((0.0444, 0.5), 4, "0.0444 0.5000"),
        ((44.4, 5.0), 4, "44.40 5.00"),
        ((0.5, 0.5), 4, "0.5000 0.5000"),
        ((0.0, 0.0), 3, "0.000 0.000"),
        ((9.99996, 1.0), 4, "10.000 1.000"),
        ((0.91284, 0.91331), 3, "0.9128 0.9133"),
        ((1.2e-5, 3e-5), 4, "1.200e-05 3.000e-05"),
        ((124000.0, 99.0), 3, "1.24e+05 9.90e+01"),
        (("NaN", 0.3), 4, "NaN 0.3000"),
        ((0.3, "-Infinity", "Infinity"), 3, "0.300 -Infinity Infinity"),
    ],
)
def test_figures_that_are_read_together_have_equal_decimals(
    figures: tuple[Figure, ...], digits: int, written: str
) -> None:
    assert " ".join(even(*figures, digits=digits)) == written


def test_the_interval_of_a_difference_has_signs_and_two_digits_of_its_width() -> None:
    assert even(-0.004, 0.061, digits=3, signed=True) == ("-0.004", "+0.061")
    assert even(-0.0004, 0.0006, digits=3, signed=True) == ("-0.0004", "+0.0006")


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=3), st.integers(2, 6))
def test_even_figures_end_in_one_column_and_are_near_what_they_stand_for(
    figures: list[float], digits: int
) -> None:
    written = even(*figures, digits=digits)
    behind = {text.partition(".")[2].partition("e")[0] for text in written}
    assert len({len(part) for part in behind}) == 1
    largest = max(map(abs, figures))
    assert all(
        abs(float(text) - figure) <= max(largest * 10.0, 1.0) * 10.0**-digits
        for text, figure in zip(written, figures, strict=True)
    )


# Files


def test_a_file_is_replaced_whole_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("old")
    write_atomic(path, b"new", mode=0o600)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space") as refusal:
        write_atomic(path, b"new")
    assert refusal.value.filename == str(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "name", ["", "..", "../x", "a/../../x", "/etc/passwd", "a\0b", "x" * 300, "link/x", "link"]
)
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    with pytest.raises(BadInput) as refusal:
        inside(folder, name)
    assert refusal.value.code == "path.outside"


@pytest.mark.parametrize("name", ["a", "a/b.txt", "é", "..a", "a..b"])
def test_a_name_that_stays_inside(tmp_path: Path, name: str) -> None:
    assert inside(tmp_path, name) == tmp_path / name


# States


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        (states.JOB, states.JobState),
        (states.RUN, states.RunState),
        (states.DEPLOYMENT, states.DeploymentState),
    ],
)
def test_a_table_names_every_state_and_no_other(table: states.Table, kind: object) -> None:
    known = set(get_args(kind))
    assert set(table) == known
    assert set().union(*table.values()) <= known
    assert all(state not in then for state, then in table.items())


def test_what_has_ended_stays_ended_and_lost_may_become_anything() -> None:
    assert all(not states.JOB[state] for state in states.JOB_ENDED)
    assert states.JOB["lost"] == set(states.JOB) - {"lost"}
    assert states.RUN["lost"] == set(states.RUN) - {"lost"}
    assert states.DEPLOYMENT["lost"] == set(states.DEPLOYMENT) - {"lost"}


def test_a_transition_that_is_not_in_the_table_is_refused() -> None:
    states.check_transition(states.JOB, "j_1", "queued", "starting")
    with pytest.raises(Conflict) as refusal:
        states.check_transition(states.JOB, "j_1", "succeeded", "running")
    assert str(refusal.value).startswith(
        "j_1 is succeeded and cannot become running (j_1): possible"
    )
    assert refusal.value.code == "state"


# Plugins


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {
        "good": EntryPoint("good", "workbench.ids:new_ulid", "workbench.gates"),
        "gone": EntryPoint("gone", "no.such.module:GATE", "workbench.gates"),
        "empty": EntryPoint("empty", "workbench.ids:nothing", "workbench.gates"),
    }
    monkeypatch.setattr(plugins, "_entries", lambda kind: entries if kind == "gates" else {})


@pytest.mark.usefixtures("installed")
def test_plugins_are_listed_without_being_imported_and_errors_are_rows() -> None:
    assert plugins.names("gates") == ("empty", "gone", "good")
    assert [row.error for row in plugins.rows("gates")] == ["", "", ""]
    errors = {row.name: row.error for row in plugins.rows("gates", check=True)}
    assert errors["good"] == ""
    assert errors["gone"] == "ModuleNotFoundError: No module named 'no'"
    assert errors["empty"].startswith("AttributeError: module 'workbench.ids' has no attribute")


@pytest.mark.usefixtures("installed")
def test_a_plugin_that_does_not_load_says_why_and_what_to_do() -> None:
    with pytest.raises(PluginError) as refusal:
        plugins.load("gates", "gone")
    assert refusal.value.where == "no.such.module:GATE"
    assert refusal.value.fix == "Reinstall or remove the package that brings it"


@pytest.mark.usefixtures("installed")
def test_an_unknown_plugin_is_refused_with_the_known_ones() -> None:
    with pytest.raises(NotFound) as refusal:
        plugins.load("gates", "bad")
    assert (refusal.value.code, refusal.value.why) == ("plugin.gates", "known: empty, gone, good")
    with pytest.raises(NotFound) as refusal:
        plugins.load("charts", "bad")
    assert refusal.value.why == "known: none is installed"


def test_every_kind_of_plugin_has_its_protocol_and_a_built_in_that_loads() -> None:
    from importlib import import_module

    for kind, contract in plugins.GROUPS.items():
        assert import_module(contract).__doc__
        found = plugins.rows(kind, check=True)
        assert found, kind
        assert [row for row in found if row.error] == []
