"""`workbench target`: list, kinds, check, add, edit, remove; trust and unlock stand in target_access."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.base import Context, common, table
from workbench.cli.kindflags import KindCommand, settings_of
from workbench.cli.target_access import add_access
from workbench.errors import TargetError
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.compute.contract import Ask, Probe, Question


@click.group()
def group() -> None:
    """Places where work runs."""


@group.command("list")
@common
def list_(context: Context) -> None:
    """List the targets of this project."""
    from workbench.compute.targets import list_targets

    targets = list_targets(context.project)

    def human() -> str:
        rows = [
            (row.name, row.kind, row.slots, row.unfinished, row.origin, _options(row.options))
            for row in targets
        ]
        headings = ("TARGET", "KIND", "SLOTS", "JOBS", "FROM", "OPTIONS")
        return table(headings, rows, right=("SLOTS", "JOBS"))

    context.answer("target.list@1", targets, human)


def _options(options: dict[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in options.items())


@group.command()
@click.argument("target")
@common
def check(context: Context, target: str) -> None:
    """Ask a target what is there; fails when something is missing that jobs need."""
    from workbench.compute.targets import probe

    found = probe(context.project, target, ask_person(context))
    if not found.ok:
        if not context.json:
            context.say(_told(found))
        raise TargetError(
            f"The target {target} cannot run jobs",
            where=target,
            why="; ".join(lack.why for lack in found.missing),
            fix="; ".join(lack.fix for lack in found.missing),
            code="target.missing",
        )
    data = {"name": target, "ok": True, "facts": dict(found.facts), "missing": found.missing}
    context.answer("target.check@1", data, lambda: _told(found))


def _told(found: Probe) -> str:
    wide = max((len(name) for name in found.facts), default=0) + 2
    facts = [f"{clean(name, 40):{wide}}{clean(value)}" for name, value in found.facts.items()]
    missing = [
        f"missing: {clean(lack.why, 400).rstrip('.')}. {clean(lack.fix, 400).rstrip('.')}."
        for lack in found.missing
    ]
    return "\n".join([*facts, *missing])


def ask_person(context: Context) -> Ask | None:
    """Return what asks the person at the terminal; None where there is none, or for a program."""
    if context.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def ask(question: Question) -> str | None:
        text = f"{clean(question.target, 80)}: {clean(question.text, 400).rstrip(': ')}"
        try:
            answer: str = click.prompt(
                text, hide_input=question.secret, default="", show_default=False, err=True
            )
        except click.Abort:
            return None
        return answer

    return ask


@group.command()
@common
def kinds(context: Context) -> None:
    """List the kinds of targets that plugins bring, with what each may be set to."""
    from workbench.compute.editing import list_kinds

    found = list_kinds()
    data = [
        {
            "name": kind.name,
            "summary": kind.summary,
            "error": kind.error,
            "options": {option.name: option.schema() for option in kind.options},
        }
        for kind in found
    ]

    def human() -> str:
        from workbench.cli.flags import help_of

        lines = []
        for kind in found:
            lines.append(f"{clean(kind.name)}: {clean(kind.error or kind.summary, 400)}")
            rows = [(f"  {option.flag}", clean(help_of(option), 400)) for option in kind.options]
            wide = max((len(flag) for flag, _ in rows), default=0) + 2
            lines += [f"{flag:{wide}}{words}" for flag, words in rows]
        return "\n".join(lines)

    context.answer("target.kinds@1", data, human)


@group.command(cls=KindCommand)
@click.argument("name")
@click.option("--kind", required=True, help="See: workbench target kinds.")
@click.option(
    "--slots", type=click.IntRange(1, 1024), default=1, show_default=True, help="Jobs at once."
)
@click.option("--personal", is_flag=True, help="In your own settings, for all your projects.")
@common
def add(
    context: Context, /, name: str, kind: str, slots: int, personal: bool, **flags: str | None
) -> None:
    """Write a target down in workbench.toml; what its kind may be set to are flags here."""
    from workbench.compute.editing import add_target

    options = settings_of(kind, flags)
    row = add_target(context.project, name, kind, options, slots=slots, personal=personal)
    where = "your own settings" if personal else "workbench.toml"
    words = f"{row.name} is in {where}. Next: workbench target check {row.name}"
    context.answer("target.add@1", row, words)


@group.command(cls=KindCommand)
@click.argument("name", metavar="TARGET")
@click.option("--slots", type=click.IntRange(1, 1024), help="Jobs at once.")
@common
def edit(context: Context, /, name: str, slots: int | None, **flags: str | None) -> None:
    """Change what a target is set to; an empty value ('') brings the default back."""
    from workbench.compute.editing import edit_target
    from workbench.compute.targets import kind_of

    options = settings_of(kind_of(context.project, name), flags)
    row = edit_target(context.project, name, options, slots=slots)
    words = f"{row.name} is changed. Next: workbench target check {row.name}"
    context.answer("target.edit@1", row, words)


@group.command()
@click.argument("target")
@common
def remove(context: Context, target: str) -> None:
    """Take a target out of the settings; refused while jobs of it have not ended."""
    from workbench.compute.editing import remove_target

    words = remove_target(context.project, target)
    context.answer("target.remove@1", {"name": target}, words)


@group.command()
@click.argument("target")
@click.option(
    "--older-than",
    "days",
    metavar="DAYS",
    type=click.FloatRange(0, 36500),
    default=30,
    show_default=True,
    help="Leave what somebody wanted within as many days.",
)
@click.option("--dry-run", "dry", is_flag=True, help="Only say what would go.")
@common
def prune(context: Context, target: str, days: float, dry: bool) -> None:
    """Remove runtimes, objects and images that no job uses from a target."""
    from workbench.compute import targets
    from workbench.compute.told import size_text

    found = targets.prune(context.project, target, days=days, dry=dry, ask=ask_person(context))

    def human() -> str:
        if not found:
            return f"Nothing on {target} is unused for so long."
        rows = [
            (row.kind, clean(row.name), size_text(row.bytes) if row.bytes else "") for row in found
        ]
        size = size_text(sum(row.bytes for row in found))
        words = f"{size} would go; leave out --dry-run." if dry else f"{size} are gone."
        return table(("KIND", "NAME", "SIZE"), rows, right=("SIZE",)) + f"\n{words}"

    data = {"name": target, "dry_run": dry, "pruned": found}
    context.answer("target.prune@1", data, human)


add_access(group, ask_person)
