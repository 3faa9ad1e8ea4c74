"""Kill writers at random moments, again and again, and prove that nothing acknowledged is lost.

    python tests/faults/kill9.py --rounds 2000 [--writers 4] [--seed 1]

A round is one kill -9: of the process that holds the journal's or the projection's lock at that
moment, or of any. Prints JSON; exits 1 with what was lost.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import selectors
import signal
import sys
import tempfile
import time
from pathlib import Path

import crew

STALLED = 30
"""Seconds after which writers that write nothing have failed."""


class Pool:
    """Writers that are replaced as they are killed, and what they acknowledged."""

    def __init__(self, root: Path, size: int) -> None:
        self.root = root
        self.read, self.write = os.pipe()
        os.set_blocking(self.read, False)
        self.text = b""
        self.alive: list[int] = []
        for _ in range(size):
            self.add()

    def add(self) -> None:
        """Fork a writer."""
        self.alive.append(crew.fork(crew.write_for_ever, self.root, self.write))

    def listen(self, units: int, seconds: float) -> None:
        """Take what is acknowledged until so many units more have come, and for so long after."""
        wanted = self.text.count(b"\n") + units
        until = 0.0 if units else time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(self.read, selectors.EVENT_READ)
            while True:
                patience = max(until - time.monotonic(), 0) if until else STALLED
                if selector.select(patience):
                    self.text += os.read(self.read, 65536)
                elif not until:
                    raise SystemExit(f"nobody wrote a unit for {STALLED} s")
                if not until and self.text.count(b"\n") >= wanted:
                    until = time.monotonic() + seconds
                if until and time.monotonic() >= until:
                    return

    def kill(self, victim: int) -> None:
        """Kill a writer and bury it; one that had ended by itself had an error."""
        os.kill(victim, signal.SIGKILL)
        _, status = os.waitpid(victim, 0)
        self.alive.remove(victim)
        if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
            raise SystemExit(f"writer {victim} ended by itself: {status}")

    @property
    def acknowledged(self) -> list[str]:
        """Return the acknowledgements as lines; each was written in one piece."""
        return self.text.decode().splitlines()


def holder(path: Path) -> int:
    """Return the pid that last took the lock on `path`, 0 when none did."""
    try:
        return int(path.read_text() or 0)
    except (OSError, ValueError):
        return 0


def rounds(root: Path, count: int, writers: int, dice: random.Random) -> tuple[Pool, int]:
    """Kill `count` writers; returns the pool, all dead, and how many held a lock when they died."""
    pool = Pool(root, writers)
    own = root / ".workbench"
    locks = (own / "journal" / "lock", own / "projection.duckdb.lock")
    holding = 0
    killed = 0
    while killed < count:
        pool.listen(dice.randint(1, 3), dice.uniform(0, 0.01))
        for _ in range(min(dice.randint(1, writers - 1), count - killed)):
            wanted = holder(dice.choice(locks)) if dice.random() < 0.7 else 0
            victim = wanted if wanted in pool.alive else dice.choice(pool.alive)
            holding += victim == wanted
            pool.kill(victim)
            killed += 1
        while len(pool.alive) < writers:
            pool.add()
    for victim in list(pool.alive):
        pool.kill(victim)
    pool.listen(0, 0)
    return pool, holding


def main() -> None:
    """Run the rounds in batches and check after each batch."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--batch", type=int, default=100, help="rounds between two checks")
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    seed = random.SystemRandom().randrange(2**32) if given.seed is None else given.seed
    dice = random.Random(seed)
    import duckdb  # imported once here, so that a fresh writer starts in a moment

    del duckdb
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "p"
        os.environ["XDG_STATE_HOME"] = str(Path(folder) / "state")
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        crew.start(root)
        acknowledged: list[str] = []
        done = holding = 0
        counts: dict[str, int] = {}
        while done < given.rounds:
            batch = min(given.batch, given.rounds - done)
            pool, held = rounds(root, batch, given.writers, dice)
            acknowledged += pool.acknowledged
            done, holding = done + batch, holding + held
            counts = crew.check(root, acknowledged, Path(folder) / f"anew-{done}")
        left = [p.name for p in (root / ".workbench").rglob("*") if ".tmp" in p.name]
        json.dump(
            {"rounds": done, "held_a_lock": holding, "seed": seed, **counts, "left": left},
            sys.stdout,
        )


if __name__ == "__main__":
    main()
