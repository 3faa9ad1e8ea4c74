"""`workbench model import`: a model file that was made elsewhere, looked at before anything is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.base import Context, common
from workbench.cli.model_text import size
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.models.importing import Inspection

_PLACE = click.Path(path_type=Path)
SHOWN = 20
"""Names that are shown of each verdict; `--json` has all."""


@click.command("import")
@click.argument("place", metavar="FILE", type=_PLACE)
@click.option("--name", help="The model that it becomes a version of; needed but for --dry-run.")
@click.option("--note", default="", help="A sentence for whoever reads the list.")
@click.option(
    "--format",
    "format_name",
    default="",
    help="skops, joblib, pickle or onnx (default: by its name).",
)
@click.option("--signature", type=_PLACE, help="A signature in JSON, as `model export` writes it.")
@click.option(
    "--inputs", default="", metavar="DATASET", help="Take the columns of a dataset version."
)
@click.option("--target", default="", metavar="COLUMN", help="The column that the model predicts.")
@click.option(
    "--task",
    type=click.Choice(["binary", "multiclass", "regression"]),
    help="If it cannot be told.",
)
@click.option("--dangerous", is_flag=True, help="Keep a file that names what can run commands.")
@click.option("--dry-run", is_flag=True, help="Show what the file holds and store nothing.")
@common
def import_(
    context: Context,
    place: Path,
    name: str | None,
    note: str,
    format_name: str,
    signature: Path | None,
    inputs: str,
    target: str,
    task: str | None,
    dangerous: bool,
    dry_run: bool,
) -> None:
    """Import a model FILE that was made elsewhere. It is looked at first; pickles are never loaded.

    A skops file is taken when every type in it is on Workbench's own list. Joblib and pickle files can
    run code when they are loaded: they are taken where workbench.toml allows their format, and then
    only kept, listed and compared. ONNX files are kept and compared; nothing here serves them yet.
    """
    from workbench.models.importing import Given, import_model, inspect_file

    if not dry_run and not name:
        raise click.UsageError("Missing option '--name'.")
    given = Given(signature=signature, inputs=inputs, target=target, task=task or "")
    if dry_run:
        seen = inspect_file(context.project, place, format_name=format_name, given=given)
        context.answer("model.inspect@1", seen, lambda: inspection_text(seen))
        return
    version = import_model(
        context.project,
        place,
        name or "",
        note,
        format_name=format_name,
        given=given,
        dangerous=dangerous,
    )
    context.answer(
        "model.import@1", version, lambda: f"Imported {clean(place.name)} as {version.reference}."
    )


def inspection_text(seen: Inspection) -> str:
    """Return what a file shows: format, names by verdict, signature, what is in the way."""
    facts = ", ".join(f"{label} {clean(words)}" for label, words in seen.scan.facts.items())
    lines = [
        f"{clean(seen.path)}",
        f"file       {seen.format}, {size(seen.bytes)}{', ' if facts else ''}{facts}",
        f"loading    {'cannot run code of the file' if seen.safe else 'MAY RUN CODE of the file'}",
    ]
    for verdict in ("dangerous", "unknown", "trusted"):
        named = seen.scan.named(verdict)
        if named:
            more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
            lines.append(f"{verdict:<10} {clean(', '.join(named[:SHOWN]))}{more}")
    lines += [f"warning    {clean(warning)}" for warning in seen.scan.warnings]
    if seen.signature is not None:
        inputs = ", ".join(f"{field.name} {field.type}" for field in seen.signature.inputs[:SHOWN])
        lines.append(f"signature  {seen.signature.task}, predicts {clean(seen.signature.target)}")
        lines.append(f"inputs     {clean(inputs)}")
    else:
        lines.append(f"signature  not known: {clean(seen.missing)}")
    if seen.refusal:
        lines.append(f"refused    {clean(seen.refusal)}")
    return "\n".join(lines)
