"""What goes into a fitted model and what comes out: written by training, read by models and serving."""

from __future__ import annotations

import msgspec


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One input or output column of a model.

    `type` is one of int, float, bool, str, date, datetime; `required` false means that null is
    accepted; `categories` are the values seen in training, when they are few (at most 50). `text`
    tells that a str is read word by word. `unit` says what a number counts, where the table had more than
    a number there: `seconds`, or `seconds since midnight`.
    """

    name: str
    type: str
    required: bool = False
    categories: tuple[str, ...] = ()
    text: bool = False
    unit: str = ""


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """What goes in and comes out. Outputs: `prediction`, and `probability_CLASS` for classifiers."""

    task: str
    target: str
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    classes: tuple[str, ...] = ()
