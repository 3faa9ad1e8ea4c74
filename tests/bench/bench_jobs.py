"""Two hundred jobs of one second on two slots, against their measured work divided by two.

The work is how long the jobs' processes lived; what is on top of half of it is ours: to notice an
end, to start the next, to keep the records. Run: python tests/bench/bench_jobs.py
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Queue the jobs, wait for the last one, print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=1.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for name in ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
            os.environ[name] = f"{folder}/{name.lower()}"
        os.environ["WORKBENCH_RUNNER_SLOTS"] = str(asked.slots)
        _run(Path(folder), asked.jobs, asked.slots, asked.seconds)


def _run(folder: Path, count: int, slots: int, seconds: float) -> None:
    from workbench.compute.jobs import list_jobs, queue_record, store_spec
    from workbench.compute.spec import JobSpec
    from workbench.compute.wake import wake_runner
    from workbench.ids import new_ulid
    from workbench.project.project import init_project

    packages = folder / "packages" / "workbench_bench_job"
    packages.mkdir(parents=True)
    (packages / "__init__.py").touch()
    # Sleeps: the cores are free for what is measured. It says itself how long it took.
    (packages / "work.py").write_text(
        "import os, time\n"
        f"time.sleep({seconds})\n"
        "ticks = int(open('/proc/self/stat').read().rpartition(')')[2].split()[19])\n"
        "lived = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf('SC_CLK_TCK')\n"
        "print(lived, flush=True)\n"
    )
    os.environ["PYTHONPATH"] = str(packages.parent)
    sys.path.insert(0, str(packages.parent))
    project = init_project(folder / "line", "line")
    for number in range(count):
        spec = JobSpec(
            job=new_ulid(),
            kind="bench",
            title=f"number {number}",
            module="workbench_bench_job.work",
            plugins=("workbench_bench_job.work:NONE",),
        )
        digest = store_spec(project, spec)
        project.store.decide(lambda view, s=spec, d=digest: [queue_record(view, s, d)])
    began = time.monotonic()
    wake_runner(project)
    while list_jobs(project, unfinished=True, limit=1):
        time.sleep(0.2)
    took = time.monotonic() - began
    jobs = list_jobs(project, limit=count)
    assert {job.state for job in jobs} == {"succeeded"}, "a job did not succeed"
    work = [float((project.paths.job(job.id) / "log").read_text()) for job in jobs]
    best = sum(work) / slots
    print(
        f"{count} jobs on {slots} slots: {took:.1f} s; their work / {slots}: {best:.1f} s", end=""
    )
    print(f" (median {statistics.median(work):.2f} s each); ratio {took / best:.3f}, aim <= 1.1")


if __name__ == "__main__":
    main()
