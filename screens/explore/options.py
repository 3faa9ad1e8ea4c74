"""The options of a chart, asked for by a form made of the chart's own declarations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from screens.explore.chart import KIND
from screens.modals.form import FormModal, Values
from screens.widgets.fields import from_option
from workbench.data.datasets import DatasetVersion
from workbench.explore.charts import find_chart
from workbench.options import Value


def options_form(version: DatasetVersion, column: str, now: Mapping[str, Value]) -> FormModal:
    """Return the form; it gives those options that differ from their defaults."""
    options = find_chart(KIND).options
    fields = [
        replace(from_option(option), default=_typed(now.get(option.name, option.default)))
        for option in options
    ]
    plain = {option.name: option.default for option in options}

    def changed(values: Values) -> dict[str, Value]:
        return {name: value for name, value in values.items() if value != plain[name]}

    def command(values: Values) -> list[str]:
        argv = ["explore", "chart", KIND, version.reference, column]
        for name, value in changed(values).items():
            argv += ["-P", f"{name}={_typed(value)}"]
        return argv

    return FormModal(f"How {column} is drawn", fields, changed, verb="Draw", command=command)


def _typed(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
