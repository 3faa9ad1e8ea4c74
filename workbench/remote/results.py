"""What a job made, from the target to here: in ranges, gone on with after a cut, verified by digest."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

import msgspec

from workbench.compute.contract import Stage, Tell
from workbench.compute.place import digest
from workbench.errors import TargetError
from workbench.files import inside
from workbench.remote.link import Agent, Request

JOBS = "workbench.remote.agent.jobs."
CHUNK = 1024 * 1024
AHEAD = 8
"""Pieces that may have come and not been written yet."""


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
    begun: dict[Path, str] = {}
    for path, result in places.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        have = path.stat().st_size if path.exists() else 0
        if have > result.size:
            path.unlink()
            have = 0
        done += have
        with Keeper(path) as keeper:
            for _, data in agent.stream(_reads(job, result, have)):
                keeper.keep(data)
                done += len(data)
                tell(Stage("results", done, total, "bytes"))
        wanted = result.digest or agent.ask(JOBS + "result_digest", job=job, name=result.name)
        if have:
            begun[path] = wanted
        else:
            _check(path, result.name, keeper.digest, wanted)
    # What was there before is read whole here, which of a large file takes longer than an agent waits
    # for a word: it comes last, when nothing is to be asked any more.
    for path, wanted in begun.items():
        _check(path, places[path].name, digest(path), wanted)


def _check(path: Path, name: str, found: str, wanted: str) -> None:
    if found == wanted:
        return
    path.unlink()
    raise TargetError(
        "A file of the job did not arrive as it is there",
        where=name,
        why="its copy has another digest",
        fix="It is fetched again by itself",
        code="job.fetch",
    )


class Keeper:
    """Writes what comes to the end of a file and takes its digest, in a thread beside the one that reads.

    Both take as long as the reading: one after the other they would make a fast line wait. What was
    given is written when the block is left, whatever ended it. Raises OSError, as a write does.
    """

    def __init__(self, path: Path) -> None:
        self._stream = path.open("ab")
        self._seen = hashlib.sha256()
        self._thread: ThreadPoolExecutor | None = None
        self._waiting: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._stream:
            if self._thread is not None:
                self._thread.shutdown()
            while self._waiting:
                self._waiting.popleft().result()

    @property
    def digest(self) -> str:
        """The digest of what was given, once the block has been left."""
        return self._seen.hexdigest()

    def keep(self, data: bytes) -> None:
        """Write `data`, soon; waits while AHEAD pieces are not written yet."""
        if len(data) < CHUNK:  # the last one, and of most files the only one: not worth a thread
            while self._waiting:
                self._waiting.popleft().result()
            self._write(data)
            return
        self._thread = self._thread or ThreadPoolExecutor(1, "keep")
        self._waiting.append(self._thread.submit(self._write, data))
        while len(self._waiting) > AHEAD:
            self._waiting.popleft().result()

    def _write(self, data: bytes) -> None:
        self._stream.write(data)
        self._seen.update(data)


def _reads(job: str, result: Result, offset: int) -> Iterator[Request]:
    for start in range(offset, result.size, CHUNK):
        size = min(CHUNK, result.size - start)
        arguments = {"job": job, "name": result.name, "offset": start, "size": size}
        yield JOBS + "read_result", arguments, b""
