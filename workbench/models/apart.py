"""How a process that loads a model talks: work comes on stdin, the answer or what is wrong on stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from workbench.errors import WorkbenchError

Work = TypeVar("Work")


def answer(
    kind: type[Work], act: Callable[[Work], Any], *, cannot: str = "", where: bool = False
) -> int:
    """Do the work and write what `act` returns as JSON; return the exit status.

    Whatever goes wrong is the last line, and the status is 1: a refusal as its sentence (with its place
    if `where`), anything else, which the model's own code raised, behind what it `cannot` do.
    """
    work = msgspec.json.decode(sys.stdin.buffer.read(), type=kind)
    try:
        found = act(work)
    except WorkbenchError as error:
        place = f" ({error.where})" if where else ""
        sys.stdout.write(f"{error.what}{place}: {error.why}\n")
        return 1
    except Exception as error:  # noqa: BLE001  # a model's code may raise anything
        line = str(error).partition("\n")[0]
        sys.stdout.write(f"{cannot}{type(error).__name__}: {line}\n")
        return 1
    sys.stdout.buffer.write(msgspec.json.encode(found))
    return 0
