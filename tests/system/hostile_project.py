"""A project whose every text from outside is hostile, made through the real command line.

Hostile are the names of its folder and of the files that came in, columns, cells, classes, goal, drop,
notes, reasons, what a trainer prints, warns and fails with, and the keys of a problem file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hostile
from terminal import ROOT

Answering = Callable[..., Any]
"""The fixture `workbench`."""

_ENTRY = "[workbench.trainers]\nshouting = hostile_trainer:TRAINER\n"
_METADATA = "Metadata-Version: 2.1\nName: hostile-trainer\nVersion: 1\n"
_TRAINER = '''
"""A trainer that says hostile things everywhere it can: stdout, stderr, a warning, its last words."""

import sys
import warnings

from workbench.options import Option
from workbench.training.contract import FeatureNeeds

WORDS = {words!r}


class Shouting:
    name = "shouting"
    title = "Shouts"
    tasks = frozenset({{"binary", "multiclass", "regression"}})
    needs = FeatureNeeds(scale=False, missing="native", categories="codes")
    options = (Option("fail", "bool", False, "Fail with a hostile message."),)

    def build(self, task, params, seed, categorical):
        from sklearn.dummy import DummyClassifier

        for word in WORDS:
            print(word, flush=True)
        sys.stderr.buffer.write(b"\\xff\\x9b2J\\x9d0;PWNED\\x9c\\xed\\xa0\\x80\\n")
        warnings.warn("the column " + WORDS[0] + " is a constant", stacklevel=1)
        if params["fail"]:
            raise ValueError("cannot learn " + WORDS[0])
        return DummyClassifier()


TRAINER = Shouting()
'''
BROKEN = """goal = "x"
dataset = "hostile"
target = "\\u001b]0;PWNED\\u0007[/x]nowhere"
task = "multiclass"
"\\u009d0;PWNED\\u009c[/x]\\u202e" = 1
"""


@dataclass(frozen=True)
class Stage:
    """The project, what its processes are started with, and the files that came in."""

    root: Path
    environment: dict[str, str]
    table: Path
    raw: Path
    _workbench: Answering

    def ask(self, *words: str | Path, status: int = 0) -> Any:
        """Run a command on the project and return its answer; it must end with `status`."""
        answer = self._workbench(*words, "--project", self.root, environment=self.environment)
        assert answer.status == status, (words, answer)
        return answer


@contextmanager
def staged(base: Path, workbench: Answering) -> Iterator[Stage]:
    """Make the project in `base`; afterwards nothing of it runs any more."""
    folder = base / f"{hostile.TITLE}\u202e[bold red]"
    folder.mkdir()
    (folder / "raw.csv").write_bytes(hostile.RAW)
    (folder / hostile.FILE).write_bytes(hostile.table())
    environment = {f"XDG_{kind}_HOME": str(base / kind) for kind in ("STATE", "CACHE", "CONFIG")}
    environment |= {
        "WORKBENCH_RUNNER_IDLE": "1",
        "PYTHONPATH": os.pathsep.join([str(_packages(base)), str(ROOT)]),
    }
    stage = Stage(folder / "p", environment, folder / hostile.FILE, folder / "raw.csv", workbench)
    answer = workbench("init", stage.root, environment=environment)
    assert answer.status == 0, answer
    try:
        _data(stage)
        _runs(stage)
        _models(stage)
        yield stage
    finally:
        workbench("deploy", "stop", "d", "--project", stage.root, environment=environment)


def _packages(base: Path) -> Path:
    packages = base / "packages"
    info = packages / "hostile_trainer-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(_METADATA)
    (info / "entry_points.txt").write_text(_ENTRY)
    words = [hostile.CITY, *(cell for cell in hostile.CELLS if len(cell) < 10_000)]
    (packages / "hostile_trainer.py").write_text(_TRAINER.format(words=words))
    return packages


def _data(stage: Stage) -> None:
    stage.ask("data", "add", stage.table, "--name", "hostile", "--nul", "keep")
    stage.table.write_bytes(hostile.table(rows=hostile.ROWS + 30).replace(b"Rome", b"\x1b[8mOstia"))
    stage.ask("data", "add", stage.table, "--name", "hostile", "--nul", "keep")
    (stage.root.parent / "table.csv").write_bytes(hostile.long_classes())
    stage.ask("data", "add", stage.root.parent / "table.csv", "--name", "long")
    stage.ask("data", "add", stage.raw, "--name", "raw")


def _runs(stage: Stage) -> None:
    stage.ask(
        *("experiment", "new", "kinds", "--dataset", "hostile@1", "--target", hostile.TARGET),
        *("--task", "multiclass", "--goal", hostile.GOAL, "--drop", hostile.NUMBER),
        *("--folds", "2", "--threshold", "0.5"),
    )
    (stage.root / "experiments" / "broken.toml").write_text(BROKEN)
    for more in (("linear",), ("shouting",), ("shouting", "-P", "fail=true")):
        stage.ask("run", "train", "kinds", "--trainer", *more, "--detach")
    stage.ask(
        *("experiment", "new", "long", "--dataset", "long", "--target", "kind"),
        *("--task", "binary", "--folds", "2"),
    )
    stage.ask("run", "train", "long", "--trainer", "dummy", "--detach")
    states = {"r_1": "succeeded", "r_2": "succeeded", "r_3": "failed", "r_4": "succeeded"}
    for run, state in states.items():
        log = stage.ask("run", "logs", "--follow", run).out
        assert stage.ask("run", "show", run).data["state"] == state, log


def _models(stage: Stage) -> None:
    for run, model in (("r_4", "long"), ("r_1", "m"), ("r_2", "m")):
        stage.ask("model", "register", run, "--name", model, "--note", hostile.REASON)
    stage.ask("model", "promote", "m@2", "--to", "dev", "--reason", hostile.REASON)
    stage.ask("model", "promote", "m@1", "--to", "dev", "--reason", hostile.REASON)
    stage.ask("deploy", "create", "d", "--model", "m@dev")
    answers = stage.ask("deploy", "call", "d", "--dataset", "hostile@1", "--count", "3").data
    assert {row["prediction"] for row in answers["rows"]} <= set(hostile.CLASSES)
