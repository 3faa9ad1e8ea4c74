"""Endpoints and their predictions as rows of tables, and one endpoint as facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from screens.deployments.endpoint import PROCESS, Endpoint
from screens.deployments.traffic import processes
from screens.states import cell
from screens.text import Styled, ago, count
from screens.widgets.detail import Section
from screens.widgets.source import Cell, Column, MemorySource, Row
from workbench.serving.deployments import ENDED
from workbench.serving.predictions import Prediction

COLUMNS = (
    Column("name", "Name", cap=24),
    Column("state", "State", cap=12),
    Column("serves", "Serves", cap=26),
    Column("answers", "Answers", cap=20),
    Column("endpoint", "Endpoint", cap=22),
    Column("requests", "Calls", cap=9, right=True),
    Column("since", "Since", cap=10, right=True),
)


def source(endpoints: Sequence[Endpoint], now: datetime) -> MemorySource:
    """Return the list's rows; keys are ULIDs, since a name may have been used before."""
    at = {endpoint.record.id: endpoint for endpoint in endpoints}

    def order(key: str, column: str) -> Cell:
        record = at[key].record
        values: dict[str, Cell] = {
            "name": record.name,
            "state": at[key].state,
            "serves": record.serves,
            "answers": record.serving,
            "endpoint": record.port or None,
            "requests": at[key].requests,
            "since": record.serving_since or record.changed_at,
        }
        return values[column]

    return MemorySource(COLUMNS, [_row(endpoint, now) for endpoint in endpoints], order=order)


def _row(endpoint: Endpoint, now: datetime) -> Row:
    record = endpoint.record
    ended = record.state in ENDED
    quiet = "muted" if record.state == "stopped" else "plain"
    since = record.changed_at if ended else record.serving_since or record.changed_at
    return Row(
        record.id,
        (
            Styled(record.name, "muted" if quiet == "muted" else "strong"),
            cell(endpoint.state),
            Styled(record.serves, "muted" if quiet == "muted" else "plain"),
            record.serving if record.serving and not ended else None,
            endpoint.address if endpoint.address and not ended else None,
            endpoint.requests,
            Styled(ago(since, now), "muted"),
        ),
    )


def sections(endpoint: Endpoint, now: datetime, call_line: str) -> list[Section]:
    """Return what is known of one endpoint. `call_line` is the curl line, empty when it is not up."""
    record, told = endpoint.record, endpoint.seen.told
    head: list[tuple[str, Cell]] = [("State", cell(endpoint.state))]
    head.append(("Since", _age(record.changed_at, now)))
    found = [Section(facts=head)]
    if notes := _notes(endpoint):
        found.append(Section(notes=notes))
    found.append(Section("Serves", _serves(endpoint, now)))
    if told is not None:
        traffic: list[tuple[str, Cell]] = [
            ("Requests", count(told.requests)),
            ("Refused", Styled(count(told.errors), "warn" if told.errors else "plain")),
            ("Logged", count(told.logged)),
            ("Not logged", Styled(count(told.dropped), "bad" if told.dropped else "plain")),
        ]
        found.append(Section("Traffic", traffic))
    found.append(Section("Endpoint", _place(endpoint, now)))
    if call_line:
        command = f"workbench deploy call {record.name} --row '{{...}}'"
        found.append(Section("Call it", text=f"w, or in a shell:\n{command}\n{call_line}"))
    return found


def _notes(endpoint: Endpoint) -> list[Styled]:
    trouble = endpoint.trouble
    notes = [Styled(trouble, "bad" if endpoint.state == "failed" else "warn")] if trouble else []
    if endpoint.seen.note and endpoint.seen.note != trouble:
        notes.append(Styled(f"{endpoint.record.target}: {endpoint.seen.note}", "muted"))
    if endpoint.state == "failed":
        notes.append(Styled("v shows its log; x clears it away, and its name is free.", "muted"))
    elif endpoint.state == "starting":
        notes.append(Styled("It answers once its model is loaded.", "muted"))
    elif endpoint.state == "suspended":
        notes.append(Styled("It rests: Resume in the menu ( . ) starts it again.", "muted"))
    elif endpoint.record.suspend_requested:
        notes.append(Styled("It is asked to rest.", "muted"))
    elif endpoint.state == "lost":
        notes.append(Styled("The runner will note it, or start it again.", "muted"))
    return notes


def _serves(endpoint: Endpoint, now: datetime) -> list[tuple[str, Cell]]:
    record, told = endpoint.record, endpoint.seen.told
    way = "follows promotions and rollbacks" if record.environment else "fixed"
    facts: list[tuple[str, Cell]] = [("Asked for", record.serves), ("How", Styled(way, "muted"))]
    if record.serving:
        word = "Answered" if record.state in ENDED else "Answers"
        facts.append((word, Styled(record.serving, "strong")))
        facts.append(("Since", _age(record.serving_since, now)))
    if endpoint.run:
        facts.append(("Made by", f"{endpoint.run} on {endpoint.dataset}"))
    if told and told.content:
        facts.append(("Content", Styled(told.content[:15] + "…", "muted")))
    return facts


def _place(endpoint: Endpoint, now: datetime) -> list[tuple[str, Cell]]:
    record = endpoint.record
    access = "with a token" if record.token else Styled("open: no token", "warn")
    facts: list[tuple[str, Cell]] = []
    if record.url:
        facts.append(("Address", record.url))
    facts += [("Access", access), ("Target", record.target)]
    facts += processes(endpoint.seen.workers, record.workers, record.restarts)
    if record.pid and record.state not in {*ENDED, "suspended"}:
        facts.append(("Process", f"{record.pid} {PROCESS[endpoint.seen.process]}"))
    facts += [("Created", f"{ago(record.created_at, now)} by {record.created_by}")]
    return facts


def _age(moment: datetime | None, now: datetime) -> Cell:
    return Styled(f"{ago(moment, now)}", "muted")


PREDICTIONS = (
    Column("at", "Time", width=8),
    Column("version", "Version", cap=18),
    Column("prediction", "Prediction", cap=24),
    Column("rows", "Rows", cap=6, right=True),
    Column("ms", "ms", cap=8, right=True),
    Column("inputs", "Inputs", cap=200, grow=True, sortable=False),
)


def predictions(found: Sequence[Prediction]) -> MemorySource:
    """Return the newest predictions as rows, one a request."""
    return MemorySource(PREDICTIONS, [_prediction(item) for item in found])


def _prediction(item: Prediction) -> Row:
    answers = item.outputs.get("prediction", ())
    first = value(answers[0]) if answers else "–"
    more = f" +{len(answers) - 1}" if len(answers) > 1 else ""
    given = ", ".join(f"{name}={value(there)}" for name, there in first_row(item.inputs).items())
    return Row(
        item.id,
        (
            item.at.astimezone().strftime("%H:%M:%S"),
            item.model,
            Styled(first + more, "strong"),
            item.rows,
            f"{item.ms:.1f}",
            Styled(given, "muted"),
        ),
    )


def first_row(columns: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Return the first row of columns of values."""
    return {name: values[0] for name, values in columns.items() if values}


def value(found: Any) -> str:
    """Write a value of a row as text."""
    if found is None:
        return "null"
    return f"{found:.6g}" if isinstance(found, float) else str(found)
