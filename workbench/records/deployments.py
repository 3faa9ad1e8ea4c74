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


class DeploymentChanged(Record, frozen=True, kw_only=True, tag="deployment.changed"):
    """The endpoint's state as the runner found it; `pid` and `port` once they are known."""

    id: str
    state: str
    reason: str = ""
    pid: int | None = None
    port: int | None = None

    def changes(self, stamp: Stamp) -> Iterable[Change]:
        """State and place."""
        values: dict[str, Any] = {
            "state": self.state,
            "reason": self.reason,
            "changed_at": stamp.at,
        }
        values |= {
            name: getattr(self, name) for name in ("pid", "port") if getattr(self, name) is not None
        }
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
