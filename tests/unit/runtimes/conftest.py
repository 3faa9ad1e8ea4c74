from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from real.index import Index, serve_index
from real.pipes import Pipes

from workbench.compute.contract import Stage, tell_nobody
from workbench.project.project import Project, init_project
from workbench.remote.builder import Builder
from workbench.remote.link import Agent
from workbench.remote.pool import Pool
from workbench.runtimes.closure import pins
from workbench.runtimes.lock import WORKER
from workbench.runtimes.runtime import Runtime

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


CLOSED = "http://127.0.0.1:9"


class Place:
    """A target: its home, its agents, how a runtime comes there."""

    def __init__(self, home: Path, cache: Path, index: Index) -> None:
        home.mkdir()
        self.pipes = Pipes(home, sys.executable)
        self.pipes.more = {"UV_HTTP_RETRIES": "0", "UV_PYTHON_INSTALL_MIRROR": CLOSED}
        self.agents = Pool(lambda: Agent(self.pipes.open_agent(), "there"))
        self.base = home / ".local/state/workbench"
        self.cache = cache
        self.index = index
        self.stages: list[Stage] = []

    def ensure(self, runtime: Runtime) -> Path:
        builder = Builder(self.agents, self.stages.append)
        return Path(builder.ensure(runtime, self.cache, self.index.url))

    def state(self, runtime: Runtime) -> str:
        return str(
            Builder(self.agents, tell_nobody).call(
                "workbench.runtimes.far.state", b"", digest=runtime.digest
            )
        )

    def offline(self) -> None:
        """Let nothing there reach the index: its proxy is not there."""
        self.pipes.more |= {"http_proxy": CLOSED, "https_proxy": CLOSED}

    def building(self) -> list[Path]:
        return list(self.base.glob("runtimes/*/*.building"))


@pytest.fixture
def place(tmp_path: Path, index: Index) -> Iterator[Place]:
    made = Place(tmp_path / "home", tmp_path / "cache", index)
    made.cache.mkdir()
    yield made
    index.gate.set()
    made.agents.close()
    made.pipes.close()


def imported(python: Path, what: str) -> str:
    """Return what a statement prints in the runtime."""
    run = [str(python), "-P", "-I", "-c", what]
    return subprocess.run(run, capture_output=True, text=True, check=True, cwd="/").stdout.strip()
