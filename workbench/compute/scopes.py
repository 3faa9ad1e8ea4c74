"""A scope of systemd for a job: where systemd manages the control groups, its manager is asked for one.

The job and its watcher are in it together: systemd removes a scope, and with it what the kernel
counted, when its last process has gone. We speak to the manager through `busctl`, which comes with
systemd, because the job's process is there already, held before its first step.

Standard library only, nothing newer than Python 3.9.
"""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from workbench.compute.cgroups import PREFIX, Group, Place, own_group
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
    return _bus().exists() and (_lingers() or f"user@{os.getuid()}.service" in _own_name())


def make(job: str, limits: Limits, pid: int) -> Group | None:
    """Ask for a scope with `pid` and this process in it; None where it is not given."""
    properties = [["PIDs", "au", "2", str(pid), str(os.getpid())]]
    properties.append(["Description", "s", f"Workbench job {job}"])
    properties.append(["CollectMode", "s", "inactive-or-failed"])
    if limits.memory is not None:
        properties.append(["MemoryMax", "t", str(limits.memory)])
        properties.append(["MemorySwapMax", "t", "0"])
    if limits.cpus is not None:
        properties.append(["CPUQuotaPerSecUSec", "t", str(int(limits.cpus * 1_000_000))])
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
    return _entered(unit, limits)


def _entered(unit: str, limits: Limits) -> Group | None:
    """Wait until we are in the scope, which the manager does after its answer; say what it holds."""
    until = time.monotonic() + _ANSWER_LIMIT
    while not _own_name().endswith(unit):
        if time.monotonic() > until:
            return None
        time.sleep(0.01)
    memory = _holds("memory", "memory.max") if limits.memory is not None else None
    cpu = _holds("cpu", "cpu.max") if limits.cpus is not None else None
    return Group(memory, cpu, ours=False)


def _holds(controller: str, file: str) -> Place | None:
    """Return our group where it holds us in truth: a manager without the controller ignores the wish."""
    place = own_group(controller)
    try:
        if place is None or (place.folder / file).read_text().startswith("max"):
            return None
    except OSError:
        return None
    return place


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


def _own_name() -> str:
    try:
        return Path("/proc/self/cgroup").read_text().strip()
    except OSError:
        return ""
