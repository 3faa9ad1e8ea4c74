"""A seeded project, an app whose clock stands still, and waiting for the screens to settle."""

from __future__ import annotations

import gc
import sys
from datetime import datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # seed.py and settle.py beside this file
sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "plugins"))  # onnx_files.py

from kept import copy_of
from seed import seed

from screens.app import Workbench
from workbench.project.project import Project

# A screen is some ten thousand small objects: with Python's default, a seventh of the time of these
# tests went into looking for garbage among them.
gc.set_threshold(200_000, 50, 100)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with runs in every state, a model, a promotion and a deployment."""
    return copy_of(seed, tmp_path / "flights")


@pytest.fixture
def still(project: Project) -> datetime:
    """The moment at which the clock of the tests stands: when the running job began."""
    row = project.store.one("SELECT started_at FROM jobs WHERE state = 'running'")
    assert row is not None
    moment = row["started_at"]
    assert isinstance(moment, datetime)
    return moment


@pytest.fixture
def bench(project: Project, still: datetime, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    """The app on that project, in our dark theme whatever the terminal."""
    monkeypatch.setenv("WORKBENCH_THEME", "workbench")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Workbench(project, now=lambda: still)
