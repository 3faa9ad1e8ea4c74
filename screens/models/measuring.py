"""An imported version is measured on a table: its form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens.experiments.figures import figure
from screens.modals.form import FormModal, Values
from screens.models.loading import VersionRow
from screens.text import count
from screens.widgets.fields import Field
from workbench.models.evaluated import Evaluation
from workbench.models.evaluation import evaluate

if TYPE_CHECKING:
    from workbench.project.project import Project

DATASET = "DATASET"
"""Stands in the command as long as no table was named."""


def measure_command(row: VersionRow, values: Values | None = None) -> tuple[str, ...]:
    """Return the act on the command line."""
    given = {name: str(text).strip() for name, text in (values or {}).items()}
    argv = ["model", "evaluate", row.reference, given.get("dataset") or DATASET]
    for name in ("experiment", "target", "positive"):
        argv += [f"--{name}", given[name]] if given.get(name) else []
    return tuple(argv)


class MeasureForm(FormModal):
    """Which table, and what its figures are to be judged by."""

    DEFAULT_CSS = """
    MeasureForm _Line > .label { width: 12; }
    MeasureForm _Line > TextField { width: 1fr; }
    MeasureForm _Line > .words { width: 1fr; }
    """

    def __init__(self, project: Project, row: VersionRow) -> None:
        def apply(values: Values) -> Evaluation:
            given = {name: str(text).strip() for name, text in values.items()}
            return evaluate(
                project,
                row.id,
                given["dataset"],
                experiment=given["experiment"],
                target=given["target"],
                positive=given["positive"],
            )

        def outcome(made: Evaluation) -> str:
            value = figure(made.metrics.get(made.metric))
            return f"{row.reference} has {made.metric} {value} on {count(made.rows)} rows of {made.dataset}."

        super().__init__(
            f"Measure {row.reference}",
            [
                Field("dataset", "dataset", "its rows: flights@2", required=True),
                Field("experiment", "experiment", "whose problem it is, if any"),
                Field("target", "target", "empty: as it is told"),
                Field("positive", "positive", "class of the figures, if two"),
            ],
            apply,
            verb="Measure",
            intro="Rows that the model was trained on make its figures too good: name others.",
            command=lambda values: measure_command(row, values),
            outcome=outcome,
        )
