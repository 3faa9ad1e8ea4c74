import math

import pytest

from workbench.errors import BadInput
from workbench.training.guardrails import bound_words, holds, parse_guardrail
from workbench.training.work import Guardrail


def test_a_guardrail_is_read() -> None:
    assert parse_guardrail(" recall=0.6") == Guardrail(metric="recall", threshold=0.6)


@pytest.mark.parametrize(
    "text", ["recall", "recall=", "recall=much", "recall=nan", "recall>=0.6", ""]
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_guardrail(text)
    assert caught.value.code == "experiment.guardrail"
    assert "recall=0.6" in caught.value.why


def test_bounds_go_by_the_direction() -> None:
    assert bound_words("recall", 0.6) == "recall ≥ 0.6"
    assert bound_words("log_loss", 0.4) == "log_loss ≤ 0.4"
    assert holds("recall", 0.6, 0.6)
    assert not holds("recall", 0.6, 0.5)
    assert holds("log_loss", 0.4, 0.4)
    assert not holds("log_loss", 0.4, 0.5)
    assert not holds("recall", 0.6, math.nan)
    assert not holds("log_loss", 0.4, math.nan)
