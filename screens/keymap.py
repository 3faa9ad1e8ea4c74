"""A person's own keys, from `[keys]` in their config.toml: verb = "key" (or "key,key")."""

from __future__ import annotations

from typing import NamedTuple

from screens.themes import THEMES
from screens.verbs import VERBS
from workbench.errors import BadInput, WorkbenchError


class Own(NamedTuple):
    """What a person has set for the interface, and a sentence on each entry that cannot be used."""

    keys: dict[str, str]
    theme: str
    wrong: list[str]


def personal() -> Own:
    """Read the person's own settings for the interface."""
    from workbench.project.settings import read_personal

    try:
        own = read_personal()
    except WorkbenchError as error:
        return Own({}, "", [str(error)])
    keys, wrong = read_keys(own.keys)
    if own.theme and own.theme not in {theme.name for theme in THEMES}:
        names = ", ".join(theme.name for theme in THEMES)
        wrong.append(f"config.toml: there is no theme {own.theme}; there are {names}")
    return Own(keys, own.theme, wrong)


def read_keys(wanted: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """Sort out what can be used: known verbs, a key given, no key for two verbs."""
    keys: dict[str, str] = {}
    wrong: list[str] = []
    for verb, key in wanted.items():
        if verb not in VERBS:
            wrong.append(f"config.toml, [keys]: there is no verb {verb}; ? and : show their names")
        elif not key.strip():
            wrong.append(f"config.toml, [keys]: {verb} has no key")
        elif unknown := _unknown(key):
            wrong.append(
                f"config.toml, [keys]: {verb} = {key}: there is no key {unknown};"
                " keys are named like x, X, f5, ctrl+x, question_mark"
            )
        else:
            keys[verb] = key
    users = {verb: keys.get(verb, known.keys) for verb, known in VERBS.items()}
    for verb in list(keys):
        others = [
            other
            for other, theirs in users.items()
            if other != verb and _names(theirs) & _names(users[verb])
        ]
        if others:
            wrong.append(f"config.toml, [keys]: {verb} = {keys[verb]} is the key of {others[0]}")
            users[verb] = VERBS[verb].keys
            del keys[verb]
    return {verb: _spelled(key) for verb, key in keys.items()}, wrong


def keep_key(verb: str, key: str, keys: dict[str, str]) -> dict[str, str]:
    """Write another key of a verb into the person's own settings and return the whole map.

    An empty key brings the default back. Raises BadInput (`keys.wrong`) for one that cannot be used.
    """
    from workbench.project.paths import config_home
    from workbench.project.settings import write_personal

    default = not key.strip() or _names(key) == _names(VERBS[verb].keys)
    wanted = {name: own for name, own in keys.items() if name != verb}
    if not default:
        wanted[verb] = key
    found, wrong = read_keys(wanted)
    if wrong:
        raise BadInput(
            "That key cannot be used",
            where="key",
            why=wrong[0].partition("[keys]: ")[2],
            fix="Choose another, or change the other verb first",
            code="keys.wrong",
        )
    config_home().mkdir(mode=0o700, parents=True, exist_ok=True)
    write_personal({("keys", verb): None if default else found[verb]})
    return found


def _unknown(keys: str) -> str:
    """Return the first name among `keys` that is no key's; empty when all are."""
    from textual.keys import Keys

    known = {key.value for key in Keys} | {f"f{number}" for number in range(1, 25)} | {"space"}
    for name in keys.split(","):
        *modifiers, key = name.strip().split("+") if len(name.strip()) > 1 else [name.strip()]
        fine = len(key) == 1 or key in known or _is_sign(key)
        if not fine or not set(modifiers) <= {"ctrl", "shift", "alt", "super", "hyper", "meta"}:
            return name.strip() or "without a name"
    return ""


def _is_sign(name: str) -> bool:
    """Tell whether this is the long name of a sign that a keyboard has (`question_mark`)."""
    from textual.keys import _character_to_key

    return any(_character_to_key(chr(code)) == name for code in range(33, 0x250))


def _spelled(keys: str) -> str:
    """Return keys in Textual's long names, as its events carry them."""
    from textual.keys import _character_to_key

    names = [name.strip() for name in keys.split(",")]
    return ",".join(_character_to_key(name) if len(name) == 1 else name for name in names)


def _names(keys: str) -> set[str]:
    # `?` and question_mark are one key; Textual knows the long names.
    return set(_spelled(keys).split(","))
