"""Fifty jobs must not each wait for a dead host."""

import pytest

from plugins.compute.ssh.breaker import LONGEST_PAUSE, Breaker
from workbench.errors import TargetError, TargetRefused


def refusal(breaker: Breaker) -> TargetError | None:
    try:
        breaker.check()
    except TargetError as error:
        return error
    return None


def test_pauses_grow_to_a_limit_and_end_with_success() -> None:
    now = 0.0
    breaker = Breaker(lambda: now)
    breaker.check()
    pauses = []
    for _ in range(8):
        breaker.failed(TargetError("gone", why="cut", fix="wait", code="target.refused"))
        began = now
        while (error := refusal(breaker)) is not None:
            assert (error.code, error.why, error.fix) == ("target.refused", "cut", "wait")
            now += 0.5
        pauses.append(now - began)
    assert pauses == [1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]
    breaker.worked()
    breaker.check()
    breaker.failed(TargetError("gone"))
    assert refusal(breaker) is not None
    now += 1
    assert refusal(breaker) is None


@pytest.mark.parametrize("kind", [TargetError, TargetRefused])
def test_what_only_a_person_mends_stays_that(kind: type[TargetError]) -> None:
    breaker = Breaker(lambda: 0.0)
    breaker.failed(kind("no"))
    assert type(refusal(breaker)) is kind
