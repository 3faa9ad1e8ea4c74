"""Rules that the code keeps about itself: arrows, imports, the top level, lengths, no machine's paths."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("workbench", "screens", "plugins", "sample_data")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

TOP_LEVEL = {
    "LICENSE",
    "README.md",
    "plugins",
    "pyproject.toml",
    "sample_data",
    "screens",
    "tests",
    "uv.lock",
    "workbench",
}
"""All there is at the top, beside dot files (architecture: fixed)."""


def git(*arguments: str) -> list[str]:
    """Return the lines of a git command in this clone."""
    command = ["git", "-C", str(ROOT), "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def loaded_by(code: str) -> dict[str, str]:
    """Return the modules that a fresh interpreter has after running `code`: name → file."""
    tell = "for n, m in list(sys.modules.items()): print(n, getattr(m, '__file__', ''))"
    script = f"{code}\nimport sys\n{tell}"
    run = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, cwd="/", check=False
    )
    assert run.returncode == 0, run.stderr
    return dict(line.split(" ", 1) for line in run.stdout.splitlines() if " " in line)


def packages(modules: dict[str, str]) -> set[str]:
    """Return the installed packages that modules come from: the first folder or file below site-packages."""
    found = set()
    for file in modules.values():
        _, here, rest = file.partition("site-packages/")
        if here and not rest.startswith(("_virtualenv", "_distutils", "__editable__")):
            found.add(rest.partition("/")[0].partition(".")[0])
    return found


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the packages in `root`."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages, to turn imports round in."""
    root = tmp_path_factory.mktemp("copy")
    shutil.copy(ROOT / "pyproject.toml", root)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return root


def test_the_contracts_of_imports_hold(copy: Path) -> None:
    run = lint_imports(copy)
    assert run.returncode == 0, run.stdout + run.stderr
    assert " 0 broken." in run.stdout


TURNED = [
    ("workbench/data/names.py", "import screens.text", "The core knows no widget"),
    ("workbench/models/registry.py", "import plugins.gates.threshold", "The core knows no widget"),
    ("plugins/gates/threshold.py", "import screens.text", "Plugins know the core"),
    ("screens/text.py", "import plugins.gates.threshold", "Screens use services"),
    ("workbench/store/journal.py", "import workbench.models.registry", "arrows run one way"),
    ("workbench/errors.py", "import workbench.text", "arrows run one way"),
    ("workbench/data/names.py", "import workbench.training.work", "arrows run one way"),
    ("sample_data/__init__.py", "import workbench.errors", "Sample data stands alone"),
]


@pytest.mark.parametrize(("file", "line", "contract"), TURNED)
def test_an_import_turned_round_is_noticed(copy: Path, file: str, line: str, contract: str) -> None:
    path = copy / file
    text = path.read_text()
    path.write_text(f"{text}\n{line}\n")
    try:
        run = lint_imports(copy)
    finally:
        path.write_text(text)
    assert run.returncode == 1, run.stdout
    broken = [each for each in run.stdout.splitlines() if " BROKEN" in each]
    assert len(broken) == 1
    assert contract in broken[0]


@pytest.mark.parametrize("package", ["workbench", "plugins"])
def test_no_widget_comes_with_the_core_or_a_plugin(package: str) -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in SOURCES
        if path.is_relative_to(ROOT / package) and path.name != "__main__.py"
    ]
    # The test classes for third parties are for pytest, and import it.
    wanted = [name for name in modules if not name.startswith("workbench.testing")]
    found = loaded_by("\n".join(f"import {name}" for name in wanted))
    assert {name.partition(".")[0] for name in found} & {"textual", "rich", "screens"} == set()


def test_opening_the_interface_loads_nothing_slow() -> None:
    found = {name.partition(".")[0] for name in loaded_by("import screens.app")}
    slow = {"sklearn", "docker", "paramiko", "scipy", "skops", "plotext", "polars", "pyarrow"}
    assert found & slow == set()


def test_the_help_loads_only_click_and_the_kernel() -> None:
    found = loaded_by("import workbench.cli.main")
    assert {name for name in found if name.startswith("workbench.")} <= {
        "workbench.cli",
        "workbench.cli.base",
        "workbench.cli.main",
        "workbench.errors",
        "workbench.store",
        "workbench.store.stops",
        "workbench.text",
        "workbench.widths",
    }
    assert packages(found) == {"click"}


WORKER = {"msgspec", "numpy", "polars", "sklearn", "skops"}
"""What the worker may import (contracts.md), beside what its trainer names."""

BEHIND_THEM = {
    "_polars_runtime_32", "charset_normalizer", "cloudpickle", "joblib", "narwhals", "packaging",
    "prettytable", "scipy", "threadpoolctl", "typing_extensions", "wcwidth",
    # Taken by scikit-learn where they are there: its progress bars, its helpers for tests, and pandas,
    # which the tests hold figures against.
    "_pytest", "iniconfig", "markdown_it", "mdurl", "pluggy", "psutil", "py", "pygments", "pytest", "rich",
    "dateutil", "pandas", "pyarrow",
}  # fmt: skip
"""What these import themselves."""


def imported_by(path: Path) -> set[str]:
    """Return the top-level names that a file imports, anywhere in it but for the type checker."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_the_workers_list_of_imports() -> None:
    # Every module of the training room but those that only people's side uses, every trainer as it
    # builds, and the format as it writes.
    room = [
        f"workbench.training.{path.stem}"
        for path in (ROOT / "workbench/training").glob("[a-z]*.py")
    ]
    code = [
        *(f"import {name}" for name in room),
        "import polars, sklearn.pipeline, sklearn.compose, skops.io, importlib.metadata as metadata",
        "from workbench.plugins import load_reference",
        "for entry in metadata.entry_points(group='workbench.trainers'):",
        "    trainer = load_reference(entry.value)",
        "    values = {option.name: option.default for option in trainer.options}",
        "    for task in trainer.tasks: trainer.build(task, values, 0, [False])",
        "load_reference('plugins.formats.skops:FORMAT')",
    ]
    found = loaded_by("\n".join(code))
    assert packages(found) >= WORKER
    assert packages(found) - WORKER <= BEHIND_THEM
    ours = [Path(file) for file in found.values() if Path(file).is_relative_to(ROOT)]
    own = [path for path in ours if "site-packages" not in path.parts]
    named = set().union(*map(imported_by, own)) - set(sys.stdlib_module_names)
    assert named - WORKER <= {"workbench", "plugins"}


@pytest.mark.real("git")
def test_the_top_level_is_fixed() -> None:
    names = {line.partition("/")[0] for line in git("ls-files")}
    assert {name for name in names if not name.startswith(".")} == TOP_LEVEL


@pytest.mark.parametrize(
    "folder", ["workbench", "screens", "plugins", "sample_data", "tests", "workbench/records"]
)
def test_a_folder_says_what_lives_there(folder: str) -> None:
    text = (ROOT / folder / "README.md").read_text()
    assert text.startswith(f"# {folder}\n")


def test_files_are_short() -> None:
    lengths = {path: path.read_text().count("\n") for path in SOURCES}
    over = [f"{path.relative_to(ROOT)}: {n}" for path, n in lengths.items() if n > 300]
    assert len(over) <= len(SOURCES) // 20, over  # under 300 lines is the rule, not the law
    assert max(lengths.values()) <= 350, over


def test_functions_fit_a_screen() -> None:
    lengths = {
        f"{path.relative_to(ROOT)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: n for name, n in lengths.items() if n > 60} == {}
    assert sorted(lengths.values())[len(lengths) * 95 // 100] <= 40


HOMES = re.compile(rb"/home/(?!somebody/)[a-z]\w+/|/root/|/Users/\w+/")


@pytest.mark.real("git")
def test_no_path_of_a_machine_in_the_repository() -> None:
    here = Path(__file__).relative_to(ROOT)
    named = [
        name
        for name in git("ls-files", "--cached", "--others", "--exclude-standard")
        if name != str(here)
        and (ROOT / name).is_file()
        and HOMES.search((ROOT / name).read_bytes())
    ]
    assert named == []


def test_the_lock_file_names_the_public_index_only() -> None:
    hosts = set(re.findall(r"https?://([^/\"]+)", (ROOT / "uv.lock").read_text()))
    assert hosts <= {"pypi.org", "files.pythonhosted.org"}
