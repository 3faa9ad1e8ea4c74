"""`workbench target` and `workbench run train`: kinds as flags, files written, limits read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cave import answer, with_cave, without_cave
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from workbench.cli.completing.names import names
from workbench.cli.completing.tree import tree
from workbench.cli.target import group
from workbench.compute.limiting import (
    limits_text,
    memory_text,
    parse_cpus,
    parse_limits,
    parse_memory,
    parse_time,
    time_text,
)
from workbench.errors import BadInput, NotFound, TargetError, UsageError
from workbench.project.paths import config_home
from workbench.project.project import Project, init_project, open_project


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    yield with_cave(tmp_path / "packages", monkeypatch)
    without_cave()


@pytest.fixture
def project(tmp_path: Path, packages: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    init_project(tmp_path / "line", "line")
    project = open_project(tmp_path / "line", via="test")
    monkeypatch.setenv("WORKBENCH_PROJECT", str(project.root))
    return project


def run(*words: str) -> Result:
    result = CliRunner().invoke(group, words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def data(schema: str, *words: str):
    body = json.loads(run(*words, "--json").stdout)
    assert body["schema"] == f"workbench/{schema}"
    return body["data"]


def test_kinds(project: Project) -> None:
    shown = run("kinds").stdout
    assert "cave: A hole in the ground, for tests" in shown
    assert "  --port   Its door (1 to 65535; default 22)" in shown
    assert "NOT_THERE" in shown  # the one that does not load says why
    found = {kind["name"]: kind for kind in data("target.kinds@1", "kinds")}
    assert found["cave"]["options"]["rock"]["enum"] == ["chalk", "granite"]


def test_from_adding_to_removing(project: Project) -> None:
    said = run(
        "add", "well", "--kind", "cave", "--host", "deep", "--port", "8", "--slots", "2"
    ).stdout
    assert said == "well is in workbench.toml. Next: workbench target check well\n"
    row = data("target.list@1", "list")[1]
    assert (row["name"], row["slots"], row["options"]) == ("well", 2, {"host": "deep", "port": 8})
    assert "host=deep port=8" in run("list").stdout
    assert run("check", "well").exit_code == 0
    said = run("edit", "well", "--port", "", "--lamp", "yes").stdout
    assert said == "well is changed. Next: workbench target check well\n"
    assert data("target.list@1", "list")[1]["options"] == {"host": "deep", "lamp": True}
    assert run("remove", "well").stdout == "well is removed.\n"
    assert len(data("target.list@1", "list")) == 1


def test_a_persons_own(project: Project) -> None:
    said = run("add", "mine", "--kind", "cave", "--host", "h", "--personal").stdout
    assert said.startswith("mine is in your own settings.")
    assert "[targets.mine]" in (config_home() / "config.toml").read_text()
    assert "[targets.mine]" not in project.paths.settings.read_text()


@pytest.mark.parametrize(
    ("words", "error", "where"),
    [
        (("--kind", "local", "--host", "h"), UsageError, "--host"),
        (("--kind", "moon"), NotFound, "moon"),
        (("--kind", "cave"), BadInput, "--host"),
        (("--kind", "cave", "--host", "h", "--port", "0"), BadInput, "--port"),
        (("--kind", "cave", "--host", "h", "--lamp", "perhaps"), BadInput, "--lamp"),
        (("--kind", "broken"), Exception, "workbench_test_cave:NOT_THERE"),
    ],
)
def test_what_is_wrong(
    project: Project, words: tuple[str, ...], error: type[Exception], where: str
) -> None:
    with pytest.raises(error) as refusal:
        run("add", "x", *words)
    assert refusal.value.where == where
    assert run("add", "x", "--kind", "cave", "--nonsense", "1").exit_code == 2


def test_what_a_check_finds(project: Project, packages: Path) -> None:
    run("add", "well", "--kind", "cave", "--host", "deep")
    missing = [("no Python is there", "Install it"), ("little room\x1b[31m", "Free some.")]
    answer(packages, facts={"cores": "8", "gpu": "one \x1b]0;x\x07"}, missing=missing)
    shown = run("check", "well").stdout
    assert "cores  8" in shown
    assert "missing: no Python is there. Install it.\n" in shown
    assert "missing: little room␛[31m. Free some.\n" in shown
    assert "\x1b" not in shown
    answer(packages, ok=False, missing=missing, facts={"cores": "8"})
    with pytest.raises(TargetError) as refusal:
        run("check", "well")
    assert refusal.value.code == "target.missing"


def test_without_a_terminal_nobody_is_asked(project: Project, packages: Path) -> None:
    run("add", "well", "--kind", "cave", "--host", "deep")
    answer(packages, question="Say the word", wanted="sesame")
    with pytest.raises(TargetError) as refusal:
        run("check", "well")
    assert refusal.value.code == "cave.shut"


def test_completion_knows_the_flags_of_kinds_and_the_live_targets(project: Project) -> None:
    run("add", "well", "--kind", "cave", "--host", "deep")
    found = names(open_project(project.root, via="test"))
    assert found["target"] == [["local", "this machine"], ["well", "cave"]]
    assert ["cave", ""] in found["kind"]
    verbs = tree()["target"]["verbs"]
    flags = {flag["names"][0]: flag for flag in verbs["add"]["flags"]}
    assert flags["--kind"]["kind"] == "kind"
    assert flags["--rock"]["choices"] == ["chalk", "granite"]
    for verb in ("edit", "check", "remove"):
        assert verbs[verb]["arguments"][0]["kind"] == "target"
    train = {flag["names"][0]: flag for flag in tree()["run"]["verbs"]["train"]["flags"]}
    assert train["--target"]["kind"] == "target"


# Limits


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", None),
        ("90", 90),
        ("45s", 45),
        ("30m", 1800),
        ("2H", 7200),
        ("1h30m", 5400),
        ("1d 2h", 93600),
    ],
)
def test_times(text: str, seconds: float | None) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("", None),
        ("512M", 2**29),
        ("4G", 2**32),
        ("1.5GiB", 3 * 2**29),
        ("64mb", 2**26),
        ("1t", 2**40),
    ],
)
def test_sizes(text: str, octets: int | None) -> None:
    assert parse_memory(text) == octets


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("time", "0"), ("time", "soon"), ("time", "-5"), ("time", "1x"), ("time", "400d"), ("time", "٣"),
        ("memory", "1M"), ("memory", "much"), ("memory", "-4G"), ("memory", "4P"), ("memory", "nan"),
        ("cpus", "0"), ("cpus", "nan"), ("cpus", "inf"), ("cpus", "two"), ("cpus", "-1"),
    ],
)  # fmt: skip
def test_limits_that_make_no_sense(name: str, text: str) -> None:
    with pytest.raises(BadInput) as refusal:
        parse_limits(**{name: text})
    assert (refusal.value.where, refusal.value.code) == (f"--{name}", "job.limit")


def test_limits_in_words() -> None:
    assert limits_text(parse_limits("1h30m", "1.5G", "0.5")) == "1h30m, 1.5G memory, 0.5 cores"
    assert limits_text(parse_limits(cpus="1")) == "1 core"
    assert limits_text(parse_limits()) == ""
    assert parse_cpus("2") == 2.0


@given(st.integers(1, 366 * 86400))
def test_a_time_in_words_is_read_back(seconds: int) -> None:
    assert parse_time(time_text(seconds)) == seconds


@given(st.sampled_from("MGT"), st.integers(64, 900))
def test_a_size_in_words_is_read_back(unit: str, amount: int) -> None:
    octets = amount * {"M": 2**20, "G": 2**30, "T": 2**40}[unit]
    assert parse_memory(memory_text(octets)) == octets
