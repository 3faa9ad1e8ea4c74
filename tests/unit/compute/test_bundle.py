import subprocess
import sys
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from workbench.compute import bundle
from workbench.compute.bundle import make_bundle, top_packages
from workbench.errors import PluginError


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "packages" / "their_plugin"
    (folder / "deep").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "deep" / "__init__.py").write_text("VALUE = 42\n")
    (folder / "table.csv").write_text("a\n1\n")
    monkeypatch.syspath_prepend(str(folder.parent))
    return folder


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_top_packages() -> None:
    found = top_packages(["plugins.trainers.hgb:TRAINER", "plugins.formats.skops:FORMAT", "mine:X"])
    assert found == ("mine", "plugins")


def test_holds_workbench_and_the_plugins_and_nothing_unwanted(
    package: Path, tmp_path: Path
) -> None:
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "x.cpython-311.pyc").touch()
    for name in (".env", ".env.local", "id.pem", "server.key", "old.pyc"):
        (package / name).write_text("secret")
    (package / ".git").mkdir()
    (package / ".git" / "config").touch()
    found = names(make_bundle(tmp_path, ["their_plugin.deep:VALUE"]))
    theirs = [name for name in found if name.startswith("their_plugin/")]
    assert theirs == [
        "their_plugin/__init__.py",
        "their_plugin/deep/__init__.py",
        "their_plugin/table.csv",
    ]
    assert "workbench/compute/shim.py" in found
    assert {name.partition("/")[0] for name in found} == {"workbench", "their_plugin"}
    assert not [name for name in found if "__pycache__" in name]


def test_the_same_files_are_the_same_bytes(package: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    one = make_bundle(first, ["their_plugin:X"])
    (package / "table.csv").touch()
    two = make_bundle(second, ["their_plugin.deep:Y", "their_plugin:X"])
    assert one.name == two.name
    assert one.read_bytes() == two.read_bytes()
    (package / "table.csv").write_text("a\n2\n")
    assert make_bundle(first, ["their_plugin:X"]).name != one.name


def test_runs_from_the_zip_alone(package: Path, tmp_path: Path) -> None:
    path = make_bundle(tmp_path, ["their_plugin:X"])
    code = (
        "import workbench, their_plugin.deep as d; print(workbench.__file__, d.__file__, d.VALUE)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={"PYTHONPATH": str(path)},
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    own, theirs, value = done.stdout.split()
    assert own == f"{path}/workbench/__init__.py"
    assert theirs == f"{path}/their_plugin/deep/__init__.py"
    assert value == "42"


def test_a_single_module_travels_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lonely_plugin.py").write_text("X = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "lonely_plugin.py" in names(make_bundle(tmp_path, ["lonely_plugin:X"]))


def test_a_package_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PluginError) as refusal:
        make_bundle(tmp_path, ["no_such_package.x:Y"])
    assert (refusal.value.where, refusal.value.why) == (
        "no_such_package",
        "Python does not find it",
    )


def test_a_built_in_module_is_no_package(tmp_path: Path) -> None:
    with pytest.raises(PluginError) as refusal:
        make_bundle(tmp_path, ["sys:X"])
    assert "is not a Python file" in refusal.value.why


def test_compiled_code_is_refused(package: Path, tmp_path: Path) -> None:
    (package / f"fast{EXTENSION_SUFFIXES[0]}").touch()
    with pytest.raises(PluginError) as refusal:
        make_bundle(tmp_path, ["their_plugin:X"])
    assert refusal.value.why.endswith("is compiled: Python cannot load it from a bundle")


def test_too_much_is_refused(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "LIMIT", 1024 * 1024)
    with (package / "huge.bin").open("wb") as stream:
        stream.truncate(1024 * 1024 + 1)
    with pytest.raises(PluginError) as refusal:
        make_bundle(tmp_path, ["their_plugin:X"])
    assert refusal.value.why == "the code is larger than 1 MB"
