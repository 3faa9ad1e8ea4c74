"""What a training job is told: the problem, the data's name and digest, the trainer and its values."""

from __future__ import annotations

from typing import Literal

import msgspec

from workbench.options import Value
from workbench.training.contract import Task

Direction = Literal["maximize", "minimize"]
"""Whether more of a metric is better."""

Method = Literal["stratified", "random", "time", "group"]
"""How rows are dealt out: with the target's shares kept (of a number: of its tenths), freely, the
newest to test, or whole groups to one side."""

BY_COLUMN = ("time", "group")
"""The methods that need a column."""


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """How rows are dealt out: `test` is the share held out, `folds` are made of the others.

    `column` tells a row's time, or its group, where the method goes by these.
    """

    method: Method = "stratified"
    test: float = 0.2
    folds: int = 5
    seed: int = 0
    column: str | None = None

    def __post_init__(self) -> None:
        """Refuse shares and counts that leave nothing to fit or nothing to test."""
        if not 0.01 <= self.test <= 0.9:
            raise ValueError("test: expected a share from 0.01 to 0.9")
        if not 2 <= self.folds <= 50:
            raise ValueError("folds: expected 2 to 50")
        if not 0 <= self.seed < 2**32:
            raise ValueError("seed: expected 0 to 4294967295")
        if self.method in BY_COLUMN and not self.column:
            raise ValueError(f"column: expected one that tells a row's {self.method}")
        if self.method not in BY_COLUMN and self.column is not None:
            raise ValueError(f"column: a {self.method} split goes by none")


class Guardrail(msgspec.Struct, frozen=True, kw_only=True):
    """Another metric that has to hold on the test rows: at least, or at most, its `threshold`."""

    metric: str
    threshold: float


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A problem statement: what is to be predicted, from which data, and when it is good enough.

    `positive` is the class that the figures of a binary problem are about (as text; left out: the
    last one in sorted order). `drop` are columns that no feature may be made of. `threshold` is
    what `metric` on the test rows must reach, in the sense of `direction`.
    """

    goal: str
    dataset: str
    target: str
    task: Task
    metric: str
    direction: Direction
    threshold: float | None = None
    positive: str | None = None
    drop: tuple[str, ...] = ()
    guardrails: tuple[Guardrail, ...] = msgspec.field(default=(), name="guardrail")
    split: Split = Split()


class TrainWork(msgspec.Struct, frozen=True, kw_only=True):
    """The `work` of a training job's spec.

    `run` is the run's ULID, `dataset` reads `flights@3`, `content` is that version's identity.
    `trainer` and `format` are plugin references (`plugins.trainers.hgb:TRAINER`).
    """

    run: str
    experiment: str
    problem: Problem
    dataset: str
    content: str
    trainer: str
    format: str
    params: dict[str, Value]
    seed: int
