"""From the wish for a job to the first line of its log here: over SSH and in Docker, both warm.

Beside it what the place itself takes to do nothing: `ssh host true`, `docker run IMAGE true`. The aim
is at most two seconds more. Needs sshd and a Docker engine: python tests/bench/bench_submit.py
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # real/ beside this folder

from real.docker import BASE
from real.sshd import ALIAS, Sshd

from workbench.compute.jobs import get_job, log_path, queue
from workbench.compute.spec import JobSpec
from workbench.compute.waiting import wait
from workbench.ids import new_ulid
from workbench.project.project import Project, init_project
from workbench.project.settings import write_settings

PACKAGE = "workbench_bench_job"


def timed(work: Callable[[], object], times: int) -> float:
    """Return the median of how many seconds `work` takes."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def first_line(project: Project, target: str) -> None:
    """Queue a job there and wait for the first byte of its log here."""
    spec = JobSpec(
        job=new_ulid(),
        kind="bench",
        module=f"{PACKAGE}.work",
        plugins=(f"{PACKAGE}.work:NONE",),
    )
    job = queue(project, spec, target=target)
    path = log_path(project, job)
    while not (path.is_file() and path.stat().st_size):
        assert get_job(project, job.id).state not in {"failed", "cancelled"}, job
        time.sleep(0.005)


def settle(project: Project) -> None:
    """Wait for the last job, so that its end does not fall into the next measurement."""
    for row in project.store.query("SELECT id FROM jobs ORDER BY number DESC LIMIT 1"):
        wait(project, row["id"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=7)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for variable in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
            os.environ[variable] = f"{folder}/{variable.lower()}"
        package = folder / "packages" / PACKAGE
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "work.py").write_text("print('first', flush=True)\n")
        os.environ["PYTHONPATH"] = str(package.parent)
        sys.path.insert(0, str(package.parent))
        sshd = Sshd(folder / "sshd", environment={"XDG_STATE_HOME": str(folder / "there")})
        os.environ["WORKBENCH_SSH_CONFIG"] = str(sshd.client)
        try:
            measure(folder, sshd, times)
        finally:
            sshd.stop()


def measure(folder: Path, sshd: Sshd, times: int) -> None:
    """Print both rows."""
    project = init_project(folder / "line", "line")
    tables = {
        "far": {"kind": "ssh", "host": ALIAS},
        "box": {"kind": "docker", "base": BASE},
    }
    changes = {("targets", name): table for name, table in tables.items()}
    write_settings(project.paths.settings, changes)
    project.fresh_settings()
    peers = {
        "far": ["ssh", "-F", str(sshd.client), ALIAS, "true"],
        "box": ["docker", "run", "--rm", BASE, "true"],
    }
    for target, command in peers.items():
        first_line(project, target)  # runtime, image and connection are made here
        settle(project)
        peer = timed(lambda: subprocess.run(command, check=True, capture_output=True), times)  # noqa: B023  # used at once

        def ours() -> None:
            first_line(project, target)  # noqa: B023  # used at once

        taken = []
        for _ in range(times):
            taken.append(timed(ours, 1))
            settle(project)
        median = statistics.median(taken)
        print(f"{target}: {' '.join(command[:2])} {peer:.2f} s, first line {median:.2f} s", end="")
        print(f"; {median - peer:.2f} s more, aim <= 2")


if __name__ == "__main__":
    main()
