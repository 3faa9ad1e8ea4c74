"""The real command line: `workbench ...` in a process of its own, answering in JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # hostile.py and hostile_project.py beside this file


@dataclass(frozen=True)
class Answer:
    """What a command gave back."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Everything on stdout, as JSON: nothing else may be there."""
        return json.loads(self.out)

    @property
    def data(self) -> Any:
        """The `data` of a good answer."""
        assert self.status == 0, self.err + self.out
        return self.json["data"]

    @property
    def error(self) -> dict[str, str]:
        """The `error` of a refusal."""
        assert self.status != 0, self.out
        return self.json["error"]


Run = Callable[..., Answer]


def run_workbench(
    *words: str | Path, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> Answer:
    """Run `workbench WORDS --json` with stdin closed."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "workbench", *map(str, words), "--json"],
        cwd=cwd,
        env=os.environ | dict(environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def workbench() -> Run:
    """The command line; see run_workbench."""
    return run_workbench


@pytest.fixture(autouse=True)
def short_lived_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runners that a test started end soon after it."""
    monkeypatch.setenv("WORKBENCH_RUNNER_IDLE", "1")
