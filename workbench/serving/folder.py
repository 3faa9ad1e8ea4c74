"""The folder of a deployment: the files through which the runner and the server process speak.

desired.json   what is to be served, written by the runner, read by the server four times a second
serving.json   what is served and how it goes, written by the server, read by everybody
token          the bearer token, mode 0600
metrics.json   what the server counted, written by it, read by everybody and by the next server
pid            which process the server is (workbench.compute.processes)
lock           held by the server while it lives
log            stdout and stderr of every server process
predictions/   the prediction log, NNNNNN.jsonl
workers/N/     serving.json, metrics.json, pid and lock of the processes beside the first

Several processes may serve one deployment, each in a seat: the first, seat 0, has its files at the top.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from workbench.compute.identity import Identity, identity_of
from workbench.errors import BadInput, NotFound
from workbench.files import write_atomic
from workbench.serving.metrics import Metrics
from workbench.store.modes import make_folder
from workbench.training.signature import Signature

Phase = Literal["loading", "serving", "stopped", "failed"]
S = TypeVar("S", bound=msgspec.Struct)


class Desired(msgspec.Struct, frozen=True, kw_only=True):
    """The model version that a deployment is to serve, and where.

    `version` is its ULID, `reference` reads `delay@4`; `object` and `content` are its digests and
    `path` the stored file; `format` is a plugin reference (`module:attribute`). `promotion` is the
    ULID of the promotion that is followed, empty for a fixed version. `port` 0 takes the first free
    one of `ports` (first and last). `workers` processes answer on it.
    """

    deployment: str
    name: str
    model: str
    number: int
    version: str
    reference: str
    object: str
    content: str
    path: str
    format: str
    signature: Signature
    promotion: str = ""
    host: str = "127.0.0.1"
    port: int = 0
    ports: tuple[int, int] = (8700, 8799)
    token: bool = True
    workers: int = 1


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a server process tells of itself.

    `version`, `reference`, `content`, `promotion` and `since` (Unix seconds) are of the version that
    answers; `refused` is the version that could not be loaded and `error` why. `requests` counts
    inference requests, `errors` those answered with a refusal or failure, `logged` lines of the
    prediction log and `dropped` answers that it had no room for. `at` is the heartbeat, Unix seconds.
    """

    phase: Phase
    port: int = 0
    version: str = ""
    reference: str = ""
    content: str = ""
    promotion: str = ""
    since: float = 0.0
    refused: str = ""
    error: str = ""
    requests: int = 0
    errors: int = 0
    logged: int = 0
    dropped: int = 0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Folder:
    """The files of the deployment at `root`, those of the process in `seat` among them."""

    root: Path
    seat: int = 0

    def at(self, seat: int) -> Folder:
        """Return the files as the process in that seat has them."""
        return Folder(self.root, seat)

    @property
    def own(self) -> Path:
        """The folder of the files that belong to the seat."""
        return self.root / "workers" / str(self.seat) if self.seat else self.root

    def seats(self) -> list[int]:
        """Return every seat that was ever taken, in order."""
        try:
            names = [path.name for path in (self.root / "workers").iterdir()]
        except FileNotFoundError:
            names = []
        return [0, *sorted(int(name) for name in names if name.isdecimal())]

    @property
    def desired(self) -> Path:
        """What is to be served."""
        return self.root / "desired.json"

    @property
    def serving(self) -> Path:
        """What is served."""
        return self.own / "serving.json"

    @property
    def token(self) -> Path:
        """The bearer token."""
        return self.root / "token"

    @property
    def pid(self) -> Path:
        """Which process serves."""
        return self.own / "pid"

    @property
    def lock(self) -> Path:
        """The file that the process locks."""
        return self.own / "lock"

    @property
    def metrics(self) -> Path:
        """What the process counted."""
        return self.own / "metrics.json"

    @property
    def log(self) -> Path:
        """What the process wrote to stdout and stderr."""
        return self.root / "log"

    @property
    def predictions(self) -> Path:
        """The segments of the prediction log."""
        return self.root / "predictions"

    def make(self, *, token: bool) -> None:
        """Make the folder, and with `token` a fresh one (256 random bits, readable by us alone)."""
        make_folder(self.root)
        if token:
            write_atomic(self.token, secrets.token_urlsafe(32).encode() + b"\n", mode=0o600)

    def make_own(self) -> None:
        """Make the folder of the seat; the deployment's is there."""
        if self.seat:
            make_folder(self.root / "workers")
            make_folder(self.own)

    def read_token(self) -> str:
        """Return the token; NotFound without one, BadInput when others may read it."""
        try:
            mode = self.token.stat().st_mode
            text = self.token.read_text().strip()
        except FileNotFoundError:
            raise NotFound(
                "The deployment's token is gone",
                where=str(self.token),
                why="the file is not there",
                fix="Stop the deployment and create it again",
                code="deployment.token",
            ) from None
        if mode & 0o077 or len(text) < 20:
            raise BadInput(
                "The deployment's token cannot be used",
                where=str(self.token),
                why="others may read it" if mode & 0o077 else "it is too short to be one",
                fix="Run chmod 600 on it" if mode & 0o077 else "Create the deployment again",
                code="deployment.token",
            )
        return text

    def write_desired(self, desired: Desired) -> None:
        """Say what is to be served."""
        write_atomic(self.desired, msgspec.json.encode(desired))

    def read_desired(self) -> Desired | None:
        """Return what is to be served, None before it was said. Raises BadInput when damaged."""
        return _read(self.desired, Desired)

    def write_told(self, told: Told) -> None:
        """Tell what is served; not flushed to disk, since it is told again every second."""
        write_atomic(self.serving, msgspec.json.encode(told), sync=False)

    def read_told(self) -> Told | None:
        """Return what the server told last, None before it did. Raises BadInput when damaged."""
        return _read(self.serving, Told)

    def write_metrics(self, metrics: Metrics) -> None:
        """Tell what was counted; not flushed to disk, it is told again within seconds."""
        write_atomic(self.metrics, msgspec.json.encode(metrics), sync=False)

    def read_metrics(self) -> Metrics | None:
        """Return what the process in this seat counted, None where that is not known or damaged."""
        try:
            return _read(self.metrics, Metrics)
        except BadInput:
            return None

    def all_metrics(self, *, but: int = -1) -> list[Metrics]:
        """Return what was counted in every seat, `but` in one."""
        found = [self.at(seat).read_metrics() for seat in self.seats() if seat != but]
        return [metrics for metrics in found if metrics is not None]

    def write_pid(self, who: Identity) -> None:
        """Say which process serves."""
        write_atomic(self.pid, msgspec.json.encode(who._asdict()))

    def read_pid(self) -> Identity | None:
        """Return which process serves or served last, None before there was one or when damaged."""
        try:
            return identity_of(msgspec.json.decode(self.pid.read_bytes()))
        except (FileNotFoundError, ValueError):
            return None

    def last_log_lines(self, most: int) -> list[str]:
        """Return the last lines of the log that are not blank, as they came, the newest last."""
        try:
            with self.log.open("rb") as stream:
                stream.seek(max(0, self.log.stat().st_size - 8192))
                tail = stream.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return []
        return [line.strip() for line in tail.splitlines() if line.strip()][-most:]

    def last_log_line(self) -> str:
        """Return the last line of the log that is not blank; empty without one."""
        return next(iter(self.last_log_lines(1)), "")


def _read(path: Path, kind: type[S]) -> S | None:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise BadInput(
            f"{path.name} of the deployment is damaged",
            where=str(path),
            why=str(error),
            fix="Stop the deployment and create it again",
            code="deployment.damaged",
        ) from None
