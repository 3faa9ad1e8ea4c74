"""Ending here what runs on a target that cannot be asked, perhaps never again; clearing it up if it can.

What is wanted is an intent, like every other end: the runner does it, or ends it in order after all
should the target answer meanwhile. What is left there is remembered, and goes when the target is
reached again: by the runner, or by `target prune`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.compute.contract import Ask, Pruned, Target
from workbench.compute.jobs import Job, get_job
from workbench.compute.serving import CanServe
from workbench.compute.targets import open_target
from workbench.compute.wake import wake_runner
from workbench.errors import Conflict, TargetRefused, WorkbenchError
from workbench.project.settings import LOCAL
from workbench.records import Record
from workbench.records.deployments import DeploymentCleared
from workbench.records.jobs import JobCleared, JobForgetRequested
from workbench.states import JOB_ENDED
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.project.project import Project
    from workbench.store.store import View

WHY_CAP = 400
STOP_LIMIT, STOP_PACE = 15.0, 0.2
"""Seconds for which the processes of a job are waited for, and between two looks."""
_LEFT = """
SELECT 'job' AS kind, id, 'j_' || number AS name, target, handle FROM jobs
WHERE left_there AND uid = ?
UNION ALL
SELECT 'deployment', id, name, target, NULL FROM deployments WHERE left_there AND uid = ?
ORDER BY id
"""


def forget_job(project: Project, ref: str, ask: Ask | None = None) -> Job:
    """Ask that a job end here without its target, which is asked once more before.

    Raises Conflict for a job that has ended or waits in the queue, and where the target answers;
    TargetRefused where a person can do something so that it does.
    """
    job = get_job(project, ref)
    why_not = f"it is {job.state}" if job.ended else "it is queued: nothing of it is on a target"
    if job.ended or job.state == "queued":
        fix = "Nothing needs to be done" if job.ended else f"workbench job cancel {job.reference}"
        raise _refusal(job.reference, why_not, fix)
    row = project.store.one("SELECT handle FROM jobs WHERE id = ?", (job.id,))
    assert row is not None  # get_job found it, and records are never taken back
    handle = msgspec.json.decode(row["handle"])
    why = why_silent(
        job.reference,
        job.target,
        f"workbench job cancel {job.reference}",
        lambda: open_target(project, job.target, ask).poll(handle),
        lost=job.state == "lost",
    )

    def decide(view: View) -> list[Record]:
        row = view.one("SELECT state FROM jobs WHERE id = ?", (job.id,))
        assert row is not None
        if row["state"] in JOB_ENDED:
            raise _refusal(job.reference, f"it is {row['state']}", "Nothing needs to be done")
        return [JobForgetRequested(id=job.id, why=why)]

    project.store.decide(decide)
    wake_runner(project)
    return get_job(project, job.id)


def why_silent(name: str, target: str, fix: str, look: Callable[[], object], *, lost: bool) -> str:
    """Return why `target` cannot be asked about `name`, having tried by `look`.

    Raises Conflict where it can: then `fix`, the end in order, is right. A target that wants something
    of a person first (a key, a passphrase) is not gone as long as the runner reaches it: unless the
    work is `lost` that error passes.
    """
    if target == LOCAL:
        raise _refusal(name, "it runs on this machine, which can be asked", fix)
    try:
        look()
    except TargetRefused as error:
        if not lost:
            raise
        return clean(error, WHY_CAP)
    except (WorkbenchError, OSError) as error:
        return clean(error, WHY_CAP)
    raise answers(name, target, fix)


def answers(name: str, target: str, fix: str) -> Conflict:
    """Return what is said where the target answers."""
    return _refusal(name, f"the target {target} answers, so that it can be ended in order", fix)


def reason_forgotten(target: str, why: str) -> str:
    """Return what stands in the records as the reason of such an end."""
    return f"the target {target} was not asked, and what is there stays there: {why}"


def left_targets(project: Project, uid: int) -> list[str]:
    """Return the targets on which something was left that the person `uid` had forgotten."""
    found = project.store.query(_LEFT, (uid, uid))
    known = project.settings.targets
    return sorted({row["target"] for row in found if row["target"] in known})


def clear_left(
    project: Project, target: str, uid: int, *, dry: bool = False, ask: Ask | None = None
) -> tuple[Pruned, ...]:
    """End and remove on `target` what was left there, and record that; with `dry` only name it.

    Raises TargetError when it is not reached; what had been removed until then is recorded.
    """
    rows = [row for row in project.store.query(_LEFT, (uid, uid)) if row["target"] == target]
    if rows and not dry:
        place = open_target(project, target, ask)
        for row in rows:
            _clear(place, row)
            cleared = JobCleared if row["kind"] == "job" else DeploymentCleared
            project.store.append(cleared(id=row["id"]))
    return tuple(Pruned(row["kind"], row["name"], 0) for row in rows)


def _clear(place: Target, row: dict[str, Any]) -> None:
    if row["kind"] == "job":
        handle = msgspec.json.decode(row["handle"])
        place.stop(handle)
        deadline = time.monotonic() + STOP_LIMIT
        while place.poll(handle).state in {"starting", "running"} and time.monotonic() < deadline:
            time.sleep(STOP_PACE)
        place.remove(handle)  # refused while processes of it are alive
    elif isinstance(place, CanServe):
        place.serving().remove(row["id"])


def _refusal(name: str, why: str, fix: str) -> Conflict:
    return Conflict(f"{name} is not forgotten", where=name, why=why, fix=fix, code="forget")
