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
    """A project without anything in it, beside tables; what it left running is stopped afterwards."""
    monkeypatch.setenv("WORKBENCH_RUNNER_IDLE", "1")
    folder = tmp_path / "lab"
    init_project(folder, "lab")
    for table in ("penguins", "speeches"):
        shutil.copy(sample_data.path(table), folder / f"{table}.csv")
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
    terminal.wait("path of a table")
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


def test_a_text_is_classified_from_import_to_live(root: Path) -> None:
    """Whose party is it? Whole speeches are held out; the card is read before anything is promoted."""
    with Terminal(workbench(root), columns=100, rows=30, cwd=root) as terminal:
        terminal.wait("Nothing was done yet")
        bring_in_speeches(terminal)
        ask_for_the_party(terminal)
        terminal.press("t")
        terminal.wait("which trainer?", "linear")
        terminal.press("Down", "Down", "Enter")
        terminal.wait("$ workbench run train party --trainer linear")
        terminal.press("Enter")
        terminal.wait("r_1 ok: roc_auc", seconds=240)
        terminal.press("m")
        terminal.wait("Register the model of r_1")
        terminal.press("Enter", "Enter", "Enter")
        terminal.wait("Registered r_1 as party@1.")
        read_the_card(terminal)
        terminal.press("u")
        terminal.wait("Deploy party", "party@production")
        terminal.press("Enter")
        terminal.wait("party is starting for party@production.")
        terminal.press("5")
        terminal.wait("Answers         party@1", seconds=120)
        terminal.press("w")
        terminal.wait("Call party", "paragraph", "Next row")
        terminal.press("Enter")
        terminal.wait("party@1, ", "● Republican", "request ")
        terminal.press("Escape")
        terminal.wait_gone("Next row")
        terminal.press("q")
        assert terminal.wait_exit() == 0


def bring_in_speeches(terminal: Terminal) -> None:
    """Import the table with a column of text."""
    terminal.press("1")
    terminal.wait("No datasets yet")
    terminal.press("n")
    terminal.wait("path of")
    terminal.type("speeches.csv")
    terminal.press("Enter")
    terminal.wait("read as csv", "paragraph", "a new dataset")
    terminal.press("Enter", "Enter")
    terminal.wait("Imported speeches@1: 5,000 rows, 6 columns.")


def ask_for_the_party(terminal: Terminal) -> None:
    """Predict the party from the paragraph alone; no speech is on both sides of the split."""
    terminal.press("3")
    terminal.wait("No experiment yet")
    terminal.press("n")
    terminal.wait("New experiment", "String, 2 values", "binary", "roc_auc")
    terminal.type("party")
    terminal.press(*["Tab"] * 5)
    terminal.type("0.7")
    terminal.press(*["Tab"] * 4)
    terminal.type("date,president,spoken")
    terminal.press("Tab", "Right", "Right", "Right")
    terminal.wait("‹ group ›")
    terminal.press("Tab", "Right")
    terminal.wait("--split-column speech")
    terminal.press(*["Tab"] * 4, "Enter")
    terminal.wait("Wrote party.", "Experiments 1")


def read_the_card(terminal: Terminal) -> None:
    """Read what speaks for the version, then promote it: gate, bounds, baseline, the file, the name."""
    terminal.press("4")
    terminal.wait("Model versions 1", "party@1  binary", "0.7000  ✓ reached", "baseline")
    terminal.press("p")
    terminal.wait("Promote party@1 to", "Environment", "production")
    terminal.press("G", "Enter")
    terminal.wait("What will change", "threshold", "pass", "type party@1 to go on")
    terminal.type("tells them apart")
    terminal.press("Enter")
    terminal.type("party@1")
    terminal.press("Enter", "Enter")
    terminal.wait("party@1 is promoted to production.", "Where it counts")
