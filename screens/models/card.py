"""The evidence card of a version as text: what whoever decides needs to see, best first. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from screens.experiments.figures import figure, value_text
from screens.models.laying import Fact, cut, facts, hanging
from screens.models.listing import change_words, status_cell
from screens.models.loading import Loaded
from screens.models.reading import Base, Card
from screens.states import look
from screens.text import STYLES, Styled, ago, plural, said, size
from screens.widgets.detail import Section
from workbench.errors import WorkbenchError
from workbench.models.evidence import MetricLine, SignatureChange
from workbench.models.promotion import LIVE, Promotion
from workbench.records.models import GateOutcome

NAME = 17
"""Cells of a metric's name: the longest of those that trainers measure have a column of their own."""


def sections(card: Card, loaded: Loaded, width: int, now: datetime) -> list[Section]:
    """Return everything about a version, laid out for `width` cells."""
    base = card.base
    held = f"held against {base.reference}, {base.words}" if base else "nothing to hold it against"
    return [
        Section(text=_head(card, width, now)),
        Section("Where it counts", text=_where(card, loaded, width, now)),
        Section("Figures on the test rows", text=_figures(card, held, width)),
        Section("Gates", text=_gates(card, loaded, width)),
        Section("Risks", text=_risks(card, width)),
        Section("Made from", text=_origin(card, width)),
    ]


def _head(card: Card, width: int, now: datetime) -> Content:
    row, signature = card.row, card.model.version.signature
    first = Content.assemble(
        said(row.reference, "strong"), "  ", said(f"{signature.task}, predicts {signature.target}")
    )
    when = f"registered {ago(row.registered_at, now)} by {row.registered_by}"
    lines = [first, said(when, "muted")]
    if row.note:
        lines.append(hanging(row.note, "plain", width, 0))
    return Content("\n").join(lines)


def _where(card: Card, loaded: Loaded, width: int, now: datetime) -> Content:
    standing = loaded.where(card.row)
    if not standing:
        return said("nowhere: p promotes it", "muted")
    return facts([Fact(item.environment, _since(item.now, now)) for item in standing], width)


def _since(promotion: Promotion, now: datetime) -> list[Styled]:
    state = status_cell(promotion.status)
    words = state.text
    if promotion.status == LIVE:
        words += f" at {', '.join(promotion.serving)}"
        if promotion.serving_since:
            words += f", serving since {moment(promotion.serving_since, now)}"
    when = f"{ago(promotion.promoted_at, now)} by {promotion.promoted_by}: {promotion.reason}"
    return [Styled(words, state.tone), Styled(when, "muted")]


def moment(at: datetime, now: datetime) -> str:
    """Write a moment: the time of a day that is today, else the day (UTC)."""
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%Y-%m-%d}"


def _figures(card: Card, held: str, width: int) -> Content:
    if not card.lines:
        return said("the run measured nothing", "muted")
    names = (f"@{card.row.number}", short(card.base.reference) if card.base else "")
    rows = metric_rows(card.lines, card.row.metric, width, names)
    return Content("\n").join([hanging(held, "muted", width, 0), *rows])


def short(reference: str) -> str:
    """Return the number of a reference, to stand over a column: `@4` of `delay@4`."""
    return "@" + reference.rpartition("@")[2]


def metric_rows(
    lines: Sequence[MetricLine], main: str, width: int, names: tuple[str, str]
) -> list[Content]:
    """Return a head and a row a metric: this version, the other, the change; the threshold below.

    `names` are the two versions, as short as `@4`.
    """
    both = any(line.live is not None for line in lines)
    room = max(min(NAME, width - (31 if both else 10)), 8)
    head = f"{'':{room}}  {names[0]:>7}" + (f"  {names[1]:>7}  {'change':>8}" if both else "")
    rows = [Content.styled(head, "$text-muted")]
    for line in lines:
        rows.append(_metric(line, line.name == main, both, room))
        if line.name == main and line.threshold is not None:
            rows.append(_threshold(line, room))
    return rows


def _metric(line: MetricLine, main: bool, both: bool, room: int) -> Content:
    parts = [
        said(cut(line.name, room), "strong" if main else "plain"),
        said(f"  {figure(line.candidate):>7}", "strong" if main else "plain"),
    ]
    if both:
        change = "–" if line.difference is None else f"{line.difference:+.3g}"
        sign, style = {
            True: (" ▲", STYLES["good"]), False: (" ▼", STYLES["warn"]), None: ("", ""),
        }[line.better]  # fmt: skip
        parts.append(said(f"  {figure(line.live):>7}  {change:>8}", "muted"))
        parts.append(Content.styled(sign, style))
    return Content("").join(parts)


def _threshold(line: MetricLine, room: int) -> Content:
    assert line.threshold is not None
    more = line.direction == "maximize"
    value = line.candidate
    if value is None or math.isnan(value):
        good = False
    else:
        good = value >= line.threshold if more else value <= line.threshold
    bound = "  at least" if more else "  at most"
    return Content.assemble(
        (cut(bound, room) + f"  {figure(line.threshold):>7}", "$text-muted"),
        said("  ✓ reached" if good else "  ✗ missed", "good" if good else "bad"),
    )


def _gates(card: Card, loaded: Loaded, width: int) -> Content:
    """What the gates of each environment say, the gravest first; where it counts, what they said."""
    then = {item.environment: _asked_then(item.now, loaded) for item in loaded.where(card.row)}
    parts: list[Content] = []
    for environment, found in reversed(list(card.asked.items())):
        if isinstance(found, WorkbenchError):
            parts.append(_outcome("fail", environment, "cannot be asked"))
            parts.append(hanging(str(found), "bad", width))
            continue
        outcomes = then.get(environment) or found.gates
        when = " when promoted" if then.get(environment) else ""
        parts += [gate_text(gate, width, environment, when) for gate in outcomes]
        if not outcomes:
            parts.append(
                Content.assemble("· ", said(cut(environment, 12)), ("no gates", "$text-muted"))
            )
    return Content("\n").join(parts)


def _asked_then(promotion: Promotion, loaded: Loaded) -> Sequence[GateOutcome]:
    """What the gates said when it was promoted; of a rollback, when what it restores was."""
    whole = loaded.history.get(promotion.model, ())
    first = next((entry for entry in whole if entry.id == promotion.restores), promotion)
    return first.gates


def _outcome(outcome: str, first: str, rest: str) -> Content:
    shown = look(outcome)
    return Content.assemble(
        said(f"{shown.glyph} ", shown.tone), said(cut(first, 12)),
        said(f"{shown.word}  ", shown.tone), said(rest),
    )  # fmt: skip


def gate_text(gate: GateOutcome, width: int, first: str = "", when: str = "") -> Content:
    """Return a gate's outcome, what was measured and asked, and why; `first` goes before its name."""
    name = gate.gate if first else ""
    why = ": ".join(part for part in (name + when, gate.what) if part)
    numbers = f"{figure(gate.measured)}, asked {figure(gate.required)}"
    return Content("\n").join(
        [
            _outcome(gate.outcome, first or gate.gate, numbers),
            hanging(f"{why}; {gate.why}" if gate.why else why, "muted", width),
        ]
    )


def _risks(card: Card, width: int) -> Content:
    base = card.base
    found = [Fact("file", _file(card))]
    if base is not None:
        found.append(Fact("columns", columns_words(base.changes, base.reference)))
        found.append(Fact("test rows", rows_words(base, card.model.lineage.dataset)))
    return facts(found, width)


def columns_words(changes: Sequence[SignatureChange], reference: str) -> Styled:
    """Say whether callers of the other version can call this one as before."""
    if not changes:
        return Styled(f"✓ the same as of {reference}", "good")
    words = ", ".join(f"{item.column} {change_words(item)}" for item in changes[:6])
    more = f" and {len(changes) - 6} more" if len(changes) > 6 else ""
    return Styled(f"▲ {words}{more}", "warn")


def rows_words(base: Base, dataset: str) -> Styled:
    """Say whether both versions were measured on the same rows."""
    if base.same_data:
        return Styled(f"✓ the same: {dataset}", "good")
    return Styled(f"▲ {dataset}, the other {base.dataset}: not a fair comparison", "warn")


def _file(card: Card) -> list[Styled]:
    row, base = card.row, card.base
    grown = f", the other {size(base.bytes)}" if base else ""
    found = [Styled(f"{row.format}, {size(row.bytes)}{grown}")]
    unknown = next(
        (e.file.unknown_types for e in card.asked.values() if not isinstance(e, WorkbenchError)), ()
    )
    if not card.model.safe:
        found.append(Styled("▲ loading it may run code of the file", "warn"))
    elif unknown:
        found.append(
            Styled(f"✗ {plural(len(unknown), 'type')} not trusted: {', '.join(unknown[:3])}", "bad")
        )
    else:
        found.append(Styled("✓ loading it runs no code of the file", "good"))
    return found


def _origin(card: Card, width: int) -> Content:
    row, origin = card.row, card.model.lineage
    params = ", ".join(f"{name} {value_text(value)}" for name, value in origin.params.items())
    code = origin.facts.commit[:12] or "no git commit"
    return facts(
        [
            Fact("run", f"{row.run} of {origin.experiment}"),
            Fact("trainer", f"{origin.trainer}, seed {origin.seed}"),
            Fact("parameters", params or "none"),
            Fact("data", origin.dataset),
            Fact("code", code + (" with uncommitted changes" if origin.facts.diff_object else "")),
            Fact("runtime", f"Python {origin.facts.python} on {origin.facts.host}"),
            Fact("content", Styled(card.model.version.content[:19] + "…", "muted")),
        ],
        width,
    )
