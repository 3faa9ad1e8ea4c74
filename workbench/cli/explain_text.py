"""What a run's model goes by, and where it is worst, as text. All from outside passes clean()."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.cli.base import table
from workbench.text import clean
from workbench.training.report import blocks, words

if TYPE_CHECKING:
    from workbench.training.report.record import Report


def explain_text(report: Report) -> str:
    """Return the verdict, the importance of columns, and the worst slices."""
    parts = [clean(words.verdict(report), 400)]
    if report.importances:
        most = max(float(item.mean) for item in report.importances)
        rows = [
            [clean(name, 40), loss, spread, _bar(float(item.mean), most)]
            for (name, loss, spread), item in zip(
                words.importances(report), report.importances, strict=False
            )
        ]
        head = [name.upper() for name in words.IMPORTANCE_HEAD] + [""]
        parts += [table(head, rows, right=("LOSS", "±")), words.importance_note(report)]
    if report.slices_seen:
        if report.slices:
            head = [name.upper() for name in words.SLICE_HEAD]
            rows = [
                [clean(row[0], 40), clean(row[1], 40), *row[2:]] for row in words.slices(report)
            ]
            parts.append(table(head, rows, right=("ROWS", "TEST", "95 %")))
        parts.append(words.slice_note(report))
    return "\n\n".join(parts)


def _bar(value: float, most: float) -> str:
    return blocks.bar(value / most, 20) if most > 0 else ""
