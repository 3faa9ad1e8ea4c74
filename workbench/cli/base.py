"""What every command shares: `--json`, `--project`, `--debug`, one way to answer, one way to refuse."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click

from workbench.errors import WorkbenchError
from workbench.text import MARKED, clean, whole
from workbench.widths import cut, fit, width

if TYPE_CHECKING:
    from workbench.project.project import Project

P = ParamSpec("P")
R = TypeVar("R")


class Context:
    """What a command is given: the project (opened when asked for) and how to answer."""

    def __init__(self, project: str | None, *, json: bool, debug: bool) -> None:
        self._where = project
        self._project: Project | None = None
        self.json = json
        self.debug = debug

    @property
    def named(self) -> bool:
        """Whether the person named the project's folder."""
        return bool(self._where)

    @property
    def project(self) -> Project:
        """The project of this command; raises NotFound where there is none."""
        if self._project is None:
            self._project = self.open(via="cli")
        return self._project

    def open(self, *, via: str) -> Project:
        """Open the project that was named, or the one around this folder, by the door `via`."""
        from workbench.project.project import find_project

        return find_project(Path(self._where) if self._where else None, via=via)

    def answer(self, schema: str, data: Any, human: str | Callable[[], str]) -> None:
        """Write the result: `{"schema","data"}` with `--json`, else `human` (built only then).

        `schema` is `NOUN.VERB@N`; `data` is anything msgspec encodes, or JSON as msgspec.Raw (then
        its non-finite numbers are strings already). `human` may span lines;
        what came from outside in it must have passed clean().
        """
        if self.json:
            import msgspec

            from workbench.numbers import json_ready

            # What is encoded already has its figures as figures: 10,000 runs are not walked again.
            if not isinstance(data, msgspec.Raw):
                data = json_ready(msgspec.to_builtins(data))
            body = {"schema": f"workbench/{schema}", "data": data}
            click.echo(safe_json(body))
        else:
            click.echo(human if isinstance(human, str) else human())

    def line(self, data: Any, human: str) -> None:
        """Write one item of a stream: a JSON line with `--json`, else `human`."""
        if self.json:
            import msgspec

            from workbench.numbers import json_ready

            click.echo(safe_json(json_ready(msgspec.to_builtins(data))))
        else:
            click.echo(human)

    def say(self, text: str) -> None:
        """Write progress or a remark to stderr."""
        click.echo(text, err=True)


_OBEYED = re.compile("\x7f|" + MARKED.pattern)


def safe_json(data: Any) -> str:
    """Return `data`, made of built-in types, as JSON that a terminal obeys nothing of.

    JSON escapes the controls below a space; what clean() would mark is escaped here, which is the
    same JSON. A lone surrogate (of a path that is no UTF-8), which JSON cannot carry, is marked.
    """
    import msgspec

    try:
        text = msgspec.json.encode(data).decode()
    except UnicodeEncodeError:
        text = msgspec.json.encode(_whole(data)).decode()
    if text.isascii() and "\x7f" not in text:
        return text
    return _OBEYED.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list | tuple) else value


def show_traceback() -> None:
    """Write the traceback of the error in hand to stderr; it may quote anything."""
    click.echo(clean(traceback.format_exc(), 1_000_000, lines=True), err=True)


def common(function: Callable[Concatenate[Context, P], R]) -> Callable[..., R]:
    """Give a command `--json`, `--project` and `--debug`, and a Context as its first argument."""

    @click.option("--json", "json_", is_flag=True, help="Answer in JSON on stdout, errors too.")
    @click.option(
        "--project",
        "project_",
        metavar="DIR",
        envvar="WORKBENCH_PROJECT",
        help="The project's folder (default: found upwards from here).",
    )
    @click.option("--debug", "debug_", is_flag=True, help="Show a traceback with an error.")
    @wraps(function)
    def wrapped(*args: Any, json_: bool, project_: str | None, debug_: bool, **kwargs: Any) -> R:
        before = click.get_current_context().find_root().obj  # workbench --project DIR NOUN VERB
        context = Context(before or project_, json=json_, debug=debug_)
        try:
            return function(context, *args, **kwargs)
        except (WorkbenchError, OSError):
            if debug_:
                show_traceback()
            raise

    return wrapped


def tell_error(refusal: WorkbenchError) -> int:
    """Write a refusal as the contract says and return the exit status."""
    if "--json" in sys.argv:
        click.echo(safe_json({"error": refusal.as_dict()}))
    else:
        click.echo(f"workbench: {clean(refusal)}", err=True)
    return refusal.exit_status


def colour_wanted() -> bool:
    """Tell whether stdout is a terminal that wants colours (NO_COLOR is honoured)."""
    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


WIDEST = 60
"""The most cells that a column of a table gets."""


def table(
    headings: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[str] = ()
) -> str:
    """Return a plain table as text: cleaned cells, columns in `right` flushed right, no frame."""
    cells = [[clean(heading) for heading in headings]] + [
        ["-" if cell is None else cut(clean(cell), WIDEST) for cell in row] for row in rows
    ]
    widths = [max(width(line[i]) for line in cells) for i in range(len(headings))]
    lines = []
    for line in cells:
        parts = [
            fit(cell, wide, right=heading in right)
            for cell, wide, heading in zip(line, widths, headings, strict=True)
        ]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)
