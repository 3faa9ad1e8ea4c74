"""Readers and a writer go on while the projection's file is deleted, cut and flipped under them.

    python tests/faults/vandal.py [--blows 60] [--seed 1]

Prints JSON; exits 1 when anybody got another answer than the journal gives, or an error.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import crew

from workbench.store.store import Store

QUESTIONS = (
    "SELECT count(*) AS n, max(number) AS newest FROM runs",
    "SELECT state, count(*) AS n FROM runs GROUP BY state ORDER BY state",
    "SELECT r.number, m.best FROM runs r JOIN run_metrics m ON m.run_number = r.number ORDER BY r.number",
    "SELECT r.number FROM runs r JOIN run_params p ON p.run_number = r.number AND p.name = 'c'"
    " WHERE p.number > 2 ORDER BY r.number",
    "SELECT j.number, j.title, j.queued_at FROM jobs j ORDER BY j.number DESC LIMIT 7",
    "SELECT run_number, name, value FROM run_params ORDER BY run_number, name",
    "SELECT * FROM projects",
)


def answers(store: Store) -> list[list[dict[str, Any]]]:
    """Return the answer to every question."""
    return [store.query(question) for question in QUESTIONS]


def ask_for_ever(root: Path, expected: list[list[dict[str, Any]]], trouble: int) -> None:
    """Ask everything again and again; tell of an answer that is not the journal's."""
    while True:
        store = crew.store_of(root)
        store.who = type(store.who)(
            user="x", uid=0, host="x", via="tui"
        )  # warnings are counted below
        for question, right in zip(QUESTIONS, expected, strict=True):
            if store.query(question) != right:
                os.write(trouble, f"{question}: another answer\n".encode())


def blow(path: Path, dice: random.Random) -> str:
    """Do one thing to the file that nobody should do."""
    kind = dice.choice(
        ["delete", "truncate", "flip", "flip", "flip", "empty", "garbage", "lose wal"]
    )
    try:
        if kind == "delete":
            path.unlink()
        elif kind == "lose wal":
            path.with_name(path.name + ".wal").unlink()
        elif kind == "garbage":
            path.write_bytes(dice.randbytes(dice.randint(1, 20_000)))
        elif kind in {"truncate", "empty"}:
            os.truncate(path, 0 if kind == "empty" else dice.randrange(path.stat().st_size))
        else:
            with path.open("r+b") as stream:
                for _ in range(dice.choice([1, 1, 20])):
                    place = dice.randrange(max(path.stat().st_size, 1))
                    stream.seek(place)
                    byte = stream.read(1) or b"\0"
                    stream.seek(place)
                    stream.write(bytes([byte[0] ^ (1 << dice.randrange(8))]))
    except (FileNotFoundError, ValueError):
        return "nothing"  # it was away, or empty, at that moment
    return kind


def main() -> None:
    """Fill a project, strike while it is read, then strike while it is written, and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--blows", type=int, default=60)
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    seed = random.SystemRandom().randrange(2**32) if given.seed is None else given.seed
    dice = random.Random(seed)
    import duckdb

    del duckdb
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        root = Path(folder) / "p"
        os.environ["XDG_STATE_HOME"] = str(Path(folder) / "state")
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        crew.start(root)
        told, tell = os.pipe()
        wrong, complain = os.pipe()
        os.set_blocking(wrong, False)
        filler = crew.fork(crew.write_for_ever, root, tell, 30)
        assert os.waitpid(filler, 0)[1] == 0
        path = root / ".workbench" / "projection.duckdb"
        expected_pid = [crew.fork(_expect_then_ask, root, complain) for _ in range(2)]
        done: dict[str, int] = {}
        for turn in range(given.blows):
            if turn == given.blows // 2:
                expected_pid = _change(expected_pid, root, tell)
            time.sleep(dice.uniform(0.01, 0.15))
            kind = blow(path, dice)
            done[kind] = done.get(kind, 0) + 1
        _bury(expected_pid)
        os.close(tell)
        with os.fdopen(told) as stream:
            acknowledged = stream.read().splitlines()
        try:
            trouble = os.read(wrong, 10_000).decode()
        except BlockingIOError:
            trouble = ""
        assert not trouble, trouble
        counts = crew.check(root, acknowledged, Path(folder) / "anew")
        kept = len(list((root / ".workbench").glob("projection.damaged-*[0-9]")))
        json.dump({"seed": seed, "blows": done, "kept": kept, **counts}, sys.stdout)


def _expect_then_ask(root: Path, trouble: int) -> None:
    """Take the right answers from tables of one's own, made from the journal, then ask the shared ones."""
    from workbench.store.projection import Projection
    from workbench.store.store import View

    store = crew.store_of(root)
    with tempfile.TemporaryDirectory() as folder:
        mine = Projection(Path(folder) / "projection.duckdb", store.journal, lambda sentence: None)
        right = [mine.run(lambda c, q=question: View(c).query(q)) for question in QUESTIONS]
    ask_for_ever(root, right, trouble)


def _change(readers: list[int], root: Path, tell: int) -> list[int]:
    """End the readers of a project that stands still, and start two writers and a reader that move it."""
    _bury(readers)
    return [
        crew.fork(crew.write_for_ever, root, tell),
        crew.fork(crew.write_for_ever, root, tell),
    ]


def _bury(pids: list[int]) -> None:
    for pid in pids:
        os.kill(pid, 9)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert status == -9, f"process {pid} ended by itself with {status}"


if __name__ == "__main__":
    main()
