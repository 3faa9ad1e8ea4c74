"""A project with something to train in seconds, for tests of where and how training runs."""

from __future__ import annotations

from pathlib import Path

from workbench.data import datasets
from workbench.experiments import experiments
from workbench.project.project import Project, init_project
from workbench.training.work import Problem, Split


def late_project(root: Path, rows: int = 120, folds: int = 2) -> Project:
    """Return a new project with a table `rows` and the experiment `late` on it, which one can learn."""
    made = init_project(root, root.name)
    file = root.parent / "rows.csv"
    lines = [f"{(i * 37) % 61},{'late' if (i * 37) % 61 > 30 else 'ok'}" for i in range(rows)]
    file.write_text("x,y\n" + "\n".join(lines) + "\n")
    datasets.add(made, file, name="rows")
    problem = Problem(
        goal="Know late ones", dataset="rows", target="y", task="binary", metric="roc_auc",
        direction="maximize", split=Split(folds=folds),
    )  # fmt: skip
    experiments.new_experiment(made, "late", problem)
    return made
