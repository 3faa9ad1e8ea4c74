"""The end of a run: what its job left becomes objects and one record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from workbench.errors import BadInput
from workbench.files import inside
from workbench.records import Record
from workbench.records.runs import Artifact, FittedModel, RunEnded
from workbench.store.units import LINE_LIMIT
from workbench.training.result import RESULT, RunResult
from workbench.training.signatures import keep

if TYPE_CHECKING:
    from workbench.project.project import Project


def run_ended(
    project: Project, run_id: str, out: Path, state: str, reason: str = ""
) -> list[Record]:
    """Return the record that ends a run whose job came to `state` (succeeded, failed, cancelled).

    `out` holds what was fetched; its files are moved into the project's objects. A job that
    succeeded without a result that can be read makes a failed run, never a crash of the runner.
    """
    if state != "succeeded":
        return [RunEnded(id=run_id, state=state, error=reason)]
    try:
        return [_succeeded(project, run_id, out)]
    except BadInput as refusal:
        return [RunEnded(id=run_id, state="failed", error=str(refusal))]


def _succeeded(project: Project, run_id: str, out: Path) -> RunEnded:
    result = _read_result(out)
    model = None
    if result.model:
        kept = _keep(project, out, result.model.file)
        model = FittedModel(
            object=kept.object,
            content=result.model.content,
            format=result.model.format,
            bytes=kept.bytes,
            signature=keep(project.store.objects, result.model.signature),
        )
    ended = RunEnded(
        id=run_id,
        state="succeeded",
        metrics=result.metrics,
        artifacts=tuple(_keep(project, out, name) for name in result.artifacts),
        model=model,
        report=_keep(project, out, result.report).object,
    )
    size = len(msgspec.json.encode(ended))
    if size > LINE_LIMIT // 2:  # the job's end goes into the same line
        raise _refuse(RESULT, f"it takes {size:,} bytes of the journal, too many for one line")
    return ended


def _read_result(out: Path) -> RunResult:
    try:
        return msgspec.json.decode((out / RESULT).read_bytes(), type=RunResult)
    except FileNotFoundError:
        raise _refuse(RESULT, "it is not there") from None
    except msgspec.DecodeError as error:
        raise _refuse(RESULT, str(error)) from None


def _keep(project: Project, out: Path, name: str) -> Artifact:
    """Put a file that the job made into the objects; its name comes from outside."""
    path = inside(out, name)
    if not path.is_file():
        raise _refuse(name, "it is not there")
    size = path.stat().st_size
    return Artifact(name=name, object=project.store.objects.put_file(path, move=True), bytes=size)


def _refuse(name: str, why: str) -> BadInput:
    return BadInput(
        "The work ended without a result that can be used",
        where=name[:80],
        why=why,
        fix="See the log, and train again",
        code="run.result",
    )
