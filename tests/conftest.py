"""Every test has folders of its own for state; one whose part is missing is left out, and counted.

`@pytest.mark.root` needs root; `@pytest.mark.real("tmux", "sshd")` needs these commands. On a person's
machine such a test is left out and counted, with what to install; with CI set nothing is left out, so
what is missing there fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))  # terminal.py beside this file

PACKAGES = {
    "tmux": "tmux",
    "sshd": "openssh-server",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "git": "git",
    "mount": "mount",
    "zsh": "zsh",
    "fish": "fish",
    "tcsh": "tcsh",
    "ssh-agent": "openssh-client",
    "ssh-add": "openssh-client",
    "useradd": "passwd",
    "chpasswd": "passwd",
    "dockerd": "docker.io",
}
"""Command → the Debian package that brings it."""

# Read when scikit-learn is first loaded: waiting threads sleep, or fits beside other work take minutes.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

CI = bool(os.environ.get("CI"))
LEFT_OUT = pytest.StashKey[Counter[str]]()

settings.register_profile("workbench", deadline=None)  # no verdict of ours depends on time
settings.load_profile("workbench")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Return how many processes run tests where the command leaves it to us: half more than cores.

    Much of a test is waiting: for a screen to be still, a process to start, a pause before the next try.
    """
    if os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS"):
        return None
    cores = len(os.sched_getaffinity(0))
    return cores + cores // 2


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what cannot run here, and remember why."""
    reasons: Counter[str] = Counter()
    kept, left = [], []
    for item in items:
        reason = None if CI else _missing(item)
        (left if reason else kept).append(item)
        if reason:
            reasons[reason] += 1
    config.stash[LEFT_OUT] = reasons
    if hasattr(
        config, "workeroutput"
    ):  # one of several processes: the one that reports asks for it
        config.workeroutput["left_out"] = dict(reasons)
    if left:
        items[:] = kept
        config.hook.pytest_deselected(items=left)


def _missing(item: pytest.Item) -> str | None:
    if item.get_closest_marker("root") and os.geteuid() != 0:
        return "needs root"
    for mark in item.iter_markers("real"):
        for command in mark.args:
            if find_command(command) is None:
                return f"needs {command}: apt-get install {PACKAGES.get(command, command)}"
        if "dockerd" in mark.args and not has_base_image():
            return "needs an engine with workbench-base:bookworm: sudo .ci/engine"
    return None


@cache
def has_base_image() -> bool:
    """Tell whether a Docker engine answers and has the image that tests build on."""
    look = ["docker", "image", "inspect", "workbench-base:bookworm"]
    try:
        return subprocess.run(look, capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def find_command(name: str) -> str | None:
    """Return where a command is, also in the folders that only root has on its path."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take the count from a process that ran tests; each has left out the same ones."""
    del error
    counted = getattr(node, "workeroutput", {}).get("left_out", {})
    node.config.stash[LEFT_OUT] = node.config.stash.get(LEFT_OUT, None) or Counter(counted)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say how many tests were left out, and why."""
    for reason, count in sorted(config.stash.get(LEFT_OUT, Counter()).items()):
        terminalreporter.write_line(f"left out: {count} ({reason})")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With CI set, a skipped test is a failure: say so, and end with an error."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = len(reporter.stats.get("skipped", ())) if reporter else 0
    if CI and skipped and session.exitstatus == pytest.ExitCode.OK:
        reporter.write_line(f"\n{skipped} skipped: on CI nothing may be left out")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the person's state, cache and settings out of the tests, and the tests out of them."""
    home = tmp_path_factory.mktemp("home")
    for variable, name in {
        "XDG_STATE_HOME": "state",
        "XDG_CACHE_HOME": "cache",
        "XDG_CONFIG_HOME": "config",
    }.items():
        monkeypatch.setenv(variable, str(home / name))
    for variable in [name for name in os.environ if name.startswith("WORKBENCH_")]:
        monkeypatch.delenv(variable)
    return home
