"""Data that a target sees on a file system that both sides have: read there in place, never believed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from workbench.compute.contract import Lack, Stage, Tell
from workbench.remote.link import Agent
from workbench.text import clean

OPS = "workbench.remote.agent.inplace."
OPTION = "project_folder"
"""What kinds call the option."""
_STAGE = "verify"


@dataclass(frozen=True, slots=True)
class Shared:
    """Where a target sees the folder of the project with the ULID `project`; `folder` empty: nowhere."""

    folder: str = ""
    project: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Which objects are read in place (`sizes`: digest → bytes), and why others are not.

    `trouble` holds for all of them, `refused` (digest → why) for one each.
    """

    sizes: dict[str, int] = field(default_factory=dict)
    trouble: str = ""
    refused: dict[str, str] = field(default_factory=dict)

    def told(self, shared: Shared, names: Mapping[str, str]) -> tuple[str, ...]:
        """Return a line for each thing that is copied; `names` maps the digest to what a job calls it."""
        if self.trouble:
            return (f"data are copied, not read in place at {shared.folder}: {self.trouble}",)
        return tuple(
            f"{names[digest]} is copied, not read in place at {shared.folder}: {why}"
            for digest, why in self.refused.items()
        )


def find_in_place(agent: Agent, shared: Shared, objects: Mapping[str, Path], tell: Tell) -> Found:
    """Return which of `objects` (digest → path here) can be read in place there.

    Each was verified by its bytes, once on a target. Raises TargetError when the line is cut.
    """
    if not shared.folder or not objects:
        return Found()
    sizes = {digest: path.stat().st_size for digest, path in objects.items()}
    seen = agent.ask(OPS + "look", folder=shared.folder, project=shared.project, sizes=sizes)
    if seen["trouble"]:
        return Found(trouble=clean(str(seen["trouble"]), 300))
    refused = {digest: clean(str(why), 300) for digest, why in seen["refused"].items()}
    good = [digest for digest in sizes if digest in set(seen["verified"])]
    unread = [digest for digest in sizes if digest in set(seen["unread"])]
    total, done = sum(sizes[digest] for digest in unread), 0
    for digest in unread:
        why = _verify(agent, shared, digest, sizes[digest], _Telling(tell, done, total))
        done += sizes[digest]
        if why:
            refused[digest] = why
        else:
            good.append(digest)
    return Found({digest: sizes[digest] for digest in good}, refused=refused)


@dataclass(frozen=True, slots=True)
class _Telling:
    """How far the reading of all objects is when one of them begins."""

    tell: Tell
    before: int
    total: int

    def __call__(self, done: int) -> None:
        self.tell(Stage(_STAGE, min(self.before + done, self.total), self.total, "bytes"))


def _verify(agent: Agent, shared: Shared, digest: str, size: int, tell: _Telling) -> str:
    """Have an object read there; return why it is not what it should be, empty when it is."""
    tell(0)
    offset = 0
    while True:
        said = agent.ask(
            OPS + "verify", folder=shared.folder, digest=digest, size=size, offset=offset
        )
        if said["over"]:
            return clean(str(said["why"]), 300)
        offset = int(said["done"])
        tell(offset)


def check_place(
    agent: Agent, shared: Shared, cache: Path
) -> tuple[dict[str, str], tuple[Lack, ...]]:
    """Return what a probe tells of the place: a fact when data are read there, else what is wrong.

    A file is written into `cache` (the project's) for a moment and looked for over there: a copy of
    the project has its ULID, too.
    """
    name = f".seen-{secrets.token_hex(8)}"
    probe = cache / name
    try:
        try:
            probe.touch(mode=0o600)
        except OSError:
            name = ""  # a viewer's: the ULID must do
        said = agent.ask(OPS + "place", folder=shared.folder, project=shared.project, probe=name)
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
    if said["trouble"]:
        why = clean(str(said["trouble"]), 300)
        lack = Lack(
            f"This project is not seen at {shared.folder} there, so data are copied: {why}",
            f"Correct or empty the target's option {OPTION}",
        )
        return {"data": "copied"}, (lack,)
    if not said["same"]:
        lack = Lack(
            f"At {shared.folder} there is a copy of this project: what it lacks is copied",
            f"Set the target's option {OPTION} to where this very folder is seen",
        )
        return {"data": f"read in place at {shared.folder}, as far as this copy has them"}, (lack,)
    return {"data": f"read in place at {shared.folder}"}, ()
