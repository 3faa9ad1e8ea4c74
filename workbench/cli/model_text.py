"""A model's cards as text for the command line."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.cli.base import table
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.models.contract import Field
    from workbench.models.evaluated import Evaluation
    from workbench.models.lineage import Lineage
    from workbench.models.show import ModelCard

GLYPHS = {"pass": "✓", "warn": "!", "fail": "✗"}


def figure(value: float | str | None) -> str:
    """Return a figure in at most six digits, `-` for none."""
    if value is None:
        return "-"
    number = float(value)
    return f"{number:.6g}" if math.isfinite(number) else str(number)


def moment(value: datetime | None) -> str | None:
    """Return a moment as text in UTC to the second, None for none."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ") if value else None


def size(count: int) -> str:
    """Return a number of bytes in words: `812 B`, `1.4 MiB`."""
    number, unit = float(count), "B"
    for bigger in ("KiB", "MiB", "GiB"):
        if number < 1024:
            break
        number, unit = number / 1024, bigger
    return f"{count} B" if unit == "B" else f"{number:.1f} {unit}"


def card_text(card: ModelCard) -> str:
    """Return a version's card."""
    version, signature = card.version, card.version.signature
    lines = [
        f"{card.reference}  {signature.task}, predicts {clean(signature.target)}",
        f"registered {version.registered_at:%Y-%m-%d %H:%M:%S} UTC by {clean(version.registered_by)}",
    ]
    if version.note:
        lines.append(clean(version.note, lines=False))
    promoted = [f"{entry.environment} ({entry.status})" for entry in card.promoted]
    lines += [
        f"promoted   {', '.join(promoted) or 'nowhere'}",
        f"file       {version.format}, {size(version.bytes)},"
        f" {'cannot run code when loaded' if card.safe else 'MAY RUN CODE when loaded'}",
        f"object     {version.object}",
        f"content    {version.content}",
        *lineage_lines(card.lineage, version.source),
        *([evaluated_line(card.evaluated)] if card.evaluated else []),
        "",
        table(
            ("METRIC", "TEST"),
            [(name, figure(value)) for name, value in card.metrics.items()],
            right=("TEST",),
        ),
        "",
        table(("INPUT", "TYPE", "NULL", "CATEGORIES"), [_field(f) for f in signature.inputs]),
        "",
        table(("OUTPUT", "TYPE"), [(field.name, field.type) for field in signature.outputs]),
    ]
    return "\n".join(lines)


def _field(field: Field) -> tuple[str, str, str, str]:
    return (
        field.name,
        f"{field.type}, {field.unit}" if field.unit else field.type,
        "no" if field.required else "yes",
        ", ".join(field.categories[:6]) + (", ..." if len(field.categories) > 6 else ""),
    )


def evaluated_line(made: Evaluation) -> str:
    """Say on which rows an imported version was measured, when and by whom."""
    every = f", every {made.step:,}th" if made.step > 1 else ""
    out = f", {made.left_out:,} more have no {clean(made.target, 40)}" if made.left_out else ""
    about = f", figures of {clean(made.positive, 40)}" if made.positive else ""
    return (
        f"measured   on {made.rows:,} rows of {made.dataset}{every}{out}{about}, {moment(made.evaluated_at)}"
        f" by {clean(made.evaluated_by, 60)} ({made.runtime})"
    )


def lineage_lines(origin: Lineage | None, source: str = "") -> list[str]:
    """Return run, data, code and runtime, a line each; of an imported version that there is none."""
    if origin is None:
        return [f"run        none: it was imported{f' from {clean(source)}' if source else ''}"]
    params = ", ".join(f"{name}={value}" for name, value in origin.params.items())
    commit = origin.facts.commit[:12] or "no git commit"
    return [
        f"run        r_{origin.run_number} of {clean(origin.experiment)}: {clean(origin.trainer)}"
        f" ({clean(params)}), seed {origin.seed}",
        f"data       {clean(origin.dataset)}",
        f"code       {clean(commit)}{_patch(origin)}",
        f"runtime    Python {clean(origin.facts.python)} on {clean(origin.facts.host)}",
    ]


def _patch(origin: Lineage) -> str:
    digest = origin.facts.diff_object
    return f" with uncommitted changes (patch {digest[:12]})" if digest else ""
