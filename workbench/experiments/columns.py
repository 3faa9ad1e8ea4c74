"""Columns of a list of runs, by name: facts, `metric.NAME`, `param.NAME`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from workbench.errors import BadInput
from workbench.experiments.listing import METRIC, PARAM
from workbench.experiments.naming import Known, matches
from workbench.experiments.rows import RunRow
from workbench.numbers import Figure
from workbench.options import Value

FACTS = (
    "run", "state", "trainer", "seed", "time", "on", "experiment", "data", "tag", "when", "who",
)  # fmt: skip
"""What a run has beside metrics and parameters."""


def column_names(text: str, known: Known) -> tuple[str, ...]:
    """Read `run,state,auc,lr`: facts, metrics and parameters by name or a part that one alone has.

    Raises BadInput, with what is known, for a name that means none or several.
    """
    found: list[str] = []
    for given in text.split(","):
        name = given.strip()
        if name.lower() in FACTS:
            found.append(name.lower())
            continue
        means = matches(name, known) if name else []
        if len(means) != 1:
            many = ", ".join(f"{kind}.{one}" for kind, one in means[:8])
            own = [one for one in known.metrics if "." not in one]
            raise BadInput(
                f"{name[:40] or 'Nothing'} is no column"
                if not means
                else f"{name[:40]} means several",
                where="columns",
                why=many or "known: " + ", ".join([*FACTS, *own[:20], *known.params[:20]]),
                fix="Name columns with commas between them, such as run,state,trainer",
                code="run.columns",
            )
        kind, one = means[0]
        found.append((METRIC if kind == "metric" else PARAM) + one)
    return tuple(dict.fromkeys(found))


def value_of(run: RunRow, name: str) -> Value | Figure | datetime | Sequence[str]:
    """Return what stands in a column; None for what the run has not."""
    if name.startswith(METRIC):
        return run.metrics.get(name.removeprefix(METRIC))
    if name.startswith(PARAM):
        return run.params.get(name.removeprefix(PARAM))
    facts: dict[str, Value | datetime | Sequence[str]] = {
        "run": run.reference, "state": run.state, "trainer": run.trainer, "seed": run.seed,
        "time": run.seconds, "on": run.target, "experiment": run.experiment, "data": run.dataset,
        "tag": run.tags, "when": run.created_at, "who": run.created_by,
    }  # fmt: skip
    return facts[name]
