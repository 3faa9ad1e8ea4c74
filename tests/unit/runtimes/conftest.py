from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from real.index import Index, serve_index

from workbench.project.project import Project, init_project
from workbench.runtimes.closure import pins
from workbench.runtimes.lock import WORKER

Make = Callable[..., Project]


@pytest.fixture(autouse=True)
def no_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index that is not there is not there the second time either."""
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")


@pytest.fixture
def index() -> Iterator[Index]:
    """An index with everything that the worker needs, as small wheels of the versions installed here."""
    with serve_index() as served:
        served.add_installed(pins(map(Requirement, WORKER)))
        yield served


@pytest.fixture
def make(tmp_path: Path, index: Index) -> Make:
    """Start a project whose runtime comes from `index`; `packages` and `python` as in workbench.toml."""
    count = 0

    def start(
        packages: list[str] | None = None, python: str = "", url: str | None = None
    ) -> Project:
        nonlocal count
        count += 1
        project = init_project(tmp_path / f"project{count}", "flights")
        text = project.paths.settings.read_text()
        text = text.replace("packages = []", f"packages = {packages or []}".replace("'", '"'))
        text = text.replace('python = ""', f'python = "{python}"')
        text = text.replace('index = ""', f'index = "{index.url if url is None else url}"')
        project.paths.settings.write_text(text)
        project.fresh_settings()
        return project

    return start
