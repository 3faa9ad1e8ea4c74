"""`workbench model evaluate`: an imported model measured on rows of a dataset version."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.base import Context, common, table
from workbench.cli.model_evidence import bounds
from workbench.cli.model_text import evaluated_line, figure
from workbench.training.metrics import HIGH, LOW

if TYPE_CHECKING:
    from workbench.models.evaluated import Evaluation


@click.command()
@click.argument("version")
@click.argument("dataset")
@click.option(
    "--experiment",
    default="",
    help="Its problem counts: target, metric, threshold and guardrails.",
)
@click.option(
    "--target", default="", metavar="COLUMN", help="The truth (default: as the model says)."
)
@click.option(
    "--positive", default="", metavar="CLASS", help="The class that the figures are about."
)
@common
def evaluate(
    context: Context, version: str, dataset: str, experiment: str, target: str, positive: str
) -> None:
    """Measure an imported VERSION on the rows of DATASET (flights@3), for its gates to judge by.

    Figures with bootstrap intervals are recorded as evidence; rows that the model was trained on make
    them too good. The file is loaded apart, without secrets; one that may run code never is.
    """
    from workbench.models.evaluation import evaluate as act

    made = act(
        context.project, version, dataset, experiment=experiment, target=target, positive=positive
    )
    context.answer("model.evaluate@1", made, lambda: _text(version, made))


def _text(version: str, made: Evaluation) -> str:
    rows = [
        (name, figure(value), bounds(made.metrics.get(LOW + name), made.metrics.get(HIGH + name)))
        for name, value in made.metrics.items()
        if "." not in name
    ]
    shown = table(("METRIC", version, "95 %"), rows, right=(version, "95 %"))
    return f"{evaluated_line(made)}\n{shown}"
