"""A firewall between here and the target: silence and resets, on the way there, at work, on the way back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from real.firewall import Firewall, How, rules
from real.sshd import Sshd
from system.test_ssh_cuts import Job, sshd, target

from workbench.compute.contract import Stage, Target
from workbench.errors import TargetError
from workbench.ids import new_ulid
from workbench.remote.agent.serve import QUIET
from workbench.testing.compute import wait_for

assert sshd, target  # the fixtures

pytestmark = [pytest.mark.root, pytest.mark.real("sshd", "ssh", "ssh-keygen", "iptables")]

ALIVE, COUNT, CONNECT = 1, 2, 3
NOTICED = ALIVE * (COUNT + 1)
"""Seconds within which a line that has fallen silent is given up."""
AWAY = 6.0
"""Seconds for which the firewall stands: longer than that."""
SLACK = 10.0  # a busy machine


@pytest.fixture(autouse=True)
def quick(sshd: Sshd) -> Iterator[None]:
    """A client that asks for a sign of life every second; afterwards the firewall is as it was."""
    sshd.write_client(
        f"ServerAliveInterval {ALIVE}", f"ServerAliveCountMax {COUNT}", f"ConnectTimeout {CONNECT}"
    )
    yield
    assert rules(sshd.port) == ""


class Wall(threading.Thread):
    """Stands for a while from the moment that a transfer has come to a share of its bytes."""

    def __init__(self, port: int, how: How, stage: str, share: float) -> None:
        super().__init__()
        self.firewall = Firewall(port, how)
        self.stage, self.share = stage, share
        self.stands = threading.Event()

    def __call__(self, told: Stage) -> None:
        if self.stands.is_set() or told.name != self.stage or not told.total:
            return
        if told.done >= self.share * told.total:
            self.start()
            assert self.stands.wait(60)

    def run(self) -> None:
        with self.firewall:
            self.stands.set()
            time.sleep(AWAY)


@pytest.mark.parametrize("how", ["drop", "reset"])
def test_in_the_upload(sshd: Sshd, target: Target, tmp_path: Path, how: How) -> None:
    job = Job(target, tmp_path / "job", 40_000_000, 10)
    wall = Wall(sshd.port, how, "data", 0.4)
    job.submit(wall)
    wall.join()
    assert job.cuts_met
    log = job.follow()
    job.fetch(lambda _: None)
    job.check(log)


@pytest.mark.parametrize("how", ["drop", "reset"])
def test_in_the_download(sshd: Sshd, target: Target, tmp_path: Path, how: How) -> None:
    job = Job(target, tmp_path / "job", 15_000_000, 10)
    job.submit(lambda _: None)
    log = job.follow()
    wall = Wall(sshd.port, how, "results", 0.3)
    job.fetch(wall)
    wall.join()
    assert job.cuts_met
    job.check(log)


@pytest.mark.parametrize("how", ["drop", "reset"])
def test_while_it_runs_silence_is_noticed_in_time(
    sshd: Sshd, target: Target, tmp_path: Path, how: How
) -> None:
    job = Job(target, tmp_path / "job", 1000, 100_000)
    job.submit(lambda _: None)
    job.insist(lambda: target.poll(job.handle))
    with Firewall(sshd.port, how):
        began = time.monotonic()
        with pytest.raises(TargetError) as cut:
            target.poll(job.handle)  # asked of a line of which nobody knows yet
        assert time.monotonic() - began < NOTICED + SLACK
        assert cut.value.code.startswith("target.")
        began = time.monotonic()
        with pytest.raises(TargetError):
            target.poll(job.handle)  # a new line does not come about
        assert time.monotonic() - began < CONNECT + SLACK
    log = job.follow()
    job.fetch(lambda _: None)
    job.check(log)


def test_who_goes_without_a_word_leaves_nobody_there(sshd: Sshd, target: Target) -> None:
    """The line rested when it fell silent, so over there nothing is on its way that would find it out."""
    alive = 5  # time for a rest between two signs of life
    sshd.write_client(f"ServerAliveInterval {alive}", "ServerAliveCountMax 1")
    assert target.poll(target.prepare(new_ulid())).state == "unknown"
    time.sleep(0.5)  # the kernel confirms what it received a moment later
    with Firewall(sshd.port):
        target.close()
        time.sleep(2 * alive)  # until the kernel here has given up telling that side
    assert sshd.sessions()
    wait_for(sshd.sessions, lambda left: not left, QUIET + 30)


def test_its_rules_go_though_their_maker_is_killed(sshd: Sshd) -> None:
    words = (
        "import sys, time; from real.firewall import Firewall;"
        f" Firewall({sshd.port}).__enter__(); print('up', flush=True); time.sleep(600)"
    )
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    maker = subprocess.Popen(
        [sys.executable, "-c", words],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert maker.stdout is not None
    assert maker.stdout.readline() == b"up\n"
    assert rules(sshd.port).count("DROP") == 2
    maker.send_signal(signal.SIGKILL)
    maker.wait()
    maker.stdout.close()
    wait_for(lambda: rules(sshd.port), lambda left: left == "", 60)
