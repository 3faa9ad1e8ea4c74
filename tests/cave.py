"""A kind of target for tests, installed as a package of its own: jobs run on this machine, in a cave.

    with_cave(folder, monkeypatch)          # this process and those it starts know the kind `cave`

It declares options of every sort. A target of it answers a check with what `answer` writes: facts, what
is missing, or a question that only the person can answer.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

MODULE = '''
"""The kind `cave`."""
import json
from pathlib import Path

from workbench.compute.contract import Lack, Probe, Question
from workbench.compute.targets import load_kind
from workbench.errors import BadInput, TargetError
from workbench.options import Option

ANSWER = Path(__file__).with_name("answer.json")


class Cave:
    needs_runtime = False
    pace = 0.1

    def __init__(self, name, options, around):
        self.name, self.options, self._ask = name, options, around.ask
        self._here = load_kind("local").open("local", {}, around)

    def __getattr__(self, name):
        return getattr(self._here, name)

    def probe(self):
        answer = json.loads(ANSWER.read_text()) if ANSWER.exists() else {}
        if question := answer.get("question"):
            said = self._ask(Question(self.name, question)) if self._ask else None
            if said != answer["wanted"]:
                raise TargetError(
                    "The cave stays shut", where=self.name, why=f"the word was {said!r}",
                    fix="Say the right one", code="cave.shut",
                )
        if "error" in answer:
            raise TargetError("It is away", where=self.name, why=answer["error"], fix="Wait for it")
        missing = tuple(Lack(*each) for each in answer.get("missing", []))
        return Probe(answer.get("ok", True), answer.get("facts", {}), missing)


class Kind:
    name = "cave"
    summary = "A hole in the ground, for tests"
    options = (
        Option("host", "str", None, "Where it is"),
        Option("port", "int", 22, "Its door", minimum=1, maximum=65535),
        Option("depth", "float", 1.5, "How deep it is", minimum=0.0, unit="m"),
        Option("lamp", "bool", False, "Whether there is light"),
        Option("rock", "choice", "chalk", "What it is in", choices=("chalk", "granite")),
    )

    def open(self, name, options, around):
        if not options["host"]:
            raise BadInput(
                "A cave needs its host", where="--host", why="nobody knows where it is",
                fix="Give it", code="cave.host",
            )
        return Cave(name, options, around)


KIND = Kind()
'''
ENTRY = (
    "[workbench.compute]\ncave = workbench_test_cave:KIND\nbroken = workbench_test_cave:NOT_THERE\n"
)


def with_cave(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install the kind in `folder` for this process and those that it starts; return the folder."""
    from workbench import plugins

    info = folder / "workbench_test_cave-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: workbench-test-cave\nVersion: 1\n")
    (info / "entry_points.txt").write_text(ENTRY)
    (folder / "workbench_test_cave.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(folder))
    path = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(folder), path])))
    plugins._entries.cache_clear()
    plugins.load_reference.cache_clear()
    return folder


def without_cave() -> None:
    """Let this process forget the kind."""
    import sys

    from workbench import plugins
    from workbench.compute.targets import close_targets

    close_targets()
    sys.modules.pop("workbench_test_cave", None)
    plugins._entries.cache_clear()
    plugins.load_reference.cache_clear()


def answer(folder: Path, **what: Any) -> None:
    """Let the next checks find this: facts={}, missing=[(why, fix)], ok=, error=, question=, wanted=."""
    (folder / "answer.json").write_text(json.dumps(what))
