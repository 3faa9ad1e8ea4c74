"""Names, references and links: one grammar for the command line, the palette, files and reports.

flights@3  flights@latest  flights@summer     a dataset version by number, newest, tag
delay@4    delay@production                   a model version by number, by environment
r_142  j_17                                   a run, a job, by number
01J9...    any unique suffix of a ULID        anything recorded
workbench:PROJECT/run/r_142                   a link
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.errors import BadInput

NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
LATEST = "latest"
_NUMBERED = re.compile(r"([rj])_([1-9][0-9]{0,17})")
_SUFFIX = re.compile(r"[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{4,26}")


def check_name(name: str, what: str = "name") -> str:
    """Return `name` if it may name a dataset, model, experiment or deployment, else raise BadInput."""
    if NAME.fullmatch(name) is None or name == LATEST:
        why = (
            "it is reserved"
            if name == LATEST
            else (
                "a name starts with a letter a to z and goes on with letters, digits, _ or -, 63 at most"
            )
        )
        raise BadInput(
            f"{name!r} cannot be the {what}", where=what, why=why, fix="Choose another", code="name"
        )
    return name


@dataclass(frozen=True, slots=True)
class VersionRef:
    """`name@selector`: `number` is set when the selector is one; a bare name selects the newest."""

    name: str
    selector: str = LATEST

    @property
    def number(self) -> int | None:
        """The version's number, None when it is selected by tag, environment or `latest`."""
        return int(self.selector) if self.selector.isdecimal() else None

    def __str__(self) -> str:
        """The reference as it is typed."""
        return f"{self.name}@{self.selector}"


def parse_version(text: str) -> VersionRef:
    """Read `name` or `name@selector`; raises BadInput."""
    name, at, selector = text.strip().partition("@")
    check_name(name)
    if not at:
        return VersionRef(name)
    if selector != LATEST and re.fullmatch(r"[1-9][0-9]{0,17}", selector) is None:
        check_name(selector, "selector after @")
    return VersionRef(name, selector)


def parse_numbered(text: str, letter: str) -> int | None:
    """Return N of `r_N` or `j_N` when `letter` matches, else None."""
    found = _NUMBERED.fullmatch(text.strip())
    return int(found[2]) if found and found[1] == letter else None


def parse_suffix(text: str) -> str | None:
    """Return a ULID or the end of one in capitals, None when it cannot be one."""
    return text.strip().upper() if _SUFFIX.fullmatch(text.strip()) else None


@dataclass(frozen=True, slots=True)
class Link:
    """`workbench:PROJECT/noun/reference`."""

    project: str
    noun: str
    reference: str

    def __str__(self) -> str:
        """The link as it is written."""
        return f"workbench:{self.project}/{self.noun}/{self.reference}"


def parse_link(text: str) -> Link:
    """Read a link; raises BadInput."""
    scheme, _, rest = text.partition(":")
    parts = rest.split("/")
    if scheme != "workbench" or len(parts) != 3 or not all(parts):
        raise BadInput(
            "This is not a link",
            where=text[:80],
            why="a link reads workbench:PROJECT/noun/reference",
            fix="Copy it again with y",
            code="link",
        )
    return Link(*parts)
