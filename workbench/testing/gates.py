"""What every gate must keep: subclass GateContract, override the fixture, run by pytest."""

from __future__ import annotations

import math
from dataclasses import replace

import msgspec
import pytest

from workbench.models.contract import Candidate, Gate, GateOutcome
from workbench.models.gates import OUTCOMES
from workbench.options import settle

CANDIDATE = Candidate(
    reference="delay@2",
    environment="production",
    metric="roc_auc",
    direction="maximize",
    threshold=0.75,
    metrics={"roc_auc": 0.81, "log_loss": 0.4},
    live_reference="delay@1",
    live_metrics={"roc_auc": 0.78, "log_loss": 0.5},
)


class GateContract:
    """The guarantees of `workbench.models.contract.Gate`. Override `gate`."""

    @pytest.fixture
    def gate(self) -> Gate:
        """The gate under test."""
        raise NotImplementedError("override the fixture gate")

    @pytest.fixture(
        params=["whole", "first", "no threshold", "no figures", "not a number", "other metric"]
    )
    def candidate(self, request: pytest.FixtureRequest) -> Candidate:
        """Candidates from the usual to those that lack what a gate would want."""
        return {
            "whole": CANDIDATE,
            "first": replace(CANDIDATE, live_reference=None, live_metrics=None),
            "no threshold": replace(CANDIDATE, threshold=None),
            "no figures": replace(CANDIDATE, metrics={}),
            "not a number": replace(CANDIDATE, metrics={"roc_auc": math.nan}),
            "other metric": replace(CANDIDATE, metric="unheard_of"),
        }[request.param]

    def judged(self, gate: Gate, candidate: Candidate) -> GateOutcome:
        """Return the gate's outcome with its default options."""
        return gate.judge(candidate, settle(gate.options, {}, owner=gate.name))

    def test_answers(self, gate: Gate, candidate: Candidate) -> None:
        """Pass, warn or fail, under its own name, saying what it looked at and why."""
        outcome = self.judged(gate, candidate)
        assert outcome.gate == gate.name
        assert outcome.outcome in OUTCOMES
        assert outcome.what
        assert outcome.outcome == "pass" or outcome.why

    def test_is_pure(self, gate: Gate, candidate: Candidate) -> None:
        """The same question, the same answer; the question is not changed."""
        before = repr(candidate)
        assert self.judged(gate, candidate) == self.judged(gate, candidate)
        assert repr(candidate) == before

    def test_can_be_recorded(self, gate: Gate, candidate: Candidate) -> None:
        """What it answers survives the journal, non-finite numbers too."""
        outcome = self.judged(gate, candidate)
        assert msgspec.json.decode(msgspec.json.encode(outcome), type=GateOutcome) == outcome

    def test_options_are_whole(self, gate: Gate) -> None:
        """Every option has help, and its default is one of its own values."""
        for option in gate.options:
            assert option.help
            assert option.check(option.default) == option.default
