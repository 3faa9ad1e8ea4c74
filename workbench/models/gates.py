"""The gates of an environment: named in workbench.toml, loaded by name, judged; when in doubt, no."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workbench.errors import NotFound, PluginError, Refused, WorkbenchError
from workbench.models.contract import Candidate, Gate, GateOutcome
from workbench.options import Value, settle
from workbench.plugins import load
from workbench.project.project import Project

OUTCOMES = ("pass", "warn", "fail")


@dataclass(frozen=True, slots=True)
class SetGate:
    """A gate as an environment has it: the plugin and the checked values of its options."""

    gate: Gate
    options: Mapping[str, Value]


def gates_of(project: Project, environment: str) -> tuple[SetGate, ...]:
    """Return the gates of an environment, in the order of workbench.toml.

    Raises NotFound for an environment that is not there; Refused for a gate that is not installed
    or does not load and BadInput for an option that it does not take: a gate that cannot be asked
    lets nothing through.
    """
    set_gates = []
    for entry in project.settings.environment(environment).gates:
        name = str(entry["gate"])
        where = f"{project.paths.settings}, environments.{environment}.gates"
        try:
            gate: Gate = load("gates", name)
        except (NotFound, PluginError) as error:
            raise Refused(
                f"The gate {name} of {environment} cannot be asked",
                where=where,
                why=error.why,
                fix="Correct its name, install what brings it, or take it out",
                code="gate.unknown",
            ) from error
        given = {key: value for key, value in entry.items() if key != "gate"}
        try:
            options = settle(gate.options, given, owner=f"the gate {name}")
        except WorkbenchError as error:
            error.where = f"{where}, {error.where}"
            raise
        set_gates.append(SetGate(gate, options))
    return tuple(set_gates)


def judge(gates: Iterable[SetGate], candidate: Candidate) -> tuple[GateOutcome, ...]:
    """Return each gate's outcome; one that breaks or answers something else has failed."""
    return tuple(_judge(item, candidate) for item in gates)


def _judge(item: SetGate, candidate: Candidate) -> GateOutcome:
    name = item.gate.name
    try:
        outcome = item.gate.judge(candidate, item.options)
    except Exception as error:  # noqa: BLE001  # a third party's gate may raise anything
        return GateOutcome(
            gate=name,
            outcome="fail",
            what=item.gate.title,
            why=f"the gate broke: {type(error).__name__}: {error}"[:300],
        )
    if not isinstance(outcome, GateOutcome) or outcome.outcome not in OUTCOMES:
        return GateOutcome(
            gate=name, outcome="fail", what=item.gate.title, why="the gate gave no outcome"
        )
    return outcome


def overall(outcomes: Iterable[GateOutcome]) -> str:
    """Return the worst of the outcomes: fail, warn or pass; pass when there is none."""
    return max((outcome.outcome for outcome in outcomes), key=OUTCOMES.index, default="pass")
