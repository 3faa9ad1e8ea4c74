"""Tags, archive and deletion: what they change, what they refuse, and that all can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from shelf import created

from workbench.errors import BadInput, Conflict, NotFound
from workbench.experiments import keeping
from workbench.experiments.keeping import archive, delete, restore, tag, unarchive, untag
from workbench.experiments.runs import Run, get_run, list_runs
from workbench.models.registry import register
from workbench.project.overview import overview
from workbench.project.project import Project
from workbench.records.models import ModelVersionRegistered
from workbench.records.runs import RunEnded

Queue = Callable[..., Run]


def references(project: Project, filter_text: str = "") -> list[str]:
    return [run.reference for run in list_runs(project, filter_text=filter_text)]


def end(project: Project, *runs: Run) -> None:
    project.store.append(*(RunEnded(id=run.id, state="failed", error="no") for run in runs))


def test_tags_come_and_go(project: Project, queued: Queue) -> None:
    for _ in range(3):
        queued()
    assert tag(project, ["r_3", "r_1"], "keep").runs == ("r_1", "r_3")
    assert tag(project, ["r_1", "r_2"], "keep").runs == ("r_2",)  # r_1 has it
    before = project.store.changed()
    assert tag(project, ["r_1"], "keep").runs == ()
    assert project.store.changed() == before  # nothing to write
    tag(project, ["r_1"], "alpha")
    assert get_run(project, "r_1").tags == ("alpha", "keep")
    assert references(project, "tag:keep -tag:alpha") == ["r_3", "r_2"]
    assert untag(project, ["r_1", "r_3"], "keep").runs == ("r_1", "r_3")
    assert references(project, "tag:keep") == ["r_2"]
    with pytest.raises(NotFound) as caught:
        untag(project, ["r_1"], "keep")
    assert caught.value.code == "run.tag"


def test_the_archive_is_out_of_sight_and_back(project: Project, queued: Queue) -> None:
    queued(), queued()
    assert archive(project, ["r_1"]).runs == ("r_1",)
    assert archive(project, ["r_1"]).runs == ()
    assert references(project) == ["r_2"]
    assert references(project, "archived:yes") == ["r_1"]
    assert get_run(project, "r_1").archived  # by name it is there
    assert unarchive(project, ["r_1", "r_2"]).runs == ("r_1",)
    assert references(project) == ["r_2", "r_1"]


def test_a_deleted_run_is_nowhere_and_its_number_stays_taken(
    project: Project, queued: Queue
) -> None:
    first, second = queued(), queued()
    end(project, first, second)
    assert delete(project, ["r_2"]).runs == ("r_2",)
    assert references(project, "archived:all") == ["r_1"]
    for ask in (
        lambda: get_run(project, "r_2"),
        lambda: get_run(project, second.id),
        lambda: delete(project, ["r_2"]),
        lambda: tag(project, ["r_2"], "x"),
        lambda: register(project, "r_2", "delay"),
    ):
        with pytest.raises(NotFound):
            ask()
    assert overview(project).counts.runs == {"failed": 1}
    assert project.store.counts()["runs"] == 1
    assert queued().reference == "r_3"
    # The newest number is not given again either.
    end(project, get_run(project, "r_3"))
    delete(project, ["r_3"])
    assert queued().reference == "r_4"
    # The journal has it all.
    assert restore(project, ["r_2", "r_3"]).runs == ("r_2", "r_3")
    assert restore(project, ["r_2"]).runs == ()
    assert get_run(project, "r_2").error == "no"


def test_what_runs_and_what_a_model_is_made_from_stays(project: Project, queued: Queue) -> None:
    first, second = queued(), queued()
    end(project, first)
    with pytest.raises(
        Conflict, match=r"r_2 cannot be deleted.*it is queued.*run cancel r_2"
    ) as on:
        delete(project, ["r_1", "r_2"])
    assert on.value.code == "run.delete_open"
    end(project, second)
    project.store.append(_version(first, 1), _version(first, 2))
    with pytest.raises(Conflict, match=r"delay@1, delay@2 was made from.*run archive r_1") as made:
        delete(project, ["r_2", "r_1"])
    assert made.value.code == "run.delete_model"
    assert references(project) == ["r_2", "r_1"]  # all or none


def _version(run: Run, number: int) -> ModelVersionRegistered:
    return ModelVersionRegistered(
        id=f"01K3{number:022}", model="delay", number=number, run=run.id, object="0" * 64,
        content="m1:" + "0" * 64, format="skops", bytes=1, signature="{}",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("act", "kind", "code"),
    [
        (lambda p: archive(p, ["r_9"]), NotFound, "run.none"),
        (lambda p: archive(p, ["../r_1"]), NotFound, "run.none"),
        (lambda p: tag(p, ["r_1"], "Not a tag"), BadInput, "name"),
        (lambda p: tag(p, ["r_1"], "\x1b[2J"), BadInput, "name"),
        (lambda p: archive(p, ["r_1"] * (keeping.MOST + 1)), BadInput, "run.too_many"),
        (lambda p: archive(p, ["0000"]), NotFound, "run.ambiguous"),
    ],
)
def test_refusals_write_nothing(
    project: Project, queued: Queue, act: Callable[[Project], Any], kind: Any, code: str
) -> None:
    end(project, queued())
    if code == "run.ambiguous":
        row = project.store.one("SELECT * FROM runs")
        assert row is not None
        _twins(project)
    before = project.store.changed()
    with pytest.raises(kind) as caught:
        act(project)
    assert (caught.value.code, project.store.changed()) == (code, before)


def _twins(project: Project) -> None:
    for number in (10, 20):
        project.store.append(created(number, id=f"01K{number}" + "0" * 21))
