"""`workbench audit`: what was done, by whom, and the proof that the record of it is whole."""

from __future__ import annotations

from collections import deque
from typing import Any

import click
import msgspec

from workbench.cli.base import Context, common, table
from workbench.records import Record
from workbench.store.units import Unit


@click.group()
def group() -> None:
    """The journal: everything that was done here, and by whom."""


@group.command()
@click.option("-n", "--last", default=20, show_default=True, help="How many units; 0 means all.")
@click.option("--kind", default="", help="Only units with a record of this kind (model.promoted).")
@common
def show(context: Context, last: int, kind: str) -> None:
    """Show the newest units of work, oldest first."""
    wanted: deque[Unit] = deque(maxlen=last or None)
    for unit, _ in context.project.store.journal.read():
        if not kind or any(_kind(record) == kind for record in unit.records):
            wanted.append(unit)
    context.answer(
        "audit.show@1",
        [_as_dict(unit) for unit in wanted],
        lambda: table(
            ["UNIT", "AT", "WHO", "VIA", "RECORDS"],
            [
                [
                    unit.seq,
                    f"{unit.at:%Y-%m-%d %H:%M:%S}Z",
                    f"{unit.who.user}@{unit.who.host}",
                    unit.who.via,
                    ", ".join(_summary(record) for record in unit.records),
                ]
                for unit in wanted
            ],
            right=["UNIT"],
        ),
    )


@group.command()
@click.option("--objects", is_flag=True, help="Also read every object and compare its digest.")
@common
def verify(context: Context, objects: bool) -> None:
    """Prove that the journal is what was written; exit 1 with the place where it is not."""
    from workbench.store.audit import verify as prove

    proof = prove(context.project.store, objects=objects)
    text = (
        f"Sound: {proof.units} units in {proof.segments} files, last {proof.seq} {proof.hash[:12]}"
    )
    if proof.remembered_seq is not None:
        text += f"; unit {proof.remembered_seq}, remembered on this machine, is in its place"
    if proof.torn_bytes:
        text += f"; {proof.torn_bytes} bytes of a write that was never finished follow"
    if objects:
        text += f"; {proof.objects} objects have their digests"
    context.answer("audit.verify@1", proof, text + ".")


def _kind(record: Record) -> str:
    return str(record.__struct_config__.tag)


def _summary(record: Record) -> str:
    name = getattr(record, "name", "") or getattr(record, "model", "")
    state = getattr(record, "state", "")
    return " ".join(part for part in (_kind(record), name, state) if isinstance(part, str) and part)


def _as_dict(unit: Unit) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.to_builtins(unit)
    return body
