"""One job followed: look at it, ask the state machine, do what it says."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from workbench.compute.contract import Handle, Stage, Status, Target
from workbench.compute.folder import OUT
from workbench.compute.forgetting import reason_forgotten
from workbench.compute.machine import (
    Change,
    End,
    Forget,
    Known,
    Seen,
    Start,
    Step,
    Stop,
    Submit,
    decide,
)
from workbench.compute.staging import clear_stage, end_usage, read_usage, write_stage, write_usage
from workbench.compute.targets import open_target
from workbench.errors import (
    Conflict,
    NotFound,
    StoreError,
    TargetError,
    TargetRefused,
    WorkbenchError,
)
from workbench.project.project import Project
from workbench.runner.ends import REASON_CAP, empty_out, end_records, failure_told
from workbench.runner.mirror import mirror
from workbench.runner.patience import Patience
from workbench.runner.sending import bundle_of
from workbench.runner.transitions import append_change, append_end
from workbench.store.modes import make_folder
from workbench.text import clean

NOTE_CAP = 500

logger = logging.getLogger("workbench.runner")


class _Abandoned(BaseException):
    """A transfer was given up because its job is to end, or the runner is; nobody's mistake."""


class Follower:
    """What the runner remembers of one job; all that counts is in the records and on the target.

    `freed` is called when the job's slot is free, while its end is still being recorded.
    """

    def __init__(
        self,
        project: Project,
        job: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        freed: Callable[[], object] = lambda: None,
    ) -> None:
        self.project = project
        self.job = job
        self._freed = freed
        self.row: dict[str, Any] = {}
        self.released = False
        """Whether the work is over and only what it left is being brought here: its slot is free."""
        self.unwanted = False
        """Whether the way there is to be given up: the job is to be cancelled."""
        self.leaving = False
        """Whether every transfer is to be given up: the runner ends, and the next one goes on."""
        self.next_look = 0.0
        self._clock = clock
        self._heard = clock()
        self._stopped: float | None = None
        self._patience = Patience(clock)

    @property
    def name(self) -> str:
        """The job as it is named: `j_17`."""
        return f"j_{self.row['number']}"

    def hurry(self) -> None:
        """Let no pause pass before the next look: what kept the job waiting may be over."""
        self.next_look = 0.0
        self._patience.hurry()

    def turn(self, row: dict[str, Any], *, slot: bool) -> bool:
        """Take the job one step on; True when something was recorded. Errors are logged, never raised."""
        self.row = row
        if self._patience.waits and not self._told_to_stop(row):
            return False
        try:
            return self._turn(slot)
        except _Abandoned:
            return False
        except TargetRefused as error:
            # Nothing runs there before it was submitted: a person has to do something first.
            if row["state"] in {"queued", "starting"}:
                return self._give_up(str(error))
            self._trouble(error)
        except TargetError as error:
            self._trouble(error)
        except (StoreError, Conflict, OSError) as error:
            # The job is not to blame (lock, full disk, an old look): again, as long as it takes.
            self._trouble(error)
        except WorkbenchError as error:
            return self._give_up(str(error))
        except Exception as error:  # one bad job must not end the loop
            logger.exception("%s: unexpected", self.name)
            self._trouble(error)
            if self._patience.is_over_with_surprise():
                return self._give_up(f"internal error: {type(error).__name__}: {error}")
        return False

    def _turn(self, slot: bool) -> bool:
        known = Known(
            self.name,
            self.row["state"],
            cancel_requested=bool(self.row["cancel_requested"]),
            started=self.row["started_at"] is not None,
            forget=bool(self.row["forget"]),
        )
        seen = self._look(slot)
        released = seen.status is not None and seen.status.state == "ended"
        self.released, before = released, self.released
        if released and not before:
            self._freed()
        steps = decide(known, seen)
        for step in steps:
            logger.info("%s (%s): %s", self.name, self.row["state"], step)
            self._do(step)
        self._patience.end()
        if steps:
            self.next_look = 0.0
        return bool(steps)

    def _look(self, slot: bool) -> Seen:
        now = self._clock()
        status = None
        if self.row["handle"] is not None:
            status = self._ask()
        since = None if self._stopped is None else now - self._stopped
        return Seen(status, silent=now - self._heard, slot=slot, since_stop=since)

    def _ask(self) -> Status | None:
        """Return the target's word with its files copied, None when it is not reached."""
        try:
            target = self._target
            self.next_look = self._clock() + target.pace
            status = target.poll(self._handle)
            if status.state != "unknown":
                mirror(target, self._handle, self._folder)
        except TargetError as error:
            self._trouble(error)
            return None
        self._heard = self._clock()
        if status.usage is not None:
            write_usage(self._folder, status.usage)
        return status

    def _do(self, step: Step) -> None:
        match step:
            case Start():
                handle = self._target.prepare(self.job)
                # Reached before anything is recorded: what refuses us here has certainly started nothing.
                self._target.poll(handle)
                append_change(self.project, self.job, self.name, "starting", handle=handle)
                self.row = self.row | {"state": "starting", "handle": msgspec.json.encode(handle)}
                self._submit()
            case Submit():
                self._submit()
            case Stop():
                self._target.stop(self._handle)
                self._stopped = self._clock()
            case Change(state, reason):
                append_change(self.project, self.job, self.name, state, reason=reason)
                self.row = self.row | {"state": state}
            case End():
                self._end(step)
            case Forget():
                self._forget()

    def _submit(self) -> None:
        bundle = bundle_of(
            self.project,
            self.name,
            self.row,
            needs_runtime=self._target.needs_runtime,
            tell=self._tell_there,
        )
        self._target.submit(self._handle, bundle, self._tell_there)
        clear_stage(self._folder)

    def _end(self, step: End) -> None:
        """Keep what the job made, record the end, clear the target: in this order."""
        if self.row["handle"] is None:
            out = empty_out(self._folder)
        else:
            # Not emptied: what came before a cut, or before a killed runner, need not come again.
            out = make_folder(make_folder(self._folder) / OUT)
            mirror(self._target, self._handle, self._folder, whole=True)
            self._target.fetch(self._handle, out, self._tell_back)
        clear_stage(self._folder)
        end_usage(self._folder)
        if step.state == "failed":
            step = End("failed", step.exit_code, failure_told(self._folder) or step.reason)
        step, records = end_records(self.project, self.job, out, step)
        used = read_usage(self._folder)
        append_end(self.project, self.job, self.name, step, records, used)
        self._clear(out)

    def _forget(self) -> None:
        """Record that it was cancelled, without its target: what came from there until now is all."""
        clear_stage(self._folder)
        end_usage(self._folder)
        out = empty_out(self._folder)
        reason = reason_forgotten(self.row["target"], self.row["forget"])
        step, records = end_records(
            self.project, self.job, out, End("cancelled", reason=reason[:REASON_CAP])
        )
        used = read_usage(self._folder)
        append_end(self.project, self.job, self.name, step, records, used, left_there=True)
        shutil.rmtree(out, ignore_errors=True)

    def _give_up(self, reason: str) -> bool:
        """End a job that cannot be started or followed, as failed; what runs of it is stopped."""
        logger.error("%s: %s", self.name, reason)
        try:
            if self.row["handle"] is not None:
                self._target.stop(self._handle)
            out = empty_out(self._folder)
            step, records = end_records(
                self.project, self.job, out, End("failed", reason=reason[:REASON_CAP])
            )
            append_end(self.project, self.job, self.name, step, records)
            self._clear(out)
        except (WorkbenchError, OSError) as error:
            self._trouble(error)
            return False
        return True

    def _clear(self, out: Path) -> None:
        """Remove what was fetched and the folder on the target; one that stays costs space only."""
        shutil.rmtree(out, ignore_errors=True)
        if self.row["handle"] is None:
            return
        try:
            self._target.remove(self._handle)
        except (WorkbenchError, OSError) as error:
            logger.warning("%s: its folder on the target stays: %s", self.name, error)

    def _tell_there(self, stage: Stage) -> None:
        """Say how far the way there is; give it up when nobody wants the job any more."""
        if self.unwanted:
            raise _Abandoned
        self._tell_back(stage)

    def _tell_back(self, stage: Stage) -> None:
        """Say how far the way back is: a part of the job's end, cancelled or not."""
        if self.leaving:
            raise _Abandoned
        self._heard = self._clock()
        write_stage(self._folder, stage)

    def _told_to_stop(self, row: dict[str, Any]) -> bool:
        """Tell whether somebody waits for the job's end: that does not wait for a pause to pass."""
        return bool(row["forget"]) or (bool(row["cancel_requested"]) and self._stopped is None)

    def _trouble(self, error: Exception) -> None:
        """Say it once, and look again later and later."""
        if self._patience.try_later():
            logger.warning("%s: %s", self.name, error)
            try:
                write_stage(self._folder, Stage("waiting", note=clean(error, NOTE_CAP)))
            except OSError as refused:
                logger.warning("%s: %s", self.name, refused)

    @property
    def _target(self) -> Target:
        try:
            return open_target(self.project, self.row["target"])
        except NotFound as error:
            if self.row["handle"] is None:
                raise
            # It was sent there once: until the settings name the place again it is out of reach.
            raise TargetError(
                error.what, where=error.where, why=error.why, fix=error.fix, code=error.code
            ) from error

    @property
    def _handle(self) -> Handle:
        handle: Handle = msgspec.json.decode(self.row["handle"])
        return handle

    @property
    def _folder(self) -> Path:
        return self.project.paths.job(self.job)
