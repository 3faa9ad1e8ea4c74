"""The evidence card of a version as text: what whoever decides needs to see, best first. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from screens.experiments.figures import figure, value_text
from screens.models.cardfigures import metric_rows, rows_told
from screens.models.laying import Fact, cut, facts, hanging, wrapped
from screens.models.listing import change_words, status_cell
from screens.models.loading import Loaded
from screens.models.parts import Parts
from screens.models.reading import Card
from screens.states import look
from screens.text import Styled, Tone, ago, count, plural, said, size
from screens.widgets.detail import Section
from workbench.errors import WorkbenchError
from workbench.models.changes import SignatureChange
from workbench.models.datashape import TrainingShape
from workbench.models.evaluated import Evaluation
from workbench.models.evidence import FileFacts
from workbench.models.latency import Latency
from workbench.models.promotion import LIVE, Promotion
from workbench.records.models import GateOutcome
from workbench.text import clean


def sections(card: Card, loaded: Loaded, parts: Parts, width: int, now: datetime) -> list[Section]:
    """Return everything about a version, laid out for `width` cells."""
    return [
        Section(text=_head(card, width, now)),
        Section("Where it counts", text=_where(card, loaded, width, now)),
        Section("Gates", text=_gates(card, loaded, width)),
        Section("Figures on the test rows", text=_figures(card, parts, width)),
        Section("Training data", text=_data(card, parts, width)),
        Section("File and speed", text=_file(card, parts, width)),
        Section("Made from", text=_origin(card, width)),
    ]


HEAD = 160
"""Characters of a note and of a reason on the card; what decides must not be pushed out of sight."""


def _head(card: Card, width: int, now: datetime) -> Content:
    row, signature = card.row, card.model.version.signature
    first = Content.assemble(
        said(row.reference, "strong"),
        "  ",
        said(f"{signature.task}, predicts {clean(signature.target, 60)}"),
    )
    when = f"registered {ago(row.registered_at, now)} by {row.registered_by}"
    lines = [first, said(when, "muted")]
    if row.note:
        lines.append(hanging(clean(row.note, HEAD), "plain", width, 0))
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
    why = clean(promotion.reason, HEAD)  # the history has it in full
    when = f"{ago(promotion.promoted_at, now)} by {promotion.promoted_by}: {why}"
    return [Styled(words, state.tone), Styled(when, "muted")]


def moment(at: datetime, now: datetime) -> str:
    """Write a moment: the time of a day that is today, else the day (UTC)."""
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%Y-%m-%d}"


def _figures(card: Card, parts: Parts, width: int) -> Content:
    base = card.base
    if not card.lines:
        imported = card.model.lineage is None
        words = (
            "imported: nothing was measured; w measures it" if imported else "nothing was measured"
        )
        return said(words, "muted")
    names = (short(card.row.reference), short(base.reference) if base else "")
    found = metric_rows(card.lines, card.row.metric, width, names, parts.rows)
    if base is None:
        return Content("\n").join([said("there is nothing to hold it against", "muted"), *found])
    held = hanging(f"held against {base.reference}, {base.words}", "muted", width, 0)
    return Content("\n").join([held, rows_told(parts.rows, width), *found])


def short(reference: str) -> str:
    """Return the number of a reference, to stand over a column: `@4` of `delay@4`."""
    return "@" + reference.rpartition("@")[2]


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


def _data(card: Card, parts: Parts, width: int) -> Content:
    """What differs in the training data, the gravest first."""
    base = card.base
    if base is None:
        return said("there is nothing to hold it against", "muted")
    columns = facts([Fact("columns", columns_words(base.changes, base.reference))], width)
    return Content("\n").join([shape_told(parts.shape, width), columns])


MOST = 12
"""Differences of the data that are shown; `workbench data diff` has all."""


def shape_told(shape: TrainingShape | None, width: int) -> Content:
    """Return the shape diff of the training data, a line a difference with its severity."""
    if shape is None:
        return said("◌ comparing the tables", "muted")
    if shape.why:
        return hanging(f"· cannot be compared: {shape.why}", "muted", width, 0)
    if shape.same:
        return hanging(f"✓ the same table: {shape.after}", "good", width, 0)
    tone = SEVERITY[shape.severity or "low"][1]
    head = f"{shape.after} against {shape.before}: {shape.summary}"
    rows = [hanging(head, tone, width, 0)]
    for found in shape.differences[:MOST]:
        sign, own = SEVERITY[found.severity]
        first, *rest = wrapped(found.what, "plain", width - 10)
        rows.append(Content.assemble(said(f"{sign} {found.severity:<7} ", own), first))
        rows += [Content.assemble(" " * 10, line) for line in rest]
    if len(shape.differences) > MOST:
        words = f"and {len(shape.differences) - MOST} more: workbench data diff"
        rows.append(said(words, "muted"))
    return Content("\n").join(rows)


SEVERITY: dict[str, tuple[str, Tone]] = {
    "high": ("✗", "bad"), "medium": ("▲", "warn"), "low": ("·", "muted"),
}  # fmt: skip


def columns_words(changes: Sequence[SignatureChange], reference: str) -> Styled:
    """Say whether callers of the other version can call this one as before."""
    if not changes:
        return Styled(f"✓ the same as of {reference}", "good")
    words = ", ".join(f"{item.column} {change_words(item)}" for item in changes[:6])
    more = f" and {len(changes) - 6} more" if len(changes) > 6 else ""
    return Styled(f"▲ {words}{more}", "warn")


def _file(card: Card, parts: Parts, width: int) -> Content:
    row, base = card.row, card.base
    grown = f", the other {size(base.bytes)}" if base else ""
    found = [
        Fact("file", [Styled(f"{row.format}, {size(row.bytes)}{grown}"), *safety(card.file)]),
        Fact("types", types_words(card.file)),
        Fact("one row", latency_words(parts.latency)),
    ]
    if base is not None:
        found.append(Fact(f"of {short(base.reference)}", latency_words(parts.live_latency)))
    return facts(found, width)


def safety(file: FileFacts) -> list[Styled]:
    """Say whether loading the file can run code of it."""
    if not file.safe:
        found = [Styled("▲ loading it may run code of the file: it is never loaded", "warn")]
    elif file.unknown_types:
        found = [Styled("✗ it cannot be loaded: it has types that are not trusted", "bad")]
    else:
        found = [Styled("✓ loading it runs no code of the file", "good")]
    return found + [Styled(f"▲ {warning}", "warn") for warning in file.warnings]


def types_words(file: FileFacts) -> list[Styled]:
    """Count the types that the file names, and name those that are not trusted or dangerous."""
    bad = [t.name for t in file.types if t.verdict == "dangerous"]
    unknown = [t.name for t in file.types if t.verdict == "unknown"]
    found = [
        Styled(
            f"{plural(len(file.types), 'type')}, {'not all' if bad or unknown else 'all'} trusted"
        )
    ]
    for names, words in ((bad, "dangerous"), (unknown, "not trusted")):
        if names:
            more = f" and {len(names) - 6} more" if len(names) > 6 else ""
            found.append(Styled(f"✗ {len(names)} {words}: {', '.join(names[:6])}{more}", "bad"))
    return found


def latency_words(latency: Latency | None) -> Styled:
    """Write what one row takes."""
    if latency is None:
        return Styled("◌ to be measured", "muted")
    if latency.median_ms is None or latency.p95_ms is None:
        return Styled(f"not measured: {latency.why}", "muted")
    return Styled(
        f"{latency.median_ms:.3g} ms, 95 % under {latency.p95_ms:.3g} ms, on {latency.machine}"
    )


def measured_words(made: Evaluation) -> list[Styled]:
    """Say on which rows an imported version was measured, and by whom."""
    about = f", figures of {clean(made.positive, 40)}" if made.positive else ""
    every = f", every {count(made.step)}th" if made.step > 1 else ""
    rows = f"on {plural(made.rows, 'row')} of {made.dataset}{every}{about}"
    who = f"{made.evaluated_at:%Y-%m-%d} by {clean(made.evaluated_by, 40)}, {made.runtime}"
    return [Styled(rows), Styled(who, "muted")]


def _origin(card: Card, width: int) -> Content:
    row, origin = card.row, card.model.lineage
    content = Fact("content", Styled(card.model.version.content[:19] + "…", "muted"))
    if origin is None:
        found = [Fact("run", "none"), Fact("imported", row.source or "a file")]
        if card.model.evaluated is not None:
            found.append(Fact("measured", measured_words(card.model.evaluated)))
        return facts([*found, content], width)
    params = ", ".join(f"{name} {value_text(value)}" for name, value in origin.params.items())
    code = [Styled(origin.facts.commit[:12] or "no git commit")]
    if origin.facts.diff_object:
        code.append(Styled(f"▲ uncommitted changes, patch {origin.facts.diff_object[:12]}", "warn"))
    return facts(
        [
            Fact("run", f"{row.run} of {origin.experiment}"),
            Fact("trainer", f"{origin.trainer}, seed {origin.seed}"),
            Fact("parameters", params or "none"),
            Fact("data", origin.dataset),
            Fact("code", code),
            Fact("runtime", f"Python {origin.facts.python} on {origin.facts.host}"),
            content,
        ],
        width,
    )
