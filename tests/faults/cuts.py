"""Rounds of work over SSH while the connection is cut at random; nothing may be lost, doubled or wrong.

    python tests/faults/cuts.py --rounds 200 [--seed 1] [--firewall]

Each round sends a job with some megabytes of data, follows its log, fetches what it made and clears
the target, all while the processes that carry the connection are killed and, now and then, this
side forgets everything but the job's handle, as a killed runner does. With `--firewall` (as root) half of
the cuts are the kernel's: for a while it swallows every packet of the connection, or resets it.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).parents[1]))  # real/ beside this folder

from real.firewall import Firewall, How
from real.sshd import ALIAS, Sshd

from workbench import plugins
from workbench.compute.bundle import make_bundle
from workbench.compute.contract import Bundle, Kind, Status, Surroundings, Target
from workbench.compute.folder import LOG
from workbench.compute.place import digest
from workbench.compute.spec import JobSpec
from workbench.errors import TargetError
from workbench.ids import new_ulid
from workbench.options import settle
from workbench.runner.mirror import mirror

PACKAGE = "workbench_cuts_job"
LINES, BYTES, PATIENCE = 150, 4 * 1024 * 1024, 120.0
WORK = f"""
import hashlib, sys, time
from pathlib import Path

folder = Path(sys.argv[1])
with (folder.parent.parent / "started").open("a") as stream:
    stream.write(folder.name + "\\n")
for number in range({LINES}):
    print(f"{{number:06d}} " + "x" * (number % 97), flush=True)
    time.sleep(0.004)
data = (folder / "in" / "data").read_bytes()
(folder / "out" / "made").write_bytes(data[::-1])
"""

HOWS: tuple[How, ...] = ("drop", "reset")

T = TypeVar("T")


def write_package(folder: Path) -> Path:
    """Make the package with the work in `folder`."""
    package = folder / PACKAGE
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "work.py").write_text(WORK)
    return folder


def expected_log() -> bytes:
    """Return what the work prints."""
    return b"".join(b"%06d %s\n" % (number, b"x" * (number % 97)) for number in range(LINES))


class Cutter(threading.Thread):
    """Cuts the connection some times at random moments, then leaves it alone."""

    def __init__(self, sshd: Sshd, chance: random.Random, *, firewall: bool = False) -> None:
        super().__init__(daemon=True)
        self.firewall = firewall
        self.sshd = sshd
        self.chance = chance
        self.forget = threading.Event()
        self.cuts = 0
        self.stop = threading.Event()

    def run(self) -> None:
        """Cut."""
        for _ in range(self.chance.randint(2, 8)):
            if self.stop.wait(self.chance.uniform(0.01, 0.5)):
                return
            if self.chance.random() < 0.2:
                self.forget.set()
            if self.firewall and self.chance.random() < 0.5:
                self._wall()
            elif self.sshd.cut():
                self.cuts += 1

    def _wall(self) -> None:
        how: How = self.chance.choice(HOWS)
        with Firewall(self.sshd.port, how):
            self.stop.wait(self.chance.uniform(0.05, 4.0))
        self.cuts += 1


class Round:
    """One job on a target whose line is cut."""

    def __init__(self, sshd: Sshd, folder: Path, seed: int, *, firewall: bool = False) -> None:
        self.folder = folder
        self.chance = random.Random(seed)
        self.cutter = Cutter(sshd, self.chance, firewall=firewall)
        self.data = folder / "data"
        self.data.write_bytes(self.chance.randbytes(BYTES))
        self.target = self.open()
        self.deadline = time.monotonic() + PATIENCE

    def open(self) -> Target:
        """Return the target as a runner that knows nothing opens it."""
        kind: Kind = plugins.load("compute", "ssh")
        options = settle(kind.options, {"host": ALIAS, "python": sys.executable}, owner="there")
        return kind.open("there", options, Surroundings(self.folder, "cuts"))

    def again(self, work: Callable[[Target], T]) -> T:
        """Do `work` until it comes through, as the runner does."""
        while True:
            if self.cutter.forget.is_set():
                self.cutter.forget.clear()
                self.target = self.open()
            try:
                return work(self.target)
            except TargetError:
                if time.monotonic() > self.deadline:
                    raise
                time.sleep(0.05)

    def run(self, there: Path) -> int:
        """Do the round; `there` is the target's folder. Return how often the line was cut."""
        job = new_ulid()
        spec = JobSpec(
            job=job,
            kind="test",
            module=f"{PACKAGE}.work",
            plugins=(f"{PACKAGE}.work:NONE",),
            inputs={"data": digest(self.data)},
        )
        code = make_bundle(self.folder, spec.plugins)
        bundle = Bundle(job, code, spec.encode(), spec.module, {"data": self.data}, spec.inputs)
        handle = self.target.prepare(job)
        copy, out = self.folder / "copy", self.folder / "out"
        out.mkdir()
        self.cutter.start()

        def look(target: Target) -> Status:
            status = target.poll(handle)
            mirror(target, handle, copy, whole=status.state == "ended")
            return status

        self.again(lambda target: target.submit(handle, bundle))
        while (status := self.again(look)).state != "ended":
            assert status.state != "unknown", status
            assert time.monotonic() < self.deadline, status
            time.sleep(0.02)
        assert status.exit_code == 0, status
        self.again(lambda target: target.fetch(handle, out))
        self.cutter.stop.set()
        self.cutter.join()
        assert (copy / LOG).read_bytes() == expected_log()
        assert [path.name for path in out.iterdir()] == ["made"]
        assert (out / "made").read_bytes() == self.data.read_bytes()[::-1]
        assert (there / "started").read_text().split().count(job) == 1
        self.again(lambda target: target.remove(handle))
        assert list((there / "jobs").iterdir()) == []
        assert (there / "objects" / digest(self.data)).read_bytes() == self.data.read_bytes()
        assert not list((there / "objects").glob("*.part"))
        self.target.close()
        return self.cutter.cuts


def main() -> int:
    """Do as many rounds as were asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--firewall", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sys.path.insert(0, str(write_package(folder / "packages")))
        state = folder / "state"
        sshd = Sshd(folder / "sshd", environment={"XDG_STATE_HOME": str(state)})
        set_client(sshd)
        if asked.firewall:  # silence is to be noticed within a round
            sshd.write_client("ServerAliveInterval 1", "ServerAliveCountMax 2", "ConnectTimeout 3")
        try:
            cuts = 0
            for number in range(asked.rounds):
                (folder / "round").mkdir()
                done = Round(sshd, folder / "round", asked.seed + number, firewall=asked.firewall)
                cuts += done.run(state / "workbench")
                shutil.rmtree(folder / "round")
                print(f"\r{number + 1} rounds, {cuts} cuts", end="", flush=True)
        finally:
            sshd.stop()
    print("; nothing lost, nothing doubled, nothing wrong")
    return 0


def set_client(sshd: Sshd) -> None:
    """Have our side read the server's own client settings."""
    os.environ["WORKBENCH_SSH_CONFIG"] = str(sshd.client)


if __name__ == "__main__":
    sys.exit(main())
