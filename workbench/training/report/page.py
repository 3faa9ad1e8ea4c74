"""A report as one HTML file that needs nothing else: no script, no address, light and dark, prints well.

The page forbids itself to load anything (Content-Security-Policy). Every text from outside passes
`svg.text`: cleaned of what a reader cannot see, and escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from workbench.training.report import svg, words
from workbench.training.report.record import Confusion, Report
from workbench.training.report.svg import text

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2430; --paper: #fff; --soft: #f3f5f8; --line: #d5dbe3;
  --muted: #5b6675; --accent: #1769aa; --second: #b3541e; --good: #1b7f4b; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --paper: #14181f; --soft: #1d232c;
  --line: #36404d; --muted: #9aa6b5; --accent: #6cb6f0; --second: #f0a36c; --good: #5fd39a;
  --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem; color: var(--ink); background: var(--paper);
  font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--line); }
.verdict { font-size: 1.1rem; padding: .7rem 1rem; background: var(--soft);
  border-left: 4px solid var(--muted); }
.verdict.good { border-color: var(--good); } .verdict.bad { border-color: var(--bad); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .6rem 0; }
th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid var(--line);
  overflow-wrap: normal; }
th { color: var(--muted); font-weight: 600; } td { white-space: nowrap; }
.l { text-align: left; white-space: normal; } td.l { overflow-wrap: anywhere; min-width: 7rem; }
tr.main td { font-weight: 700; } td.good { color: var(--good); } td.bad { color: var(--bad); }
.note { color: var(--muted); max-width: 48rem; }
code { font-family: ui-monospace, monospace; font-size: .93em; background: var(--soft);
  padding: .05em .3em; }
pre { background: var(--soft); padding: .7rem 1rem; overflow-x: auto; }
.row { display: flex; flex-wrap: wrap; gap: 1.5rem; } .row figure { width: 296px; }
figure { margin: 0; }
figcaption { color: var(--muted); }
svg { max-width: 100%; height: auto; } svg text { fill: var(--muted); font-size: 11px; }
.grid { stroke: var(--line); stroke-width: .5; fill: none; }
.axis { stroke: var(--muted); fill: none; }
.curve { stroke: var(--accent); stroke-width: 2; fill: none; }
.faint { stroke: var(--muted); stroke-dasharray: 4 4; fill: none; } .dot { fill: var(--accent); }
.bar { fill: var(--accent); opacity: .75; } .whisker { stroke: var(--ink); stroke-width: 1.5; fill: none; }
.mark { stroke: var(--second); stroke-width: 1.5; stroke-dasharray: 5 3; fill: none; }
@media print { body { max-width: none; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; } }
"""
_PLAIN: Mapping[str, str] = MappingProxyType({})
_HOLDS = MappingProxyType({"yes": "good", "no": "bad"})
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def write(report: Report) -> str:
    """Return the page."""
    title = text(report.goal, 200) or "Report of a run"
    tone = "good" if report.main.beats else "bad"
    body = "".join(
        f"<section><h2>{heading}</h2>{inner}</section>\n"
        for heading, inner in _sections(report)
        if inner
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        f'<p class="verdict {tone}">{text(words.verdict(report), 400)}</p>\n{body}</body>\n</html>\n'
    )


def _sections(report: Report) -> Iterator[tuple[str, str]]:
    yield "Problem", _problem(report)
    yield "Result", _result(report)
    yield "Curves and calibration", _pictures(report)
    if report.confusion is not None:
        yield "Confusion", _confusion(report.confusion)
    yield "Residuals", _residuals(report)
    yield "What matters", _importances(report)
    yield "Where it is worst", _slices(report)
    yield "Data", _data(report)
    yield "Trainer", _trainer(report)
    yield "Made by", _made_by(report)
    yield "To make it again", _again(report)


def _table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    left: int = 1,
    main: int | None = None,
    tones: Mapping[str, str] = _PLAIN,
) -> str:
    """Return a table of texts from anywhere; its first `left` columns are flushed left.

    `tones` says of words in the other columns whether they are good or bad.
    """

    def cells(row: Sequence[str], tag: str) -> str:
        scope = ' scope="col"' if tag == "th" else ""
        return "".join(
            f"<{tag}{scope}{_class(place < left, tones.get(cell, ''))}>{text(cell, 120)}</{tag}>"
            for place, cell in enumerate(row)
        )

    marks = ['<tr class="main">' if place == main else "<tr>" for place in range(len(rows))]
    body = "".join(f"{mark}{cells(row, 'td')}</tr>" for mark, row in zip(marks, rows, strict=True))
    return (
        f'<div class="wide"><table><thead><tr>{cells(head, "th")}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _class(left: bool, tone: str) -> str:
    name = "l" if left else tone
    return f' class="{name}"' if name else ""


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    """Return names and values as a table without a head."""
    rows = "".join(
        f'<tr><th class="l" scope="row">{text(name)}</th><td class="l">{text(value, 1000)}</td></tr>'
        for name, value in facts
    )
    return f'<div class="wide"><table><tbody>{rows}</tbody></table></div>'


def _note(sentence: str) -> str:
    return f'<p class="note">{text(sentence, 1000)}</p>'


def _figure(picture: str, caption: str) -> str:
    return f"<figure>{picture}<figcaption>{text(caption, 200)}</figcaption></figure>"


def _problem(report: Report) -> str:
    more = "more" if report.direction == "maximize" else "less"
    facts = [
        ("Experiment", report.experiment),
        ("Target", f"{report.target}, task {report.task}"),
        ("Metric", f"{report.metric}, {more} is better"),
    ]
    if report.positive:
        facts.append(("Positive class", report.positive))
    rails = _table(words.RAIL_HEAD, words.rails(report), tones=_HOLDS) if report.rails else ""
    return _facts(facts) + rails


def _result(report: Report) -> str:
    main = [line.metric for line in report.lines].index(report.metric)
    rows = [words.result(line) for line in report.lines]
    return _table(words.RESULT_HEAD, rows, main=main) + _note(words.RESULT_NOTE)


_SLOPE = ((0.0, 0.0), (1.0, 1.0))


def _pictures(report: Report) -> str:
    made = []
    for curve in report.curves:
        points = list(zip(curve.x, curve.y, strict=True))
        if curve.name == "roc":
            drawn = svg.unit_square(
                points, title="ROC curve", across="false positive rate", up="recall", faint=_SLOPE
            )
            made.append(_figure(drawn, "ROC curve; the dashed line is chance."))
        elif curve.name == "precision_recall":
            drawn = svg.unit_square(
                points, title="Precision-recall curve", across="recall", up="precision"
            )
            made.append(_figure(drawn, "Precision-recall curve."))
    if report.calibration:
        points = [(b.predicted, b.observed) for b in report.calibration]
        drawn = svg.unit_square(
            points, title="Calibration", across="predicted", up="came true", faint=_SLOPE, dots=True
        )
        made.append(_figure(drawn, "Calibration, in bins of rows; on the dashed line it is right."))
    return f'<div class="row">{"".join(made)}</div>' if made else ""


def _confusion(found: Confusion) -> str:
    head = "".join(f'<th scope="col">{text(name, 40)}</th>' for name in found.classes)
    rows = []
    for name, counts in zip(found.classes, found.counts, strict=True):
        total = sum(counts) or 1
        cells = "".join(
            f'<td style="background: color-mix(in srgb, var(--accent) {count / total * 60:.0f}%, '
            f'transparent)">{count:,}</td>'
            for count in counts
        )
        rows.append(f'<tr><th class="l" scope="row">{text(name, 40)}</th>{cells}</tr>')
    note = "True class down, predicted class across; the shade is the share of the row."
    if len(found.classes) < found.of:
        note += f" The {len(found.classes)} commonest of {found.of} classes."
    return (
        f'<div class="wide"><table><thead><tr><th></th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>{_note(note)}"
    )


def _residuals(report: Report) -> str:
    found = report.residuals
    if found is None:
        return ""
    drawn = svg.histogram(found.edges, found.rows, title="Residuals", across="true minus predicted")
    heads = [f"{share * 100:g} %" for share, _ in found.quantiles]
    values = [words.number(value) for _, value in found.quantiles]
    return _figure(drawn, "Test rows by residual, and quantiles.") + _table(heads, [values], left=0)


def _importances(report: Report) -> str:
    if not report.importances:
        return ""
    rows = [
        (name, f"{mean} ± {spread}", float(item.mean), float(item.mean) - float(item.spread),
         float(item.mean) + float(item.spread))
        for (name, mean, spread), item in zip(words.importances(report), report.importances, strict=False)
    ]  # fmt: skip
    return _figure(svg.bars(rows, title="Permutation importance"), words.importance_note(report))


def _slices(report: Report) -> str:
    if not report.slices_seen:
        return ""
    note = _note(words.slice_note(report))
    if not report.slices:
        return note
    rows = [
        (f"{item.column}: {item.value}", words.number(item.test), float(item.test),
         float(item.low), float(item.high))
        for item in report.slices
        if float(item.low) == float(item.low)
    ]  # fmt: skip
    drawn = svg.bars(
        rows, title="The worst slices", mark=float(report.main.test), mark_words="all test rows"
    )
    return note + (_figure(drawn, "") if rows else "") + _table(
        words.SLICE_HEAD, words.slices(report), left=2, tones={"yes": "bad"}
    )  # fmt: skip


def _data(report: Report) -> str:
    facts = [
        ("Version", report.dataset),
        ("Content", report.content),
        ("Rows", words.rows_words(report)),
        ("Split", words.split_words(report)),
        ("Features", f"{report.data.features} numbers, made of the columns"),
    ]
    return _facts(facts) + _table(words.PART_HEAD, words.parts(report), left=2)


def _trainer(report: Report) -> str:
    head = f"<p>{text(report.trainer_title)}, seed {report.seed}.</p>"
    rows = words.parameters(report)
    return head + (_table(["Parameter", "Value"], rows) if rows else "")


def _made_by(report: Report) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in report.runtime.items())
    return _facts(
        [
            ("Run", report.run),
            ("Time", f"{report.seconds:.1f} s"),
            ("Runtime", packages),
            ("Machine", ", ".join(report.machine.values())),
        ]
    )


def _again(report: Report) -> str:
    return f"<pre><code>{text(words.command(report), 1000)}</code></pre>" + _note(
        "On the same runtime the model has the same content. Other machines may differ in the last digits."
    )
