"""Options of plugins and actions: declared once, rendered as flags, as a form and as a schema."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from workbench.errors import BadInput

Kind = Literal["int", "float", "bool", "str", "choice"]
Value = int | float | bool | str | None


@dataclass(frozen=True, slots=True)
class Option:
    """One option.

    `default` None means "left out": the value stays None. `minimum` and `maximum` are inclusive
    unless `open_minimum` (then the value must be greater). `unit` is shown behind the value.
    """

    name: str
    kind: Kind
    default: Value
    help: str
    minimum: float | None = None
    maximum: float | None = None
    open_minimum: bool = False
    choices: tuple[str, ...] = ()
    unit: str = ""

    @property
    def flag(self) -> str:
        """The option as it is typed on the command line: `--max-iter`."""
        return "--" + self.name.replace("_", "-")

    def parse(self, text: str) -> Value:
        """Turn what a person typed into a checked value; an empty text is the default."""
        text = text.strip()
        if text == "":
            return self.default
        if self.kind == "int":
            try:
                return self.check(int(text))
            except ValueError:
                raise self._refuse(text, "a whole number") from None
        if self.kind == "float":
            try:
                return self.check(float(text))
            except ValueError:
                raise self._refuse(text, "a number") from None
        if self.kind == "bool":
            known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
            if text.lower() not in known:
                raise self._refuse(text, "true or false")
            return known[text.lower()]
        return self.check(text)

    def check(self, value: Any) -> Value:
        """Return `value` if it satisfies the option, else raise BadInput that names the bounds."""
        if value is None:
            return self.default
        expected: dict[Kind, tuple[tuple[type, ...], str]] = {
            "int": ((int,), "a whole number"),
            "float": ((int, float), "a number"),
            "bool": ((bool,), "true or false"),
            "str": ((str,), "a text"),
            "choice": ((str,), "one of " + ", ".join(self.choices)),
        }
        types, words = expected[self.kind]
        if not isinstance(value, types) or (isinstance(value, bool) and self.kind != "bool"):
            raise self._refuse(value, words)
        checked = cast("Value", value)
        if self.kind == "choice" and value not in self.choices:
            raise self._refuse(value, words)
        if isinstance(checked, int | float) and self.kind in {"int", "float"}:
            self._check_range(float(checked))
            return float(checked) if self.kind == "float" else checked
        return checked

    def _check_range(self, number: float) -> None:
        too_low = self.minimum is not None and (
            number <= self.minimum if self.open_minimum else number < self.minimum
        )
        too_high = self.maximum is not None and number > self.maximum
        if too_low or too_high or math.isnan(number):
            raise self._refuse(number if self.kind == "float" else int(number), self.range_words)

    @property
    def range_words(self) -> str:
        """The bounds in words: `more than 0`, `1 to 1000`, `at least 1`; empty without bounds."""
        low, high = (
            None if bound is None else _written(bound) for bound in (self.minimum, self.maximum)
        )
        if low is not None and high is not None:
            return f"more than {low}, at most {high}" if self.open_minimum else f"{low} to {high}"
        if low is not None:
            return f"more than {low}" if self.open_minimum else f"at least {low}"
        return f"at most {high}" if high is not None else ""

    def _refuse(self, value: object, expected: str) -> BadInput:
        return BadInput(
            f"{self.name} cannot be {value}",
            where=self.flag,
            why=f"expected {expected}",
            fix=f"Leave it out for {self.default}"
            if self.default is not None
            else "Change it or leave it out",
            code="option.value",
        )

    def schema(self) -> dict[str, Any]:
        """The option as a JSON Schema property."""
        kinds = {
            "int": "integer",
            "float": "number",
            "bool": "boolean",
            "str": "string",
            "choice": "string",
        }
        schema: dict[str, Any] = {"type": kinds[self.kind], "description": self.help}
        if self.default is not None:
            schema["default"] = self.default
        if self.choices:
            schema["enum"] = list(self.choices)
        if self.minimum is not None:
            schema["exclusiveMinimum" if self.open_minimum else "minimum"] = self.minimum
        if self.maximum is not None:
            schema["maximum"] = self.maximum
        return schema


def _written(bound: float) -> str:
    """Write a bound as a person would: 4294967295, not 4.29497e+09; 0.05."""
    return str(int(bound)) if float(bound).is_integer() else f"{bound:g}"


def settle(options: Iterable[Option], given: Mapping[str, Any], *, owner: str) -> dict[str, Value]:
    """Return every option's value: the given one, checked, else its default.

    Raises BadInput for a name that `owner` (shown in the message) does not have.
    """
    known = {option.name: option for option in options}
    for name in given:
        if name not in known:
            raise BadInput(
                f"{owner} has no option {name}",
                where=name,
                why="it knows " + (", ".join(known) or "none"),
                fix="Correct the name or leave it out",
                code="option.unknown",
            )
    return {name: option.check(given.get(name)) for name, option in known.items()}
