"""A connection that is cut at any moment: the work goes on, no byte is missing or doubled."""

from __future__ import annotations

import hashlib
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest
from real.sshd import ALIAS, Sshd

from workbench import plugins
from workbench.compute.bundle import make_bundle
from workbench.compute.contract import Bundle, Handle, Kind, Stage, Surroundings, Target
from workbench.compute.spec import JobSpec
from workbench.errors import TargetError
from workbench.ids import new_ulid
from workbench.options import settle

pytestmark = pytest.mark.real("sshd", "ssh", "ssh-keygen")

ROUNDS = int(os.environ.get("WORKBENCH_TEST_ROUNDS", "20"))
"""How many jobs are sent while their connection is cut; more by the environment variable."""

WORK = """
import hashlib, json, sys, time
from pathlib import Path

folder = Path(sys.argv[1])
work = json.loads((folder / "spec.json").read_bytes())["work"]
data = (folder / "in" / "data").read_bytes()
with open(work["count"], "a") as stream:
    stream.write("x")
print(hashlib.sha256(data).hexdigest(), flush=True)
for number in range(work["lines"]):
    print(number, "x" * (number % 97), flush=True)
    if number % 200 == 0:
        time.sleep(0.01)
for number in range(3):
    (folder / "out" / str(number)).write_bytes(data[::-1] + bytes([number]))
"""

T = TypeVar("T")


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    folder = tmp_path_factory.mktemp("sshd")
    server = Sshd(folder, environment={"XDG_STATE_HOME": str(folder / "state")})
    yield server
    server.stop()


@pytest.fixture
def target(sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    package = tmp_path / "packages" / "cut_job"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "work.py").write_text(WORK)
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    monkeypatch.setenv("WORKBENCH_SSH_CONFIG", str(sshd.client))
    kind: Kind = plugins.load("compute", "ssh")
    options = settle(kind.options, {"host": ALIAS}, owner="there")
    made = kind.open("there", options, Surroundings(tmp_path, "test"))
    yield made
    made.close()


class Job:
    """One piece of work, taken through its life by somebody who is cut off again and again."""

    def __init__(self, target: Target, folder: Path, size: int, lines: int) -> None:
        folder.mkdir()
        self.target = target
        self.folder = folder
        self.data = os.urandom(size)
        self.lines = lines
        self.count = folder / "count"
        self.calls = self.cuts_met = 0
        (folder / "data").write_bytes(self.data)
        digest = hashlib.sha256(self.data).hexdigest()
        spec = JobSpec(
            job=new_ulid(), kind="test", title="cut", module="cut_job.work",
            plugins=("cut_job.work:NONE",), inputs={"data": digest},
            work={"lines": lines, "count": str(self.count)},
        )  # fmt: skip
        self.bundle = Bundle(
            spec.job, make_bundle(folder, spec.plugins), spec.encode(), spec.module,
            inputs={"data": folder / "data"}, digests={"data": digest},
        )  # fmt: skip
        self.handle: Handle = target.prepare(spec.job)

    def insist(self, call: Callable[[], T]) -> T:
        """Return what `call` returns, tried again as the runner does while the target cannot be reached."""
        deadline = time.monotonic() + 240
        while True:
            try:
                done = call()
            except TargetError as error:
                self.cuts_met += 1
                if not error.code.startswith("target.") or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                self.calls += 1
                return done

    def submit(self, tell: Callable[[Stage], None]) -> None:
        self.insist(lambda: self.target.submit(self.handle, self.bundle, tell))

    def follow(self) -> bytes:
        """Return the log as it was mirrored, piece by piece at its offset."""
        log = b""
        while True:
            status = self.insist(lambda: self.target.poll(self.handle))
            while piece := self.insist(partial(self.target.read, self.handle, "log", len(log))):
                log += piece
            if status.state == "ended":
                assert status.exit_code == 0, log[-500:]
                return log

    def fetch(self, tell: Callable[[Stage], None]) -> None:
        into = self.folder / "out"
        into.mkdir()
        self.insist(lambda: self.target.fetch(self.handle, into, tell))

    def check(self, log: bytes) -> None:
        """Nothing is missing, nothing doubled, nothing done twice."""
        lines = [hashlib.sha256(self.data).hexdigest()]
        lines += [f"{number} {'x' * (number % 97)}" for number in range(self.lines)]
        assert log.decode().splitlines() == lines
        assert self.count.read_text() == "x"
        for number in range(3):
            assert (self.folder / "out" / str(number)).read_bytes() == self.data[::-1] + bytes(
                [number]
            )
        assert sorted(path.name for path in (self.folder / "out").iterdir()) == ["0", "1", "2"]
        self.insist(lambda: self.target.remove(self.handle))
        assert self.insist(lambda: self.target.poll(self.handle)).state == "unknown"


class CutsAt:
    """Cuts the connection when a transfer has come past each of these shares of its bytes."""

    def __init__(self, sshd: Sshd, stage: str, *shares: float) -> None:
        self.sshd = sshd
        self.stage = stage
        self.shares = list(shares)
        self.seen: list[int] = []

    def __call__(self, told: Stage) -> None:
        if told.name != self.stage or not told.total:
            return
        self.seen.append(told.done)
        if self.shares and told.done >= self.shares[0] * told.total:
            self.shares.pop(0)
            assert self.sshd.cut()


def test_cut_in_the_upload_it_goes_on_where_it_stopped(
    sshd: Sshd, target: Target, tmp_path: Path
) -> None:
    job = Job(target, tmp_path / "job", 40_000_000, 10)
    cuts = CutsAt(sshd, "data", 0.3, 0.6, 0.9)
    before = sshd.log.count("Accepted publickey")
    job.submit(cuts)
    assert cuts.shares == []
    assert sshd.log.count("Accepted publickey") >= before + 4  # the first, and one after each cut
    # After each cut it began at what was there already, never from the start.
    assert min(cuts.seen[-5:]) > 0.5 * len(job.data)
    log = job.follow()
    job.fetch(lambda _: None)
    job.check(log)


class Cutter(threading.Thread):
    """Cuts the connection again and again, `pause()` seconds after the last cut and a call that came through.

    Without that a busy machine, which takes longer to connect than the pause, would never come on.
    """

    def __init__(self, sshd: Sshd, pause: Callable[[], float]) -> None:
        super().__init__()
        self.sshd = sshd
        self.pause = pause
        self.job: Job | None = None
        self.cuts = 0
        self._over = threading.Event()

    def run(self) -> None:
        seen = -1
        while not self._over.wait(self.pause()):
            calls = self.job.calls if self.job else 0
            if calls != seen:
                seen = calls
                self.cuts += self.sshd.cut() > 0

    def __enter__(self) -> Cutter:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()


def test_cut_while_it_runs(sshd: Sshd, target: Target, tmp_path: Path) -> None:
    job = Job(target, tmp_path / "job", 1000, 60_000)
    job.submit(lambda _: None)
    with Cutter(sshd, lambda: 0.3) as cutter:
        cutter.job = job
        log = job.follow()
    assert cutter.cuts
    assert job.cuts_met
    job.fetch(lambda _: None)
    job.check(log)


def test_cut_in_the_download(sshd: Sshd, target: Target, tmp_path: Path) -> None:
    job = Job(target, tmp_path / "job", 15_000_000, 10)
    job.submit(lambda _: None)
    log = job.follow()
    cuts = CutsAt(sshd, "results", 0.2, 0.5, 0.8)
    job.fetch(cuts)
    assert cuts.shares == []
    job.check(log)


def test_the_server_is_away_for_a_while(sshd: Sshd, target: Target, tmp_path: Path) -> None:
    job = Job(target, tmp_path / "job", 1000, 20_000)
    job.submit(lambda _: None)
    sshd.stop()
    with pytest.raises(TargetError) as refusal:
        target.poll(job.handle)
    assert refusal.value.code in {"target.connection", "target.refused"}
    sshd.start()
    log = job.follow()
    job.fetch(lambda _: None)
    job.check(log)


def test_random_cuts(sshd: Sshd, target: Target, tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    met = 0
    with Cutter(sshd, lambda: dice.uniform(0.02, 1.0)) as cutter:
        for number in range(ROUNDS):
            job = cutter.job = Job(
                target, tmp_path / f"job{number}", dice.randrange(5_000_000), 2000
            )
            job.submit(lambda _: None)
            log = job.follow()
            job.fetch(lambda _: None)
            job.check(log)
            met += job.cuts_met
    print(f"{ROUNDS} jobs, {cutter.cuts} cuts, {met} calls met one")
    assert met
