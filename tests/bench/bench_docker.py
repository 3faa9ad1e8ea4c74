"""What a container of ours costs: from submit to the first line of its log, beside `docker run`.

By hand, as root, with an engine (.ci/engine): `python tests/bench/bench_docker.py [--rounds N]`. Both
print one line from Python on the same image, with no network; the image is there (warm).
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from real.docker import Jobs, docker, sending

LINE = b"here\n"


def main() -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    peer: list[float] = []
    ours: list[float] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as monkeypatch,
        sending(Path(folder), monkeypatch) as jobs,
    ):
        first = jobs.start("pass")
        jobs.ended(first)
        image = docker("inspect", "--format", "{{.Image}}", f"workbench-job-{first['job']}")
        for _ in range(rounds):
            peer.append(run(image))
            ours.append(submit(jobs))
    base, middle = statistics.median(peer), statistics.median(ours)
    print(f"docker run            {base:6.2f} s")
    print(f"submit to first line  {middle:6.2f} s   {middle - base:+.2f} s")


def run(image: str) -> float:
    """Return the seconds that `docker run` takes to its line."""
    began = time.monotonic()
    command = ["run", "--rm", "--network", "none", image, "python", "-c", "print('here')"]
    assert docker(*command).encode() + b"\n" == LINE
    return time.monotonic() - began


def submit(jobs: Jobs) -> float:
    """Return the seconds from submitting to reading the line, looking as often as the runner does."""
    bundle = jobs.bundle("print('here', flush=True)")
    began = time.monotonic()
    handle = jobs.send(bundle)
    while jobs.target.read(handle, "log", 0) != LINE:
        time.sleep(0.05)
    taken = time.monotonic() - began
    jobs.ended(handle)
    jobs.target.remove(handle)
    return taken


if __name__ == "__main__":
    main()
