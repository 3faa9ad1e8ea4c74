"""What needs attention, in which order, and when it goes; against what was written."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from workbench.project import attention
from workbench.project.attention import ARRIVED, FAILED
from workbench.project.overview import overview
from workbench.project.project import Project
from workbench.records.data import Column, DatasetVersionAdded, Origin
from workbench.records.deployments import DeploymentChanged
from workbench.records.jobs import JobEnded, JobQueued
from workbench.records.models import ModelVersionRegistered, PromotionMade
from workbench.records.runs import RunCreated, RunFacts

sys.path.insert(0, str(Path(__file__).parents[2] / "screens"))

from seed import SIGNATURE, seed


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """See tests/screens/seed.py: r_4 is lost, everything else is well."""
    return seed(tmp_path / "flights")


def told(project: Project, since: datetime | None = None) -> list[str]:
    return [f"{item.state} {item.what}" for item in overview(project, since).attention]


def version(project: Project, number: int, rows: int, *columns: tuple[str, str]) -> None:
    project.store.append(
        DatasetVersionAdded(
            id=f"01K9{number:022}",
            dataset="flights",
            number=number,
            object="0" * 64,
            content="c1:" + "0" * 64,
            rows=rows,
            bytes=9,
            columns=tuple(Column(*column) for column in columns),
            origin=Origin(source="csv", place="x.csv"),
        )
    )


def register(project: Project, number: int, note: str = "") -> None:
    run = project.store.one("SELECT id FROM runs WHERE number = 1")
    assert run is not None
    project.store.append(
        ModelVersionRegistered(
            id=f"01K8{number:022}",
            model="delay",
            number=number,
            run=run["id"],
            object="0" * 64,
            content="m1:" + "0" * 64,
            format="skops",
            bytes=9,
            signature=SIGNATURE,
            note=note,
        )
    )


def test_the_gravest_comes_first(project: Project) -> None:
    register(project, 2, "sees the weather too")
    version(project, 3, 28000, ("origin", "String"), ("dep_delay", "String"))
    row = project.store.one("SELECT id FROM deployments")
    assert row is not None
    project.store.append(
        DeploymentChanged(id=row["id"], state="failed", reason="the port is taken")
    )
    assert told(project, datetime(2020, 1, 1, tzinfo=UTC)) == [
        "failed deployment eta is failed",
        "lost run r_4 of late is lost",
        "waiting delay@2 waits for a decision",
        "changed flights@3 differs gravely from @2",
        "arrived run r_3 of late has succeeded",
        "arrived run r_1 of late has succeeded",
    ]


def test_a_version_waits_until_there_is_a_decision_after_it(project: Project) -> None:
    register(project, 2, "sees the weather too")
    [waiting] = [item for item in overview(project).attention if item.state == "waiting"]
    assert waiting.why == "sees the weather too; p promotes it"
    assert (waiting.noun, waiting.reference, waiting.grave) == ("model", "delay@2", False)
    register(project, 3)
    assert "waiting delay@3 waits for a decision" in told(project)
    assert "waiting delay@2 waits for a decision" not in told(project)  # the newest stands for all
    project.store.append(
        PromotionMade(
            id="01K6" + "0" * 22,
            model="delay",
            version=f"01K8{3:022}",
            number=3,
            environment="dev",
            action="promote",
            reason="to see it",
        )
    )
    assert not any(line.startswith("waiting") for line in told(project))


def test_news_that_is_no_trouble_does_not_make_the_project_ill(project: Project) -> None:
    version(project, 3, 28000, ("origin", "String"))
    assert overview(project).health == "attention"  # r_4 is lost
    run = project.store.one("SELECT id FROM runs WHERE number = 7")
    assert run is not None
    from workbench.records.runs import RunEnded

    project.store.append(RunEnded(id=run["id"], state="succeeded"))
    found = overview(project)
    assert [item.state for item in found.attention] == ["changed"]
    assert found.health == "ok"


def test_results_arrive_only_for_who_was_here_before(project: Project) -> None:
    assert not any("has succeeded" in line for line in told(project))
    ended = project.store.one("SELECT max(ended_at) AS at FROM runs WHERE state = 'succeeded'")
    assert ended is not None
    assert not any("has succeeded" in line for line in told(project, ended["at"]))
    before = told(project, ended["at"] - timedelta(microseconds=1))
    assert [line for line in before if "has succeeded" in line] == [
        "arrived run r_3 of late has succeeded"
    ]


O = ("origin", "String")  # noqa: E741  # two columns, as short as a table wants them
D = ("delay", "Int64")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((100, O, D), (199, O, D), None),
        ((100, O, D), (200, O, D), ("", "200 rows, were 100")),
        ((100, O, D), (1000, O, D), ("gravely ", "1,000 rows, were 100")),
        ((1000, O, D), (100, O, D), ("gravely ", "100 rows, were 1,000")),
        ((9, O, D), (9, O), ("gravely ", "delay is gone")),
        ((9, O), (9, O, D), None),  # a new one is low
        ((9, O, D), (9, O, ("delay", "Float64")), ("", "delay is Float64, was Int64")),
        ((9, O, D), (9, O, ("delay", "String")), ("gravely ", "delay is String, was Int64")),
    ],
)
def test_shapes(before: Any, after: Any, expected: tuple[str, str] | None) -> None:
    from msgspec.json import encode

    def row(number: int, rows: int, *columns: tuple[str, str]) -> dict[str, Any]:
        return {
            "dataset": "d",
            "number": number,
            "rows": rows,
            "columns": encode([{"name": name, "type": kind} for name, kind in columns]).decode(),
            "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        }

    found = list(attention.changed_shapes([row(1, *before), row(2, *after)]))
    assert [(item.what, item.why) for item in found] == (
        [(f"d@2 differs {expected[0]}from @1", expected[1])] if expected else []
    )
    other = row(2, *after) | {"dataset": "e"}
    assert list(attention.changed_shapes([row(1, *before), other])) == []  # not the same dataset


class Usage(NamedTuple):
    free: int


def test_a_full_disk_is_told_with_its_rank(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for free, state in ((2**30, "low"), (2**20, "full")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: Usage(free))
        first = overview(project).attention[0]
        assert (first.state, first.noun, first.grave) == (state, "space", True)
        assert first.what == f"{free // 2**20:,} MiB are left on the disk"
        assert str(project.root) in first.why

    def gone(_path: Path) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(shutil, "disk_usage", gone)
    assert told(project) == ["lost run r_4 of late is lost"]


def test_its_key_changes_when_something_new_happens(project: Project) -> None:
    row = project.store.one("SELECT id FROM deployments")
    assert row is not None
    keys = set()
    for reason in ("slow", "slower"):
        project.store.append(DeploymentChanged(id=row["id"], state="degraded", reason=reason))
        keys.add(overview(project).attention[0].key)
    assert len(keys) == 2


def test_jobs_that_ended_while_one_was_away_are_told_with_their_target(project: Project) -> None:
    for number, state in ((70, "succeeded"), (71, "failed"), (72, "cancelled"), (73, "succeeded")):
        made = f"01K9{number:022}"
        project.store.append(
            JobQueued(
                id=made, number=number, kind_of_work="score", target="gpu", spec="0" * 64,
                title=f"score {number}",
            )
        )  # fmt: skip
        if number == 73:
            project.store.append(
                RunCreated(
                    id=f"01K7{number:022}", number=number, job=made, experiment="late",
                    problem="0" * 64, trainer="hgb", params={}, seed=0, dataset="flights@2",
                    dataset_version="0" * 26, target="gpu", facts=RunFacts(),
                )
            )  # fmt: skip
        reason = "exit status 3" if state == "failed" else ""
        project.store.append(JobEnded(id=made, state=state, reason=reason))
    since = datetime(2026, 1, 1, tzinfo=UTC)
    found = {
        item.reference: item for item in overview(project, since).attention if item.noun == "job"
    }
    assert set(found) == {"j_70", "j_71"}  # of the last, the run is told
    assert (found["j_70"].rank, found["j_70"].why) == (
        ARRIVED,
        "score 70, on gpu, while you were away",
    )
    assert (found["j_71"].rank, found["j_71"].state) == (FAILED, "failed")
    assert found["j_71"].why == "exit status 3, on gpu, while you were away"
    assert not [item for item in overview(project).attention if item.noun == "job"]
