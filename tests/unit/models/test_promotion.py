from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest

from workbench.errors import BadInput, Conflict, NotFound, Refused, StoreError
from workbench.models import promotion, registry
from workbench.project.project import Project, open_project
from workbench.records.deployments import (
    DeploymentChanged,
    DeploymentCreated,
    DeploymentServing,
)
from workbench.records.models import PromotionServed
from workbench.training.signature import Field

MakeRun = Callable[..., str]
SetGates = Callable[[str, list[dict[str, object]]], None]


@pytest.fixture
def three(project: Project, make_run: MakeRun) -> Project:
    for seed, auc in ((1, 0.78), (2, 0.81), (3, 0.9)):
        registry.register(project, make_run(seed=seed, roc_auc=auc, log_loss=1 - auc), "delay")
    return project


def now_in(project: Project, environment: str) -> str | None:
    entry = promotion.live(project, "delay").get(environment)
    return entry.reference if entry else None


def test_promote_and_roll_back(three: Project) -> None:
    for number in (1, 2, 3):
        made = promotion.promote(three, f"delay@{number}", "staging", f"try {number}")
        assert (made.reference, made.action, made.status) == (
            f"delay@{number}",
            "promote",
            "promoted, not served",
        )
        assert [gate.outcome for gate in made.gates] == ["pass"]
    assert promotion.rollback_target(three, "delay", "staging").reference == "delay@2"
    assert promotion.rollback(three, "delay", "staging", "slow").reference == "delay@2"
    back = promotion.rollback(three, "delay", "staging", "slower")
    assert (back.reference, back.action, back.gates) == ("delay@1", "rollback", ())
    with pytest.raises(Refused) as refusal:
        promotion.rollback(three, "delay", "staging", "once more")
    assert refusal.value.code == "promotion.no_predecessor"
    entries = promotion.history(three, "delay", "staging")
    assert [(e.action, e.number) for e in entries] == [
        ("rollback", 1),
        ("rollback", 2),
        ("promote", 3),
        ("promote", 2),
        ("promote", 1),
    ]
    assert [e.previous for e in entries[:-1]] == [e.id for e in entries[1:]]
    assert [e.until for e in entries[1:]] == [e.promoted_at for e in entries[:-1]]
    assert entries[0].until is None
    assert {e.reason for e in entries} == {"try 1", "try 2", "try 3", "slow", "slower"}
    assert now_in(three, "dev") is None


def test_environments_do_not_touch_each_other(three: Project) -> None:
    promotion.promote(three, "delay@1", "dev", "a")
    promotion.promote(three, "delay@2", "staging", "b")
    assert (now_in(three, "dev"), now_in(three, "staging")) == ("delay@1", "delay@2")
    with pytest.raises(Refused):
        promotion.rollback(three, "delay", "dev", "c")
    assert len(promotion.history(three, "delay")) == 2


def test_a_failing_gate_refuses_and_stores_nothing(three: Project, make_run: MakeRun) -> None:
    registry.register(three, make_run(seed=9, roc_auc=0.6), "delay")
    seq = three.store.changed()
    with pytest.raises(Refused, match="does not pass the gates") as refusal:
        promotion.promote(three, "delay@4", "staging", "hope")
    assert (refusal.value.code, refusal.value.exit_status) == ("promotion.gates", 3)
    assert "0.6 misses at least 0.75" in refusal.value.why
    assert three.store.changed() == seq
    assert promotion.promote(three, "delay@4", "dev", "dev has no gates").gates == ()


def test_worse_than_live_is_a_warning_with_both_numbers(three: Project) -> None:
    promotion.promote(three, "delay@3", "staging", "best")
    evidence = promotion.gates(three, "delay@2", "staging")
    (gate,) = evidence.gates
    assert (gate.outcome, gate.measured, gate.required) == ("warn", 0.81, 0.75)
    assert gate.why == "0.81 reaches at least 0.75; worse than delay@3 with 0.9"
    made = promotion.promote(three, "delay@2", "staging", "safer")
    assert made.gates == evidence.gates


def test_gates_read_and_write_nothing(three: Project) -> None:
    before = three.store.changed()
    promotion.gates(three, "delay@1", "production")
    assert three.store.changed() == before


def test_evidence(three: Project, make_run: MakeRun) -> None:
    promotion.promote(three, "delay@1", "staging", "first")
    wider = msgspec.structs.replace(
        registry.get_version(three, "delay@1").signature,
        inputs=(Field(name="distance", type="int", required=True), Field(name="hour", type="int")),
    )
    registry.register(three, make_run(seed=7, roc_auc=0.8, log_loss=0.3, signature=wider), "delay")
    card = promotion.gates(three, "delay@4", "staging")
    assert (card.reference, card.live_reference, card.outcome) == ("delay@4", "delay@1", "pass")
    lines = {line.name: line for line in card.metrics}
    assert list(lines) == ["roc_auc", "log_loss"]
    assert (lines["roc_auc"].candidate, lines["roc_auc"].live) == (0.8, 0.78)
    assert lines["roc_auc"].better
    assert lines["roc_auc"].threshold == 0.75
    assert lines["log_loss"].difference == pytest.approx(0.08)
    assert lines["log_loss"].better is False
    assert {(c.column, c.change) for c in card.signature_changes} == {
        ("distance", "retyped"),
        ("distance", "required"),
        ("hour", "added"),
        ("carrier", "removed"),
    }
    assert card.same_data
    assert card.file.safe
    assert card.file.unknown_types == ()
    assert card.lineage.trainer == "linear"


def test_production_asks_for_the_name(three: Project) -> None:
    for typed in ("", "delay@1", "yes", "Delay"):
        with pytest.raises(Refused) as refusal:
            promotion.promote(three, "delay@2", "production", "go", confirmed=typed)
        assert refusal.value.code == "promotion.confirm"
    made = promotion.promote(three, "delay@2", "production", "go", confirmed="delay@2")
    assert made.environment == "production"
    assert promotion.promote(three, "delay@3", "production", "go", confirmed="delay").number == 3


def test_the_same_version_twice_is_a_conflict(three: Project) -> None:
    promotion.promote(three, "delay@1", "dev", "go")
    with pytest.raises(Conflict, match="promoted to dev already"):
        promotion.promote(three, "delay@1", "dev", "again")


def test_what_changed_since_it_was_seen_is_a_conflict(three: Project) -> None:
    seen = promotion.gates(three, "delay@2", "dev").current
    promotion.promote(three, "delay@1", "dev", "somebody else")
    with pytest.raises(Conflict) as refusal:
        promotion.promote(three, "delay@2", "dev", "me", seen=seen)
    assert refusal.value.code == "promotion.changed"
    promotion.promote(three, "delay@2", "dev", "me")
    seen = promotion.gates(three, "delay@3", "dev").current
    promotion.promote(three, "delay@3", "dev", "somebody else")
    with pytest.raises(Conflict):
        promotion.rollback(three, "delay", "dev", "me", seen=seen)
    assert now_in(three, "dev") == "delay@3"


def test_of_many_that_promote_what_they_saw_one_wins(three: Project) -> None:
    """Threads with stores of their own, all having seen the same state."""
    seen = promotion.gates(three, "delay@1", "dev").current
    outcomes: list[str] = []
    gate = threading.Barrier(6)

    def act(number: int) -> None:
        mine = open_project(three.root, via="test")
        gate.wait()
        try:
            promotion.promote(mine, f"delay@{number % 3 + 1}", "dev", "me first", seen=seen)
            outcomes.append("made")
        except Conflict as conflict:
            outcomes.append(conflict.code)

    threads = [threading.Thread(target=act, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["made"] + ["promotion.changed"] * 5
    assert len(promotion.history(three, "delay", "dev")) == 1


def test_a_reason_is_required(three: Project) -> None:
    for reason in ("", "  \n"):
        with pytest.raises(BadInput, match="reason is required"):
            promotion.promote(three, "delay@1", "dev", reason)
        with pytest.raises(BadInput, match="reason is required"):
            promotion.rollback(three, "delay", "dev", reason)
    with pytest.raises(BadInput, match="too long"):
        promotion.promote(three, "delay@1", "dev", "x" * 2001)


def test_what_is_not_there_is_said(three: Project) -> None:
    with pytest.raises(NotFound, match="no environment mars"):
        promotion.promote(three, "delay@1", "mars", "go")
    with pytest.raises(NotFound, match="no environment mars"):
        promotion.rollback(three, "delay", "mars", "go")
    with pytest.raises(NotFound, match="no model other"):
        promotion.rollback(three, "other", "dev", "go")
    with pytest.raises(NotFound, match="no model other"):
        promotion.history(three, "other")
    with pytest.raises(NotFound, match="no environment mars"):
        promotion.history(three, "delay", "mars")


def test_a_damaged_file_is_not_promoted(three: Project) -> None:
    version = registry.get_version(three, "delay@1")
    path = three.store.objects.path(version.object)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(StoreError, match="not what was stored"):
        promotion.promote(three, "delay@1", "dev", "go")


@pytest.mark.parametrize(
    ("gates", "code"),
    [
        ([{"gate": "no_such"}], "gate.unknown"),
        ([{"gate": "threshold", "colour": "red"}], "option.unknown"),
        ([{"gate": "threshold", "limit": "high"}], "option.value"),
    ],
)
def test_a_gate_that_cannot_be_asked_lets_nothing_through(
    gates: list[dict[str, object]], code: str, three: Project, set_gates: SetGates
) -> None:
    set_gates("staging", gates)
    for act in (
        lambda: promotion.gates(three, "delay@1", "staging"),
        lambda: promotion.promote(three, "delay@1", "staging", "go"),
    ):
        with pytest.raises((Refused, BadInput)) as refusal:
            act()
        assert refusal.value.code == code
        assert "environments.staging.gates" in refusal.value.where
    assert promotion.history(three, "delay") == []


def test_gate_options_from_the_settings(three: Project, set_gates: SetGates) -> None:
    set_gates(
        "staging",
        [
            {"gate": "threshold", "limit": 0.95},
            {"gate": "threshold", "metric": "log_loss", "limit": 1},
        ],
    )
    card = promotion.gates(three, "delay@3", "staging")
    assert [gate.outcome for gate in card.gates] == ["fail", "pass"]
    assert card.outcome == "fail"


def test_live_means_promoted_and_serving(three: Project) -> None:
    made = promotion.promote(three, "delay@1", "dev", "go")
    deployment = "01J0000000000000000000DEP1"
    since = datetime(2026, 11, 1, 12, tzinfo=UTC)
    version = registry.get_version(three, "delay@1").id
    three.store.append(
        DeploymentCreated(
            id=deployment, name="api", target="local", model="delay", environment="dev"
        )
    )
    assert promotion.live(three, "delay")["dev"].status == "promoted, not served"
    three.store.append(
        DeploymentChanged(id=deployment, state="healthy"),
        DeploymentServing(id=deployment, version=version, since=since),
        PromotionServed(promotion=made.id, deployment=deployment, since=since),
    )
    now = promotion.live(three, "delay")["dev"]
    assert (now.status, now.serving, now.serving_since) == ("live", ("api",), since)
    assert registry.list_models(three)[0].live == ("dev",)
    promotion.promote(three, "delay@2", "dev", "go on")
    assert promotion.live(three, "delay")["dev"].status == "promoted, not served"
    assert [e.status for e in promotion.history(three, "delay")] == [
        "promoted, not served",
        "replaced",
    ]
    three.store.append(DeploymentChanged(id=deployment, state="stopped"))
    promotion.rollback(three, "delay", "dev", "back")
    assert promotion.live(three, "delay")["dev"].status == "promoted, not served"
