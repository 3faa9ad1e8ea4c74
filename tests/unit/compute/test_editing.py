"""Targets are written down, changed and removed; what is wrong is refused by its key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cave import with_cave, without_cave

from workbench.compute import jobs
from workbench.compute.editing import add_target, edit_target, get_target, list_kinds, remove_target
from workbench.compute.jobs import queue
from workbench.compute.targets import list_targets, open_target
from workbench.errors import BadInput, Conflict, NotFound, WorkbenchError
from workbench.project.paths import config_home
from workbench.project.project import Project, init_project, open_project
from workbench.records.deployments import DeploymentCreated
from workbench.records.jobs import JobEnded
from workbench.testing.work import work_spec

HOST = {"host": "deep"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setattr(jobs, "wake_runner", lambda project: None)
    with_cave(tmp_path / "packages", monkeypatch)
    init_project(tmp_path / "line", "line")
    yield open_project(tmp_path / "line", via="test")
    without_cave()


def test_kinds_with_their_options_and_one_that_does_not_load(project: Project) -> None:
    found = {kind.name: kind for kind in list_kinds()}
    assert {"local", "cave", "broken"} <= set(found)
    assert [option.name for option in found["cave"].options] == [
        "host", "port", "depth", "lamp", "rock",
    ]  # fmt: skip
    assert "NOT_THERE" in found["broken"].error


def test_a_target_stands_in_the_file_with_what_is_not_default(project: Project) -> None:
    text = project.paths.settings.read_text()
    row = add_target(project, "well", "cave", {**HOST, "port": 22, "lamp": True}, slots=3)
    assert (row.kind, row.slots, row.origin, row.options) == (
        "cave", 3, "project", {"host": "deep", "lamp": True},
    )  # fmt: skip
    written = project.paths.settings.read_text()
    assert written.startswith(text)  # every comment is where it was
    added = [line for line in written[len(text) :].splitlines() if line]
    assert added == ["[targets.well]", 'kind = "cave"', "slots = 3", 'host = "deep"', "lamp = true"]
    target = open_target(open_project(project.root, via="test"), "well")
    assert target.options["port"] == 22


def test_a_persons_own_target_is_in_their_settings(project: Project) -> None:
    before = project.paths.settings.read_bytes()
    row = add_target(project, "mine", "cave", HOST, personal=True)
    assert row.origin == "person"
    assert project.paths.settings.read_bytes() == before
    assert "[targets.mine]" in (config_home() / "config.toml").read_text()
    edit_target(project, "mine", {"port": 2200})
    assert "port = 2200" in (config_home() / "config.toml").read_text()
    # The project may have one of the same name; the person's own counts.
    with pytest.raises(Conflict):
        add_target(project, "mine", "cave", HOST)


def test_of_two_with_one_name_the_persons_own_goes_first(project: Project) -> None:
    add_target(project, "both", "cave", {"host": "theirs"})
    add_target(project, "both", "cave", {"host": "mine"}, personal=True)
    assert get_target(project, "both").options["host"] == "mine"
    assert remove_target(project, "both").endswith(
        "the project's own target of that name counts again."
    )
    assert get_target(project, "both").options["host"] == "theirs"
    assert remove_target(project, "both") == "both is removed."


def test_an_edit_changes_what_it_names(project: Project) -> None:
    add_target(project, "well", "cave", {**HOST, "lamp": True}, slots=2)
    text = project.paths.settings.read_text()
    project.paths.settings.write_text(text.replace("lamp = true", "lamp = true  # dark else"))
    row = edit_target(project, "well", {"lamp": None, "rock": "granite"}, slots=1)
    assert row.options == {"host": "deep", "rock": "granite"}
    assert row.slots == 1
    row = edit_target(project, "well", {"port": 80})
    assert row.options == {"host": "deep", "rock": "granite", "port": 80}
    before = project.paths.settings.stat().st_mtime_ns
    edit_target(project, "well", {"port": 80})
    assert project.paths.settings.stat().st_mtime_ns == before  # nothing to write


@pytest.mark.parametrize(
    ("name", "kind", "options", "slots", "where", "code"),
    [
        ("Bad", "cave", HOST, 1, "name", "target.name"),
        ("../x", "cave", HOST, 1, "name", "target.name"),
        ("local", "cave", HOST, 1, "name", "target.name"),
        ("x", "moon", HOST, 1, "moon", "plugin.compute"),
        ("x", "cave", {}, 1, "--host", "cave.host"),  # the kind itself refuses
        ("x", "cave", {**HOST, "port": 0}, 1, "--port", "option.value"),
        ("x", "cave", {**HOST, "rock": "gold"}, 1, "--rock", "option.value"),
        ("x", "cave", {**HOST, "colour": "red"}, 1, "colour", "option.unknown"),
        ("x", "cave", HOST, 0, "--slots", "option.value"),
        ("x", "local", {"host": "x"}, 1, "host", "option.unknown"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(
    project: Project, name: str, kind: str, options: dict, slots: int, where: str, code: str
) -> None:
    before = project.paths.settings.read_bytes()
    with pytest.raises(WorkbenchError) as refusal:
        add_target(project, name, kind, options, slots=slots)
    assert (refusal.value.where, refusal.value.code) == (where, code)
    assert project.paths.settings.read_bytes() == before


def test_a_wrong_edit_leaves_the_file(project: Project) -> None:
    add_target(project, "well", "cave", HOST)
    before = project.paths.settings.read_bytes()
    for change in ({"host": None}, {"port": 70000}):
        with pytest.raises(BadInput):
            edit_target(project, "well", change)
    with pytest.raises(NotFound):
        edit_target(project, "none", {})
    with pytest.raises(BadInput) as refusal:
        edit_target(project, "local", {})
    assert refusal.value.code == "target.local"
    assert project.paths.settings.read_bytes() == before


def test_a_target_in_use_is_not_removed(project: Project) -> None:
    add_target(project, "well", "cave", HOST)
    job = queue(project, work_spec(), target="well")
    with pytest.raises(Conflict) as refusal:
        remove_target(project, "well")
    assert (refusal.value.code, refusal.value.why) == ("target.busy", "1 of its jobs has not ended")
    project.store.append(JobEnded(id=job.id, state="failed"))
    project.store.append(
        DeploymentCreated(
            id="01J9ZZZZZZZZZZZZZZZZZZZZZZ", name="up", target="well", model="m", version="v"
        )
    )
    with pytest.raises(Conflict, match="deployments are up there: up"):
        remove_target(project, "well")
    with pytest.raises(BadInput):
        remove_target(project, "local")
    with pytest.raises(NotFound):
        remove_target(project, "none")
    assert [row.name for row in list_targets(project)] == ["local", "well"]


def test_a_value_that_no_toml_could_carry_as_it_is_comes_back_the_same(project: Project) -> None:
    value = 'a"b\\c\n\x1b[31m é ‮'
    add_target(project, "odd", "cave", {"host": value})
    assert get_target(open_project(project.root, via="test"), "odd").options["host"] == value
