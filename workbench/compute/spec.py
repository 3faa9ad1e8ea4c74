"""What a job is asked to do: the content of `spec.json`, in its folder and as an object of the project."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from workbench.compute.limits import NO_LIMITS, Limits
from workbench.errors import BadInput, NewerFormat

VERSION = 1
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", re.ASCII)
_INPUT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class JobSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of work, complete: what runs, on which inputs, with which plugins.

    `job` is the job's ULID; `kind` says what sort of work it is (`train`); `module` is run on the
    target as `python -P -m MODULE FOLDER`; `run` is the ULID of the run it makes, empty when it
    makes none; `inputs` maps a name inside `in/` to an object's digest; `plugins` are references
    (`plugins.trainers.hgb:TRAINER`) whose top-level packages travel with the bundle; `limits` is
    what the job may use; `work` is the module's own, plain JSON.
    """

    v: int = VERSION
    job: str
    kind: str
    module: str
    run: str = ""
    title: str = ""
    inputs: dict[str, str] = {}
    plugins: tuple[str, ...] = ()
    limits: Limits = NO_LIMITS
    work: dict[str, Any] = {}

    def encode(self) -> bytes:
        """Return the bytes of `spec.json`: the same spec, the same bytes."""
        return msgspec.json.encode(self, order="sorted")


def decode_spec(data: bytes, *, where: str = "spec.json") -> JobSpec:
    """Read the bytes of a `spec.json`. Raises BadInput, or NewerFormat for a later version."""
    try:
        spec = msgspec.json.decode(data, type=JobSpec)
    except msgspec.DecodeError as error:
        raise _refuse(where, str(error)) from error
    if spec.v > VERSION:
        raise NewerFormat(
            "This job was asked for by a newer Workbench",
            where=where,
            why=f"its specification has version {spec.v}, this program reads {VERSION}",
            fix="Upgrade Workbench here",
        )
    if _MODULE.fullmatch(spec.module) is None:
        raise _refuse(where, f"{spec.module[:80]!r} is not the name of a module")
    for name in spec.inputs:
        if _INPUT.fullmatch(name) is None:
            raise _refuse(where, f"{name[:80]!r} cannot name an input")
    return spec


def _refuse(where: str, why: str) -> BadInput:
    return BadInput(
        "The specification of the job cannot be read",
        where=where,
        why=why,
        fix="Queue the work again",
        code="job.spec",
    )
