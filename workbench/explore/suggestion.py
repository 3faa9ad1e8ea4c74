"""A chart that is worth a look, and why."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from workbench.options import Value

Ties = Mapping[tuple[str, str], float]
"""How strongly two columns go together, from -1 to 1 (or 0 to 1 where words take part), both ways round."""


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A chart by its kind, columns, group and options, with the reason; the best have the most weight."""

    kind: str
    columns: tuple[str, ...]
    why: str
    weight: float
    group: str = ""
    options: dict[str, Value] = {}

    @property
    def words(self) -> tuple[str, ...]:
        """The chart as words after `workbench explore chart KIND DATASET`."""
        words = [*self.columns, *(["--group", self.group] if self.group else [])]
        for name, value in self.options.items():
            words += ["-P", f"{name}={str(value).lower() if isinstance(value, bool) else value}"]
        return tuple(words)
