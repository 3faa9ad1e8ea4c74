"""What runs for the project, or should: the runner, servers, plugins."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.compute.processes import Life, look
from workbench.compute.wake import runner_pid
from workbench.doctor.findings import Finding, machine, project
from workbench.serving.folder import Folder

if TYPE_CHECKING:
    from workbench.project.project import Project

UP = ("starting", "healthy", "degraded")
_LIMIT = 120.0


def check_runner(opened: Project) -> Finding:
    """Look whether the runner runs where there is work for it."""
    pid = runner_pid(opened)
    rows = opened.store.query(
        "SELECT state FROM jobs WHERE state IN ('queued', 'starting', 'running', 'stopping')"
        " UNION ALL SELECT state FROM deployments WHERE state IN ('starting', 'healthy', 'degraded')"
    )
    if pid is None and rows:
        return project(
            "runner",
            "warn",
            "Nobody looks after what runs here",
            f"{len(rows)} jobs and deployments are under way, and no runner is there",
            "Start one: workbench runner (any command that starts work does so, too)",
        )
    if pid and _stopped(pid):
        return project(
            "runner",
            "warn",
            f"The runner (process {pid}) is held",
            "it was stopped by a signal and starts nothing",
            f"Let it go on: kill -CONT {pid}",
        )
    said = f"The runner runs (process {pid})" if pid else "No runner, and no work for one"
    return project("runner", "pass", said)


def _stopped(pid: int) -> bool:
    """Tell whether a process is stopped (Linux: state T in proc(5) stat)."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return False
    return line.rpartition(")")[2].split()[:1] == ["T"]


def check_servers(opened: Project) -> list[Finding]:
    """Look for servers that should have ended, and for endpoints without one."""
    rows = opened.store.query("SELECT id, name, state FROM deployments ORDER BY name")
    found = []
    for row in rows:
        who = Folder(opened.paths.deployment(str(row["id"]))).read_pid()
        life: Life | None = look(who) if who else None
        finding = judge_server(str(row["name"]), str(row["state"]), who.pid if who else 0, life)
        if finding:
            found.append(finding)
    return found or [project("servers", "pass", "No server is left over")]


def judge_server(name: str, state: str, pid: int, life: Life | None) -> Finding | None:
    """Say what is wrong between a deployment's state and its process; None when they agree."""
    if state in {"stopped", "failed"} and life == "alive":
        return project(
            "servers",
            "warn",
            f"{name} is {state}, but its server still runs (process {pid})",
            "it holds memory and a port",
            f"End it: kill {pid}",
        )
    if state in UP and life in {"dead", "reused", "rebooted"}:
        return project(
            "servers",
            "warn",
            f"{name} is said to be {state}, but its server is gone",
            "nobody has looked since it ended",
            "Let the runner look: workbench runner",
        )
    return None


def check_plugins(command: list[str] | None = None) -> list[Finding]:
    """Load every plugin, in a process of its own: one may do anything when it is imported."""
    command = command or [
        *(sys.executable, "-P", "-m", "workbench"),
        *("plugin", "list", "--check", "--json"),
    ]
    fix = "See workbench plugin list --check"
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=_LIMIT, check=False, stdin=subprocess.DEVNULL
        )
        listed: dict[str, Any] = msgspec.json.decode(done.stdout)
        rows: list[dict[str, str]] = listed["data"]
    except (OSError, subprocess.TimeoutExpired, msgspec.MsgspecError, KeyError) as error:
        why = f"{type(error).__name__}: {error}"
        return [machine("plugins", "fail", "A plugin ends the process that loads it", why, fix)]
    failing = [
        machine(
            "plugins",
            "fail" if row["distribution"] == "ml-workbench" else "warn",
            f"The plugin {row['name']} ({row['kind']}) does not load",
            row["error"],
            f"Reinstall or remove {row['distribution'] or row['object']}",
        )
        for row in rows
        if row["error"]
    ]
    return failing or [machine("plugins", "pass", f"{len(rows)} plugins load")]
