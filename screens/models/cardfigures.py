"""The figures of a version beside another's: value, interval, threshold, baseline, difference. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from screens.experiments.figures import figure
from screens.models.laying import cut, hanging
from screens.text import STYLES, Tone, said
from workbench.models.figures import MetricLine
from workbench.models.paired import BETTER, WORSE, PairedLine, RowComparison
from workbench.numbers import even

NAME = 17
"""Cells of a metric's name: the longest of those that trainers measure have a column of their own."""
WIDE = 96
"""Cells from which on everything of a metric stands on one line."""
SIGNS: Mapping[bool | None, tuple[str, Tone]] = {
    True: ("▲", "good"), False: ("▼", "warn"), None: ("≈", "muted"),
}  # fmt: skip


def metric_rows(
    lines: Sequence[MetricLine],
    main: str,
    width: int,
    names: tuple[str, str],
    rows: RowComparison | None = None,
) -> list[Content]:
    """Return a head and the rows of each metric: this version, the other, the change, the bounds.

    `names` are the two versions, as short as `@4`; `rows` the comparison on the same rows, if known.
    """
    both = any(line.live is not None for line in lines)
    pairs = {line.name: line for line in rows.lines} if rows else {}
    if width >= WIDE:
        return _wide(lines, main, names, both, pairs)
    room = max(min(NAME, width - (31 if both else 10)), 8)
    known = any(line.low is not None for line in lines)
    label = "95 % below each" if known and room >= 15 else ""
    head = f"{label:{room}}  {names[0]:>7}" + (f"  {names[1]:>7}  {'change':>8}" if both else "")
    found = [Content.styled(head, "$text-muted")]
    for line in lines:
        pair = pairs.get(line.name)
        found.append(_first(line, line.name == main, both, room, pair))
        found += _bounds(line, pair, width)
        if line.threshold is not None:
            found.append(_threshold(line, room))
        if line.name == main and line.baseline is not None:
            words = cut("  baseline", room) + f"  {figure(line.baseline):>7}"
            found.append(said(words, "muted"))
    return found


def _first(line: MetricLine, main: bool, both: bool, room: int, pair: PairedLine | None) -> Content:
    tone: Tone = "strong" if main else "plain"
    parts = [said(cut(line.name, room), tone), said(f"  {figure(line.candidate):>7}", tone)]
    if both:
        parts.append(said(f"  {figure(line.live):>7}  {_change(line):>8}", "muted"))
        parts.append(_sign(line, pair))
    return Content("").join(parts)


def _change(line: MetricLine) -> str:
    return "–" if line.difference is None else f"{line.difference:+.3g}"


def _sign(line: MetricLine, pair: PairedLine | None) -> Content:
    """Say for the better or the worse; on the same rows only where it is clear."""
    if line.difference is None or line.direction is None:
        return Content("")
    if pair is not None:
        better = {BETTER: True, WORSE: False}.get(pair.verdict)
    elif line.better is None:
        return Content("")
    else:
        better = line.better
    sign, tone = SIGNS[better]
    return Content.styled(f" {sign}", STYLES[tone])


def between(low: float | None, high: float | None) -> str:
    """Write an interval in three digits: `0.951–0.989`; a dash for none."""
    return "–" if low is None or high is None else "–".join(even(low, high, digits=3))


def signed_pair(pair: PairedLine | None) -> str:
    """Write the interval of a difference: `+0.021 to +0.061`; empty for none."""
    return "" if pair is None else " to ".join(even(pair.low, pair.high, digits=3, signed=True))


def _bounds(line: MetricLine, pair: PairedLine | None, width: int) -> list[Content]:
    if line.low is None and line.live_low is None and pair is None:
        return []
    words = f"{between(line.low, line.high):11}"
    if line.live is not None:
        words += f"  {between(line.live_low, line.live_high):11}  {signed_pair(pair)}"
    return [hanging(words.rstrip(), "muted", width)]


def _threshold(line: MetricLine, room: int) -> Content:
    bound = "at least" if line.direction != "minimize" else "at most"
    bound = f"  guard, {bound}" if line.guardrail else f"  {bound}"
    good = bool(line.reached)
    return Content.assemble(
        (cut(bound, room) + f"  {figure(line.threshold):>7}", "$text-muted"),
        said(f"  {'✓ reached' if good else '✗ missed'}", "good" if good else "bad"),
    )


def _wide(
    lines: Sequence[MetricLine],
    main: str,
    names: tuple[str, str],
    both: bool,
    pairs: dict[str, PairedLine],
) -> list[Content]:
    head = f"{'':{NAME}}  {names[0]:>7}  {'95 %':11}  {'asked':9}  {'baseline':>8}"
    if both:
        head += f"  {names[1]:>7}  {'95 %':11}  {'change':>8}    {'95 % of it' if pairs else ''}"
    found = [Content.styled(head.rstrip(), "$text-muted")]
    for line in lines:
        tone: Tone = "strong" if line.name == main else "plain"
        parts = [
            said(cut(line.name, NAME), tone),
            said(f"  {figure(line.candidate):>7}", tone),
            said(f"  {between(line.low, line.high):11}", "muted"),
            _asked(line),
            said(f"  {'–' if line.baseline is None else figure(line.baseline):>8}", "muted"),
        ]
        if both:
            other = f"  {figure(line.live):>7}  {between(line.live_low, line.live_high):11}"
            parts.append(said(f"{other}  {_change(line):>8}", "muted"))
            pair = pairs.get(line.name)
            parts += [_sign(line, pair), said(f"  {signed_pair(pair)}", "muted")]
        found.append(Content("").join(parts))
    return found


def _asked(line: MetricLine) -> Content:
    if line.threshold is None:
        return said(f"  {'–':9}", "muted")
    tone: Tone = "good" if line.reached else "bad"
    return said(f"  {figure(line.threshold)} {'✓' if line.reached else '✗'}".ljust(11), tone)


def rows_told(rows: RowComparison | None, width: int) -> Content:
    """Say whether both were tested on the same rows, so that the differences can be judged."""
    if rows is None:
        return said("◌ comparing row by row", "muted")
    if rows.same_rows:
        words = f"✓ the same {rows.rows:,} test rows: ▲ ▼ where it is clear, ≈ where it is not"
        return hanging(words, "good", width, 0)
    words = f"▲ not the same rows: {rows.why}. The figures stand side by side, unpaired"
    return hanging(words, "warn", width, 0)
