"""Keeping order among runs: tags, the archive, and deletion, each of which can be taken back.

Nothing here loses a record: an archived run is out of sight, a deleted one in no list, and its
number is never given again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.errors import BadInput, Conflict, NotFound
from workbench.links import check_name, parse_numbered, parse_suffix
from workbench.records import Record
from workbench.records.runs import (
    RunsArchived,
    RunsDeleted,
    RunsRestored,
    RunsTagged,
    RunsUnarchived,
    RunsUntagged,
)
from workbench.states import JOB_ENDED

if TYPE_CHECKING:
    from workbench.project.project import Project
    from workbench.store.store import Row, View

MOST = 1000
"""Runs that one act may be about: they stand in one line of the journal."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What was done: the references of the runs that it changed, in the order of their numbers."""

    runs: tuple[str, ...]


def tag(project: Project, refs: Sequence[str], name: str) -> Kept:
    """Give runs a tag; those that have it already are left as they are."""
    check_name(name, "tag")

    def without(view: View, rows: Sequence[Row]) -> Iterable[Row]:
        having = _tagged(view, name)
        return [row for row in rows if row["id"] not in having]

    return _do(project, refs, without, lambda ids: RunsTagged(ids=ids, name=name))


def untag(project: Project, refs: Sequence[str], name: str) -> Kept:
    """Take a tag from runs; raises NotFound when none of them has it."""

    def having(view: View, rows: Sequence[Row]) -> Iterable[Row]:
        tagged = _tagged(view, name)
        found = [row for row in rows if row["id"] in tagged]
        if not found:
            raise NotFound(
                f"No such tag: {name[:80]}",
                where=", ".join(refs)[:80],
                why="none of these runs has it",
                fix="See their tags: workbench run show RUN",
                code="run.tag",
            )
        return found

    return _do(project, refs, having, lambda ids: RunsUntagged(ids=ids, name=name))


def archive(project: Project, refs: Sequence[str]) -> Kept:
    """Put runs out of sight; lists have them again with `archived:yes` in the filter."""
    return _do(
        project,
        refs,
        lambda _, rows: [row for row in rows if not row["archived"]],
        lambda ids: RunsArchived(ids=ids),
    )


def unarchive(project: Project, refs: Sequence[str]) -> Kept:
    """Bring archived runs back into sight."""
    return _do(
        project,
        refs,
        lambda _, rows: [row for row in rows if row["archived"]],
        lambda ids: RunsUnarchived(ids=ids),
    )


def delete(project: Project, refs: Sequence[str]) -> Kept:
    """Delete runs, all or none; their records stay in the journal, and `restore` takes it back.

    Raises Conflict for a run that has not ended, and for one that a model version was made from.
    """
    return _do(project, refs, _deletable, lambda ids: RunsDeleted(ids=ids))


def restore(project: Project, refs: Sequence[str]) -> Kept:
    """Take the deletion of runs back; those that are not deleted are left as they are."""
    return _do(
        project,
        refs,
        lambda _, rows: [row for row in rows if row["deleted"]],
        lambda ids: RunsRestored(ids=ids),
        deleted=True,
    )


def _do(
    project: Project,
    refs: Sequence[str],
    choose: Callable[[View, Sequence[Row]], Iterable[Row]],
    record: Callable[[tuple[str, ...]], Record],
    *,
    deleted: bool = False,
) -> Kept:
    if len(refs) > MOST:
        raise BadInput(
            f"{len(refs):,} runs are too many for one act",
            where="runs",
            why=f"at most {MOST:,} stand in one line of the journal",
            fix="Do it in parts",
            code="run.too_many",
        )
    changed: list[str] = []

    def decide(view: View) -> list[Record]:
        rows = [_find(view, ref, deleted=deleted) for ref in refs]
        chosen = {row["number"]: row for row in choose(view, rows)}
        changed[:] = [f"r_{number}" for number in sorted(chosen)]
        ids = tuple(chosen[number]["id"] for number in sorted(chosen))
        return [record(ids)] if ids else []

    project.store.decide(decide)
    return Kept(runs=tuple(changed))


def _find(view: View, ref: str, *, deleted: bool) -> Row:
    number, suffix = parse_numbered(ref, "r"), parse_suffix(ref)
    hidden = "" if deleted else " AND NOT deleted"
    where, value = ("number = ?", number) if number is not None else ("suffix(id, ?)", suffix)
    rows: list[dict[str, Any]] = []
    if value is not None:
        sql = f"SELECT id, number, state, archived, deleted FROM runs WHERE {where}{hidden} LIMIT 2"  # noqa: S608  # ours
        rows = view.query(sql, (value,))
    if len(rows) != 1:
        raise NotFound(
            f"There is no run {ref[:80]}" if not rows else f"{ref[:80]} means several runs",
            where=ref[:80],
            why="no run has that number or ULID" if not rows else "several ULIDs end so",
            fix="See: workbench run list",
            code="run.none" if not rows else "run.ambiguous",
        )
    return rows[0]


def _tagged(view: View, name: str) -> set[str]:
    sql = (
        "SELECT r.id FROM run_tags t JOIN runs r ON r.number = t.run_number"
        " WHERE t.present AND t.tag = ?"
    )
    return set(view.values(sql, (name,)))


def _deletable(view: View, rows: Sequence[Row]) -> Iterable[Row]:
    for row in rows:
        if row["state"] not in JOB_ENDED:
            raise Conflict(
                f"r_{row['number']} cannot be deleted",
                where=f"r_{row['number']}",
                why=f"it is {row['state']}",
                fix=f"End it first: workbench run cancel r_{row['number']}",
                code="run.delete_open",
            )
        versions = view.values(
            "SELECT model || '@' || number FROM model_versions WHERE run = ? ORDER BY ALL",
            (row["id"],),
        )
        if versions:
            raise Conflict(
                f"r_{row['number']} cannot be deleted",
                where=f"r_{row['number']}",
                why=f"it is what {', '.join(versions[:5])} was made from",
                fix=f"Archive it instead: workbench run archive r_{row['number']}",
                code="run.delete_model",
            )
    return rows
