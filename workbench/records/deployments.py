"""Deployments: created and stopped by intents, their states noted by the runner alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from workbench.records.base import Change, Put, Record, Set, Stamp, Table

DEPLOYMENTS = Table(
    "deployments",
    {
        "id": "VARCHAR",
        "name": "VARCHAR",
        "target": "VARCHAR",
        "model": "VARCHAR",
        "version": "VARCHAR",  # ULID of the fixed version, or NULL
        "environment": "VARCHAR",  # the environment that it follows, or NULL
        "host": "VARCHAR",
        "port": "INTEGER",  # 0 until the server has told which
        "uid": "BIGINT",
        "token": "BOOLEAN",
        "state": "VARCHAR",
        "reason": "VARCHAR",
        "stop_requested": "BOOLEAN",
        "pid": "BIGINT",
        "serving": "VARCHAR",  # ULID of the model version that answers
        "serving_since": "TIMESTAMP",
        "created_at": "TIMESTAMP",
        "created_by": "VARCHAR",
        "changed_at": "TIMESTAMP",
        "workers": "INTEGER",
        "suspend_requested": "BOOLEAN",
        "restarts": "INTEGER",  # how often a process was started again after it ended by itself
        "forget": "VARCHAR",  # why its target cannot be asked, where it is to end without that
        "left_there": "BOOLEAN",  # it ended without its target, where its processes may still be
    },
)


class DeploymentCreated(Record, frozen=True, kw_only=True, tag="deployment.created"):
    """A named endpoint is wanted: of a fixed `version` or following an `environment`, never both."""

    id: str
    name: str
    target: str
    model: str
    version: str = ""
    environment: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    token: bool = True
    workers: int = 1

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """One row, `starting`."""
        row = {name: getattr(self, name) for name in self.__struct_fields__ if name != "v"}
        row["version"] = self.version or None
        row["environment"] = self.environment or None
        yield Put(
            "deployments",
            row
            | {
                "uid": stamp.who.uid,
                "state": "starting",
                "stop_requested": False,
                "suspend_requested": False,
                "restarts": 0,
                "left_there": False,
                "created_at": stamp.at,
                "created_by": stamp.who.user,
                "changed_at": stamp.at,
            },
        )


class DeploymentStopRequested(Record, frozen=True, kw_only=True, tag="deployment.stop_requested"):
    """Somebody wants the endpoint to stop."""

    id: str

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """The wish, beside the state."""
        yield Set("deployments", {"id": self.id}, {"stop_requested": True})


class DeploymentForgetRequested(
    Record, frozen=True, kw_only=True, tag="deployment.forget_requested"
):
    """Somebody wants the endpoint to end here, though its target cannot be asked: `why` not."""

    id: str
    why: str

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """The wish, which is one to stop as well: the target may come back before it is done."""
        yield Set("deployments", {"id": self.id}, {"stop_requested": True, "forget": self.why})


class DeploymentCleared(Record, frozen=True, kw_only=True, tag="deployment.cleared"):
    """What a forgotten endpoint had left on its target is gone from there."""

    id: str

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """Nothing is left."""
        yield Set("deployments", {"id": self.id}, {"left_there": False})


class DeploymentScaled(Record, frozen=True, kw_only=True, tag="deployment.scaled"):
    """So many processes are wanted from now on."""

    id: str
    workers: int

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """The wish."""
        yield Set("deployments", {"id": self.id}, {"workers": self.workers})


class DeploymentSuspendRequested(
    Record, frozen=True, kw_only=True, tag="deployment.suspend_requested"
):
    """The endpoint is to rest: its processes end, its name, port and token stay its own."""

    id: str

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """The wish, beside the state."""
        yield Set("deployments", {"id": self.id}, {"suspend_requested": True})


class DeploymentResumed(Record, frozen=True, kw_only=True, tag="deployment.resumed"):
    """An endpoint that was suspended or failed is to answer again."""

    id: str

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """It starts anew."""
        yield Set(
            "deployments",
            {"id": self.id},
            {
                "state": "starting",
                "reason": "",
                "suspend_requested": False,
                "changed_at": stamp.at,
            },
        )


class DeploymentChanged(Record, frozen=True, kw_only=True, tag="deployment.changed"):
    """The endpoint's state as the runner found it; `pid` and `port` once they are known.

    `restarts` is the total, where a process was started again; `left_there`: it ended here without its
    target, where its processes may still be.
    """

    id: str
    state: str
    reason: str = ""
    pid: int | None = None
    port: int | None = None
    restarts: int | None = None
    left_there: bool = False

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """State and place."""
        values: dict[str, Any] = {
            "state": self.state,
            "reason": self.reason,
            "changed_at": stamp.at,
        }
        values |= {
            name: getattr(self, name)
            for name in ("pid", "port", "restarts")
            if getattr(self, name) is not None
        }
        values |= {"left_there": True} if self.left_there else {}
        yield Set("deployments", {"id": self.id}, values)


class DeploymentServing(Record, frozen=True, kw_only=True, tag="deployment.serving"):
    """The endpoint answered with this model version's digest at `since`."""

    id: str
    version: str
    since: datetime

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """What answers, since when."""
        yield Set(
            "deployments", {"id": self.id}, {"serving": self.version, "serving_since": self.since}
        )
