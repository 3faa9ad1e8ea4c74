"""1 GB to a target over SSH and back, against scp, in one run: python tests/bench/bench_transfer.py

A real sshd on the loopback, files in memory where there is room. What is measured for us is what a job
waits for: the digest of the file taken here, the file sent, verified there by digest; and back the same.
scp verifies nothing. Median of ROUNDS, taken in turn, so that both meet the same machine.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from real.sshd import ALIAS, Sshd

from plugins.compute.ssh.connector import SshConnector
from plugins.compute.ssh.words import Wanted
from workbench.ids import new_ulid
from workbench.remote.link import Agent
from workbench.remote.results import fetch_results
from workbench.remote.sending import send_objects

SIZE = int(os.environ.get("WORKBENCH_BENCH_BYTES", str(10**9)))
ROUNDS = int(os.environ.get("WORKBENCH_BENCH_ROUNDS", "3"))
PIECE = 1024 * 1024


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    base = "/dev/shm" if shutil.disk_usage("/dev/shm").free > 4 * SIZE else None
    folder = Path(tempfile.mkdtemp(prefix="wb-transfer-", dir=base))
    server = Sshd(folder / "sshd", environment={"XDG_STATE_HOME": str(folder / "state")})
    os.environ["WORKBENCH_SSH_CONFIG"] = str(server.client)
    connector = SshConnector("there", Wanted(ALIAS), None)
    try:
        source = folder / "source"
        with source.open("wb") as stream:
            for at in range(0, SIZE, PIECE):
                stream.write(os.urandom(min(PIECE, SIZE - at)))
        measure(folder, source, server, connector)
    finally:
        connector.close()
        server.stop()
        shutil.rmtree(folder)


def measure(folder: Path, source: Path, server: Sshd, connector: SshConnector) -> None:
    scp = ["scp", "-q", "-F", str(server.client)]
    agent = Agent(connector.open_agent(), "there")
    place = folder / "state" / "workbench"
    job = new_ulid()
    made = place / "jobs" / job / "out"
    made.mkdir(parents=True)
    (made / "result").hardlink_to(source)
    with source.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()

    def scp_there() -> None:
        subprocess.run([*scp, str(source), f"{ALIAS}:{folder}/there"], check=True)

    def scp_back() -> None:
        subprocess.run([*scp, f"{ALIAS}:{source}", f"{folder}/back"], check=True)

    def ours_there() -> None:
        send_objects(agent, {digest: source}, "data", lambda _: None)

    def ours_back() -> None:
        fetch_results(agent, job, folder / "results", lambda _: None)

    works = {
        "there": (("scp", scp_there), ("ours", ours_there)),
        "back": (("scp", scp_back), ("ours", ours_back)),
    }
    times: dict[tuple[str, str], list[float]] = {}
    for _ in range(ROUNDS):
        for way, pair in works.items():
            for who, work in pair:
                times.setdefault((way, who), []).append(timed(work))
        for path in (
            place / "objects" / digest,
            folder / "results" / "result",
            folder / "there",
            folder / "back",
        ):
            assert path.stat().st_size == SIZE
            path.unlink()
    agent.close()
    for way, pair in works.items():
        took = {who: statistics.median(times[way, who]) for who, _ in pair}
        for who, seconds in took.items():
            print(f"{way:6}{who:5}{SIZE / seconds / 1e6:6.0f} MB/s  {seconds:6.2f} s")
        print(f"{way:6}ratio{took['scp'] / took['ours']:6.2f}  (at least 0.8)")


if __name__ == "__main__":
    main()
