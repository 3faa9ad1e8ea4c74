"""Completion in real shells: bash, zsh and fish in a real terminal, and names that would like to run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from terminal import Terminal

from workbench.project.project import init_project
from workbench.records.data import Column, DatasetVersionAdded, Origin

BIN = Path(sys.executable).parent
COLUMNS = ("origin", "zz$(touch pwned)", "yy`touch pwned`", "xx;touch pwned", "ww*", "vv a")


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """A project whose columns would run a command in a shell that evaluates them."""
    root = tmp_path / "lab"
    project = init_project(root, "lab")
    project.store.append(
        DatasetVersionAdded(
            id="01K7" + "0" * 22,
            dataset="flights",
            number=1,
            object="0" * 64,
            content="c1:" + "0" * 64,
            rows=9,
            bytes=9,
            columns=tuple(Column(name, "String") for name in COLUMNS),
            origin=Origin(source="csv", place="x.csv"),
        )
    )
    return root


def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        **{name: os.environ[name] for name in os.environ if name.startswith("XDG_")},
    }


def start(shell: str, tmp_path: Path) -> list[str]:
    """Return the command that starts `shell` as a person would have set it up."""
    if shell == "bash":
        (tmp_path / "rc").write_text("PS1='ready> '\nsource <(workbench completion bash)\n")
        return ["bash", "--rcfile", str(tmp_path / "rc"), "-i"]
    if shell == "zsh":
        (tmp_path / ".zshrc").write_text(
            "PS1='ready> '\nautoload -Uz compinit && compinit -u\nsource <(workbench completion zsh)\n"
        )
        return ["zsh", "-i"]
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "fish"
    folder.mkdir(parents=True)
    (folder / "config.fish").write_text(
        "function fish_prompt; echo -n 'ready> '; end\nset -U fish_greeting\n"
        "workbench completion fish | source\n"
    )
    return ["fish", "-i"]


@pytest.mark.parametrize(
    "shell",
    [pytest.param(name, marks=pytest.mark.real("tmux", name)) for name in ("bash", "zsh", "fish")],
)
def test_a_shell_completes_and_runs_nothing(shell: str, lab: Path, tmp_path: Path) -> None:
    with Terminal(
        start(shell, tmp_path), columns=120, env=environment(tmp_path), cwd=lab
    ) as terminal:
        terminal.wait("ready>")
        terminal.type("workbench comp")
        terminal.press("Tab")
        terminal.wait("workbench completion")
        clear(terminal)
        terminal.type("workbench data show flights@")
        terminal.press("Tab")
        terminal.wait("data show flights@1")
        clear(terminal)
        signs = {"zz": "$", "yy": "`", "xx": ";", "vv": " "}
        if shell == "fish":
            signs["yy"] = "touch"  # a backtick means nothing there
        for column, sign in signs.items():
            terminal.type(f"workbench explore chart histogram flights {column}")
            terminal.press("Tab")
            terminal.until(lambda c=column, s=sign: written(terminal, c, s), column)
            terminal.press("Enter")
            terminal.wait("is missing")  # the column came as one word; its table is not there
            terminal.press("C-l")
            terminal.until(lambda: "is missing" not in terminal.text(), "a clear screen")
    assert not (lab / "pwned").exists()


def clear(terminal: Terminal) -> None:
    """Delete what is written: a key, which waits its turn, where ctrl-c is lost on a shell at work."""
    terminal.press("C-u")
    terminal.wait_gone("workbench ")


def written(terminal: Terminal, column: str, sign: str) -> bool:
    """Tell whether the line has the rest of the column, its sign made harmless."""
    return any(f"{column}{mark}{sign}" in terminal.text() for mark in ("\\", "'", "`"))
