"""A report as data: `report.json` of a run, from which Markdown, HTML and the terminal's pictures are made.

Read for ever: only add fields, with defaults. Texts are as they came; whoever writes them cleans them.
"""

from __future__ import annotations

import msgspec

from workbench.numbers import Figure
from workbench.options import Value

REPORT = "report.json"
PAGE = "report.html"
"""The artifacts' names."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One metric: on the test rows with its 95 % interval, of the baseline, over the folds.

    `gain_low` to `gain_high` is by how much it is better than the baseline (paired bootstrap): more
    than 0 is better, whatever the direction.
    """

    metric: str
    title: str
    direction: str
    test: Figure
    low: Figure
    high: Figure
    baseline: Figure
    gain_low: Figure
    gain_high: Figure
    folds: Figure
    spread: Figure

    @property
    def beats(self) -> bool:
        """Whether it is shown to be better than the baseline."""
        return float(self.gain_low) > 0


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """A curve within the unit square: `roc` (false positive rate, recall) or `precision_recall`."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of about one predicted probability: its mean, and the share that came true."""

    predicted: float
    observed: float
    rows: int


class Confusion(msgspec.Struct, frozen=True, kw_only=True):
    """How often each true class (down) was predicted as each (across); the commonest classes."""

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    of: int


class Residuals(msgspec.Struct, frozen=True, kw_only=True):
    """True minus predicted: rows between edges, and values at quantiles (share → value)."""

    edges: tuple[float, ...]
    rows: tuple[int, ...]
    quantiles: tuple[tuple[float, float], ...]


class Importance(msgspec.Struct, frozen=True, kw_only=True):
    """How much worse the main metric becomes when a column's values are shuffled: mean, deviation."""

    column: str
    mean: Figure
    spread: Figure


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """Test rows where a column has a value or lies in a range: the main metric there."""

    column: str
    value: str
    rows: int
    test: Figure
    low: Figure
    high: Figure
    worse: bool
    """Whether the interval lies wholly on the worse side of the figure of all rows."""


class Rail(msgspec.Struct, frozen=True, kw_only=True):
    """A guardrail, or the threshold itself, and what the run reached."""

    metric: str
    threshold: float
    test: Figure
    low: Figure
    high: Figure
    holds: bool
    main: bool = False


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A column of the table: the feature made of it (or why none is), null shares in training and test."""

    name: str
    kind: str
    why: str = ""
    train_null: float | None = None
    test_null: float | None = None


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """The rows and how they were dealt out."""

    rows: int
    without_target: int
    train: int
    test: int
    share: float
    method: str
    column: str | None
    folds: int
    seed: int
    parts: tuple[Part, ...]
    features: int
    """How many numbers the columns make."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a report tells. Lists are empty, and records None, where the task has none."""

    v: int = 1
    run: str
    experiment: str
    goal: str
    dataset: str
    content: str
    task: str
    target: str
    positive: str = ""
    metric: str
    direction: str
    trainer: str
    trainer_title: str
    params: dict[str, Value]
    seed: int
    lines: tuple[Line, ...]
    rails: tuple[Rail, ...] = ()
    curves: tuple[Curve, ...] = ()
    calibration: tuple[Bin, ...] = ()
    confusion: Confusion | None = None
    residuals: Residuals | None = None
    importances: tuple[Importance, ...] = ()
    importance_rows: int = 0
    slices: tuple[Slice, ...] = ()
    slices_seen: int = 0
    smallest_slice: int = 0
    data: Data
    seconds: float
    runtime: dict[str, str]
    machine: dict[str, str]
    reproduce: tuple[str, ...]
    """The run as arguments of `workbench`."""

    @property
    def main(self) -> Line:
        """The line of the metric that runs are judged by."""
        return next(line for line in self.lines if line.metric == self.metric)


def decode_report(data: bytes) -> Report:
    """Read a report. Raises msgspec.DecodeError."""
    return msgspec.json.decode(data, type=Report)
