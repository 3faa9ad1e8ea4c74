"""Strict reading of the TOML files that people own, into frozen structs, and edits that keep comments.

An unknown key, a wrong type or a syntax error is told with file, line, key and what was expected.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from workbench.errors import BadInput
from workbench.files import write_atomic

S = TypeVar("S", bound=msgspec.Struct)
Step = str | int
"""A key of a table, or a position in an array."""


def read_toml(path: Path, kind: type[S], *, code: str = "toml") -> S:
    """Read the file at `path` as a `kind`.

    Raises BadInput with `code`.syntax, .unknown, .missing or .type. OSError of reading passes.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path.name} is not text",
            where=str(path),
            why=f"byte {error.start} is not UTF-8",
            fix="Save it as UTF-8",
            code=f"{code}.syntax",
        ) from None
    return parse_toml(text, kind, where=str(path), code=code)


def parse_toml(text: str, kind: type[S], *, where: str, code: str = "toml") -> S:
    """Read `text` as a `kind`; `where` is the file that messages name. Raises BadInput."""
    data = parse_tables(text, where=where, code=code)
    return _Reader(text, where, code).struct(data, kind, ())


def parse_tables(text: str, *, where: str, code: str = "toml") -> dict[str, Any]:
    """Read `text` as plain tables. Raises BadInput (`code`.syntax) with the line."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"^(.*) \(at (?:line (\d+), column (\d+)|end of document)\)$", str(error))
        reason = found[1] if found else str(error)
        line = int(found[2]) if found and found[2] else text.count("\n") + 1
        raise BadInput(
            f"{Path(where).name} is not valid TOML",
            where=f"{where}, line {line}",
            why=reason[:1].lower() + reason[1:],
            fix="Correct that line",
            code=f"{code}.syntax",
        ) from None


class _Reader:
    """Turns tables into structs along the structs' annotations, remembering the path for messages."""

    def __init__(self, text: str, where: str, code: str) -> None:
        self.text = text
        self.where = where
        self.code = code

    def struct(self, data: Mapping[str, Any], kind: type[S], path: tuple[Step, ...]) -> S:
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        hints = get_type_hints(kind, include_extras=True)
        values: dict[str, Any] = {}
        for key, value in data.items():
            if key not in fields:
                raise self.refuse(
                    (*path, key),
                    "is not a known key",
                    "known here: " + ", ".join(fields),
                    "unknown",
                )
            name = fields[key].name
            values[name] = self.value(value, hints[name], (*path, key))
        for key, field in fields.items():
            if field.required and field.name not in values:
                raise self.refuse(
                    (*path, key),
                    "is missing",
                    f"expected {_expected(hints[field.name])}",
                    "missing",
                )
        try:
            return kind(**values)
        except ValueError as error:  # of the struct's own __post_init__
            raise self.refuse(path, "cannot be used", str(error), "type") from None

    def value(self, value: Any, hint: Any, path: tuple[Step, ...]) -> Any:
        origin, arguments = get_origin(hint), get_args(hint)
        if origin in {Union, UnionType} and len(set(arguments) - {NoneType}) == 1:
            # TOML has no null: an optional key that is there has its value.
            return self.value(value, next(a for a in arguments if a is not NoneType), path)
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct) and isinstance(value, dict):
            return self.struct(value, hint, path)
        if origin is dict and isinstance(value, dict):
            return {
                key: self.value(item, arguments[1], (*path, key)) for key, item in value.items()
            }
        if origin in {tuple, list} and isinstance(value, list) and _repeats(hint):
            return origin(
                self.value(item, arguments[0], (*path, position))
                for position, item in enumerate(value)
            )
        if origin is Literal and value not in arguments:
            raise self.refuse(path, f"cannot be {_shown(value)}", _expected_one(hint), "type")
        try:
            return msgspec.convert(value, hint)
        except msgspec.ValidationError as error:
            reason = str(error).partition(" - at ")[0]
            raise self.refuse(
                path, f"cannot be {_shown(value)}", _in_words(reason), "type"
            ) from None

    def refuse(self, path: tuple[Step, ...], what: str, why: str, kind: str) -> BadInput:
        key = dotted(path)
        line = line_of(self.text, path if kind != "missing" else path[:-1])
        return BadInput(
            f"{key or 'The file'} {what}",
            where=f"{self.where}, line {line}" + (f", key {key}" if key else ""),
            why=why,
            fix={
                "unknown": "Correct the key or remove it",
                "missing": "Add it",
                "type": "Correct the value",
            }[kind],
            code=f"{self.code}.{kind}",
        )


def _repeats(hint: Any) -> bool:
    arguments = get_args(hint)
    return get_origin(hint) is list or (len(arguments) == 2 and arguments[1] is Ellipsis)


_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "a table",
    "array": "a list",
}


def _in_words(reason: str) -> str:
    """Turn msgspec's "Expected `int`, got `str`" into words for people who write no Python."""

    def words(quoted: re.Match[str]) -> str:
        return " or ".join(_WORDS.get(name, name) for name in quoted[1].split(" | "))

    reason = re.sub(r"`([^`]+)`", words, reason)
    return reason[:1].lower() + reason[1:]


def _expected_one(hint: Any) -> str:
    return "expected one of " + ", ".join(map(str, get_args(hint)))


def _expected(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return _expected_one(hint).removeprefix("expected ")
    return _WORDS.get(getattr(hint, "__name__", ""), "a table")


def _shown(value: Any) -> str:
    text = repr(value) if not isinstance(value, bool) else str(value).lower()
    return text if len(text) <= 40 else text[:39] + "…"


def dotted(path: Sequence[Step]) -> str:
    """Return a path as people write it: `environments.production.gates[0].gate`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


_HEADER = re.compile(r"\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(
    r"""\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*="""
)
_PART = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")


def line_of(text: str, path: Sequence[Step]) -> int:
    """Return the line (from 1) where `path` stands, or the nearest table or key around it.

    A reader of lines, not a parser: tomllib keeps no positions. A key inside an inline table is
    found by its name after its array's or table's line.
    """
    wanted = tuple(path)
    best, depth = 1, 0
    table: tuple[Step, ...] = ()
    counts: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.fullmatch(line):
            names = _split(header[2])
            if header[1] == "[[":
                counts[names] = counts.get(names, -1) + 1
            here = table = _with_positions(names, counts)
        elif key := _KEY.match(line):
            here = table + _split(key[1])
        else:
            continue
        shared = len(here) if here == wanted[: len(here)] else 0
        if shared > depth:
            best, depth = number, shared
    return _inside(text.splitlines(), best, wanted[depth:])


def _inside(lines: list[str], start: int, rest: tuple[Step, ...]) -> int:
    """Find the rest of a path in the inline tables that follow line `start`.

    The position in an array counts how often the key is written there; a key that some of the
    elements lack can so be told a line too late, never outside its array.
    """
    keys = [step for step in rest if isinstance(step, str)]
    position = next((step for step in rest if isinstance(step, int)), 0)
    if not keys:
        return start
    pattern = re.compile(rf"""(?:^|[\s{{,"']){re.escape(keys[-1])}["']?\s*=""")
    found = []
    for number, line in enumerate(lines[start - 1 :], start):
        if number > start and _HEADER.fullmatch(line):
            break
        found += [number] * len(pattern.findall(line))
    return found[min(position, len(found) - 1)] if found else start


def _split(key: str) -> tuple[str, ...]:
    return tuple(next(part for part in found if part) for found in _PART.findall(key) if any(found))


def _with_positions(
    names: tuple[str, ...], counts: Mapping[tuple[str, ...], int]
) -> tuple[Step, ...]:
    steps: list[Step] = []
    for end, name in enumerate(names, 1):
        steps.append(name)
        if names[:end] in counts:
            steps.append(counts[names[:end]])
    return tuple(steps)


def edit_toml(
    path: Path, changes: Mapping[tuple[str, ...], Any], kind: type[S], *, code: str = "toml"
) -> S:
    """Set (or with None remove) the values at these keys, keeping comments and order, and return the result.

    What would not be read back as a `kind` is refused before anything is written.
    """
    # tomlkit costs 25 ms to import; only writers need it.
    import tomlkit
    from tomlkit.items import Table

    text = path.read_text("utf-8") if path.exists() else ""
    parse_tables(text, where=str(path), code=code)
    document = tomlkit.parse(text)
    for keys, value in changes.items():
        table: Any = document
        for key in keys[:-1]:
            if key not in table:
                table[key] = tomlkit.table(is_super_table=key != keys[-2])
            table = table[key]
            if not isinstance(table, Table) and not isinstance(table, dict):
                raise BadInput(
                    f"{dotted(keys)} cannot be set",
                    where=f"{path}, key {key}",
                    why=f"{key} is not a table",
                    fix="Make it a table or remove it",
                    code=f"{code}.type",
                )
        if value is None:
            table.pop(keys[-1], None)
        else:
            table[keys[-1]] = value
    written = tomlkit.dumps(document)
    result = parse_toml(written, kind, where=str(path), code=code)
    write_atomic(path, written.encode())
    return result
