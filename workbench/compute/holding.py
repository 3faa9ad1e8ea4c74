"""What a job is held to its limits by: the kernel where that is allowed, else by looking at it.

Ways, the best first: a scope of systemd where it manages the control groups (workbench.compute.scopes),
a control group that we make (workbench.compute.cgroups), and everywhere what a process takes on and
hands down to its children. Time, and memory without a group, are watched: workbench.compute.watching.

Standard library only, nothing newer than Python 3.9.
"""

from __future__ import annotations

import math
import os
import resource

from workbench.compute import cgroups, scopes
from workbench.compute.cgroups import Group
from workbench.compute.limits import Limits

_ROOM = 2 * 2**30
_PROBED = Limits(memory=2**30, cpus=1.0)


def hold(job: str, limits: Limits, pid: int) -> Group | None:
    """Give the kernel the limits of the job whose first process is `pid`; None where it takes none."""
    if limits.memory is None and limits.cpus is None:
        return None
    if scopes.manages():
        return scopes.make(job, limits, pid) if scopes.allowed() else None
    return cgroups.make(job, limits, pid)


def way() -> str:
    """Say how memory and cores are held here, for a person."""
    if scopes.manages():
        if scopes.allowed():
            return "held by the kernel (systemd scope)"
        return f"looked at twice a second; held by the kernel after `{scopes.LINGER}`"
    group = cgroups.make(f"probe-{os.getpid()}", _PROBED, None)
    if group is None:
        return "looked at twice a second"
    group.remove()
    return "held by the kernel (control group)"


def take_on(limits: Limits) -> None:
    """Put limits on this process that its children inherit: cores, and a bound on what one may ask for.

    The bound only keeps a single wild request from being tried: libraries reserve two or three
    times what they touch.
    """
    if limits.cpus is not None and hasattr(os, "sched_setaffinity"):
        import random  # for few jobs, while every start is waited for

        allowed = sorted(os.sched_getaffinity(0))
        count = min(math.ceil(limits.cpus), len(allowed))
        os.sched_setaffinity(0, random.sample(allowed, count))  # spread, not secret
    if limits.memory is not None:
        most = 2 * limits.memory + _ROOM
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
