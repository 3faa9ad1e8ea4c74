"""Jobs: intents by whoever asks (`queued`, `prioritised`, `..._requested`), the rest by the runner."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from workbench.records.base import Change, Put, Record, Set, Stamp, Table

JOBS = Table(
    "jobs",
    {
        "id": "VARCHAR",
        "number": "BIGINT",
        "kind_of_work": "VARCHAR",
        "target": "VARCHAR",
        "spec": "VARCHAR",  # object of spec.json
        "runtime": "VARCHAR",  # object of the locked packages and Python, or empty
        "title": "VARCHAR",
        "priority": "INTEGER",  # those with more start first
        "uid": "BIGINT",  # whose runner starts it
        "state": "VARCHAR",
        "cancel_requested": "BOOLEAN",
        "handle": "VARCHAR",  # JSON, the target's own
        "exit_code": "INTEGER",
        "reason": "VARCHAR",
        "queued_at": "TIMESTAMP",
        "started_at": "TIMESTAMP",
        "ended_at": "TIMESTAMP",
        "queued_by": "VARCHAR",
        "forget": "VARCHAR",  # why its target cannot be asked, where it is to end without that
        "left_there": "BOOLEAN",  # it ended without its target, where its processes may still be
    },
)


class JobQueued(Record, frozen=True, kw_only=True, tag="job.queued"):
    """Somebody asks for a piece of work on a target; `spec` is the object with its spec.json.

    `runtime` is the object with the locked packages and Python that it is to run in; empty for this
    machine's own, and in records from before it was kept. Of what is queued for a target the job
    with the highest `priority` starts first, then the oldest.
    """

    id: str
    number: int
    kind_of_work: str
    target: str
    spec: str
    title: str
    priority: int = 0
    runtime: str = ""

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """One row."""
        row = {name: getattr(self, name) for name in self.__struct_fields__ if name != "v"}
        yield Put(
            "jobs",
            row
            | {
                "uid": stamp.who.uid,
                "state": "queued",
                "cancel_requested": False,
                "left_there": False,
                "queued_at": stamp.at,
                "queued_by": stamp.who.user,
            },
        )


class JobPrioritised(Record, frozen=True, kw_only=True, tag="job.prioritised"):
    """Somebody wants a queued job to start before or after others."""

    id: str
    priority: int

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """The new priority."""
        del stamp
        yield Set("jobs", {"id": self.id}, {"priority": self.priority})


class JobCancelRequested(Record, frozen=True, kw_only=True, tag="job.cancel_requested"):
    """Somebody wants the job to stop."""

    id: str

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """The wish, beside the state."""
        yield Set("jobs", {"id": self.id}, {"cancel_requested": True})


class JobForgetRequested(Record, frozen=True, kw_only=True, tag="job.forget_requested"):
    """Somebody wants the job to end here, though its target cannot be asked: `why` not."""

    id: str
    why: str

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """The wish, which is one to cancel as well: the target may come back before it is done."""
        yield Set("jobs", {"id": self.id}, {"cancel_requested": True, "forget": self.why})


class JobCleared(Record, frozen=True, kw_only=True, tag="job.cleared"):
    """What a forgotten job had left on its target is gone from there."""

    id: str

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """Nothing is left."""
        yield Set("jobs", {"id": self.id}, {"left_there": False})


class JobChanged(Record, frozen=True, kw_only=True, tag="job.changed"):
    """A job's state short of its end.

    `handle` (the target's own) is set at `starting`, before the work starts.
    """

    id: str
    state: str
    handle: dict[str, Any] | None = None
    reason: str = ""

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """The state, with the handle or the start."""
        values: dict[str, Any] = {"state": self.state, "reason": self.reason}
        if self.handle is not None:
            values["handle"] = msgspec.json.encode(self.handle).decode()
        if self.state == "running":
            values["started_at"] = stamp.at
        yield Set("jobs", {"id": self.id}, values)


class JobEnded(Record, frozen=True, kw_only=True, tag="job.ended"):
    """A job came to `succeeded`, `failed` or `cancelled`; `reason` says why, in words.

    `cpu_seconds` and `peak_memory` (bytes) are what it used, where its target told; `left_there`: it ended
    here without its target, where its processes may still be.
    """

    id: str
    state: str
    exit_code: int | None = None
    reason: str = ""
    cpu_seconds: float | None = None
    peak_memory: int | None = None
    left_there: bool = False

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """The end."""
        yield Set(
            "jobs",
            {"id": self.id},
            {
                "state": self.state,
                "exit_code": self.exit_code,
                "reason": self.reason,
                "ended_at": stamp.at,
                "left_there": self.left_there,
            },
        )
