"""Markdown as safe text: headings, lists, tables, code; nothing in it can be clicked or obeyed.

Parsed by markdown-it (CommonMark with tables, HTML off). Every piece passes `clean` after parsing too,
because an entity such as `&#27;` is a control character only then. A link is its text and address.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from screens.text import said
from workbench.text import clean

if TYPE_CHECKING:
    from markdown_it.token import Token

MOST = 400_000
"""Characters of a document that are shown."""
CELL = 60
"""Cells of the widest column of a table."""


def render(text: str, width: int = 0) -> Content:
    """Return the document as one Content: tables cut to `width` cells (0: not), the rest to be wrapped."""
    # 20 ms, when a first document is shown.
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    # Cleaned before as well: the parser cannot take lone surrogates.
    tokens = parser.parse(clean(text, MOST, lines=True))
    return Content("\n").join(_Page(width).read(tokens))


class _Page:
    """The lines of a document, block by block."""

    def __init__(self, width: int) -> None:
        self.lines: list[Content] = []
        self._width = width
        self._depth = 0
        self._marker = ""

    def read(self, tokens: Sequence[Token]) -> list[Content]:
        """Take every block and return the lines, the first of them not empty."""
        at = 0
        while at < len(tokens):
            kind = tokens[at].type
            if kind == "table_open":
                end = next(n for n in range(at, len(tokens)) if tokens[n].type == "table_close")
                self._table(tokens[at:end])
                at = end
            elif kind in {"heading_open", "paragraph_open"}:
                self._text(tokens[at], tokens[at + 1])
            else:
                self._take(tokens[at])
            at += 1
        return self.lines[1:] if self.lines and not self.lines[0] else self.lines

    def _take(self, token: Token) -> None:
        kind = token.type
        if kind in {"bullet_list_open", "ordered_list_open"}:
            self._depth += 1
            if self._depth == 1:
                self.lines.append(Content(""))
        elif kind in {"bullet_list_close", "ordered_list_close"}:
            self._depth -= 1
        elif kind == "list_item_open":
            self._marker = f"{token.info}." if token.info else "•"
        elif kind in {"fence", "code_block"}:
            code = clean(token.content, lines=True).rstrip("\n").split("\n")
            self.lines += [Content(""), *(Content.styled("  " + c, "$secondary") for c in code)]
        elif kind == "hr":
            self.lines += [Content(""), Content.styled("─" * 20, "$text-muted")]

    def _text(self, opening: Token, token: Token) -> None:
        body = inline(token)
        if opening.type == "heading_open":
            self.lines += [Content(""), *_heading(opening.tag, body)]
        elif self._depth:
            pad = "  " * (self._depth - 1)
            marker = (self._marker.ljust(2), "$text-muted")
            self.lines.append(Content.assemble(pad, marker, body))
            self._marker = ""
        else:
            self.lines += [Content(""), body]

    def _table(self, tokens: Sequence[Token]) -> None:
        drawn = _table(tokens)
        if self._width:
            drawn = [line.truncate(self._width, ellipsis=True) for line in drawn]
        self.lines += [Content(""), *drawn]


def _heading(tag: str, title: Content) -> list[Content]:
    if tag == "h1":
        rule = "━" * min(title.cell_length, 100)
        return [title.stylize("bold $primary"), Content.styled(rule, "$primary")]
    return [title.stylize("bold $primary" if tag == "h2" else "bold")]


def inline(token: Token) -> Content:
    """Return the text inside a block; a line break in it is a space."""
    parts: list[Content] = []
    style: list[str] = []
    address: list[str] = []
    for child in token.children or ():
        if child.type in {"strong_open", "em_open"}:
            style.append("bold" if child.type == "strong_open" else "italic")
        elif child.type in {"strong_close", "em_close"}:
            style.pop()
        elif child.type == "link_open":
            address.append(str(child.attrs.get("href", "")))
        elif child.type == "link_close":
            parts.append(said(f" ({address.pop()})", "muted"))
        elif child.type in {"softbreak", "hardbreak"}:
            parts.append(Content(" "))
        elif child.type == "code_inline":
            parts.append(Content.styled(clean(child.content), "$secondary"))
        elif child.content:
            parts.append(Content.styled(clean(child.content), " ".join(style)))
    return Content("").join(parts)


def _table(tokens: Sequence[Token]) -> list[Content]:
    rows: list[list[Content]] = []
    right: list[bool] = []
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in {"th_open", "td_open"} and after is not None:
            rows[-1].append(inline(after).truncate(CELL, ellipsis=True))
            if token.type == "th_open":
                right.append("right" in str(token.attrs.get("style", "")))
    widths = [
        max((row[n].cell_length for row in rows if n < len(row)), default=0)
        for n in range(len(right))
    ]
    lines = [Content("  ").join(_cells(row, widths, right)) for row in rows]
    if lines:
        lines[0] = lines[0].stylize("$text-muted bold")
        rule = "  ".join("─" * width for width in widths)
        lines.insert(1, Content.styled(rule, "$text-muted"))
    return lines


def _cells(row: list[Content], widths: list[int], right: list[bool]) -> Iterator[Content]:
    for cell, width, end in zip(row, widths, right, strict=False):
        pad = " " * (width - cell.cell_length)
        yield Content.assemble(pad, cell) if end else Content.assemble(cell, pad)
