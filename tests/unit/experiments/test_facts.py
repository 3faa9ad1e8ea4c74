"""What surrounds a run: the patch makes the tree again and holds no secret; packages and machine."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from workbench.cli.run import group as run_group
from workbench.errors import NotFound
from workbench.experiments import surroundings
from workbench.experiments.facts import read_facts_object
from workbench.experiments.patch import MOST_BYTES, MOST_FILE, MOST_FILES, MOST_NAMED, read_patch
from workbench.experiments.runs import Run
from workbench.project.project import Project

Queue = Callable[..., Run]
Git = Callable[..., str]
pytestmark = pytest.mark.real("git")


def git_in(root: Path) -> Git:
    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b", *arguments],
            check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip

    return git


@pytest.fixture(autouse=True)
def no_outer_git(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit, the project in a folder of it."""
    root = tmp_path / "repo"
    (root / "lab" / "sub").mkdir(parents=True)
    (root / "outside.py").write_text("x = 1\n")
    (root / "lab" / "code.py").write_text("one = 1\ntwo = 2\n")
    (root / "lab" / "gone.py").write_text("bye\n")
    (root / "lab" / ".env").write_text("TOKEN=old\n")
    (root / "lab" / ".gitignore").write_text("ignored/\n")
    git = git_in(root)
    git("init", "-q")
    git("add", "-f", ".")
    git("commit", "-qm", "first")
    return root


def test_the_patch_makes_the_tree_again(repository: Path, tmp_path: Path) -> None:
    lab = repository / "lab"
    assert read_patch(lab) == read_patch(tmp_path)  # nothing changed; no repository
    (lab / "code.py").write_text("one = 1\ntwo = 3")
    (lab / "gone.py").unlink()
    (lab / "new.py").write_text("three = 3\n\nfour = 4")
    (lab / "sub" / "run.sh").write_text("#!/bin/sh\n")
    (lab / "sub" / "run.sh").chmod(0o755)
    (lab / "empty.py").write_text("")
    (lab / "with space ü.py").write_text("five = 5\n")
    (lab / "ignored").mkdir()
    (lab / "ignored" / "data.py").write_text("no\n")
    (repository / "outside.py").write_text("x = 2\n")
    patch = read_patch(lab)
    assert patch.left_out == ()
    clone = tmp_path / "clone"
    git_in(tmp_path)("clone", "-q", str(repository), str(clone))
    (tmp_path / "p.diff").write_bytes(patch.data)
    # As it says, in the project's folder.
    git_in(clone / "lab")("apply", "--directory=lab", str(tmp_path / "p.diff"))
    made = {
        str(path.relative_to(clone)): path.read_bytes()
        for path in (clone / "lab").rglob("*") if path.is_file()
    }  # fmt: skip
    here = {
        str(path.relative_to(repository)): path.read_bytes()
        for path in lab.rglob("*") if path.is_file() and "ignored" not in path.parts
    }  # fmt: skip
    assert made == here
    assert os.access(clone / "lab" / "sub" / "run.sh", os.X_OK)
    assert (clone / "outside.py").read_text() == "x = 1\n"  # not the project's


@pytest.mark.parametrize(
    "line",
    [
        'password = "hunter22hunter"',
        "export DB_PASSWORD=hunter22",
        'api_key: "0123456789abcdef"',
        "aws = AKIAIOSFODNN7EXAMPLE",
        "t = ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "url = 'postgres://ada:hunter22@db/lab'",
        "x = sk-abcdefghijklmnopqrstuvwxyz",
        "jwt = eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc",
    ],
)
@pytest.mark.parametrize("tracked", [True, False])
def test_a_file_with_what_looks_like_a_secret_is_left_out(
    repository: Path, line: str, tracked: bool
) -> None:
    name = "code.py" if tracked else "new.py"
    (repository / "lab" / name).write_text(f"one = 1\n{line}\n")
    (repository / "lab" / "fine.py").write_text("ok = 1\n")
    patch = read_patch(repository / "lab")
    assert line.encode() not in patch.data
    assert b"ok = 1" in patch.data
    assert patch.left_out == (f"{name}: a line looks like a secret",)


def test_what_only_speaks_of_secrets_stays(repository: Path) -> None:
    text = (
        'password = os.environ["PASSWORD"]\ntoken = read_token(path)\nAPI_KEY=$FROM_ENV\n'
        'secret = "env:MY_SECRET"\ntoken: "keyring:lab"\nif password == "":\n    pass\n'
        'url = "https://example.org/a:b"\nmax_tokens = 100\n'
    )
    (repository / "lab" / "code.py").write_text(text)
    patch = read_patch(repository / "lab")
    assert patch.left_out == ()
    assert b'+password = os.environ["PASSWORD"]' in patch.data


def test_files_of_secrets_by_name_and_what_is_no_code(repository: Path) -> None:
    lab = repository / "lab"
    names = [".env", ".env.local", "server.pem", "id_ed25519", "sub/key.key", "credentials.json"]
    for name in names:
        (lab / name).write_text("hunter22\n")
    (lab / "big.csv").write_text("1,2\n" * MOST_FILE)
    (lab / "blob.bin").write_bytes(b"a\0b")
    (lab / "link.py").symlink_to("/etc/passwd")
    patch = read_patch(lab)
    assert b"hunter22" not in patch.data
    assert b"root:" not in patch.data
    reasons = dict(line.split(": ", 1) for line in patch.left_out)
    assert {reasons.pop(name) for name in names} == {"its name is one of secrets"}
    assert reasons == {
        "big.csv": f"it is larger than {MOST_FILE:,} bytes",
        "blob.bin": "it is not text",
        "link.py": "it is no file",
    }


def test_what_would_be_data_is_bounded(repository: Path) -> None:
    lab = repository / "lab"
    for number in range(MOST_FILES + 5):
        (lab / f"{number}.pem").write_text("x")
    patch = read_patch(lab)
    assert patch.left_out[0] == "5 files that git does not track"
    assert patch.left_out[-1] == f"and {MOST_FILES + 1 - MOST_NAMED} more"
    (lab / "code.py").write_text("a line of data\n" * (MOST_BYTES // 15 + 1))
    large = read_patch(lab)
    assert large.data == b""
    assert large.left_out[0].startswith("everything: ")


def test_a_run_has_it_all_on_record(
    project: Project, queued: Queue, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "nvidia-smi").write_text("#!/bin/sh\necho 'NVIDIA T4, 15360 MiB'\n")
    (folder / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("WORKBENCH_PROJECT", str(project.root))
    first = queued()
    assert first.facts.commit == ""
    with pytest.raises(NotFound, match=r"r_1 has no patch.*there was no git commit") as caught:
        read_facts_object(project, "r_1", "patch")
    assert caught.value.code == "run.no_patch"
    git = git_in(project.root)
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    facts = queued().facts
    assert (facts.commit, facts.diff_object) == (git("rev-parse", "HEAD").strip(), "")
    assert facts.gpus == ("NVIDIA T4, 15360 MiB",)
    assert facts.memory == psutil.virtual_memory().total
    assert {"numpy", "scikit-learn"} <= set(facts.packages)
    (project.root / "code.py").write_text("one = 2\n")
    (project.root / ".env").write_text("TOKEN=hunter2\n")
    third = queued()
    assert third.facts.left_out == (".env: its name is one of secrets",)
    shown = CliRunner().invoke(run_group, ["show", "r_3", "--patch"])
    assert shown.stdout_bytes == read_facts_object(project, "r_3", "patch")
    assert b"+one = 2" in shown.stdout_bytes
    assert b"hunter2" not in shown.stdout_bytes
    text = CliRunner().invoke(run_group, ["show", "r_3"]).stdout
    assert "with uncommitted changes (--patch)" in text
    assert "left out   .env: its name is one of secrets" in text
    assert "NVIDIA T4" in text
    lock = CliRunner().invoke(run_group, ["show", "r_3", "--lock"]).stdout
    assert f"\npolars=={importlib.metadata.version('polars')}\n" in lock
    with pytest.raises(NotFound) as none:
        CliRunner().invoke(run_group, ["show", "r_2", "--patch"], catch_exceptions=False)
    assert none.value.why == "nothing was uncommitted"


def test_the_lock_is_what_python_finds() -> None:
    lines = surroundings.installed().splitlines()
    assert lines[0].startswith("# Python 3.")
    expected: dict[str, str] = {}
    for found in importlib.metadata.distributions():
        if str(getattr(found, "_path", "")).endswith(".dist-info"):
            name = found.metadata["Name"].lower().replace("_", "-").replace(".", "-")
            expected.setdefault(name, found.version)
    listed = dict(line.split("==") for line in lines[1:])
    assert {name.replace(".", "-"): version for name, version in listed.items()} == expected


@pytest.mark.parametrize("script", ["exit 9", "sleep 0; printf ''"])
def test_a_gpu_tool_that_says_nothing_is_no_gpu(
    script: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert surroundings.gpus() == ()
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    assert surroundings.gpus() == ()
