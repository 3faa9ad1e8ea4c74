"""What surrounds a run: the code's commit and its uncommitted changes, the runtime, the machine."""

from __future__ import annotations

import os
import platform
import socket
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Literal

from workbench.errors import NotFound
from workbench.experiments.lookup import get_run
from workbench.experiments.patch import Patch, git, read_patch
from workbench.experiments.surroundings import gpus, installed, memory, processor
from workbench.project.settings import LOCAL
from workbench.records.runs import RunFacts
from workbench.runtimes.kept import kept_runtime

if TYPE_CHECKING:
    from workbench.project.project import Project
    from workbench.runtimes.runtime import Runtime

PACKAGES = (
    "ml-workbench",
    "joblib",
    "msgspec",
    "numpy",
    "polars",
    "scikit-learn",
    "scipy",
    "skops",
    "threadpoolctl",
)
"""What a model's figures depend on."""


def run_facts(project: Project, packages: tuple[str, ...] = (), *, runtime: str = "") -> RunFacts:
    """Return the facts of a run that starts now; `packages` are those its trainer comes from.

    `runtime` is the object of what it is to run in on another machine.
    The uncommitted changes and the list of installed packages are stored as objects. Without git, or
    outside a repository, commit and patch are empty. Takes some 30 ms, most of it git's.
    """
    commit = git(project.root, "rev-parse", "--verify", "HEAD").decode().strip()
    patch = read_patch(project.root) if commit else Patch(b"")
    put = project.store.objects.put_bytes
    return RunFacts(
        commit=commit,
        diff_object=put(patch.data) if patch.data else "",
        left_out=patch.left_out,
        python=platform.python_version(),
        packages={name: found for name in (*PACKAGES, *packages) if (found := _version(name))},
        lock_object=put(installed().encode()),
        runtime=runtime,
        host=socket.gethostname(),
        platform=platform.platform(terse=True),
        cores=os.cpu_count() or 0,
        processor=processor(),
        memory=memory(),
        gpus=gpus(),
    )


def read_facts_object(project: Project, ref: str, what: Literal["patch", "lock"]) -> bytes:
    """Return the uncommitted changes (`patch`) or the installed packages (`lock`) of a run.

    Raises NotFound for a run that has none.
    """
    run = get_run(project, ref)
    digest = run.facts.diff_object if what == "patch" else run.facts.lock_object
    if not digest:
        clean = "nothing was uncommitted" if run.facts.commit else "there was no git commit"
        raise NotFound(
            f"{run.reference} has no {what}",
            where=run.reference,
            why=clean if what == "patch" else "it was made before they were recorded",
            fix=f"See what is known: workbench run show {run.reference}",
            code=f"run.no_{what}",
        )
    return project.store.objects.read(digest)


def read_runtime(project: Project, ref: str) -> Runtime:
    """Return the locked packages and Python that a run was made in on another machine.

    Raises NotFound for a run that has none, and what `kept_runtime` raises.
    """
    run = get_run(project, ref)
    if not run.facts.runtime:
        here = run.target == LOCAL
        raise NotFound(
            f"{run.reference} has no locked runtime",
            where=run.reference,
            why="it was made in what was installed here"
            if here
            else "it was made before they were recorded",
            fix=f"See what was installed here: workbench run show {run.reference} --lock",
            code="run.no_runtime",
        )
    return kept_runtime(project, run.facts.runtime)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
