"""What completion offers, decided from plain data; and the caches that keep it quick and right."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.cli.completing import ask
from workbench.cli.completing.decide import Answer, Names, Tree, complete
from workbench.cli.completing.lines import Typed, plain, quoted, split
from workbench.cli.completing.tree import tree as read_tree
from workbench.data.tags import tag as tag_version
from workbench.project.project import Project, init_project
from workbench.records.data import Column, DatasetVersionAdded, Origin


@pytest.fixture(scope="module")
def tree() -> Tree:
    return read_tree()


NAMES: Names = {
    "version": [["flights", "newest version"], ["flights@2", "9 rows"], ["birds", ""]],
    "experiment": [["late", "Tell"]],
    "run": [["r_2", "failed"], ["r_1", "succeeded"]],
    "trainer": [["hgb", ""], ["linear", ""]],
    "environment": [["dev", ""], ["production", ""]],
    "columns": {"flights": ["origin", "dep delay"], "birds": ["mass"]},
}


def words(line: str, tree: Tree, names: Names = NAMES) -> list[str]:
    typed = split("workbench " + line)
    return [offer.word for offer in complete(typed.words, typed.current, tree, names).offers]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("dep", ["deploy"]),
        ("run sh", ["show"]),
        ("data show ", ["flights", "flights@2", "birds"]),
        ("data show flights@", ["flights@2"]),
        ("data show flights ", []),  # it takes one
        ("run show ", ["r_2", "r_1"]),
        ("run compare r_2 ", ["r_1"]),  # not the same again
        ("run train l", ["late"]),
        ("run train late --trainer ", ["hgb", "linear"]),
        ("run train late --trainer=l", ["--trainer=linear"]),
        ("run list --state f", ["failed"]),
        ("model promote delay@1 --to p", ["production"]),
        ("experiment new x --dataset flights@2 --target ", ["origin", "dep delay"]),
        ("experiment new x --dataset birds --drop ", ["mass"]),
        ("explore chart histogram birds ", ["mass"]),
        ("completion ", ["bash", "zsh", "fish"]),
        ("--project here data show b", ["birds"]),
        ("nothing of ours ", []),
        ("data show -- f", ["flights", "flights@2"]),
    ],
)
def test_what_comes_next(line: str, expected: list[str], tree: Tree) -> None:
    assert words(line, tree) == expected


def test_flags_are_offered_once_unless_they_may_be_repeated(tree: Tree) -> None:
    before = words("run train late --", tree)
    assert {"--trainer", "--json", "--detach", "--param"} <= set(before)
    after = words("run train late --trainer hgb --json --param a=1 --", tree)
    assert set(before) - set(after) == {"--trainer", "--json"}


def test_files_and_folders_are_left_to_the_shell(tree: Tree) -> None:
    def of(line: str) -> Answer:
        typed = split("workbench " + line)
        return complete(typed.words, typed.current, tree, {})

    assert of("data add ").files
    assert of("init ").folders
    assert of("--project ").folders
    assert of("status --project ").folders
    assert not of("run show ").files


def test_every_command_is_in_the_tree(tree: Tree) -> None:
    from workbench.cli.main import COMMANDS

    assert list(tree) == list(COMMANDS)
    assert set(tree["run"]["verbs"]) >= {"train", "list", "show", "compare"}
    json.dumps(tree)


HOSTILE = ["a\nb", "a\x1b]0;x\x07", "a\u202eb", "", "a\x00"]


def test_names_that_cannot_be_shown_or_typed_are_left_out(tree: Tree) -> None:
    names = NAMES | {"columns": {"flights": [*HOSTILE, "fine"]}}
    assert words("explore chart histogram flights ", tree, names) == ["fine"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a b", Typed(["a"], "b")),
        ("a b ", Typed(["a", "b"], "")),
        ("a 'b c' d\\ e", Typed(["a", "b c"], "d e")),
        ("a 'b c", Typed(["a"], "b c", "'", 0)),
        ('a x"b', Typed(["a"], "xb", '"', 1)),
        ("a flights@2", Typed(["a"], "flights@2", "", 7)),
        ("a --trainer=h", Typed(["a"], "--trainer=h", "", 10)),
        ("a ''", Typed(["a"], "", "", 0)),
    ],
)
def test_lines_are_split_as_a_shell_does(line: str, expected: Typed) -> None:
    assert split(line, " \t\"'@><=;|&(:") == expected


@given(st.lists(st.text("ab @='\"\\$`(){}*?[]~#!;&|<>é", min_size=1, max_size=8), max_size=4))
def test_splitting_agrees_with_shlex(words_: list[str]) -> None:
    line = shlex.join(words_) + " "
    assert split(line).words == shlex.split(line, comments=False)


@given(st.text("ab @='\"\\$`(){}*?[]~#!;&|<>é-", min_size=1, max_size=12))
def test_what_bash_is_told_to_write_is_read_as_the_name_and_nothing_else(name: str) -> None:
    [written] = quoted(name, Typed([], ""))
    assert shlex.split(written, comments=False) == [name]
    read = ["bash", "--norc", "-c", f"printf '%s' {written}"]
    if name[0] in "~$`(*" or ";" in name:  # bash itself, for what shlex knows nothing of
        assert subprocess.run(read, capture_output=True, check=True).stdout.decode() == name


def test_what_stands_in_open_quotes_is_written_plain_or_not_at_all() -> None:
    assert quoted("dep delay", split("w 'dep")) == ["dep delay"]
    assert quoted("it's", split("w 'it")) == []
    assert quoted("a$b", split('w "a')) == []
    assert quoted("flights@2", split("w flights@", "@")) == ["@2"]
    assert plain("dep\\ d") == "dep d"
    assert plain("flights@2") == "flights@2"


def add(project: Project, number: int) -> None:
    project.store.append(
        DatasetVersionAdded(
            id=f"01K7{number:022}",
            dataset="flights",
            number=number,
            object="0" * 64,
            content="c1:" + "0" * 64,
            rows=9,
            bytes=9,
            columns=(Column("origin", "String"), Column("x$(touch pwned)", "Int64")),
            origin=Origin(source="csv", place="x.csv"),
        )
    )


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = init_project(tmp_path / "lab", "lab")
    add(made, 1)
    inside = tmp_path / "lab" / "notes"
    inside.mkdir()
    monkeypatch.chdir(inside)
    return made


def test_names_come_from_the_project_around_and_are_as_new_as_its_journal(project: Project) -> None:
    question = ["fish", "workbench", "data", "show", "fl"]
    assert ask.answer(question) == "words\nflights\tnewest version\nflights@1\t9 rows\n"
    add(project, 2)
    tag_version(project, "flights@1", "gold")
    assert ask.answer(question) == (
        "words\nflights\tnewest version\nflights@gold\ttag\nflights@2\t9 rows\nflights@1\t9 rows\n"
    )
    bash = ["bash", "workbench explore chart histogram flights x", " @=:"]
    assert ask.answer(bash) == "words\nx\\$\\(touch\\ pwned\\)\n"
    assert ask.answer(["zsh", "workbench", "dep"]).startswith("words\ndeploy\t")


def test_names_of_another_project_come_with_its_flag(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert ask.answer(["fish", "workbench", "data", "show", ""]) == "words\n"
    named = ["workbench", "data", "show", "--project", str(project.root), ""]
    assert "flights@1" in ask.answer(["fish", *named])
    monkeypatch.setenv("WORKBENCH_PROJECT", str(project.root))
    assert "flights@1" in ask.answer(["fish", "workbench", "data", "show", ""])


@pytest.mark.parametrize("question", [[], ["bash"], ["tcsh", "a", "b"], ["fish", "x"]])
def test_what_is_no_question_has_no_answer(question: list[str]) -> None:
    assert ask.answer(question) == ""


def test_a_broken_project_and_a_broken_cache_offer_nothing_and_do_not_fail(
    project: Project, own_folders: Path
) -> None:
    question = ["fish", "workbench", "data", "show", ""]
    assert "flights" in ask.answer(question)
    for kept in (own_folders / "cache" / "workbench" / "completion").iterdir():
        kept.write_bytes(b"{")
    assert "flights" in ask.answer(question)
    project.store.journal.path(1).write_bytes(b"no journal\n")
    assert ask.answer(question) == "words\n"
    (project.paths.own / "project-id").write_bytes(b"\xff")
    assert ask.answer(question) == "words\n"


def test_a_cached_answer_loads_nothing_slow(project: Project) -> None:
    code = (
        "import sys; from workbench.__main__ import main;"
        "sys.argv[1:] = ['__complete', 'fish', 'workbench', 'data', 'show', '']; main();"
        "print([name for name in ('click', 'msgspec', 'duckdb') if name in sys.modules])"
    )
    for _ in range(2):  # the first makes the caches
        done = subprocess.run(
            [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
        )
        *answer, last = done.stdout.splitlines()
        assert "flights@1\t9 rows" in answer
    assert last == "[]"
