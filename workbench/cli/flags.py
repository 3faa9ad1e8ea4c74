"""Options that plugins declare, on the command line: as flags of their own, or as `-P name=value`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click

from workbench.errors import UsageError
from workbench.options import Option, Value, settle

F = TypeVar("F", bound=Callable[..., Any])


class _Declared(click.ParamType[Value]):
    """The click type of an Option: parsing and bounds are the Option's own."""

    def __init__(self, option: Option) -> None:
        self.option = option
        self.name = option.kind

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        del param, ctx
        return "|".join(self.option.choices) or self.option.kind.upper()

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Value:
        del param, ctx
        return self.option.parse(value) if isinstance(value, str) else self.option.check(value)


def option_flags(options: Iterable[Option]) -> Callable[[F], F]:
    """Give a click command a flag for each option; None reaches it where a flag was not used."""
    declared = list(options)

    def decorate(function: F) -> F:
        for option in reversed(declared):
            function = click.option(
                option.flag,
                option.name,
                type=_Declared(option),
                default=None,
                help=help_of(option),
            )(function)
        return function

    return decorate


def help_of(option: Option) -> str:
    """Return the option's help with its range, choices, unit and default, in words."""
    facts = [option.range_words, option.unit]
    facts += [", ".join(option.choices)] if option.choices else []
    if option.default is not None:
        default = option.default
        shown = str(default).lower() if isinstance(default, bool) else default
        facts.append(f"default {shown}")
    told = "; ".join(fact for fact in facts if fact)
    return f"{option.help} ({told})" if told else option.help


def parameters(function: F) -> F:
    """Give a click command `-P name=value`, repeatable; it gets the texts as `assignments`."""
    return click.option(
        "-P",
        "--param",
        "assignments",
        multiple=True,
        metavar="NAME=VALUE",
        help="Set a parameter; give it once for each.",
    )(function)


_LIMITS = {
    "time": ("TIME", "End it after this time: 90s, 30m, 2h."),
    "memory": ("SIZE", "It may use so much memory: 512M, 4G."),
    "cpus": ("NUMBER", "It may use so many cores: 2, 0.5."),
}


def limit_flags(function: F) -> F:
    """Give a click command `--time`, `--memory` and `--cpus`; as texts, empty where not given."""
    for name, (metavar, words) in reversed(_LIMITS.items()):
        flag = click.option(f"--{name}", metavar=metavar, default="", help=words)
        function = flag(function)
    return function


def parse_assignments(
    texts: Sequence[str], options: Sequence[Option], *, owner: str
) -> dict[str, Value]:
    """Return every option's value: what `name=value` says, checked, else its default.

    Raises UsageError for a text without = and for a name given twice, BadInput for an unknown name
    and for a value outside its bounds.
    """
    known = {option.name: option for option in options}
    given: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or name in given:
            raise UsageError(
                f"{text[:80]!r} does not set a parameter"
                if not equals
                else f"The parameter {name} is set twice",
                where="-P",
                why="expected NAME=VALUE" if not equals else "one value is meant to count",
                fix="Write it like -P max_iter=200" if not equals else "Leave one out",
                code="usage.assignment",
            )
        given[name] = known[name].parse(value) if name in known else value
    return settle(options, given, owner=owner)
