"""Jobs as services: queue, list, look up, ask to cancel, read the log and the events.

Nothing here starts or ends a job: that is the runner's. What is written are intents.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.compute.events import Event, EventReader, Message
from workbench.compute.spec import JobSpec
from workbench.compute.targets import open_target
from workbench.compute.wake import wake_runner
from workbench.errors import BadInput, Conflict, NotFound
from workbench.links import parse_numbered, parse_suffix
from workbench.project.settings import LOCAL
from workbench.records import Record
from workbench.records.jobs import JobCancelRequested, JobPrioritised, JobQueued
from workbench.states import JOB_ENDED
from workbench.text import clean

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.project.project import Project
    from workbench.store.store import View

LOWEST, HIGHEST = -100, 100
"""Bounds of a job's priority."""

_COLUMNS = (
    "j.id, j.number, j.kind_of_work, j.target, j.title, j.priority, j.uid, j.state, j.cancel_requested,"
    " j.exit_code, coalesce(j.reason, '') AS reason, j.queued_at, j.started_at, j.ended_at,"
    " j.queued_by, coalesce(j.runtime, '') AS runtime, j.left_there, r.id AS run,"
    " r.number AS run_number"
)
_FROM = "FROM jobs j LEFT JOIN runs r ON r.job = j.id"


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job as the records know it; `run` and `run_number` are None where it makes no run.

    `runtime` is the digest of the locked packages and Python that it was queued with, or empty.
    `left_there`: it ended here without its target, where its processes and its folder may still be.
    """

    id: str
    number: int
    kind_of_work: str
    target: str
    title: str
    priority: int = 0
    uid: int
    state: str
    cancel_requested: bool
    exit_code: int | None
    reason: str
    queued_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    queued_by: str
    runtime: str = ""
    run: str | None = None
    run_number: int | None = None
    left_there: bool = False

    @property
    def reference(self) -> str:
        """The job as it is named: `j_17`."""
        return f"j_{self.number}"

    @property
    def ended(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state in JOB_ENDED


def store_spec(project: Project, spec: JobSpec) -> str:
    """Store the spec as an object and return its digest, for queue_record."""
    return project.store.objects.put_bytes(spec.encode())


def store_runtime(project: Project, spec: JobSpec, target: str) -> str:
    """Lock what `spec` is to run in on `target`, store that and return its digest, for queue_record.

    Empty where work runs in this very Python. From then on the job has these packages, whatever
    becomes of the settings. The first time it takes as long as a package index does. Raises as
    `open_target` and `lock_runtime` do.
    """
    if target == LOCAL or not open_target(project, target).needs_runtime:
        return ""
    # The room with uv and the lock's ingredients: 60 ms that work on this machine does not need.
    from workbench.runtimes.kept import keep_runtime
    from workbench.runtimes.lock import lock_runtime

    return keep_runtime(project, lock_runtime(project, spec.plugins))


def queue_record(
    view: View,
    spec: JobSpec,
    digest: str,
    *,
    target: str = LOCAL,
    priority: int = 0,
    runtime: str = "",
) -> JobQueued:
    """Return the record that queues `spec` (stored under `digest`) with the next number.

    `runtime` is what `store_runtime` returned. For use inside `store.decide`, so that a run and its
    job come in one unit. Afterwards call `wake_runner(project)`.
    """
    return JobQueued(
        id=spec.job,
        number=view.next_number("jobs"),
        kind_of_work=spec.kind,
        target=target,
        spec=digest,
        title=spec.title,
        priority=priority,
        runtime=runtime,
    )


def queue(project: Project, spec: JobSpec, *, target: str = LOCAL) -> Job:
    """Queue a job that makes no run, wake the runner, return the job."""
    digest, runtime = store_spec(project, spec), store_runtime(project, spec, target)
    project.store.decide(
        lambda view: [queue_record(view, spec, digest, target=target, runtime=runtime)]
    )
    wake_runner(project)
    return get_job(project, spec.job)


def list_jobs(
    project: Project, *, unfinished: bool = False, limit: int = 200, target: str = ""
) -> list[Job]:
    """Return the newest `limit` jobs, newest first; with `unfinished` only those that go on.

    With `target` only those of that target.
    """
    where = "WHERE (? = '' OR j.target = ?)"
    where += " AND j.state NOT IN ('succeeded', 'failed', 'cancelled')" if unfinished else ""
    rows = project.store.query(
        f"SELECT {_COLUMNS} {_FROM} {where} ORDER BY j.number DESC LIMIT ?",
        (target, target, limit),
    )
    return [msgspec.convert(row, Job) for row in rows]


def get_job(project: Project, ref: str) -> Job:
    """Return the job `j_17`, or by ULID or a unique end of one. Raises NotFound or Conflict."""
    number = parse_numbered(ref, "j")
    if number is not None:
        rows = _select(project, "j.number = ?", number)
    elif (suffix := parse_suffix(ref)) is not None:
        rows = _select(project, "suffix(j.id, ?)", suffix)
    else:
        rows = []
    if not rows:
        raise NotFound(
            f"There is no job {ref[:80]}",
            where=ref[:80],
            why="no job has that number or ULID",
            fix="See: workbench job list",
            code="job.none",
        )
    if len(rows) > 1:
        raise Conflict(
            f"{ref} means several jobs",
            where=ref,
            why=", ".join(f"j_{row['number']}" for row in rows[:5]),
            fix="Give more of the ULID, or the number",
            code="job.ambiguous",
        )
    return msgspec.convert(rows[0], Job)


def _select(project: Project, condition: str, value: Any) -> list[dict[str, Any]]:
    return project.store.query(
        f"SELECT {_COLUMNS} {_FROM} WHERE {condition} ORDER BY j.number",
        (value,),
    )


def cancel(project: Project, ref: str) -> Job:
    """Ask that a job be ended; the runner does it. Asking twice is harmless; an ended job is refused."""
    job = get_job(project, ref)

    def decide(view: View) -> list[Record]:
        row = view.one("SELECT state, cancel_requested FROM jobs WHERE id = ?", (job.id,))
        assert row is not None  # get_job found it, and records are never taken back
        if row["state"] in JOB_ENDED:
            raise Conflict(
                f"{job.reference} has ended already",
                where=job.reference,
                why=f"it is {row['state']}",
                fix="Nothing is left to cancel",
                code="job.ended",
            )
        return [] if row["cancel_requested"] else [JobCancelRequested(id=job.id)]

    project.store.decide(decide)
    wake_runner(project)
    return get_job(project, job.id)


def prioritize(project: Project, ref: str, priority: int) -> Job:
    """Let a queued job start before those of its target with a lower priority, after those with a higher.

    Raises BadInput for a priority outside -100 to 100, Conflict for a job that has left the queue.
    """
    if not LOWEST <= priority <= HIGHEST:
        raise BadInput(
            f"The priority cannot be {priority}",
            where="priority",
            why=f"expected {LOWEST} to {HIGHEST}",
            fix="Choose another; 0 is what every job begins with",
            code="job.priority",
        )
    job = get_job(project, ref)

    def decide(view: View) -> list[Record]:
        row = view.one("SELECT state, priority FROM jobs WHERE id = ?", (job.id,))
        assert row is not None  # get_job found it, and records are never taken back
        if row["state"] != "queued":
            raise Conflict(
                f"{job.reference} waits no longer",
                where=job.reference,
                why=f"it is {row['state']}",
                fix="Only what is queued can be put before or after others",
                code="job.started",
            )
        same = row["priority"] == priority
        return [] if same else [JobPrioritised(id=job.id, priority=priority)]

    project.store.decide(decide)
    return get_job(project, job.id)


def log_path(project: Project, job: Job) -> Path:
    """Return where the job's log is copied to; it may not be there yet."""
    return project.paths.job(job.id) / "log"


def log(project: Project, ref: str, offset: int = 0, *, limit: int = 1024 * 1024) -> bytes:
    """Return at most `limit` bytes of the job's log from byte `offset` on, as they came.

    They have not passed clean(): whoever shows them does that.
    """
    return read_range(log_path(project, get_job(project, ref)), offset, limit)


def read_range(path: Path, offset: int, limit: int = 1024 * 1024) -> bytes:
    """Return at most `limit` bytes of a file from `offset` on; none where no file is yet."""
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            return stream.read(limit)
    except FileNotFoundError:
        return b""


def event_reader(project: Project, job: Job) -> EventReader:
    """Return a reader of the job's events that can be asked again and again."""
    return EventReader(project.paths.job(job.id) / "events.jsonl")


def warnings(project: Project, job: Job, most: int = 5) -> list[str]:
    """Return the last warnings in the job's events: of its way there, and of its work. They are cleaned."""
    found = [
        clean(event.text, 1000)
        for event in event_reader(project, job).read()
        if isinstance(event, Message) and event.level == "warning"
    ]
    return found[-most:]


def events(project: Project, ref: str) -> list[Event]:
    """Return every event of the job so far."""
    return event_reader(project, get_job(project, ref)).read()
