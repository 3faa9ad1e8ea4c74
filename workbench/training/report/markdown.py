"""A report as Markdown, its pictures out of characters. Pure: a record in, text out; all passes clean()."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.text import clean
from workbench.training.report import blocks, words
from workbench.training.report.record import Confusion, Report, Residuals

WIDTH = 60
"""Cells of a picture where nobody asks for others."""


def write(report: Report, width: int | None = None) -> str:
    """Return the report; for `width` cells, pictures fit, and figures that would not are left out."""
    parts = [f"# {_plain(report.goal) or 'Report of a run'}", _plain(words.verdict(report), 400)]
    shown = words.RESULT_HEAD if width is None else _columns(width)
    wide = max(width or WIDTH, 24)
    parts += [f"## {title}\n\n{body}" for title, body in _sections(report, wide, shown) if body]
    return "\n\n".join(parts) + "\n"


def _columns(width: int) -> list[str]:
    """Return which columns of the result have room: all of them need 104 cells."""
    left_out = set() if width >= 104 else {"Gain, 95 %", "Better"}
    if width < 70:
        left_out.add("Folds")
    return [name for name in words.RESULT_HEAD if name not in left_out]


def _sections(report: Report, width: int, shown: list[str]) -> Iterator[tuple[str, str]]:
    yield "Problem", _problem(report)
    yield "Result", _result(report, shown)
    yield "Curves", _curves(report, width)
    yield "Calibration", _calibration(report, width)
    if report.confusion is not None:
        yield "Confusion", _confusion(report.confusion)
    if report.residuals is not None:
        yield "Residuals", _residuals(report.residuals, width)
    yield "What matters", _importances(report, width)
    yield "Where it is worst", _slices(report)
    yield "Data", _data(report)
    yield "Trainer", _trainer(report)
    yield "Made by", _made_by(report)
    yield "To make it again", _again(report)


def _plain(text: object, cap: int = 200) -> str:
    """Text from outside inside a line of Markdown: nothing in it is markup, link or HTML."""
    escaped = clean(text, cap)
    for mark in "\\`*_{}[]<>()#|!~":
        escaped = escaped.replace(mark, "\\" + mark)
    return escaped


def _code(text: object, cap: int = 80) -> str:
    """A name from outside as Markdown code, for a line or a cell."""
    return "`" + clean(text, cap).replace("`", "'").replace("|", "¦") + "`"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1) -> str:
    """A Markdown table whose first `left` columns are flushed left, the others right."""
    rule = ["---" if place < left else "---:" for place in range(len(headings))]
    return "\n".join("| " + " | ".join(line) + " |" for line in (headings, rule, *rows))


def _fence(picture: str) -> str:
    """A picture as a block of code; it is made of our characters only."""
    return f"```text\n{picture}\n```"


def _problem(report: Report) -> str:
    more = "more" if report.direction == "maximize" else "less"
    lines = [
        f"- Experiment: {_code(report.experiment)}",
        f"- Target: {_code(report.target)}, task {report.task}",
        f"- Metric: {report.metric}, {more} is better",
    ]
    if report.positive:
        lines.append(f"- Positive class: {_code(report.positive)}")
    body = "\n".join(lines)
    if report.rails:
        rows = [[_plain(cell) for cell in row] for row in words.rails(report)]
        body += "\n\n" + _table(words.RAIL_HEAD, rows)
    return body


def _result(report: Report, shown: list[str]) -> str:
    rows = []
    for line in report.lines:
        named = dict(zip(words.RESULT_HEAD, words.result(line), strict=True))
        cells = [named[name] for name in shown]
        if line.metric == report.metric:
            cells[0] = f"**{cells[0]}**"
        rows.append(cells)
    return f"{_table(shown, rows)}\n\n{words.RESULT_NOTE}"


_AXES = {
    "roc": ("ROC curve", "false positive rate", "recall", ((0.0, 0.0), (1.0, 1.0))),
    "precision_recall": ("Precision-recall curve", "recall", "precision", ()),
}


def _curves(report: Report, width: int) -> str:
    size = {"width": min(width, 60) - 4, "height": max(6, min(width, 60) // 4)}
    made = []
    for curve in report.curves:
        if curve.name in _AXES:
            title, across, up, faint = _AXES[curve.name]
            points = list(zip(curve.x, curve.y, strict=True))
            drawn = blocks.unit_square(points, across=across, up=up, faint=faint, **size)
            made.append(f"{title}:\n\n{_fence(drawn)}")
    return "\n\n".join(made)


def _calibration(report: Report, width: int) -> str:
    if not report.calibration:
        return ""
    rows = [
        [words.number(b.predicted), words.number(b.observed), f"{b.rows:,}"]
        for b in report.calibration
    ]
    what = "of the positive class" if report.positive else "of the class that was predicted"
    note = f"Predicted probability {what} against the share that came true, in bins of rows."
    picture = ""
    if len(report.calibration) > 1:
        points = [(b.predicted, b.observed) for b in report.calibration]
        drawn = blocks.unit_square(
            points, width=min(width, 60) - 4, height=max(6, min(width, 60) // 4),
            across="predicted", up="came true", faint=((0.0, 0.0), (1.0, 1.0)),
        )  # fmt: skip
        picture = f"\n\n{_fence(drawn)}"
    table = _table(["Predicted", "Came true", "Rows"], rows, left=0)
    return f"{note}{picture}\n\n{table}"


def _confusion(found: Confusion) -> str:
    names = [_code(name, 40) for name in found.classes]
    rows = [[name, *map(str, counts)] for name, counts in zip(names, found.counts, strict=True)]
    note = f"\n\nThe {len(names)} commonest of {found.of} classes." if len(names) < found.of else ""
    return f"True class down, predicted class across.\n\n{_table(['', *names], rows)}{note}"


def _residuals(found: Residuals, width: int) -> str:
    each = max(1, min(2, width // max(len(found.rows), 1)))
    drawn = blocks.columns([rows for rows in found.rows for _ in range(each)], 6)
    heads = [f"{share * 100:g} %" for share, _ in found.quantiles]
    values = [words.number(value) for _, value in found.quantiles]
    edges = f"{words.number(found.edges[0])} to {words.number(found.edges[-1])}"
    return (
        f"True minus predicted: rows from {edges}, and by quantile.\n\n{_fence(drawn)}\n\n"
        + _table(heads, [values], left=0)
    )


def _importances(report: Report, width: int) -> str:
    if not report.importances:
        return ""
    most = max((float(item.mean) for item in report.importances), default=0.0)
    cells = max(8, min(24, width - 40))
    rows = [
        [_code(name), loss, spread, blocks.bar(float(item.mean) / most, cells) if most > 0 else ""]
        for (name, loss, spread), item in zip(
            words.importances(report), report.importances, strict=False
        )
    ]
    # The bar stands flushed left behind its number, as code, so that nothing eats its cells.
    drawn = [[*row[:3], f"`{row[3]}`" if row[3] else ""] for row in rows]
    lines = [" | ".join(row) for row in drawn]
    head = ["| " + " | ".join([*words.IMPORTANCE_HEAD, ""]) + " |", "| --- | ---: | ---: | --- |"]
    return words.importance_note(report) + "\n\n" + "\n".join([*head, *(f"| {x} |" for x in lines)])


def _slices(report: Report) -> str:
    if not report.slices_seen:
        return ""
    note = words.slice_note(report)
    if not report.slices:
        return note
    rows = [[_code(row[0]), _code(row[1]), *row[2:]] for row in words.slices(report)]
    return f"{note}\n\n{_table(words.SLICE_HEAD, rows, left=2)}"


def _data(report: Report) -> str:
    lines = [
        f"- Version: {_code(report.dataset)}, content {_code(report.content, 100)}",
        f"- Rows: {words.rows_words(report)}",
        f"- Split: {_plain(words.split_words(report))}",
        f"- Features: {report.data.features} numbers, made of the columns",
    ]
    rows = [[_code(row[0]), _plain(row[1]), *row[2:]] for row in words.parts(report)]
    return "\n".join(lines) + "\n\n" + _table(words.PART_HEAD, rows, left=2)


def _trainer(report: Report) -> str:
    head = f"{_plain(report.trainer_title)}, seed {report.seed}."
    rows = [[_code(name), _code(value)] for name, value in words.parameters(report)]
    return f"{head}\n\n{_table(['Parameter', 'Value'], rows)}" if rows else head


def _made_by(report: Report) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in report.runtime.items())
    return "\n".join(
        [
            f"- Run: {_code(report.run)}",
            f"- Time: {report.seconds:.1f} s",
            f"- Runtime: {_plain(packages, 1000)}",
            f"- Machine: {', '.join(_plain(value) for value in report.machine.values())}",
        ]
    )


def _again(report: Report) -> str:
    command = clean(words.command(report), 1000).replace("`", "'")
    return (
        f"```sh\n{command}\n```\n\nOn the same runtime the model has the same content. Other machines "
        "may differ in the last digits."
    )
