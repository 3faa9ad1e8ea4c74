"""The list of charts that are worth a look, with their reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from screens.explore.spec import Spec
from screens.feed import in_thread
from screens.text import Styled
from screens.widgets.pane import ListPane
from screens.widgets.source import Column, MemorySource, Row
from screens.widgets.table import Table
from workbench.data.datasets import DatasetVersion
from workbench.errors import WorkbenchError
from workbench.project.project import Project

if TYPE_CHECKING:
    from workbench.explore.suggest import Advice
    from workbench.explore.suggestion import Suggestion

COLUMNS = (
    Column("kind", "Chart", cap=12),
    Column("of", "Of", cap=40),
    Column("why", "Why", cap=90, grow=True),
)


def source(advice: Advice) -> MemorySource:
    """Return the suggestions as rows; the key is the place in the list."""
    rows = [
        Row(str(at), (one.kind, words(one), Styled(one.why, "muted")))
        for at, one in enumerate(advice.charts)
    ]
    return MemorySource(COLUMNS, rows)


def words(one: Suggestion) -> str:
    """Return what a suggested chart is of."""
    return spec_of(one).words


def spec_of(one: Suggestion) -> Spec:
    """Return a suggestion as a chart of the grid."""
    return Spec(one.kind, one.columns, one.group, "", tuple(one.options.items()))


class Suggestions(ListPane):
    """What stands out in one version, looked for once for it and the target of its experiments."""

    def __init__(self, title: str) -> None:
        looking = "v comes here: looking for what is worth a look …"
        super().__init__(title, Table(empty=looking, markable=False, fixed=0))
        self._of = ""
        self._charts: tuple[Suggestion, ...] = ()

    def drop(self) -> None:
        """Take the list away: another version is shown."""
        self._charts, self._of = (), ""
        self.table.load(MemorySource((), ()))

    def look(self, project: Project, version: DatasetVersion, target: str) -> None:
        """Look for what is worth a look, unless that was done for this version and target."""
        from workbench.explore.suggest import advise

        wanted = f"{version.id} {target}"
        if wanted == self._of:
            return
        self._of = wanted

        def come(advice: Advice) -> None:
            if self._of != wanted:
                return  # another version is shown by now
            self._charts = advice.charts
            self.table.empty = "Nothing stands out in this table."
            self.remark = f"for {target}" if target else ""
            self.table.load(source(advice), key="0")
            self.retitle()

        def failed(error: WorkbenchError) -> None:
            self._of = ""
            self.table.empty = f"{error.what}: {error.why}"
            self.table.load(MemorySource((), ()))

        in_thread(
            self, lambda: advise(project, version, target), come, group="advice", failed=failed
        )

    @property
    def pointed(self) -> Suggestion | None:
        """The suggestion under the cursor."""
        at = int(self.table.key or 0)
        return self._charts[at] if at < len(self._charts) else None

    def offers(self, spec: Spec) -> bool:
        """Tell whether a chart is one of the suggestions as it stands."""
        return any(spec_of(one) == spec for one in self._charts)
