"""README.md says what the code says. `python tests/unit/test_readme.py` makes its tables again."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path

import click

README = Path(__file__).parents[2] / "README.md"


def keys() -> str:
    """Return the table of keys: one row a verb, the places together."""
    from screens.verbs import VERBS

    rows = []
    for verb in VERBS.values():
        if not verb.id.startswith("place-"):
            shown = " ".join(f"`{key}`" for key in verb.all_shown().split())
            rows.append(f"| {shown} | {verb.help} |")
    places = [verb.label for verb in VERBS.values() if verb.id.startswith("place-")]
    named = ", ".join(f"{digit} {name}" for digit, name in enumerate(places))
    rows.insert(0, f"| `0` to `6` | Go to a place: {named}. |")
    return "\n".join(rows)


def commands() -> str:
    """Return the table of commands: one row a noun, with its verbs."""
    from workbench.cli.main import COMMANDS

    rows = []
    for name, (place, line) in COMMANDS.items():
        module, _, attribute = place.partition(":")
        command = getattr(import_module(module), attribute)
        verbs = sorted(command.commands) if isinstance(command, click.Group) else []
        what = line.partition(":")[0] if verbs else line.rstrip(".")
        rows.append(
            f"| `{name}` | {what.rstrip('.')} | {', '.join(f'`{verb}`' for verb in verbs)} |"
        )
    return "\n".join(rows)


TABLES = {"keys": keys, "commands": commands}


def renewed(text: str) -> str:
    """Return `text` with the rows of each table made again."""
    for name, make in TABLES.items():
        pattern = rf"(<!-- {name} -->\n\|[^\n]*\n\|[-|]+\n).*?(\n<!-- /{name} -->)"
        rows = make()
        text, found = re.subn(
            pattern, lambda m, rows=rows: m[1] + rows + m[2], text, flags=re.DOTALL
        )
        assert found == 1, name
    return text


def test_its_tables_are_those_of_the_code() -> None:
    assert README.read_text() == renewed(README.read_text())


def test_what_it_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^):]+)\)", README.read_text())
    assert links
    assert [link for link in links if not (README.parent / link).is_file()] == []


def test_every_command_in_its_first_run_is_one() -> None:
    from workbench.cli.main import COMMANDS

    for words in re.findall(r"^workbench ([a-z]+)(?: ([a-z]+))?", README.read_text(), re.MULTILINE):
        assert words[0] in COMMANDS
        module, _, attribute = COMMANDS[words[0]][0].partition(":")
        command = getattr(import_module(module), attribute)
        assert not isinstance(command, click.Group) or words[1] in command.commands


if __name__ == "__main__":
    README.write_text(renewed(README.read_text()))
    sys.stdout.write("README.md has its tables from the code\n")
