"""`workbench data`: add, list, show, head, profile, diff, query, tag, export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.base import Context, common, table
from workbench.cli.flags import option_flags, parameters, parse_assignments
from workbench.errors import PluginError
from workbench.options import Option
from workbench.plugins import load, names
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.data.datasets import Added

_PLACE = click.Path(path_type=Path)


class _WithSourceOptions(click.Command):
    """A command that has the options of every source plugin as flags, looked up when it is used."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        own = super().get_params(ctx)
        taken = {param.name for param in own} | {name for param in own for name in param.opts}
        holder = click.Command("options")
        found = [o for o in _source_options() if o.name not in taken and o.flag not in taken]

        def nothing() -> None:
            """Carry the flags."""

        option_flags(found)(nothing)
        holder.params = list(getattr(nothing, "__click_params__", []))
        return own + list(reversed(holder.params))


def _source_options() -> list[Option]:
    """Return the options of all sources, the first of each name."""
    found: dict[str, Option] = {}
    for name in names("sources"):
        try:
            for option in load("sources", name).options:
                found.setdefault(option.name, option)
        except PluginError:
            continue  # `plugin list` shows it with its error
    return list(found.values())


@click.group()
def group() -> None:
    """Datasets: named tables, each in immutable versions."""


@group.command(cls=_WithSourceOptions)
@click.argument("place", metavar="FILE", type=_PLACE)
@click.option("--name", required=True, help="The dataset that it becomes a version of.")
@click.option("--source", metavar="PLUGIN", help="How to read it (default: by its name and look).")
@click.option("--dry-run", is_flag=True, help="Show what would be stored and store nothing.")
@parameters
@common
def add(
    context: Context,
    /,
    place: Path,
    name: str,
    source: str | None,
    dry_run: bool,
    assignments: tuple[str, ...],
    **flags: Any,
) -> None:
    """Bring a table in as the next version of a dataset; what was sniffed is shown on stderr."""
    from workbench.cli.data_text import preview_text
    from workbench.data.datasets import bring_in, find_source, preview
    from workbench.links import check_name

    check_name(name, "name of a dataset")
    reader = find_source(place, source)
    given = {option: value for option, value in flags.items() if value is not None}
    if assignments:
        told = parse_assignments(assignments, reader.options, owner=reader.name)
        named = {text.partition("=")[0].strip().replace("-", "_") for text in assignments}
        given |= {option: value for option, value in told.items() if option in named}
    shown: set[str] = set()
    if dry_run or not context.json:
        sniffed = preview(place, source=reader.name, options=given)
        text = preview_text(str(place), reader.name, sniffed)
        if dry_run:
            context.answer("data.preview@1", {"source": reader.name, "preview": sniffed}, text)
            return
        context.say(text)
        shown = set(sniffed.warnings)
    added = bring_in(context.project, place, name=name, source=reader.name, options=given)
    _told(context, clean(place.name, 200), added, frozenset(shown))


def _told(context: Context, what: str, added: Added, shown: frozenset[str]) -> None:
    """Answer with the version that was stored, or was there; say the warnings that were not `shown`."""
    version = added.version
    outcome = "stored as" if added.new else "the same table is there already, as"
    data = {
        "version": version,
        "reference": version.reference,
        "new": added.new,
        "warnings": added.warnings,
    }
    size = f"{version.rows:,} rows, {len(version.columns)} columns"
    text = f"{what}: {outcome} {version.reference}, {size}."
    context.answer("data.add@1", data, text)
    for sentence in () if context.json else added.warnings:
        if sentence not in shown:
            context.say(f"! {clean(sentence)}")


@group.command("list")
@click.option("--versions", is_flag=True, help="Every version, not only the newest of each.")
@common
def list_(context: Context, versions: bool) -> None:
    """List datasets."""
    from workbench.cli.data_text import size_text
    from workbench.data.datasets import list_datasets, list_versions

    headings = ("DATASET", "ROWS", "COLUMNS", "SIZE", "ADDED", "TAGS")
    right = ("ROWS", "COLUMNS", "SIZE")
    found = (
        list_versions(context.project)
        if versions
        else [row.newest for row in list_datasets(context.project)]
    )

    def human() -> str:
        rows = [
            (
                v.reference,
                f"{v.rows:,}",
                len(v.columns),
                size_text(v.bytes),
                f"{v.created_at:%Y-%m-%d %H:%M}",
                ", ".join(v.tags),
            )
            for v in found
        ]
        empty = "No datasets. Add one with: workbench data add FILE --name NAME"
        return table(headings, rows, right=right) if rows else empty

    context.answer("data.list@1", [_with_reference(v) for v in found], human)


def _with_reference(version: Any) -> dict[str, Any]:
    import msgspec

    body: dict[str, Any] = msgspec.to_builtins(version)
    return {"reference": version.reference, **body}


@group.command()
@click.argument("version")
@common
def show(context: Context, version: str) -> None:
    """Show one version: rows, columns, digests, where it came from."""
    from workbench.cli.data_text import version_text
    from workbench.data.datasets import get_version

    found = get_version(context.project, version)
    context.answer("data.show@1", _with_reference(found), lambda: version_text(found))


@group.command()
@click.argument("version")
@click.option("-n", "--rows", type=click.IntRange(1, 10_000), default=10, show_default=True)
@common
def head(context: Context, version: str, rows: int) -> None:
    """Show the first rows."""
    from workbench.cli.data_text import rows_text
    from workbench.data.cells import json_value
    from workbench.data.datasets import get_version
    from workbench.data.datasets import head as first

    found = get_version(context.project, version)
    values = first(context.project, found, rows)
    columns = [column.name for column in found.columns]
    data = {"version": found.reference, "columns": found.columns, "rows": json_value(values)}
    context.answer("data.head@1", data, lambda: rows_text(columns, values))


@group.command()
@click.argument("version")
@common
def profile(context: Context, version: str) -> None:
    """Show the facts of every column: role, missing, distinct, range, frequent values."""
    from workbench.cli.data_text import profile_text
    from workbench.data.datasets import get_version
    from workbench.data.profile import profile as profile_of

    found = profile_of(context.project, get_version(context.project, version))
    context.answer("data.profile@1", found, lambda: profile_text(found))


@group.command()
@click.argument("before")
@click.argument("after")
@click.option(
    "--fail-on",
    type=click.Choice(["low", "medium", "high"]),
    help="Exit with 3 if a difference is at least this grave.",
)
@common
def diff(context: Context, before: str, after: str, fail_on: Any) -> None:
    """Show what differs in shape from one version to another."""
    from workbench.cli.data_text import diff_text
    from workbench.data.datasets import get_version
    from workbench.data.shape import shape_diff

    project = context.project
    found = shape_diff(project, get_version(project, before), get_version(project, after))
    context.answer("data.diff@1", found, lambda: diff_text(found))
    if fail_on and found.reaches(fail_on):
        sys.exit(3)


@group.command()
@click.argument("sql")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=1000, show_default=True)
@click.option("--name", help="Store the whole answer as the next version of this dataset.")
@common
def query(context: Context, sql: str, limit: int, name: str | None) -> None:
    """Ask one SELECT over all versions: flights is the newest, "flights@3" that one."""
    if name is not None:
        _derive(context, sql, name)
        return
    from workbench.cli.data_text import rows_text
    from workbench.data.cells import json_value
    from workbench.data.query import query as ask

    answer = ask(context.project, sql, limit)
    data = {"columns": answer.columns, "rows": json_value(answer.rows), "more": answer.more}
    context.answer(
        "data.query@1", data, lambda: rows_text([c.name for c in answer.columns], answer.rows)
    )
    if answer.more and not context.json:
        context.say(f"There are more than {limit:,} rows: --limit shows more.")


def _derive(context: Context, sql: str, name: str) -> None:
    from workbench.data.derive import derive

    _told(context, "the answer", derive(context.project, sql, name), frozenset())


@group.command()
@click.argument("version")
@click.argument("name", metavar="TAG")
@click.option("--remove", is_flag=True, help="Take the tag away from the version.")
@common
def tag(context: Context, version: str, name: str, remove: bool) -> None:
    """Give a version a name of your choice: flights@TAG. Another version that has it loses it."""
    from workbench.data import tags

    done = (tags.untag if remove else tags.tag)(context.project, version, name)
    if remove:
        text = f"{done.before} is no longer {done.dataset}@{name}."
    else:
        moved = f", {done.before} no longer" if done.before else ""
        text = f"{done.version} is {done.dataset}@{name}{moved}."
    context.answer("data.tag@1", done, text)


@group.command()
@click.argument("version")
@click.argument("place", metavar="FILE", type=_PLACE)
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@common
def export(context: Context, version: str, place: Path, force: bool) -> None:
    """Write a version to FILE, by its suffix: .parquet, .csv, .tsv or .jsonl."""
    from workbench.data.datasets import get_version
    from workbench.data.export import export as write

    found = get_version(context.project, version)
    size = write(context.project, found, place, replace=force)
    data = {"version": found.reference, "place": str(place.absolute()), "bytes": size}
    context.answer("data.export@1", data, f"{found.reference} is in {clean(place, 200)}.")
