"""The inputs of a model as fields of a form: typed, prefilled, empty meaning null."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from screens.widgets import fields
from workbench.errors import BadInput
from workbench.training.signature import Field, Signature

NULL = "(null)"
"""How a choice says that no value is given."""


def form_fields(signature: Signature, row: Mapping[str, Any]) -> list[fields.Field]:
    """Return a form's field for each input, prefilled from `row`.

    Their names are `input_0` and on: a column may have any name, a field not.
    """
    return [
        _field(f"input_{at}", field, row.get(field.name))
        for at, field in enumerate(signature.inputs)
    ]


def as_row(signature: Signature, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form gave as column → value; inputs left empty are left out, they are null."""
    found = {field.name: values.get(f"input_{at}") for at, field in enumerate(signature.inputs)}
    return {name: value for name, value in found.items() if value is not None}


def text_of(value: Any) -> str:
    """Write a value as a person types it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    return str(value)


def _field(name: str, field: Field, value: Any) -> fields.Field:
    words = field.type if field.required else f"{field.type} or empty"
    text = text_of(value)
    choices = ("true", "false") if field.type == "bool" else field.categories
    if (
        field.type not in {"bool", "str"}
        or not choices
        or NULL in choices
        or text not in {*choices, ""}
    ):
        return fields.Field(
            name,
            field.name,
            words,
            default=text,
            required=field.required,
            parse=_PARSERS[field.type],
        )
    if not field.required:
        choices = (*choices, NULL)
    return fields.Field(
        name,
        field.name,
        f"{len(choices)} values" if field.type == "str" else field.type,
        kind="choice",
        default=text or (choices[0] if field.required else NULL),
        choices=choices,
        parse=lambda chosen: None if chosen == NULL else _PARSERS[field.type](chosen),
    )


def _wrong(text: str, wanted: str) -> BadInput:
    return BadInput(
        f"{text[:40]} is not {wanted}",
        why=f"expected {wanted}",
        fix="Correct it, or leave it empty where it may be null",
        code="call.value",
    )


def _int(text: str) -> int | None:
    try:
        found = int(text) if text.strip() else None
    except ValueError:
        raise _wrong(text, "a whole number") from None
    if found is not None and not -(2**63) <= found < 2**63:
        raise _wrong(text, "a whole number of 64 bits")
    return found


def _float(text: str) -> float | None:
    from math import isfinite

    try:
        found = float(text) if text.strip() else None
    except ValueError:
        raise _wrong(text, "a number") from None
    if found is not None and not isfinite(found):
        raise _wrong(text, "a finite number")
    return found


def _bool(text: str) -> bool | None:
    if not text.strip():
        return None
    if text.strip().lower() not in {"true", "false"}:
        raise _wrong(text, "true or false")
    return text.strip().lower() == "true"


def _str(text: str) -> str | None:
    return text or None


def _date(text: str) -> str | None:
    try:
        return date.fromisoformat(text.strip()).isoformat() if text.strip() else None
    except ValueError:
        raise _wrong(text, "a date like 2026-12-31") from None


def _datetime(text: str) -> str | None:
    try:
        return datetime.fromisoformat(text.strip()).isoformat() if text.strip() else None
    except ValueError:
        raise _wrong(text, "a time like 2026-12-31T23:59:00") from None


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "int": _int,
    "float": _float,
    "bool": _bool,
    "str": _str,
    "date": _date,
    "datetime": _datetime,
}
