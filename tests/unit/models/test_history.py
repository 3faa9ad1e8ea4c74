"""What counted when: a history of some days, its answers by hand, and against a slow oracle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import BadInput, NotFound
from workbench.models import promotion, registry
from workbench.models.history import counted_at, history_at
from workbench.models.moments import When, read_when
from workbench.models.promotion import Promotion
from workbench.project.project import Project
from workbench.records.models import GateOutcome

NOW = datetime(2026, 11, 28, tzinfo=UTC)
GATE = GateOutcome(gate="threshold", outcome="pass", what="auc", measured=0.9, required=0.8)


def made(
    number: int,
    at: datetime,
    until: datetime | None = None,
    *,
    environment: str = "production",
    serving: datetime | None = None,
    restores: str | None = None,
    gates: Sequence[GateOutcome] = (),
) -> Promotion:
    return Promotion(
        id=f"{environment}{at:%d%H%M%S}",
        seq=0,
        model="delay",
        version=f"v{number}",
        number=number,
        environment=environment,
        action="rollback" if restores else "promote",
        previous=None,
        restores=restores,
        reason="",
        gates=tuple(gates),
        promoted_at=at,
        promoted_by="ada",
        until=until,
        serving_since=serving,
        served_by=None,
        serving=(),
        status="replaced" if until else "live",
    )


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 10, day, hour, tzinfo=UTC)


FIRST = made(1, at(1), at(3), serving=at(1, 13), gates=[GATE])
SECOND = made(2, at(3), at(3, 20))
BACK = made(1, at(3, 20), None, restores=FIRST.id, serving=at(4, 1))
HISTORY = [BACK, SECOND, FIRST, made(7, at(2), environment="dev")]


def told(text: str) -> dict[str, list[tuple[int, bool]]]:
    found = counted_at(HISTORY, read_when(text, NOW), ("dev", "staging", "production"))
    return {
        then.environment: [(c.promotion.number, c.live) for c in then.counted] for then in found
    }


def test_the_answer_of_a_day_names_all_that_counted_on_it() -> None:
    assert told("3 October 2026") == {
        "production": [(1, True), (2, False), (1, False)],
        "staging": [],
        "dev": [(7, False)],
    }
    assert told("2026-09-30") == {"production": [], "staging": [], "dev": []}
    assert list(told("now")) == ["production", "staging", "dev"]  # the gravest first


def test_the_answer_of_a_moment_is_one_version() -> None:
    assert told("2026-10-01 12:00")["production"] == [(1, False)]  # nobody answered with it yet
    assert told("2026-10-01 13:00")["production"] == [(1, True)]
    assert told("2026-10-03 11:59:59")["production"] == [(1, True)]
    assert told("2026-10-03 12:00")["production"] == [(2, False)]
    assert told("2026-10-03 14:00 +02:00")["production"] == [(2, False)]
    assert told("now")["production"] == [(1, True)]


def test_a_rollback_has_the_gates_of_what_it_brought_back() -> None:
    (then, *_) = counted_at(HISTORY, read_when("now", NOW), ("production",))
    assert then.counted[0].gates == (GATE,)


def test_an_environment_that_is_no_longer_set_comes_last() -> None:
    found = counted_at(HISTORY, read_when("now", NOW), ("staging", "production"))
    assert [then.environment for then in found] == ["production", "staging", "dev"]


@given(
    st.lists(st.integers(1, 20_000), min_size=1, max_size=8, unique=True),
    st.integers(0, 20_000),
)
def test_a_moment_meets_the_last_promotion_before_it(minutes: list[int], asked: int) -> None:
    """The oracle: walk the promotions in order and keep the last that is not later."""
    begin = datetime(2026, 10, 1, tzinfo=UTC)
    times = [begin + timedelta(minutes=m) for m in sorted(minutes)]
    ends = [*times[1:], None]
    entries = [made(n, t, u) for n, (t, u) in enumerate(zip(times, ends, strict=True))]
    moment = begin + timedelta(minutes=asked)
    expected = [n for n, t in enumerate(times) if t <= moment][-1:]
    when = When(asked="", start=moment, end=moment)
    (then,) = counted_at(entries[::-1], when, ())
    assert [c.promotion.number for c in then.counted] == expected


def test_from_the_records(project: Project, make_run: Callable[..., str]) -> None:
    for seed in (1, 2):
        registry.register(project, make_run(seed=seed, roc_auc=0.8), "delay")
    first = promotion.promote(project, "delay@1", "staging", "a")
    promotion.promote(project, "delay@2", "staging", "b")
    found = history_at(project, "delay", first.promoted_at.isoformat())
    assert [then.environment for then in found.environments] == ["production", "staging", "dev"]
    (counted,) = found.environments[1].counted
    assert (counted.promotion.id, counted.run, counted.dataset) == (first.id, "r_1", "flights@1")
    assert [gate.outcome for gate in counted.gates] == ["pass"]
    only = history_at(project, "delay", "now", "staging")
    assert [c.promotion.number for then in only.environments for c in then.counted] == [2]
    assert history_at(project, "delay", "2020-01-01").environments[1].counted == ()


def test_refusals(project: Project, make_run: Callable[..., str]) -> None:
    registry.register(project, make_run(), "delay")
    with pytest.raises(BadInput) as refusal:
        history_at(project, "delay", "2100-01-01")
    assert refusal.value.code == "moment.future"
    with pytest.raises(NotFound, match="no model other"):
        history_at(project, "other", "now")
    with pytest.raises(NotFound, match="no environment mars"):
        history_at(project, "delay", "now", "mars")
