"""What a training job leaves in `out/result.json` for whoever fetches it."""

from __future__ import annotations

import msgspec

from workbench.records.runs import MetricFigures

RESULT = "result.json"


class ModelFile(msgspec.Struct, frozen=True, kw_only=True):
    """The fitted model: file name in `out/`, format plugin's name, content digest, signature as JSON."""

    file: str
    format: str
    content: str
    signature: str


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """Figures and files of a finished run. File names are relative to `out/`.

    `metrics` holds the test rows' figures by plain name, those over the folds under `cv.` and
    `cv_std.`, the baseline's under `dummy.` (see training/metrics.py).
    """

    v: int = 1
    metrics: dict[str, MetricFigures]
    model: ModelFile | None
    report: str
    artifacts: tuple[str, ...] = ()
