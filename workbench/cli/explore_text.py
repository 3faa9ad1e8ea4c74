"""What `workbench explore suggest` writes for people."""

from __future__ import annotations

import shlex
import shutil
import textwrap
from typing import TYPE_CHECKING

from workbench.text import clean

if TYPE_CHECKING:
    from workbench.explore.suggest import Advice

_LEAST = 60


def advice_text(advice: Advice) -> str:
    """Each chart as its command with the reason under it, then the families of models."""
    width = max(shutil.get_terminal_size((80, 24)).columns, _LEAST)
    lines = [f"Charts of {clean(advice.dataset)} that are worth a look:"]
    for one in advice.charts:
        words = ("workbench", "explore", "chart", one.kind, advice.dataset, *one.words)
        lines += ["  " + clean(shlex.join(words), 400), *_wrapped(one.why, width, "      ")]
    if not advice.charts:
        lines.append("  Nothing stands out.")
    of = f" for {advice.task} of {clean(advice.target, 80)}" if advice.target else ""
    lines += ["", f"Families of models{of}:"]
    for family in advice.families:
        trainer = f" (--trainer {family.trainer})" if family.trainer else ""
        lines.append(f"  {family.fits.upper():9} {family.name}{trainer}")
        lines += _wrapped(family.why, width, " " * 12)
    if not advice.target:
        lines += [
            "",
            "--target COLUMN says what is to be predicted: then what it depends on as well.",
        ]
    return "\n".join(lines)


def _wrapped(text: str, width: int, lead: str) -> list[str]:
    found = textwrap.wrap(
        clean(text, 400), width, initial_indent=lead, subsequent_indent=lead, break_long_words=True
    )
    return found or [lead]
