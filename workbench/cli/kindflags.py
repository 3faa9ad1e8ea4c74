"""Flags of `target add` and `target edit`: the options that the kinds of targets declare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from workbench.errors import UsageError
from workbench.options import Value

if TYPE_CHECKING:
    from workbench.options import Option

PREFIX = "option_"
"""How the parameters of these flags begin, so that none meets one of the command's own."""


class _Text(click.ParamType[str]):
    """A text that is parsed once the kind is known; what it may be is shown and completed."""

    def __init__(self, option: Option) -> None:
        self.name = option.kind
        self.choices = ("true", "false") if option.kind == "bool" else option.choices

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        del param, ctx
        return "|".join(self.choices) or self.name.upper()


class KindCommand(click.Command):
    """A command with a flag for each option of each kind; all reach it as texts under PREFIX.

    The kinds are loaded when the command is run, shown or completed, not when it is imported.
    """

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the command's own parameters and those of the kinds."""
        own = super().get_params(ctx)
        taken = {name for param in own for name in param.opts}
        return [*own, *(flag for flag in _flags() if not taken & set(flag.opts))]


def _flags() -> list[click.Option]:
    from workbench.cli.flags import help_of
    from workbench.compute.editing import list_kinds

    of: dict[str, list[str]] = {}
    declared: dict[str, Option] = {}
    for kind in list_kinds():
        for option in kind.options:
            of.setdefault(option.name, []).append(kind.name)
            declared.setdefault(option.name, option)
    return [
        click.Option(
            [option.flag, PREFIX + name],
            type=_Text(option),
            default=None,
            help=f"{', '.join(of[name])}: {help_of(option)}",
        )
        for name, option in declared.items()
    ]


def settings_of(kind: str, flags: Mapping[str, str | None]) -> dict[str, Value]:
    """Return the options that were given, as values of the kind; None for an empty text.

    Raises NotFound for an unknown kind, UsageError for a flag of another one, BadInput for a value
    outside its bounds.
    """
    from workbench.compute.targets import load_kind

    known = {option.name: option for option in load_kind(kind).options}
    given = {
        name.removeprefix(PREFIX): text
        for name, text in flags.items()
        if name.startswith(PREFIX) and text is not None
    }
    for name in given:
        if name not in known:
            flag = "--" + name.replace("_", "-")
            raise UsageError(
                f"A target of the kind {kind} has no {flag}",
                where=flag,
                why="it knows " + (", ".join(option.flag for option in known.values()) or "none"),
                fix="See: workbench target kinds",
                code="target.option",
            )
    return {name: known[name].parse(text) if text.strip() else None for name, text in given.items()}
