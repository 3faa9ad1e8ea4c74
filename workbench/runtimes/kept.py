"""Runtimes as objects of the project: a record names in what exactly its work was to run.

The object's digest is the runtime's own, the one that its folders and images on targets go by.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.errors import BadInput
from workbench.runtimes.lockfile import read_lock
from workbench.runtimes.runtime import Runtime

if TYPE_CHECKING:
    from workbench.project.project import Project

_PYTHON = re.compile(r"3\.[1-9]\d?", re.ASCII)


def keep_runtime(project: Project, runtime: Runtime) -> str:
    """Store the runtime as an object and return its digest."""
    return project.store.objects.put_bytes(runtime.encode())


def kept_runtime(project: Project, digest: str) -> Runtime:
    """Return the runtime that is stored under `digest`.

    Raises NotFound or StoreError for an object that is gone or damaged, BadInput (`runtime.lock`)
    for one that is no runtime: a record may come from elsewhere, and what it names goes to targets.
    """
    python, _, lock = project.store.objects.read(digest).partition(b"\n")
    version = python.decode(errors="replace")
    if _PYTHON.fullmatch(version) is None:
        raise BadInput(
            "The object is no runtime",
            where=digest[:12],
            why=f"it does not begin with a version of Python but with {version[:40]!r}",
            fix="Queue the work again",
            code="runtime.lock",
        )
    read_lock(lock)
    return Runtime(version, lock)
