"""Files to a target, by digest: only what is missing there, from the byte where it stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from workbench.compute.contract import Stage, Tell
from workbench.remote.link import Agent, Request

OBJECTS = "workbench.remote.agent.objects."
CHUNK = 1024 * 1024


def send_objects(
    agent: Agent, objects: Mapping[str, Path], stage: str, tell: Tell, *, note: str = ""
) -> None:
    """Send the files of `objects` (digest → path here) that the target lacks; each is verified there.

    `note` is said with every stage.
    Raises TargetError: `target.connection` when it is cut, `object.digest` for damage on the way.
    """
    missing: dict[str, int] = agent.ask(OBJECTS + "missing", digests=list(objects))
    total = sum(objects[digest].stat().st_size for digest in missing)
    done = sum(missing.values())
    for digest, offset in missing.items():
        for answer, _ in agent.stream(_puts(digest, objects[digest], offset)):
            done += min(CHUNK, int(answer) - offset)
            offset = int(answer)
            tell(Stage(stage, min(done, total), total, "bytes", note))
        agent.ask(OBJECTS + "finish", digest=digest)


def _puts(digest: str, path: Path, offset: int) -> Iterator[Request]:
    with path.open("rb") as stream:
        stream.seek(offset)
        while chunk := stream.read(CHUNK):
            yield OBJECTS + "put", {"digest": digest, "offset": offset}, chunk
            offset += len(chunk)
        if offset == 0:
            yield OBJECTS + "put", {"digest": digest, "offset": 0}, b""  # an empty file is one, too
