"""What everything that we make on an engine is called and marked with."""

from __future__ import annotations

import os
from typing import Final

OWNER: Final = "workbench.owner"
JOB: Final = "workbench.job"
OBJECT: Final = "workbench.object"
RUNTIME: Final = "workbench.runtime"
BASE: Final = "workbench.base"
ROLE: Final = "workbench.role"
CLIENT: Final = "workbench.client"

IMAGES: Final = "workbench-runtime"
TOOLS: Final = "/opt/workbench"
PYTHON: Final = f"{TOOLS}/runtime/bin/python"
PATH: Final = f"{TOOLS}/runtime/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

JOB_MOUNT: Final = "/job"
"""Where the volume of a job is mounted; its folder is below, as on every target behind an agent."""
OBJECT_MOUNT: Final = "/object"
"""Where the volume of an object is mounted while it is filled."""
INPUTS_MOUNT: Final = "/objects"
"""Below which the volumes of objects are mounted, read-only, for a job."""


def container_name(job: str) -> str:
    """Return the name of a job's container: an engine has it once, so a job starts once."""
    return f"workbench-job-{job}"


def volume_name(job: str) -> str:
    """Return the name of the volume with a job's folder."""
    return f"workbench-job-{job}"


def stop_name(job: str) -> str:
    """Return the name of the empty volume that says: this job was asked to stop."""
    return f"workbench-stop-{job}"


def object_name(digest: str) -> str:
    """Return the name of the volume that holds an object for this person: its file is theirs alone."""
    return f"workbench-object-{digest}-{user().partition(':')[0]}"


def image_name(key: str) -> str:
    """Return the name of a runtime's image."""
    return f"{IMAGES}:{key[:20]}"


def builder_name(key: str) -> str:
    """Return the name of the container that builds an image: an engine has it once."""
    return f"workbench-build-{key[:20]}"


def job_folder(job: str) -> str:
    """Return the job's folder inside its containers."""
    return f"{JOB_MOUNT}/workbench/jobs/{job}"


def object_file(mount: str, digest: str) -> str:
    """Return where the object lies in its volume, mounted at `mount`."""
    return f"{mount}/workbench/objects/{digest}"


def user() -> str:
    """Return who jobs run as: the person's uid and gid, nobody's when that is root."""
    uid, gid = os.getuid(), os.getgid()
    return f"{uid}:{gid}" if uid else "65534:65534"
