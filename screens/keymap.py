"""A person's own keys, from `[keys]` in their config.toml: verb = "key" (or "key,key")."""

from __future__ import annotations

from screens.verbs import VERBS
from workbench.errors import WorkbenchError


def personal_keys() -> tuple[dict[str, str], list[str]]:
    """Return verb → keys as the person wants them, and a sentence on each entry that is none."""
    from workbench.project.settings import read_personal

    try:
        wanted = read_personal().keys
    except WorkbenchError as error:
        return {}, [str(error)]
    return read_keys(wanted)


def read_keys(wanted: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """Sort out what can be used: known verbs, a key given, no key for two verbs."""
    keys: dict[str, str] = {}
    wrong: list[str] = []
    for verb, key in wanted.items():
        if verb not in VERBS:
            wrong.append(f"config.toml, [keys]: there is no verb {verb}; ? and : show their names")
        elif not key.strip():
            wrong.append(f"config.toml, [keys]: {verb} has no key")
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
    return keys, wrong


def _names(keys: str) -> set[str]:
    # `?` and question_mark are one key; Textual knows the long names.
    from textual.keys import _character_to_key

    return {
        _character_to_key(key.strip()) if len(key.strip()) == 1 else key.strip()
        for key in keys.split(",")
    }
