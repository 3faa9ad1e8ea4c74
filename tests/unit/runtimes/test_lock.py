"""The lock of a runtime, made by the real uv from an index on loopback."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import sys
from pathlib import Path

import pytest
from real.index import Index, make_source, make_wheel

from workbench.errors import BadInput, Unavailable
from workbench.project.settings import Runtime as RuntimeSettings
from workbench.runtimes.lock import WORKER, default_python, lock_runtime
from workbench.runtimes.lockfile import Pin, read_lock, write_lock

from .conftest import Make

ROOT = Path(__file__).parents[3]
HGB = ("plugins.trainers.hgb:TRAINER",)


def test_the_versions_installed_here_are_pinned_with_what_they_need(
    make: Make, index: Index
) -> None:
    index.add(make_wheel("numpy", "99.0"))  # newer, and not what runs here
    runtime = lock_runtime(make(), HGB)
    found = {pin.name: pin.version for pin in read_lock(runtime.lock)}
    assert set(WORKER) < set(found)
    assert "scipy" in found
    assert "ml-workbench" not in found
    assert found == {name: importlib.metadata.version(name) for name in found}
    assert runtime.python == f"{sys.version_info.major}.{sys.version_info.minor}"


def test_each_pin_has_the_hash_of_every_file(make: Make, index: Index) -> None:
    other = make_wheel("numpy", importlib.metadata.version("numpy"), tag="cp39-cp39-win32")
    index.add(other)
    [numpy] = [pin for pin in read_lock(lock_runtime(make(), ()).lock) if pin.name == "numpy"]
    expected = {hashlib.sha256(data).hexdigest() for data in index.files["numpy"].values()}
    assert set(numpy.hashes) == expected
    assert len(expected) == 2


def test_two_projects_get_the_same_bytes_and_no_address_is_in_them(
    make: Make, index: Index
) -> None:
    first, second = make(), make()
    one, two = lock_runtime(first, HGB), lock_runtime(second, HGB)
    assert one.lock == two.lock
    assert one.digest == two.digest
    for word in (b"127.0.0.1", b"://", b"#", b"/", str(first.root).encode()):
        assert word not in one.lock


def test_a_lock_is_kept_and_needs_no_index_later(make: Make, index: Index) -> None:
    project = make()
    first = lock_runtime(project, HGB)
    asked = len(index.asked)
    index.files.clear()
    assert lock_runtime(project, HGB) == first
    assert len(index.asked) == asked


def test_without_an_index_and_without_a_lock_one_line_says_so(make: Make) -> None:
    project = make(url="http://127.0.0.1:9/secret-name/simple/")
    with pytest.raises(Unavailable) as refused:
        lock_runtime(project, HGB)
    assert refused.value.code == "runtime.index"
    assert "127.0.0.1:9" not in str(refused.value)
    assert "secret-name" not in str(refused.value)


def test_packages_of_the_project_are_locked_too(make: Make, index: Index) -> None:
    index.add(make_wheel("boosted", "3.1", requires=["tiny>=1"]))
    index.add(make_wheel("boosted", "2.0"))
    index.add(make_wheel("tiny", "1.5"))
    found = {pin.name: pin.version for pin in read_lock(lock_runtime(make(["boosted<4"]), ()).lock)}
    assert (found["boosted"], found["tiny"]) == ("3.1", "1.5")
    found = {pin.name: pin.version for pin in read_lock(lock_runtime(make(["boosted<3"]), ()).lock)}
    assert found["boosted"] == "2.0"
    assert "tiny" not in found


def test_a_package_that_is_installed_here_is_pinned_unless_the_project_says_otherwise(
    make: Make, index: Index
) -> None:
    here = importlib.metadata.version("tomlkit")
    for version in (here, "999.0"):
        index.add(make_wheel("tomlkit", version))
    found = {pin.name: pin.version for pin in read_lock(lock_runtime(make(["tomlkit"]), ()).lock)}
    assert found["tomlkit"] == here
    newer = lock_runtime(make(["tomlkit>=900"]), ())
    assert {pin.name: pin.version for pin in read_lock(newer.lock)}["tomlkit"] == "999.0"


def test_packages_that_cannot_be_had_together_are_refused_with_the_reason(make: Make) -> None:
    with pytest.raises(BadInput, match="numpy") as refused:
        lock_runtime(make(["numpy<2"]), ())
    assert refused.value.code == "runtime.package"


def test_a_package_without_wheels_is_refused_and_nothing_of_it_runs(
    make: Make, index: Index
) -> None:
    index.add(make_source("onlysource", "1.0"))
    with pytest.raises(BadInput, match=r"onlysource==1\.0 has no usable wheels") as refused:
        lock_runtime(make(["onlysource"]), ())
    assert "wheels" in refused.value.fix
    assert not any("onlysource-1.0.tar.gz" in path for path in index.asked)


def test_a_requirement_that_is_none_is_refused_by_its_name(make: Make) -> None:
    with pytest.raises(BadInput) as refused:
        lock_runtime(make(["numpy >> 3"]), ())
    assert (refused.value.code, refused.value.where) == ("runtime.package", "numpy >> 3")


def test_a_third_partys_plugin_brings_what_its_distribution_requires(
    make: Make, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    info = site / "their_trainers-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "their_trainers.py").write_text("TRAINER = None\n")
    (info / "top_level.txt").write_text("their_trainers\n")
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: their-trainers\nVersion: 1.0\nRequires-Dist: ml-workbench\n"
        "Requires-Dist: boosted>=3\nRequires-Dist: docs-tool; extra == 'docs'\n"
    )
    (info / "RECORD").write_text("their_trainers.py,,\n")
    monkeypatch.syspath_prepend(str(site))
    index.add(make_wheel("boosted", "3.1"))
    names = {pin.name for pin in read_lock(lock_runtime(make(), ("their_trainers:TRAINER",)).lock)}
    assert "boosted" in names
    assert not names & {"their-trainers", "ml-workbench", "docs-tool"}


def test_another_python_makes_another_runtime(make: Make) -> None:
    one, other = lock_runtime(make(), ()), lock_runtime(make(python="3.13"), ())
    assert other.python == "3.13"
    assert one.digest != other.digest


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"packages": ("x @ https://example.org/x.whl",)}, "not a package of an index"),
        ({"packages": ("--index-url=https://example.org",)}, "not a package of an index"),
        ({"packages": ("./local",)}, "not a package of an index"),
        ({"python": "3.9"}, "expected a version"),
        ({"python": "2.7"}, "expected a version"),
        ({"python": "3.11.2"}, "expected a version"),
        ({"index": "example.org/simple"}, "starts with https"),
        ({"index": "https://user:word@example.org/simple"}, "a password does not belong here"),
    ],
    ids=["address", "option", "folder", "old", "ancient", "patch", "no-scheme", "password"],
)
def test_settings_that_cannot_be(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        RuntimeSettings(**settings)  # type: ignore[arg-type]  # each case has its own key


def test_a_lock_is_read_as_it_was_written() -> None:
    pins = (
        Pin("a", "1.0", "sys_platform == 'win32'", ("0" * 64, "f" * 64)),
        Pin("b-c", "2!1+x", "", ("1" * 64,)),
    )
    assert read_lock(write_lock(pins)) == pins
    assert write_lock(read_lock(write_lock(pins[::-1]))) == write_lock(pins)


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://example.org/simple",
        "a @ https://example.org/a.whl --hash=sha256:" + "0" * 64,
        "-e .",
        "a==1",
        "a>=1 --hash=sha256:" + "0" * 64,
        "a==1 --hash=md5:00",
    ],
    ids=["option", "address", "folder", "no-hash", "no-pin", "weak-hash"],
)
def test_a_line_that_is_no_pin_is_refused(line: str) -> None:
    with pytest.raises(BadInput, match="not a package with its hashes"):
        read_lock(line.encode())


def test_the_worker_needs_no_more_than_the_list_says() -> None:
    """What `workbench.training` and the built-in trainers import is what a runtime is made of."""
    known = {"msgspec", "numpy", "polars", "sklearn", "skops"} | set(sys.stdlib_module_names)
    found = set()
    for path in (ROOT / "plugins" / "trainers").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
    assert found - known <= {"workbench", "plugins"}
    assert default_python() == f"{sys.version_info[0]}.{sys.version_info[1]}"
