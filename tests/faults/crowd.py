"""Eight processes write while three read: everything acknowledged is there, numbered once.

    python tests/faults/crowd.py [--writers 8] [--readers 3] [--units 40] [--project DIR]

With --project it is one that stands (nobody else writes to it), else one of its own. Prints JSON;
exits 1 with what is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import crew


def drained(descriptor: int) -> list[str]:
    """Return the lines that were written to a pipe whose writers have ended."""
    with os.fdopen(descriptor) as stream:
        return stream.read().splitlines()


def main() -> None:
    """Start everybody, wait for the writers, stop the readers, check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--readers", type=int, default=3)
    parser.add_argument("--units", type=int, default=40)
    parser.add_argument("--project", type=Path)
    given = parser.parse_args()
    import duckdb

    del duckdb
    with tempfile.TemporaryDirectory() as folder:
        root = given.project or Path(folder) / "p"
        if given.project is None:
            os.environ["XDG_STATE_HOME"] = str(Path(folder) / "state")
            os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
            crew.start(root)
        told, tell = os.pipe()
        wrong, complain = os.pipe()
        writers = [
            crew.fork(crew.write_for_ever, root, tell, given.units) for _ in range(given.writers)
        ]
        os.close(tell)  # before the readers are made: they would keep it open
        readers = [crew.fork(crew.read_for_ever, root, complain) for _ in range(given.readers)]
        os.close(complain)
        acknowledged = drained(told)
        for pid in writers:
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, "a writer failed"
        for pid in readers:
            os.kill(pid, 9)
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -9, "a reader failed"
        trouble = drained(wrong)
        assert not trouble, trouble
        counts = crew.check(root, acknowledged, Path(folder) / "anew")
        asked = given.writers * given.units
        # Every third unit ends a run, and writes nothing when no run is queued.
        assert asked * 2 // 3 <= len(acknowledged) <= asked
        json.dump(counts, sys.stdout)


if __name__ == "__main__":
    main()
