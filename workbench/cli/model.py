"""`workbench model`: from a run or a file to a version, and from there to an environment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.base import Context, common, table
from workbench.cli.model_diff import diff
from workbench.cli.model_evaluate import evaluate
from workbench.cli.model_history import history
from workbench.cli.model_import import import_
from workbench.cli.model_text import moment
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.models.evidence import Evidence
    from workbench.models.promotion import Promotion
    from workbench.models.registry import ModelRow


@click.group()
def group() -> None:
    """Models: register, import, evaluate, list, show, diff, gates, promote, rollback, history, export.

    A version is named delay@4, delay@latest or delay@production (what is promoted there now).
    """


@group.command()
@click.argument("run")
@click.option("--name", required=True, help="The model's name; a new one is made.")
@click.option("--note", default="", help="A sentence for whoever reads the list.")
@common
def register(context: Context, run: str, name: str, note: str) -> None:
    """Register the model of RUN (r_142) as the next version of a model."""
    from workbench.models.registry import register as act

    version = act(context.project, run, name, note)
    context.answer("model.register@1", version, f"Registered {run} as {version.reference}.")


@group.command("list")
@common
def list_(context: Context) -> None:
    """List the models, with what is promoted where."""
    from workbench.models.registry import list_models

    rows = list_models(context.project)
    context.answer("model.list@1", rows, lambda: _models(rows))


def _models(rows: list[ModelRow]) -> str:
    if not rows:
        return "No models yet. Register one: workbench model register RUN --name NAME"
    headings = ("MODEL", "VERSIONS", "NEWEST", "PROMOTED", "REGISTERED", "BY")
    return table(
        headings,
        [
            (
                row.model,
                row.versions,
                f"{row.model}@{row.newest}",
                _promoted(row),
                moment(row.registered_at),
                row.registered_by,
            )
            for row in rows
        ],
        right=("VERSIONS",),
    )


def _promoted(row: ModelRow) -> str:
    return ", ".join(
        f"{environment} @{number} ({'live' if environment in row.live else 'not served'})"
        for environment, number in row.promoted.items()
    )


@group.command()
@click.argument("version")
@common
def show(context: Context, version: str) -> None:
    """Show a VERSION: signature, digests, lineage, where it is promoted."""
    from workbench.cli.model_text import card_text
    from workbench.models.show import show as ask

    card = ask(context.project, version)
    context.answer("model.show@1", card, lambda: card_text(card))


@group.command()
@click.argument("version")
@click.option("--to", "environment", required=True, help="The environment to promote to.")
@click.option(
    "--quick",
    is_flag=True,
    help="Leave out what takes seconds: the comparison on the same rows, the data's shape, latency.",
)
@common
def gates(context: Context, version: str, environment: str, quick: bool) -> int:
    """Show the evidence for promoting VERSION and ask the gates; exit 3 when one fails."""
    from workbench.cli.model_evidence import evidence_text
    from workbench.models.evidence import complete
    from workbench.models.promotion import gates as ask

    evidence = ask(context.project, version, environment)
    if not quick:
        evidence = complete(context.project, evidence)
    context.answer("model.gates@1", evidence, lambda: evidence_text(evidence))
    return 3 if evidence.outcome == "fail" else 0


@group.command()
@click.argument("version")
@click.option("--to", "environment", required=True, help="The environment to promote to.")
@click.option("--reason", required=True, help="Why, in a sentence; it stands in the history.")
@click.option(
    "--yes",
    "confirmed",
    default="",
    metavar="NAME@V",
    help="The version's name typed again, where the environment asks for it.",
)
@common
def promote(context: Context, version: str, environment: str, reason: str, confirmed: str) -> None:
    """Promote VERSION to an environment; followers switch to it. Exit 3 when a gate fails."""
    from workbench.models.promotion import gates as ask
    from workbench.models.promotion import promote as act

    evidence = ask(context.project, version, environment)
    if not confirmed and _should_ask(context, environment):
        confirmed = _ask_for_name(context, evidence)
    promotion = act(
        context.project,
        evidence.version,
        environment,
        reason,
        confirmed=confirmed,
        seen=evidence.current,
    )
    context.answer("model.promote@1", promotion, lambda: _done("Promoted", promotion))


def _should_ask(context: Context, environment: str) -> bool:
    wanted = context.project.settings.environment(environment).confirm
    return wanted and not context.json and sys.stdin.isatty() and sys.stderr.isatty()


def _ask_for_name(context: Context, evidence: Evidence) -> str:
    from workbench.cli.model_evidence import evidence_text

    context.say(evidence_text(evidence))
    text: str = click.prompt(
        f"Type {evidence.reference} to promote it to {evidence.environment}", err=True
    )
    return text


def _done(verb: str, promotion: Promotion) -> str:
    gates = ", ".join(f"{gate.gate} {gate.outcome}" for gate in promotion.gates)
    gates = f" Gates: {clean(gates)}." if gates else ""
    return (
        f"{verb} {promotion.reference} in {promotion.environment}; it is {promotion.status}.{gates}"
    )


@group.command()
@click.argument("model")
@click.option("--env", "environment", required=True, help="The environment to roll back.")
@click.option("--reason", required=True, help="Why, in a sentence; it stands in the history.")
@common
def rollback(context: Context, model: str, environment: str, reason: str) -> None:
    """Bring back the version of MODEL that was promoted before; followers switch to it."""
    from workbench.models.promotion import rollback as act

    promotion = act(context.project, model, environment, reason)
    context.answer("model.rollback@1", promotion, lambda: _done("Rolled back to", promotion))


@group.command()
@click.argument("version")
@common
def verify(context: Context, version: str) -> None:
    """Recompute the digests of VERSION's file and read its types; exit 1 when something differs."""
    from workbench.models.registry import verify as act

    verified = act(context.project, version)
    human = (
        f"{verified.reference} is what was registered: {verified.bytes} bytes, {verified.content}"
    )
    context.answer("model.verify@1", verified, human)


@group.command()
@click.argument("version")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=True), default=".")
@common
def export(context: Context, version: str, folder: Path) -> None:
    """Write VERSION's file into FOLDER (default: here), with its signature and its digest beside it."""
    from workbench.models.export import export as act

    exported = act(context.project, version, folder)
    context.answer("model.export@1", exported, lambda: f"Wrote {clean(exported.path)}")


group.add_command(history)
group.add_command(diff)
group.add_command(import_)
group.add_command(evaluate)
