"""`workbench model history`: promotions and rollbacks, and what counted at a moment or on a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.base import Context, common, table
from workbench.cli.model_text import GLYPHS, figure, moment
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.models.history import Counted, HistoryAt
    from workbench.models.promotion import Promotion
    from workbench.records.models import GateOutcome


@click.command()
@click.argument("model")
@click.option("--env", "environment", help="Only this environment.")
@click.option(
    "--at",
    metavar="WHEN",
    help="What was live then: 2026-10-01, '1 October', '2026-10-01 12:30 +02:00', yesterday, 3d ago."
    " UTC where no time zone is named.",
)
@common
def history(context: Context, model: str, environment: str | None, at: str | None) -> None:
    """Show MODEL's promotions and rollbacks: who, when, why, from when to when, and if it is live."""
    if at is not None:
        from workbench.models.history import history_at

        found = history_at(context.project, model, at, environment)
        context.answer("model.history_at@1", found, lambda: at_text(found))
        return
    from workbench.models.promotion import history as ask

    entries = ask(context.project, model, environment)
    context.answer("model.history@1", entries, lambda: _history(entries))


def _history(entries: list[Promotion]) -> str:
    if not entries:
        return "Nothing was promoted."
    headings = (
        "WHEN",
        "UNTIL",
        "ENV",
        "WHAT",
        "VERSION",
        "STATUS",
        "SERVING SINCE",
        "BY",
        "REASON",
    )
    return table(
        headings,
        [
            (
                moment(e.promoted_at),
                moment(e.until),
                e.environment,
                e.action,
                e.reference,
                e.status,
                moment(e.serving_since),
                e.promoted_by,
                e.reason,
            )
            for e in entries
        ],
    )


def at_text(found: HistoryAt) -> str:
    """Return what counted then, an environment after the other, with who, why and the evidence."""
    lines = [f"{found.model} {found.when.words}"]
    for then in found.environments:
        lines.append("")
        if not then.counted:
            lines.append(f"{then.environment}: nothing was promoted there by then")
        for item in then.counted:
            lines += _counted(then.environment, item)
    return "\n".join(lines)


def _counted(environment: str, item: Counted) -> list[str]:
    entry = item.promotion
    since = f"live, serving since {moment(entry.serving_since)}" if item.live else None
    until = f" until {moment(entry.until)}" if entry.until else ", and now"
    verb = "rolled back to" if entry.action == "rollback" else "promoted"
    origin = f"{item.run}, trained on {clean(item.dataset)}" if item.run else "imported"
    return [
        f"{environment}: {entry.reference}  {since or 'promoted, not served'}",
        f"  counted   from {moment(entry.promoted_at)}{until}",
        f"  {verb:<9} by {clean(entry.promoted_by)}: {clean(entry.reason)}",
        f"  made by   {origin}",
        *[f"  {_gate(gate)}" for gate in item.gates],
    ]


def _gate(gate: GateOutcome) -> str:
    return (
        f"{GLYPHS[gate.outcome]} {gate.outcome:<6}  {clean(gate.gate)}: {clean(gate.what)}"
        f" {figure(gate.measured)}, asked {figure(gate.required)}"
    )
