"""The whole line by keys alone, in a real terminal: from a CSV to an answer, forward and back.

Every key here is one that a person would press; every wait is for something that a person would
see. Nothing else touches the project until the program has ended.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import sample_data
from tests.terminal import Terminal, workbench
from workbench.project.project import init_project, open_project

pytestmark = [pytest.mark.real("tmux"), pytest.mark.timeout(600)]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project without anything in it, beside a CSV; what it left running is stopped afterwards."""
    monkeypatch.setenv("WORKBENCH_RUNNER_IDLE", "1")
    folder = tmp_path / "lab"
    init_project(folder, "lab")
    shutil.copy(sample_data.path("penguins"), folder / "penguins.csv")
    yield folder
    from workbench.serving import deployments

    project = open_project(folder, via="cli")
    for running in deployments.list_deployments(project, stopped=False):
        deployments.stop(project, running.id)
        deployments.wait(project, running.id, {"stopped"})


def test_from_a_csv_to_an_answer_and_back(root: Path) -> None:
    with Terminal(workbench(root), columns=100, rows=30, cwd=root) as terminal:
        terminal.wait("Nothing was done yet")
        bring_in(terminal)
        state_the_problem(terminal)
        train(terminal, "r_1", downs=0)
        train(terminal, "r_2", downs=2)
        compare(terminal)
        register_both(terminal)
        promote(terminal, "species@1", "first")
        deploy(terminal)
        ask(terminal, "species@1")
        promote(terminal, "species@2", "second")
        ask(terminal, "species@2")
        roll_back(terminal)
        ask(terminal, "species@1")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    history = open_project(root, via="cli").store.query(
        "SELECT action, number, reason FROM promotions ORDER BY seq"
    )
    assert [(row["action"], row["number"]) for row in history] == [
        ("promote", 1),
        ("promote", 2),
        ("rollback", 1),
    ]


def bring_in(terminal: Terminal) -> None:
    """Import the CSV: its path, what was sniffed, the button."""
    terminal.press("1")
    terminal.wait("No datasets yet")
    terminal.press("n")
    terminal.wait("path of a CSV or Parquet file")
    terminal.type("penguins.csv")
    terminal.press("Enter")
    terminal.wait("read as csv", "Torgersen", "bill_length_mm", "a new dataset")
    terminal.press("Enter", "Enter")
    terminal.wait("Imported penguins@1: 344 rows, 8 columns.")


def state_the_problem(terminal: Terminal) -> None:
    """Predict the species; good enough from 0.9."""
    terminal.press("3")
    terminal.wait("No experiment yet")
    terminal.press("n")
    terminal.wait("New experiment")
    terminal.type("species")
    terminal.press("Tab", "Tab", "Right")
    terminal.wait("String, 3 values", "multiclass", "macro_f1")
    terminal.press("Tab", "Tab", "Tab")
    terminal.type("0.9")
    terminal.wait("--threshold 0.9")
    terminal.press(*["Tab"] * 10, "Enter")
    terminal.wait("Wrote species.", "Experiments 1")


def train(terminal: Terminal, run: str, downs: int) -> None:
    """Start a run with the trainer that stands `downs` below the one under the cursor."""
    terminal.press("t")
    terminal.wait("which trainer?", "hgb", "linear")
    terminal.press(*["Down"] * downs, "Enter")
    terminal.wait("$ workbench run train species")
    terminal.press("Enter")
    terminal.wait(f"{run} ok: macro_f1", seconds=240)


def compare(terminal: Terminal) -> None:
    """Mark both runs and lay them side by side: only what differs, the best marked."""
    terminal.press("g", "Space", "Space", "c")
    shown = terminal.wait("Compare 2 runs", "learning_rate", "* ")
    assert "hgb" in shown
    assert "linear" in shown
    terminal.press("Escape")
    terminal.wait("Runs 2")


def register_both(terminal: Terminal) -> None:
    """Make each run's model a version; the first run is the lower one."""
    terminal.press("G")
    terminal.wait("r_1 hgb")
    terminal.press("m")
    terminal.wait("Register the model of r_1")
    terminal.press("Enter", "Enter", "Enter")
    terminal.wait("Registered r_1 as species@1.")
    terminal.press("g")
    terminal.wait("r_2 linear")
    terminal.press("m")
    terminal.wait("Register the model of r_2")
    terminal.press("Enter", "Enter", "Enter")
    terminal.wait("Registered r_2 as species@2.")


def promote(terminal: Terminal, version: str, reason: str) -> None:
    """Promote to production: the card, a reason, the name typed."""
    terminal.press("4")
    terminal.wait("Model versions 2")
    terminal.press("G" if version == "species@1" else "g")
    terminal.wait(f"{version}  multiclass")
    terminal.press("p")
    terminal.wait(f"Promote {version} to", "Environment", "production")
    terminal.press("G", "Enter")
    terminal.wait("What will change", "threshold", "pass", f"type {version} to go on")
    terminal.type(reason)
    terminal.press("Enter")
    terminal.type(version)
    terminal.press("Enter", "Enter")
    terminal.wait(f"{version} is promoted to production.", "Where it counts")


def deploy(terminal: Terminal) -> None:
    """Bring up an endpoint that follows production."""
    terminal.press("u")
    terminal.wait("Deploy species", "species@production", "--detach")
    terminal.press("Enter")
    terminal.wait("species is starting for species@production.")
    terminal.press("5")
    terminal.wait("● healthy", seconds=120)


def ask(terminal: Terminal, version: str) -> None:
    """Ask the endpoint once it answers with `version`, and read the answer."""
    terminal.press("5")
    terminal.wait("Answers         " + version, seconds=120)
    terminal.press("w")
    terminal.wait("Call species", "bill_length_mm", "Next row")
    terminal.press("Enter")
    answer = terminal.wait(f"{version}, ", "request ")
    assert "● Adelie" in answer, "the first row of the data is an Adelie"
    terminal.press("Escape")
    terminal.wait_gone("Next row")


def roll_back(terminal: Terminal) -> None:
    """Bring back what was there before: one key, its card, Enter."""
    terminal.press("4")
    terminal.wait("Model versions 2")
    terminal.press("b")
    terminal.wait("species@2 → species@1")
    terminal.press("Enter")
    terminal.wait("species@1 is back in production.")
