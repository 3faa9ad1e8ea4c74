"""The headings of our lists are words, written alike in every place; only data may be in capitals."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import screens

ROOT = Path(screens.__file__).parent


def headings(tree: ast.AST) -> Iterator[str]:
    """Every heading that the code itself writes: `Column(name, "Heading")` and `head="Heading"`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        given = [keyword.value for keyword in node.keywords if keyword.arg == "head"]
        if isinstance(node.func, ast.Name) and node.func.id == "Column":
            given += node.args[1:2]
        for word in given:
            if isinstance(word, ast.Constant) and isinstance(word.value, str):
                yield word.value


def wrong(heading: str) -> bool:
    """A heading begins with a capital and goes on without; signs and names of parts are written so."""
    return heading not in {"", "#", "ms", "CPU", "GPU"} and heading != heading.capitalize()


def test_every_heading_is_a_word() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {heading}"
        for path in ROOT.rglob("*.py")
        for heading in headings(ast.parse(path.read_text("utf-8")))
    }
    assert len(found) > 80
    assert {line for line in found if wrong(line.partition(": ")[2])} == set()


def test_capitals_are_found() -> None:
    tree = ast.parse('Column("a", "MISSING"); Choose(t, n, head="KIND"); Column("ms", "ms")')
    assert [heading for heading in headings(tree) if wrong(heading)] == ["MISSING", "KIND"]
