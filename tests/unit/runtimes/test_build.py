"""Runtimes built by the real uv behind a real agent, in a home of its own on this machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from real.index import Index, make_wheel

from workbench.errors import TargetError
from workbench.runtimes.lock import lock_runtime
from workbench.runtimes.runtime import Runtime

from .conftest import Make, Place, imported


def files(index: Index) -> list[str]:
    return [path for path in index.asked if path.startswith("/files/")]


def wait_for(condition: Callable[[], Any], limit: float = 60.0) -> None:
    until = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < until, "the condition did not come about"
        time.sleep(0.02)


def test_a_runtime_is_built_from_the_targets_index(make: Make, index: Index, place: Place) -> None:
    index.add(make_wheel("boosted", "3.1"))
    runtime = lock_runtime(make(["boosted"]), ())
    python = place.ensure(runtime)
    assert python.is_relative_to(place.base / "runtimes" / runtime.digest)
    assert imported(python, "import boosted; print(boosted.VERSION)") == "3.1"
    assert imported(python, "import sys; print('%d.%d' % sys.version_info[:2])") == runtime.python
    assert Path(imported(python, "import sys; print(sys.prefix)")) == python.parents[1]
    assert not (place.cache / "wheels").exists()
    assert place.building() == []
    assert {stage.name for stage in place.stages} == {"runtime"}
    last = place.stages[-1]
    assert last.done == last.total == runtime.lock.count(b"==")


def test_the_second_time_nothing_is_sent_or_asked(make: Make, index: Index, place: Place) -> None:
    runtime = lock_runtime(make(), ())
    python = place.ensure(runtime)
    asked, built = len(index.asked), python.parents[1].stat()
    place.stages.clear()
    assert place.ensure(runtime) == python
    assert (len(index.asked), place.stages) == (asked, [])
    assert python.parents[1].stat().st_ino == built.st_ino


def test_without_an_index_there_it_is_built_from_wheels_of_ours(
    make: Make, index: Index, place: Place
) -> None:
    index.add(make_wheel("boosted", "3.1"))
    runtime = lock_runtime(make(["boosted"]), ())
    place.offline()
    python = place.ensure(runtime)
    assert imported(python, "import boosted, numpy; print(boosted.VERSION)") == "3.1"
    fetched = [path for path in index.fetched if path.startswith("/files/")]
    assert len(fetched) == len(set(fetched)) == runtime.lock.count(b"==")  # each once, by this side
    assert any(stage.unit == "bytes" for stage in place.stages)
    assert not (python.parents[1] / "sent").exists()
    # The objects may go: nothing of the runtime lies in them alone.
    shutil.rmtree(place.base / "objects")
    assert imported(python, "import boosted; print(boosted.VERSION)") == "3.1"


def test_two_at_once_make_one(make: Make, index: Index, place: Place) -> None:
    runtime = lock_runtime(make(), ())
    index.gate.clear()
    found: list[Path] = []
    seen: list[int] = []

    def one() -> None:
        python = place.ensure(runtime)
        found.append(python)
        seen.append(python.parents[1].stat().st_ino)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    wait_for(lambda: files(index) and len(place.pipes.opened) >= 2)
    index.gate.set()
    for thread in threads:
        thread.join(300)  # a guard: loaded cores build for minutes
    assert len(found) == 2
    assert len(set(found)) == 1
    assert len(set(seen)) == 1  # the second did not build it again


def test_killed_in_the_middle_and_again(make: Make, index: Index, place: Place) -> None:
    runtime = lock_runtime(make(), ())
    index.gate.clear()
    ended: list[BaseException | Path] = []

    def one() -> None:
        try:
            ended.append(place.ensure(runtime))
        except TargetError as error:
            ended.append(error)

    thread = threading.Thread(target=one)
    thread.start()
    wait_for(lambda: files(index))
    place.pipes.cut()
    index.gate.set()
    thread.join(60)
    assert len(ended) == 1
    # Whatever the cut call did, the next one finds a whole runtime or builds it.
    python = place.ensure(runtime)
    assert imported(python, "import numpy") == ""
    assert place.building() == []


def test_a_half_built_one_is_no_runtime(make: Make, place: Place) -> None:
    runtime = lock_runtime(make(), ())
    python = place.ensure(runtime)
    whole = python.parents[1]
    whole.rename(whole.with_name(whole.name + ".building"))
    assert place.state(runtime) == ""
    assert place.ensure(runtime) == python
    assert place.building() == []


def test_a_runtime_whose_python_is_gone_is_built_again(make: Make, place: Place) -> None:
    runtime = lock_runtime(make(), ())
    python = place.ensure(runtime)
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert place.state(runtime) == ""
    assert place.ensure(runtime) == python
    assert imported(python, "import numpy") == ""


def test_a_package_that_was_changed_on_the_index_is_refused(
    make: Make, index: Index, place: Place
) -> None:
    runtime = lock_runtime(make(), ())
    [name] = index.files["skops"]
    right = index.served[name]
    index.served[name] = make_wheel("skops", name.split("-")[1], body="import os\n")[1]
    with pytest.raises(TargetError, match="not the one that was locked") as refused:
        place.ensure(runtime)
    assert refused.value.code == "runtime.hash"
    assert place.state(runtime) == ""
    assert place.building() == []
    index.served[name] = right
    assert imported(place.ensure(runtime), "import skops; print(len(skops.VERSION) > 0)") == "True"


@pytest.mark.parametrize("offline", [False, True], ids=["index", "wheels"])
def test_a_python_that_is_not_there(make: Make, place: Place, offline: bool) -> None:
    if offline:
        place.offline()
    runtime = lock_runtime(make(), ())
    other = Runtime("3.99", runtime.lock)
    with pytest.raises(TargetError, match=r"no Python 3\.99 on the target") as refused:
        place.ensure(other)
    assert refused.value.code == "runtime.python"
    assert "python3.99" in refused.value.fix
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in refused.value.where
    assert ("none is fetched" in refused.value.why) == offline
    assert place.building() == []


def test_nobodys_own_environment_is_touched(make: Make, place: Place, tmp_path: Path) -> None:
    """With a virtual environment active there, and settings of uv that point into it."""
    own = tmp_path / "own"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", own], check=True)
    before = sorted(own.rglob("*"))
    place.pipes.more |= {
        "VIRTUAL_ENV": str(own),
        "PATH": f"{own}/bin:/usr/bin:/bin",
        "UV_TARGET": str(own / "lib"),
        "UV_SYSTEM_PYTHON": "1",
        "UV_PROJECT_ENVIRONMENT": str(own),
    }
    python = place.ensure(lock_runtime(make(), ()))
    assert imported(python, "import numpy") == ""
    assert sorted(own.rglob("*")) == before
    home = place.pipes.home
    assert {path.relative_to(home).parts[0] for path in home.rglob("*")} == {".local"}
    assert {path.name for path in (home / ".local").iterdir()} == {"state"}


def test_nothing_of_the_indexs_address_stays_there(make: Make, index: Index, place: Place) -> None:
    runtime = lock_runtime(make(), ())
    python = place.ensure(runtime)
    address = index.url.removesuffix("/simple/").encode()
    holds = [
        path
        for path in python.parents[2].rglob("*")
        if path.is_file() and address in path.read_bytes()
    ]
    assert holds == []
