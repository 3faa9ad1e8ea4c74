"""Pure: from the words before the cursor, the tree of commands and the names to what may come next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

LIMIT = 200
"""The most names that are offered at once."""

Tree = dict[str, Any]
"""Noun → {"help", "verbs": verb → command} or {"help", "command": command}; a command is {"help",
"flags": [{"names", "value", "kind", "choices", "help"}], "arguments": [{"kind", "many", "choices"}]}."""

Names = dict[str, Any]
"""Kind → names in the order in which they are offered; "columns" is dataset → names."""


class Offer(NamedTuple):
    """One word that may come next, with what it means."""

    word: str
    help: str = ""


class Answer(NamedTuple):
    """What to offer; `files` when names of files may come as well, `folders` when folders only."""

    offers: tuple[Offer, ...] = ()
    files: bool = False
    folders: bool = False


def complete(words: Sequence[str], current: str, tree: Tree, names: Names) -> Answer:
    """Return what may stand for `current` after `words` (the first is `workbench` itself)."""
    project, rest = _root_flags(words[1:])
    if project:
        return Answer(folders=True)
    if not rest:
        nouns = [Offer(noun, entry["help"]) for noun, entry in tree.items()]
        return _words([*nouns, Offer("--project"), Offer("--help"), Offer("--version")], current)
    entry = tree.get(rest[0])
    if entry is None:
        return Answer()
    if "verbs" in entry:
        if len(rest) == 1:
            verbs = [Offer(verb, found["help"]) for verb, found in entry["verbs"].items()]
            return _words([*verbs, Offer("--help")], current)
        command = entry["verbs"].get(rest[1])
        return _of(command, rest[2:], current, names) if command else Answer()
    return _of(entry["command"], rest[1:], current, names)


def project_in(words: Sequence[str]) -> str:
    """Return the folder that `--project` names among the words, empty without it."""
    for at, word in enumerate(words):
        if word == "--project" and at + 1 < len(words):
            return words[at + 1]
        if word.startswith("--project="):
            return word.partition("=")[2]
    return ""


def _root_flags(words: Sequence[str]) -> tuple[bool, list[str]]:
    """Leave out what stands before the noun; True when the cursor is on the folder of --project."""
    rest = list(words)
    while rest and rest[0].startswith("-"):
        if rest[0] == "--project":
            if len(rest) == 1:
                return True, []
            rest = rest[2:]
        else:
            rest = rest[1:]
    return False, rest


def _of(command: dict[str, Any], words: Sequence[str], current: str, names: Names) -> Answer:
    flags = {name: flag for flag in command["flags"] for name in flag["names"]}
    given: list[str] = []
    used: set[str] = set()
    wanted: dict[str, Any] | None = None
    plain = False  # after `--` everything is an argument
    for word in words:
        if wanted is not None:
            wanted = None
        elif plain or not word.startswith("-") or word == "-":
            given.append(word)
        elif word == "--":
            plain = True
        else:
            name, equals, _ = word.partition("=")
            used.add(name)
            flag = flags.get(name)
            wanted = flag if flag and flag["value"] and not equals else None
    where = _dataset(words, given, names)
    if wanted is not None:
        return _values(wanted, current, names, where)
    if not plain and current.startswith("-"):
        name, equals, value = current.partition("=")
        if equals and name in flags:
            found = _values(flags[name], value, names, where)
            return found._replace(
                offers=tuple(Offer(f"{name}={each.word}", each.help) for each in found.offers)
            )
        left = [
            Offer(flag["names"][0], flag["help"])
            for flag in command["flags"]
            if flag["many"] or not used & set(flag["names"])
        ]
        return _words(left, current)
    arguments = command["arguments"]
    at = min(len(given), len(arguments) - 1)
    if at < 0 or (len(given) >= len(arguments) and not arguments[-1]["many"]):
        return Answer()
    found = _values(arguments[at], current, names, where)
    taken = set(given) if arguments[at]["many"] else set()
    return found._replace(offers=tuple(each for each in found.offers if each.word not in taken))


def _dataset(words: Sequence[str], given: Sequence[str], names: Names) -> str:
    """Return the dataset that a command is about: its --dataset or --data, else the last one given."""
    for flag in ("--dataset", "--data"):
        for at, word in enumerate(words):
            if word == flag and at + 1 < len(words):
                return words[at + 1]
            if word.startswith(flag + "="):
                return word.partition("=")[2]
    known = names.get("columns", {})
    return next((word for word in reversed(given) if word.partition("@")[0] in known), "")


def _values(wanted: dict[str, Any], current: str, names: Names, dataset: str) -> Answer:
    kind = wanted["kind"]
    if kind == "file":
        return Answer(files=True)
    if kind == "folder":
        return Answer(folders=True)
    if wanted["choices"]:
        return _words([Offer(choice) for choice in wanted["choices"]], current)
    if kind == "column":
        columns: dict[str, list[str]] = names.get("columns", {})
        found = columns.get(dataset.partition("@")[0])
        return _words(map(Offer, found or _any_of(columns)), current)
    return _words([Offer(*each) for each in names.get(kind, ())], current)


def _any_of(columns: dict[str, list[str]]) -> list[str]:
    """Return the columns of all datasets, each once."""
    return list(dict.fromkeys(name for found in columns.values() for name in found))


def _words(offers: Any, current: str) -> Answer:
    found = [each for each in offers if each.word.startswith(current) and sound(each.word)]
    return Answer(offers=tuple(found[:LIMIT]))


def sound(word: str) -> bool:
    """Tell whether a word can be shown and typed: nothing in it that a terminal or a shell obeys."""
    from workbench.text import MARKED

    return bool(word) and word.isprintable() and MARKED.search(word) is None
