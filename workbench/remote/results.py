"""What a job made, from the target to here: in ranges, gone on with after a cut, verified by digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec

from workbench.compute.contract import Stage, Tell
from workbench.compute.place import digest
from workbench.errors import TargetError
from workbench.files import inside
from workbench.remote.link import Agent, Request

JOBS = "workbench.remote.agent.jobs."
CHUNK = 1024 * 1024


class Result(msgspec.Struct, frozen=True):
    """A file in `out/` there; the digest of a large one is empty, and asked for afterwards."""

    name: str
    size: int
    digest: str


def fetch_results(agent: Agent, job: str, into: Path, tell: Tell) -> None:
    """Make `into` hold exactly what the job's `out/` holds there.

    Raises BadInput for a name that leads out of `into`, TargetError `job.fetch` for a file whose
    bytes are not those that were announced (it is thrown away, to be fetched again).
    """
    listed = msgspec.convert(json.loads(agent.call(JOBS + "results", job=job)[1]), list[Result])
    places = {inside(into, result.name): result for result in listed}
    for path in [path for path in into.rglob("*") if not path.is_dir() and path not in places]:
        path.unlink()
    total, done = sum(result.size for result in listed), 0
    for path, result in places.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        have = path.stat().st_size if path.exists() else 0
        if have > result.size:
            path.unlink()
            have = 0
        done += have
        seen = hashlib.sha256()  # taken while it comes, so that nobody waits for it afterwards
        with path.open("ab") as stream:
            for _, data in agent.stream(_reads(job, result, have)):
                stream.write(data)
                seen.update(data)
                done += len(data)
                tell(Stage("results", done, total, "bytes"))
        wanted = result.digest or agent.ask(JOBS + "result_digest", job=job, name=result.name)
        if (digest(path) if have else seen.hexdigest()) != wanted:
            path.unlink()
            raise TargetError(
                "A file of the job did not arrive as it is there",
                where=result.name,
                why="its copy has another digest",
                fix="It is fetched again by itself",
                code="job.fetch",
            )


def _reads(job: str, result: Result, offset: int) -> Iterator[Request]:
    for start in range(offset, result.size, CHUNK):
        size = min(CHUNK, result.size - start)
        arguments = {"job": job, "name": result.name, "offset": start, "size": size}
        yield JOBS + "read_result", arguments, b""
