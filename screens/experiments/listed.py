"""The runs as a table's source: DuckDB filters and sorts, and pages are read as they are looked at."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from screens.experiments.rows import Shelf, column_names, columns, row
from screens.widgets.source import PAGE, Column, Row, Sort
from workbench.experiments.listing import Order, RunList, arrange_runs, known_names, read_runs
from workbench.experiments.naming import Known
from workbench.experiments.rows import RunRow
from workbench.links import parse_numbered

if TYPE_CHECKING:
    from workbench.project.project import Project


class Names:
    """The names of metrics and parameters, asked for once for each state of the journal."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._lock = threading.Lock()
        self._known: tuple[object, Known] | None = None

    def known(self) -> Known:
        """Return the names (in a thread)."""
        with self._lock:
            mark = self._project.store.changed()
            if self._known is None or self._known[0] != mark:
                self._known = (mark, known_names(self._project))
            return self._known[1]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a list of runs is made from."""

    project: Project
    names: Names
    shelf: Shelf
    now: datetime
    shown: tuple[str, ...] = ()
    """The columns that were chosen; empty: the usual ones."""


class RunsSource:
    """The runs, newest first unless sorted; the key of a row is the run's reference.

    Which runs there are, and in which order, is asked once; each page is read when it is needed.
    """

    def __init__(self, setting: Setting, sort: Sort | None = None, filter_text: str = "") -> None:
        self.setting, self._sort, self._filter = setting, sort, filter_text
        self._names = setting.shown or tuple(column_names(setting.shelf))
        self.columns: Sequence[Column] = columns(self._names)
        self._list: RunList | None = None
        self.runs: dict[str, RunRow] = {}
        """The runs read so far, by reference."""

    def _numbers(self) -> array[int]:
        return self._asked().numbers

    def _asked(self) -> RunList:
        if self._list is None:
            setting, sort = self.setting, self._sort
            self._list = arrange_runs(
                setting.project,
                filter_text=self._filter,
                order=Order(sort.column, sort.descending) if sort else None,
                experiment=setting.shelf.scope,
                now=setting.now,
                known=setting.names.known() if self._filter else None,
            )
        return self._list

    def count(self) -> int:
        """How many rows there are."""
        return len(self._numbers())

    def total(self) -> int:
        """How many rows there are without the filter."""
        return self._asked().total

    def page(self, number: int) -> Sequence[Row]:
        """Read a page; a run that was deleted meanwhile is left out."""
        setting = self.setting
        found = read_runs(setting.project, self._numbers()[number * PAGE : (number + 1) * PAGE])
        self.runs.update({run.reference: run for run in found})
        return [row(run, self._names, setting.shelf, setting.now) for run in found]

    def position(self, key: str) -> int | None:
        """Where a run is."""
        number = parse_numbered(key, "r")
        try:
            return None if number is None else self._numbers().index(number)
        except ValueError:
            return None

    def arranged(self, sort: Sort | None, filter_text: str) -> RunsSource:
        """Return the rows sorted and filtered; what is wrong with the filter is told by `count`."""
        known = sort if sort and any(sort.column == name for name in self._names) else None
        return RunsSource(self.setting, known, filter_text)
