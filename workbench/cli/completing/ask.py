"""A shell's question and the answer to it, from caches; nothing slow is imported unless one is stale.

    workbench __complete bash LINE WORDBREAKS   the line up to the cursor, as it was typed
    workbench __complete zsh WORD ... CURRENT   words with their quotes taken off, the one at the cursor last
    workbench __complete fish WORD ... CURRENT

The answer's first line says `words`, `files` or `folders`: what else the shell may offer. Then comes a
line for each word, for zsh and fish with a tab and its meaning. It never fails and never speaks of an
error: a shell that asks at every Tab is no place for either.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from workbench.cli.completing.decide import Answer, complete, project_in
from workbench.cli.completing.lines import Typed, plain, quoted, split
from workbench.text import clean

COMMAND = "__complete"
HELP = 60
SETTINGS = "workbench.toml"


def answer(arguments: list[str]) -> str:
    """Return what the shell of `arguments[0]` is told; empty when the question is none."""
    shell, *words = arguments or [""]
    if shell == "bash" and len(words) == 2:
        typed = split(words[0], words[1])
        found = _found(typed.words, typed.current)
        return _lines(found, [word for each in found.offers for word in quoted(each.word, typed)])
    if shell in {"zsh", "fish"} and len(words) >= 2:
        found = _found(words[:-1], plain(words[-1]))
        texts = [f"{each.word}\t{_meaning(each.help)}".rstrip("\t") for each in found.offers]
        return _lines(found, texts)
    return ""


def main(arguments: list[str]) -> None:
    """Write the answer to stdout, in UTF-8 whatever the locale."""
    sys.stdout.buffer.write(answer(arguments).encode("utf-8", "replace"))


def _lines(found: Answer, texts: list[str]) -> str:
    more = "files" if found.files else "folders" if found.folders else "words"
    return "\n".join([more, *texts]) + "\n"


def _meaning(text: str) -> str:
    return clean(text, HELP)


def _found(words: list[str], current: str) -> Answer:
    key = _key()
    tree = _cached("commands.json", key)
    if tree is None:
        from workbench.cli.completing.tree import tree as read_tree

        tree = read_tree()
        _keep("commands.json", key, tree)
    names = _names(words, key) if words[1:] else {}
    return complete(words or ["workbench"], current, tree, names)


def _names(words: list[str], key: list[Any]) -> dict[str, Any]:
    """Return the names of the project around this folder; none where there is none."""
    from workbench.errors import WorkbenchError

    named = project_in(words) or os.environ.get("WORKBENCH_PROJECT", "")
    root = _root(os.path.expanduser(named) if named else "")  # noqa: PTH111  # pathlib costs 20 ms
    if not root:
        return {}
    own = os.path.join(root, ".workbench")  # noqa: PTH118
    try:
        with open(os.path.join(own, "project-id"), encoding="ascii") as file:  # noqa: PTH118, PTH123
            identifier = file.read(64).strip()
        mark = [*key, _end(os.path.join(own, "journal")), *_settings(root)]  # noqa: PTH118
    except (OSError, ValueError):
        return {}
    name = f"names-{identifier}.json" if identifier.isalnum() else ""
    known: dict[str, Any] | None = _cached(name, mark)
    if known is not None:
        return known
    try:
        from pathlib import Path

        from workbench.cli.completing.names import names
        from workbench.project.project import open_project

        found = names(open_project(Path(root), via="cli"))
    except (WorkbenchError, OSError):
        return {}
    _keep(name, mark, found)
    return found


def _root(named: str) -> str:
    folder = os.path.abspath(named or os.curdir)  # noqa: PTH100
    while True:
        if os.path.isfile(os.path.join(folder, SETTINGS)):  # noqa: PTH113, PTH118
            return folder
        above = os.path.dirname(folder)  # noqa: PTH120
        if named or above == folder:
            return ""
        folder = above


def _end(journal: str) -> list[Any]:
    """Return name and size of the journal's last segment (contracts.md: NNNNNN.jsonl)."""
    last = max(name for name in os.listdir(journal) if name.endswith(".jsonl"))  # noqa: PTH208
    return [last, os.stat(os.path.join(journal, last)).st_size]  # noqa: PTH116, PTH118


def _settings(root: str) -> list[int]:
    """Return the times of the project's settings and of the person's own."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    base = base if os.path.isabs(base) else os.path.expanduser("~/.config")  # noqa: PTH111, PTH117
    own = os.path.join(base, "workbench", "config.toml")  # noqa: PTH118
    return [_stamp(os.path.join(root, SETTINGS)), _stamp(own)]  # noqa: PTH118


def _stamp(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116
    except OSError:
        return 0


def _key() -> list[Any]:
    """Return what changes with our commands and with the installed plugins: times of their folders."""
    from workbench import __version__

    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
    cli = os.path.dirname(here)  # noqa: PTH120
    newest = 0
    for folder in (cli, here):
        with os.scandir(folder) as entries:
            newest = max(
                newest, *(entry.stat().st_mtime_ns for entry in entries if entry.is_file())
            )
    return [__version__, newest, *(_stamp(path) for path in sys.path if path)]


def _folder() -> str:
    base = os.environ.get("XDG_CACHE_HOME", "")
    base = base if os.path.isabs(base) else os.path.expanduser("~/.cache")  # noqa: PTH111, PTH117
    return os.path.join(base, "workbench", "completion")  # noqa: PTH118


def _cached(name: str, key: list[Any]) -> Any:
    """Return what was kept under `name` for `key`; None when it is of another, or damaged."""
    try:
        with open(os.path.join(_folder(), name), "rb") as file:  # noqa: PTH118, PTH123
            kept = json.load(file)
        return kept["value"] if kept["key"] == key else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(name: str, key: list[Any], value: Any) -> None:
    """Keep `value`; where that cannot be, the next question takes longer."""
    from contextlib import suppress
    from pathlib import Path

    from workbench.files import write_atomic

    if not name:
        return
    with suppress(OSError):
        folder = Path(_folder())
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        body = json.dumps({"key": key, "value": value}).encode()
        write_atomic(folder / name, body, mode=0o600, sync=False)


__all__ = ["COMMAND", "Typed", "answer", "main"]
