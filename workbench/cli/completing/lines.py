"""A line as bash has it: split into words with their quotes taken off, and words put back into it."""

from __future__ import annotations

import re
from typing import NamedTuple

_PLAIN = re.compile(r"[^\w@%+=:,./-]")
"""What stands for itself in a shell, wherever in a word it is, is not matched."""


class Typed(NamedTuple):
    """The words before the cursor and the one at it, without quotes.

    `quote` is the quote that is open at the cursor; `replaced` counts the characters of `current`
    that the shell will not replace, because it holds one of its word breaks to be the word's start.
    """

    words: list[str]
    current: str
    quote: str = ""
    replaced: int = 0


def split(line: str, breaks: str = "") -> Typed:
    """Split the line up to the cursor; `breaks` is COMP_WORDBREAKS."""
    words: list[str] = []
    word, begun, quote, escaped, replaced = "", False, "", False, 0
    for sign in line:
        if escaped:
            word, escaped = word + sign, False
        elif sign == "\\" and quote != "'":
            escaped = begun = True
        elif quote:
            if sign == quote:
                quote = ""
            else:
                word += sign
        elif sign in "'\"":
            quote, begun, replaced = sign, True, len(word)
        elif sign.isspace():
            if begun or word:
                words.append(word)
            word, begun, replaced = "", False, 0
        else:
            word += sign
            if sign in breaks and sign in ":=":
                replaced = len(word)
            elif sign in breaks and sign == "@":
                replaced = len(word) - 1  # bash begins a word with it: it may be a host's name
    return Typed(words, word, quote, replaced)


def quoted(word: str, typed: Typed) -> list[str]:
    """Return how bash is to write `word` in place of what was typed; nothing where it cannot."""
    rest = word[typed.replaced :]
    if typed.quote:
        ends = set("'") if typed.quote == "'" else set('"\\$`!')
        return [] if ends & set(rest) else [rest]
    rest = _PLAIN.sub(lambda found: "\\" + found[0], rest)
    return ["\\" + rest if rest.startswith("~") else rest]


def plain(word: str) -> str:
    """Return a word as fish and zsh hand it over at the cursor, without quotes that are still open."""
    return split(word).current if set(word) & set("'\"\\") else word
