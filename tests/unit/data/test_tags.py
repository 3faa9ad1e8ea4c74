"""Tags: they name a version until they are moved, and two people cannot move one past each other."""

from pathlib import Path

import pytest

from workbench.data import datasets, tags
from workbench.data.query import query
from workbench.errors import BadInput, Conflict, NotFound
from workbench.project.project import Project
from workbench.records.data import DatasetTagged


@pytest.fixture
def two(project: Project, tmp_path: Path) -> Project:
    for dataset in ("t", "u"):
        for n in (1, 2):
            (tmp_path / "t.csv").write_text(f"a\n{n}\n")
            datasets.add(project, tmp_path / "t.csv", name=dataset)
    return project


def test_a_tag_names_a_version_until_it_is_moved(two: Project) -> None:
    done = tags.tag(two, "t@1", "gold")
    assert (done.version, done.before) == ("t@1", "")
    assert datasets.get_version(two, "t@gold").reference == "t@1"
    assert datasets.get_version(two, "t@1").tags == ("gold",)
    assert query(two, 'SELECT a FROM "t@gold"').rows == ((1,),)
    done = tags.tag(two, "t", "gold")
    assert (done.version, done.before) == ("t@2", "t@1")
    assert datasets.get_version(two, "t@gold").reference == "t@2"
    assert datasets.get_version(two, "t@1").tags == ()
    assert query(two, 'SELECT g.a, x.a FROM "t@gold" g, "t@1" x').rows == ((2, 1),)
    assert [version.tags for version in datasets.list_versions(two)] == [("gold",), (), (), ()]


def test_another_datasets_tag_is_its_own(two: Project) -> None:
    tags.tag(two, "t@1", "gold")
    tags.tag(two, "u@2", "gold")
    tags.tag(two, "t@1", "base")
    assert datasets.get_version(two, "t@1").tags == ("base", "gold")
    assert datasets.get_version(two, "u@gold").reference == "u@2"


def test_a_tag_can_be_taken_away_and_given_again(two: Project) -> None:
    tags.tag(two, "t@1", "gold")
    assert tags.untag(two, "t@gold", "gold").before == "t@1"
    with pytest.raises(NotFound) as refusal:
        datasets.get_version(two, "t@gold")
    assert refusal.value.why == "t has the versions 1, 2"
    with pytest.raises(NotFound, match="t@1 has no tag gold"):
        tags.untag(two, "t@1", "gold")
    tags.tag(two, "t@2", "gold")
    with pytest.raises(NotFound) as refusal:
        datasets.get_version(two, "t@silver")
    assert refusal.value.why == "t has the versions 1, 2 and the tags gold"


def test_the_same_again_writes_nothing(two: Project) -> None:
    tags.tag(two, "t@1", "gold")
    before = two.store.changed()
    assert tags.tag(two, "t@1", "gold").before == ""
    assert two.store.changed() == before


@pytest.mark.parametrize("name", ["latest", "3", "Gold", "", "a" * 64, "[/x]"])
def test_a_tag_is_a_name_and_no_number(two: Project, name: str) -> None:
    with pytest.raises(BadInput, match="cannot be the tag"):
        tags.tag(two, "t@1", name)


def somebody_else_first(project: Project, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """Have the tag moved to `version` between the look and the change of who moves it next."""
    asked = project.store.decide

    def decide(decision: object) -> object:
        monkeypatch.undo()
        project.store.append(DatasetTagged(dataset="t", name="gold", version=version))
        return asked(decision)  # type: ignore[arg-type]

    monkeypatch.setattr(project.store, "decide", decide)


def test_who_moves_it_first_wins(two: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = (datasets.get_version(two, ref).id for ref in ("t@1", "t@2"))
    somebody_else_first(two, monkeypatch, other)
    with pytest.raises(Conflict, match="has just been moved"):
        tags.tag(two, "t@1", "gold")
    assert datasets.get_version(two, "t@gold").id == other != one


def test_two_who_want_the_same_both_have_it(two: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    one = datasets.get_version(two, "t@1").id
    somebody_else_first(two, monkeypatch, one)
    done = tags.tag(two, "t@1", "gold")
    assert (done.version, done.before, done.changed) == ("t@1", "", False)
    assert datasets.get_version(two, "t@gold").id == one


def test_the_record_makes_its_row(two: Project) -> None:
    version = datasets.get_version(two, "t@1")
    two.store.append(DatasetTagged(dataset="t", name="gold", version=version.id))
    two.store.append(DatasetTagged(dataset="t", name="gold", version="", before=version.id))
    assert two.store.query("SELECT dataset, name, version_id FROM dataset_tags") == [
        {"dataset": "t", "name": "gold", "version_id": None}
    ]
