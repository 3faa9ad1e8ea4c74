"""Promotion and rollback: what will change, the gates, the reason; then the service is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from screens.modals.choose import Choose
from screens.modals.form import Values
from screens.models.card import columns_words, gate_text, short
from screens.models.cardfigures import metric_rows
from screens.models.deciding import Decide
from screens.models.laying import Fact, facts, hanging
from screens.models.listing import status_cell
from screens.models.loading import Loaded, Standing, VersionRow
from screens.models.reading import Asked
from screens.states import cell
from screens.text import Styled, said
from screens.widgets.detail import Section
from screens.widgets.fields import Field
from screens.widgets.source import Cell, Column
from workbench.errors import BadInput, WorkbenchError
from workbench.models.evidence import Evidence
from workbench.models.promotion import Promotion, promote, rollback

if TYPE_CHECKING:
    from workbench.project.project import Project

WHY = "WHY"
"""Stands in the command as long as no reason was typed."""
METRICS = 4
"""How many figures the card of a promotion shows; all are on the version's own card."""


def which_environment(loaded: Loaded, row: VersionRow, asked: Asked) -> Choose:
    """Ask where to, with what is there now and what the gates say."""
    standing = loaded.standing.get(row.model, {})
    more: dict[str, tuple[Cell, ...]] = {}
    for environment, found in asked.items():
        there = standing.get(environment)
        now: Cell = "nothing yet"
        if there is not None:
            state = status_cell(there.now.status)
            now = Styled(f"{there.now.reference}  {state.text}", state.tone)
        more[environment] = (now, _outcome(found))
    columns = (Column("now", "There now", cap=40, grow=True), Column("gates", "Gates", cap=12))
    return Choose(
        f"Promote {row.reference} to", tuple(asked), columns=columns, more=more, head="Environment"
    )


def _outcome(found: Evidence | WorkbenchError) -> Cell:
    if isinstance(found, WorkbenchError):
        return cell("fail")
    return cell(found.outcome) if found.gates else Styled("· none", "muted")


def promotion(project: Project, loaded: Loaded, row: VersionRow, evidence: Evidence) -> Decide:
    """Return the form that promotes `row` to the environment of `evidence`."""
    environment = evidence.environment
    confirm = project.settings.environment(environment).confirm
    there = loaded.standing.get(row.model, {}).get(environment)

    def apply(values: Values) -> Promotion:
        return promote(
            project,
            row.id,
            environment,
            values["reason"],
            confirmed=values.get("name", ""),
            seen=evidence.current,
        )

    def command(values: Values) -> list[str]:
        words = values.get("reason", "").strip() or WHY
        argv = ["model", "promote", row.reference, "--to", environment, "--reason", words]
        return [*argv, "--yes", row.reference] if confirm else argv

    def lay(width: int) -> list[Section]:
        first = _change(loaded, row, there, row.reference, environment)
        return [Section("What will change", text=facts(first, width)), *_evidence(evidence, width)]

    fields = [Field("reason", "reason", "stands in the history", required=True)]
    if confirm:
        fields.append(_name(row))
    return Decide(
        f"Promote {row.reference} to {environment}",
        lay,
        fields,
        apply,
        verb="Promote",
        command=command,
        outcome=lambda made: _outcome_words(loaded, made, f"promoted to {environment}"),
        refused=_refusal(evidence, there, row),
    )


def _name(row: VersionRow) -> Field:
    def parse(text: str) -> str:
        if text.strip() not in {row.model, row.reference}:
            raise BadInput(
                "Another name", why=f"this is not {row.reference}", code="promotion.confirm"
            )
        return text.strip()

    return Field("name", "name", f"type {row.reference} to go on", required=True, parse=parse)


def _refusal(evidence: Evidence, there: Standing | None, row: VersionRow) -> str:
    if there is not None and there.now.version == row.id:
        return f"{row.reference} is promoted to {evidence.environment} already."
    failed = [gate for gate in evidence.gates if gate.outcome == "fail"]
    if not failed:
        return ""
    words = "; ".join(f"{gate.gate}: {gate.what}: {gate.why}" for gate in failed)
    return (
        f"The gates of {evidence.environment} refuse it. {words.rstrip('.')}."
        " Train a better one, or change the gate in workbench.toml."
    )


def _change(
    loaded: Loaded, row: VersionRow, there: Standing | None, after: str, environment: str
) -> list[Fact]:
    before = there.now.reference if there else "nothing"
    moved = Styled(f"{before} → {after}", "strong")
    names = [item.name for item in loaded.following(row.model, environment)]
    if names:
        verb = "switches" if len(names) == 1 else "switch"
        follow = Styled(f"{', '.join(names)} {verb} to {after}")
    else:
        follow = Styled("nobody follows it: promoted, not served (u deploys)", "warn")
    return [Fact(environment, moved), Fact("deployments", follow)]


def _outcome_words(loaded: Loaded, made: Promotion, what: str) -> str:
    names = [item.name for item in loaded.following(made.model, made.environment)]
    then = (
        f"{', '.join(names)} will answer with it." if names else "Nobody serves it yet: u deploys."
    )
    return f"{made.reference} is {what}. {then}"


def _evidence(evidence: Evidence, width: int) -> list[Section]:
    found = [Section("Gates", text=_gates(evidence, width))]
    other = evidence.live_reference
    heading = f"Figures, against {other}" if other else "Figures on the test rows"
    lines: Sequence[Content] = metric_rows(
        evidence.metrics[:METRICS],
        evidence.metric,
        width,
        (short(evidence.reference), short(other or "")),
    )
    found.append(Section(heading, text=Content("\n").join(lines)))
    if other:
        items = [Fact("columns", columns_words(evidence.signature_changes, other))]
        mine, theirs = evidence.lineage, evidence.live_lineage
        if evidence.same_data is False and mine is not None and theirs is not None:
            words = f"▲ {mine.dataset}, the other {theirs.dataset}: not a fair comparison"
            items.append(Fact("test rows", Styled(words, "warn")))
        found.append(Section("Risks", text=facts(items, width)))
    return found


def _gates(evidence: Evidence, width: int) -> Content:
    if not evidence.gates:
        return said(f"{evidence.environment} has no gates", "muted")
    return Content("\n").join([gate_text(gate, width) for gate in evidence.gates])


def which_rollback(row: VersionRow, choices: Sequence[Standing]) -> Choose:
    """Ask which environment to roll back, the gravest first."""
    more: dict[str, tuple[Cell, ...]] = {
        item.environment: (f"{item.now.reference} → {item.back.reference}",)
        for item in choices
        if item.back is not None
    }
    return Choose(
        f"Roll {row.model} back in",
        tuple(item.environment for item in choices),
        columns=(Column("change", "From and to", cap=40, grow=True),),
        more=more,
        head="Environment",
    )


def rolling_back(project: Project, loaded: Loaded, row: VersionRow, item: Standing) -> Decide:
    """Return the form that brings back what was promoted before; its button has the focus."""
    back = item.back
    assert back is not None, "asked only where there is a predecessor"
    reason = f"back from {item.now.reference} to {back.reference}"

    def apply(values: Values) -> Promotion:
        return rollback(project, row.model, item.environment, values["reason"], seen=item.now.id)

    def command(values: Values) -> list[str]:
        words = values.get("reason", "").strip() or WHY
        return ["model", "rollback", row.model, "--env", item.environment, "--reason", words]

    def lay(width: int) -> list[Section]:
        first = _change(loaded, row, item, back.reference, item.environment)
        then = [
            Fact("counted", f"since {back.promoted_at:%Y-%m-%d %H:%M} UTC, by {back.promoted_by}"),
            Fact("because", back.reason),
        ]
        note = "Gates are not asked again: it counted here before."
        return [
            Section("What will change", text=facts(first, width)),
            Section(f"{back.reference} before", text=facts(then, width)),
            Section(text=hanging(note, "muted", width, 0)),
        ]

    return Decide(
        f"Roll {row.model} back in {item.environment}",
        lay,
        [Field("reason", "reason", "stands in the history", default=reason, required=True)],
        apply,
        verb="Roll back",
        command=command,
        outcome=lambda made: _outcome_words(loaded, made, f"back in {item.environment}"),
        ready=True,
    )
