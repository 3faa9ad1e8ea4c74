from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.records import Who
from workbench.store.modes import make_folder
from workbench.store.store import Store

PROJECT = "01J00000000000000000000000"
WHO = Who(user="ada", uid=1000, host="engine", via="test")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "p" / ".workbench"
    folder.mkdir(parents=True, mode=0o700)
    for name in ("journal", "objects"):
        make_folder(folder / name)
    return folder


@pytest.fixture
def store(own: Path, tmp_path: Path) -> Iterator[Store]:
    return Store(own, PROJECT, WHO, state=tmp_path / "state", cache=tmp_path / "cache")


@pytest.fixture
def again(own: Path, tmp_path: Path):
    """Open the same store once more, as another process would."""
    return lambda: Store(own, PROJECT, WHO, state=tmp_path / "state", cache=tmp_path / "cache")
