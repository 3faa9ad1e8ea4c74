"""The overview, against what was written."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from workbench.project.overview import overview
from workbench.project.project import Project, init_project
from workbench.records.deployments import DeploymentChanged
from workbench.records.runs import RunEnded

sys.path.insert(0, str(Path(__file__).parents[2] / "screens"))

from seed import seed


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """See tests/screens/seed.py: seven runs, one in each state; one model, live in production."""
    return seed(tmp_path / "flights")


def test_an_empty_project_has_nothing_and_is_well(tmp_path: Path) -> None:
    found = overview(init_project(tmp_path / "p"))
    assert found.health == "ok"
    assert (found.running, found.attention, found.acts) == ((), (), ())
    assert (found.counts.rows, found.counts.runs, found.counts.live) == (0, {}, 0)


def test_counts(project: Project) -> None:
    counts = overview(project).counts
    assert (counts.datasets, counts.dataset_versions, counts.rows) == (1, 2, 26483 + 28327)
    assert counts.runs == {
        "cancelled": 1,
        "failed": 1,
        "lost": 1,
        "queued": 1,
        "running": 1,
        "succeeded": 2,
    }
    assert (counts.models, counts.model_versions) == (1, 1)
    assert (counts.deployments, counts.live, counts.unserved) == ({"healthy": 1}, 1, 0)


def test_what_runs_comes_before_what_waits(project: Project) -> None:
    assert [(job.reference, job.state) for job in overview(project).running] == [
        ("j_6", "running"),
        ("j_7", "queued"),
        ("j_4", "lost"),
    ]


def test_a_failed_run_is_told_until_a_later_one_succeeds(project: Project) -> None:
    assert [item.reference for item in overview(project).attention] == ["r_4"]
    run = project.store.one("SELECT id FROM runs WHERE number = 6")
    assert run is not None
    project.store.append(RunEnded(id=run["id"], state="failed", error="out of memory"))
    assert {item.reference: item.why for item in overview(project).attention} == {
        "r_4": "",
        "r_6": "out of memory",
    }
    queued = project.store.one("SELECT id FROM runs WHERE number = 7")
    assert queued is not None
    project.store.append(RunEnded(id=queued["id"], state="succeeded"))
    assert overview(project).attention == ()


def test_a_deployment_that_is_down_takes_the_health_along(project: Project) -> None:
    row = project.store.one("SELECT id FROM deployments")
    assert row is not None
    project.store.append(DeploymentChanged(id=row["id"], state="degraded", reason="slow"))
    assert overview(project).health == "attention"
    project.store.append(
        DeploymentChanged(id=row["id"], state="failed", reason="the port is taken")
    )
    found = overview(project)
    assert found.health == "down"
    assert found.attention[0].why == "the port is taken"
    assert (found.counts.live, found.counts.unserved) == (0, 1)


def test_the_newest_acts_come_first_with_who(project: Project) -> None:
    acts = overview(project).acts
    assert [(act.verb, act.reference) for act in acts[:3]] == [
        ("deployed", "eta"),
        ("promoted", "delay@1"),
        ("registered", "delay@1"),
    ]
    assert {act.who for act in acts} == {"ada"}
    assert [act.at for act in acts] == sorted((act.at for act in acts), reverse=True)
