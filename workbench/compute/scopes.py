"""A scope of systemd for a job: where systemd manages the control groups, its manager is asked for one.

The scope is ours to divide (Delegate): the job is in one part of it, held to its limits, and its
watcher in another, so that the job's lack of memory is not the watcher's, and what the kernel counted
stays to be read until the watcher has gone. We speak to the manager through `busctl`, which comes
with systemd, because the job's process is there already, held before its first step.

Standard library only, nothing newer than Python 3.9.
"""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from workbench.compute import cgroups
from workbench.compute.cgroups import PREFIX, Group
from workbench.compute.limits import Limits

LINGER = "loginctl enable-linger"
"""What lets a person's own manager, and what it runs, outlive the last of their connections."""

_BOOTED = Path("/run/systemd/system")
_LINGERS = Path("/var/lib/systemd/linger")
_MANAGER = (
    "org.freedesktop.systemd1",
    "/org/freedesktop/systemd1",
    "org.freedesktop.systemd1.Manager",
    "StartTransientUnit",
    "ssa(sv)a(sa(sv))",
)
_ANSWER_LIMIT = 5.0
_WATCHER = "watcher"


def manages() -> bool:
    """Tell whether systemd manages the control groups here: then nobody else makes any."""
    return _BOOTED.is_dir()


def allowed() -> bool:
    """Tell whether a scope may be had that lives as long as the job: for root, or who lingers.

    Without lingering a person's manager ends with their last connection, and every scope with it;
    what it started itself, as on a desktop, has no longer life to lose.
    """
    if os.getuid() == 0:
        return True
    return _bus().exists() and (_lingers() or f"user@{os.getuid()}.service" in _group_of("self"))


def make(job: str, limits: Limits, pid: int) -> Group | None:
    """Ask for a scope, and hold `pid` in a part of it; None where it is not given."""
    properties = (
        ("PIDs", "au", "2", str(pid), str(os.getpid())),
        ("Description", "s", f"Workbench job {job}"),
        ("Delegate", "b", "true"),
        ("CollectMode", "s", "inactive-or-failed"),
    )
    words = [word for each in properties for word in each]
    unit = f"{PREFIX}{job}.scope"
    command = [*_busctl(), "call", *_MANAGER, unit, "fail", str(len(properties)), *words, "0"]
    try:
        subprocess.run(
            command,
            env={**os.environ, "XDG_RUNTIME_DIR": str(_bus().parent)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_ANSWER_LIMIT,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    scope = _entered(unit, pid)
    if scope is None:
        return None
    try:
        # A group that is divided has no processes of its own: cgroups(7), "no internal processes".
        (scope / _WATCHER).mkdir()
        for who in (os.getpid(), pid):
            (scope / _WATCHER / "cgroup.procs").write_text(str(who))
    except OSError:
        return None
    return cgroups.make(job, limits, pid, within=scope)


def _entered(unit: str, pid: int) -> Path | None:
    """Wait until both are in the scope, one after the other and after the answer; return its folder."""
    until = time.monotonic() + _ANSWER_LIMIT
    while not all(_group_of(who).endswith(unit) for who in ("self", str(pid))):
        if time.monotonic() > until:
            return None
        time.sleep(0.01)
    place = cgroups.own_group("memory")
    return place.folder if place is not None and place.version == 2 else None


def _busctl() -> list[str]:
    return ["busctl"] if os.getuid() == 0 else ["busctl", "--user"]


def _bus() -> Path:
    return Path(f"/run/user/{os.getuid()}/bus")


def _lingers() -> bool:
    import pwd  # asked for where a limit is, not at every start

    try:
        return (_LINGERS / pwd.getpwuid(os.getuid()).pw_name).exists()
    except KeyError:
        return False


def _group_of(who: str) -> str:
    try:
        return Path(f"/proc/{who}/cgroup").read_text().strip()
    except OSError:
        return ""
