"""A row that a signature allows: what a model is tried with before anybody's rows come."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from workbench.models.contract import Field, Signature

_PLAIN: dict[str, Any] = {
    "int": 0,
    "float": 0.0,
    "bool": False,
    "str": "",
    "date": date(2000, 1, 1),
    "datetime": datetime(2000, 1, 1),  # noqa: DTZ001  # the tables hold UTC without a zone
}


def example_row(signature: Signature) -> dict[str, list[Any]]:
    """Return one value for each input: of words one that training saw if any are listed, else a plain one."""
    return {field.name: [_value(field)] for field in signature.inputs}


def _value(field: Field) -> Any:
    if field.categories and field.type == "str":
        return field.categories[0]
    return _PLAIN[field.type]
