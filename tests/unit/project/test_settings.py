"""workbench.toml: what is read, what is refused and how, what an edit leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import BadInput, NewerFormat, NotFound, WorkbenchError
from workbench.project.settings import (
    default_environments,
    default_settings_text,
    read_personal,
    read_settings,
    write_settings,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "workbench.toml"


def test_what_init_writes_says_the_defaults(file: Path) -> None:
    file.write_text(default_settings_text("flights"))
    written = read_settings(file)
    file.write_text('name = "flights"\n')
    assert read_settings(file) == written
    assert written.environments["production"].confirm
    assert written.environments["production"].gates == ({"gate": "threshold"},)
    assert written.serving.ports == (8700, 8799)


def test_a_bad_project_name_is_refused_before_it_is_written() -> None:
    with pytest.raises(BadInput, match="project's name"):
        default_settings_text('x"\nformat = 9')


def test_naming_one_environment_keeps_the_others(file: Path) -> None:
    file.write_text('name = "x"\n[environments.qa]\nconfirm = true\n')
    environments = read_settings(file).environments
    assert set(environments) == {"dev", "staging", "production", "qa"}
    assert environments["production"] == default_environments()["production"]
    assert environments["qa"].confirm


def test_an_unknown_environment_names_the_known_ones(file: Path) -> None:
    file.write_text('name = "x"\n')
    with pytest.raises(NotFound, match="known: dev, staging, production") as refusal:
        read_settings(file).environment("prod")
    assert refusal.value.code == "environment"


def test_a_later_format_is_told_before_its_unknown_keys(file: Path) -> None:
    file.write_text('name = "x"\nteleport = true\nformat = 2\n')
    with pytest.raises(NewerFormat) as refusal:
        read_settings(file)
    assert refusal.value.where == f"{file}, line 3, key format"
    assert refusal.value.why == "its format is 2, this version reads 1"


def test_no_file(file: Path) -> None:
    with pytest.raises(NotFound) as refusal:
        read_settings(file)
    assert refusal.value.code == "settings.none"


BAD = [
    ("syntax", 'name = "x"\nrunner =\n', "line 2", "invalid value"),
    ("syntax", 'name = "x"\nname = "y"\n', "line 2", "cannot overwrite a value"),
    ("syntax", 'name = "x', "line 1", "unterminated string"),
    ("missing", "format = 1\n", "line 1, key name", "expected a text"),
    ("type", "name = 3\n", "line 1, key name", "expected a text, got a whole number"),
    (
        "unknown",
        'name = "x"\n# colour = 1\ncolour = "red"\n',
        "line 3, key colour",
        "known here: name, format, environments, runner, serving, models, runtime, targets",
    ),
    (
        "type",
        'name = "x"\n[runner]\nslots = "two"\n',
        "line 3, key runner.slots",
        "expected a whole number, got a text",
    ),
    (
        "type",
        'name = "x"\n[runner]\nslots = -1\n',
        "line 2, key runner",
        "slots: expected 0 to 1024",
    ),
    (
        "type",
        'name = "x"\nrunner = 3\n',
        "line 2, key runner",
        "expected a table, got a whole number",
    ),
    (
        "type",
        'name = "x"\nserving.ports = [1, 2, 3]\n',
        "line 2, key serving.ports",
        "expected a list of length 2, got 3",
    ),
    (
        "type",
        'name = "x"\n[serving]\nports = [9000, 8000]\n',
        "line 2, key serving",
        "ports: expected [first, last] from 1 to 65535",
    ),
    (
        "unknown",
        'name = "x"\n[environments.production]\nconfirms = true\n',
        "line 3, key environments.production.confirms",
        "known here: gates, confirm",
    ),
    (
        "type",
        'name = "x"\n[environments.production]\ngates = [\n  { gate = "threshold" },\n  { gate = [1] },\n]\n',
        "line 5, key environments.production.gates[1].gate",
        "expected true or false or a whole number or a number or a text or null, got a list",
    ),
    (
        "type",
        'name = "x"\n[environments.production]\ngates = [{ gaet = "threshold" }]\n',
        "line 2, key environments.production",
        'each gate needs its name: { gate = "threshold" }',
    ),
    ("type", 'name = "x"\n[environments.3]\n', "line 1", "'3' cannot name an environment"),
]


@pytest.mark.parametrize(("kind", "text", "place", "why"), BAD)
def test_a_bad_file_is_told_with_line_key_and_what_was_expected(
    file: Path, kind: str, text: str, place: str, why: str
) -> None:
    file.write_text(text)
    with pytest.raises(BadInput) as refusal:
        read_settings(file)
    assert refusal.value.code == f"settings.{kind}"
    assert refusal.value.where == f"{file}, {place}"
    assert refusal.value.why == why
    assert refusal.value.fix


def test_a_file_that_is_not_text_is_refused(file: Path) -> None:
    file.write_bytes(b'name = "\xff"\n')
    with pytest.raises(BadInput) as refusal:
        read_settings(file)
    assert (refusal.value.code, refusal.value.why) == ("settings.syntax", "byte 8 is not UTF-8")


def test_the_person_wins_over_the_project_and_the_variable_over_both(
    file: Path, own_folders: Path
) -> None:
    file.write_text('name = "x"\n[runner]\nslots = 2\n[serving]\nhost = "127.0.0.2"\n')
    personal = own_folders / "config" / "workbench" / "config.toml"
    personal.parent.mkdir(parents=True)
    personal.write_text('[runner]\nslots = 3\n[keys]\n"run.train" = "T"\n')
    settings = read_settings(file, environ={})
    assert (settings.runner.slots, settings.serving.host) == (3, "127.0.0.2")
    assert read_settings(file, environ={"WORKBENCH_RUNNER_SLOTS": "5"}).runner.slots == 5
    assert read_settings(file, environ={"WORKBENCH_SERVING_HOST": "::1"}).serving.host == "::1"
    assert read_personal().keys == {"run.train": "T"}


def test_a_person_cannot_loosen_what_a_promotion_needs(file: Path, own_folders: Path) -> None:
    file.write_text('name = "x"\n')
    personal = own_folders / "config" / "workbench" / "config.toml"
    personal.parent.mkdir(parents=True)
    personal.write_text("[environments.production]\ngates = []\n")
    with pytest.raises(BadInput) as refusal:
        read_settings(file)
    assert refusal.value.where == f"{personal}, line 1, key environments"


@pytest.mark.parametrize("text", ["many", "-1", "1.5"])
def test_a_bad_variable_is_told_by_its_name(file: Path, text: str) -> None:
    file.write_text('name = "x"\n')
    with pytest.raises(BadInput) as refusal:
        read_settings(file, environ={"WORKBENCH_RUNNER_SLOTS": text})
    assert refusal.value.code == "settings.variable"
    assert refusal.value.where == "environment variable WORKBENCH_RUNNER_SLOTS"


def test_an_edit_keeps_comments_and_order(file: Path) -> None:
    text = default_settings_text("flights")
    file.write_text(text)
    write_settings(file, {("runner", "slots"): 4})
    assert file.read_text() == text.replace("slots = 0", "slots = 4")
    write_settings(file, {("environments", "qa", "confirm"): True, ("serving", "host"): None})
    assert read_settings(file).environments["qa"].confirm
    kept = [line for line in text.splitlines() if line.startswith("#")]
    assert [line for line in file.read_text().splitlines() if line.startswith("#")] == kept


def test_an_edit_that_could_not_be_read_again_changes_nothing(file: Path) -> None:
    text = default_settings_text("flights")
    file.write_text(text)
    for changes in ({("runner", "slots"): "two"}, {("name", "first"): "x"}, {("colour",): 1}):
        with pytest.raises(WorkbenchError):
            write_settings(file, changes)
        assert file.read_text() == text
