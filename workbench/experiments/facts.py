"""What surrounds a run: the code's commit and its uncommitted changes, the runtime, the machine."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.records.runs import RunFacts

if TYPE_CHECKING:
    from workbench.project.project import Project

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
MOST_DIFF = 5 * 1024 * 1024
"""A larger diff is not kept, in bytes: it would be data, not code."""
NEVER = (":(exclude,glob)**/.env*", ":(exclude,glob)**/*.pem", ":(exclude,glob)**/*.key")
"""Files that may hold secrets and so are in no record."""


def run_facts(project: Project, packages: tuple[str, ...] = ()) -> RunFacts:
    """Return the facts of a run that starts now; `packages` are those its trainer comes from.

    The diff of tracked files against the commit is stored as an object. Without git, or outside a
    repository, commit and diff are empty. Takes some 20 ms, most of it git's.
    """
    commit = _git(project.root, "rev-parse", "--verify", "HEAD").decode().strip()
    digest = ""
    if commit:
        # No drivers and filters of the repository: this only reads.
        diff = _git(
            project.root, "diff", "--no-ext-diff", "--no-textconv", "--no-color", "HEAD", "--",
            ".", *NEVER,
        )  # fmt: skip
        if diff and len(diff) <= MOST_DIFF:
            digest = project.store.objects.put_bytes(diff)
    return RunFacts(
        commit=commit,
        diff_object=digest,
        python=platform.python_version(),
        packages={name: found for name in (*PACKAGES, *packages) if (found := _version(name))},
        host=socket.gethostname(),
        platform=platform.platform(terse=True),
        cores=os.cpu_count() or 0,
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _git(root: Path, *arguments: str) -> bytes:
    """Return what git says, nothing where it refuses, is not there or takes longer than 10 s."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "-c", "core.fsmonitor=false", *arguments],
            env=os.environ | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return done.stdout if done.returncode == 0 else b""
