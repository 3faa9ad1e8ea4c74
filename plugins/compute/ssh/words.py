"""The options of an SSH target as words that may stand on a command line, checked once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.errors import BadInput
from workbench.options import Value

_HOST = re.compile(r"[A-Za-z0-9_\[:][A-Za-z0-9_.:%\[\]-]{0,254}")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+\\-]{0,127}")
_PLACE = re.compile(r"[A-Za-z0-9_./~+-][A-Za-z0-9_./~+@:,= -]*")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the target's settings ask for; empty and None: as `ssh` has it."""

    host: str
    user: str = ""
    port: int | None = None
    key: str = ""
    jump: str = ""
    python: str = ""
    folder: str = ""
    project_folder: str = ""


def check_words(name: str, options: Mapping[str, Value]) -> Wanted:
    """Return the options of target `name`.

    Raises BadInput (`target.option`) for a host or user that `ssh` could take for an option or a
    shell for more than a word: a project's file comes from anybody.
    """
    texts = {
        key: str(options.get(key) or "")
        for key in ("host", "user", "key", "jump", "python", "folder", "project_folder")
    }
    if not texts["host"]:
        raise _refuse(name, "host", "", "an SSH target needs a host")
    if not is_host(texts["host"]):
        raise _refuse(name, "host", texts["host"], "expected the name or address of a host")
    if texts["user"] and not is_user(texts["user"]):
        raise _refuse(name, "user", texts["user"], "expected the name of a user")
    for word in filter(None, texts["jump"].split(",")):
        user, host, _ = split_hop(word)
        if not is_host(host) or (user and not is_user(user)):
            raise _refuse(name, "jump", texts["jump"], "expected [USER@]HOST[:PORT]")
    for key in ("python", "folder", "project_folder"):
        if texts[key] and (texts[key].startswith("-") or not _PLACE.fullmatch(texts[key])):
            raise _refuse(name, key, texts[key], "expected a path of plain characters")
    place = texts["project_folder"]
    if place and not place.startswith(("/", "~")):
        raise _refuse(name, "project_folder", place, "expected a path from / or ~ on")
    if texts["key"].startswith("-") or not texts["key"].isprintable():
        raise _refuse(name, "key", texts["key"], "expected the path of a file")
    port = options.get("port")
    return Wanted(port=int(port) if port else None, **texts)


def is_host(word: str) -> bool:
    """Tell whether `word` can be a host and nothing else."""
    return _HOST.fullmatch(word) is not None


def is_user(word: str) -> bool:
    """Tell whether `word` can be a user and nothing else."""
    return _USER.fullmatch(word) is not None


def split_hop(word: str) -> tuple[str, str, int | None]:
    """Return user, host and port of `[USER@]HOST[:PORT]`; an address with colons is in brackets."""
    user, _, rest = word.strip().removeprefix("ssh://").rpartition("@")
    if rest.startswith("["):
        host, _, port = rest[1:].partition("]")
        port = port.removeprefix(":")
    elif rest.count(":") == 1:
        host, _, port = rest.partition(":")
    else:
        host, port = rest, ""
    return user, host, int(port) if port.isdigit() else None


def _refuse(name: str, option: str, value: str, why: str) -> BadInput:
    return BadInput(
        f"The target {name} cannot have the {option} {value!r}"
        if value
        else f"The target {name} has no {option}",
        where=f"targets.{name}.{option}",
        why=why,
        fix="Correct it in workbench.toml, or in config.toml where it is your own",
        code="target.option",
    )
