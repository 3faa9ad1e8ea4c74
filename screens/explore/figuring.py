"""The numbers behind the charts: counted in threads, the last ones kept, so that going back costs nothing."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.dom import DOMNode

from screens.explore.spec import Spec
from screens.feed import in_thread
from workbench.data.datasets import DatasetVersion
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from workbench.explore.contract import Figures
    from workbench.project.project import Project

KEPT = 48
"""Charts whose numbers are kept; each is small, however long its table."""


class Figuring:
    """Counts for the charts of one project. `numbers` may be called in any thread."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, Spec], Figures] = OrderedDict()
        self._lock = threading.Lock()

    def numbers(self, project: Project, version: DatasetVersion, spec: Spec) -> Figures:
        """Return the numbers of a chart. Blocks; raises BadInput for what cannot be drawn."""
        from workbench.explore.charts import figures

        key = (version.id, spec)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = figures(
            project,
            spec.kind,
            version,
            spec.columns,
            dict(spec.options),
            group=spec.group,
            where=spec.where,
        )
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    def count(
        self,
        node: DOMNode,
        version: DatasetVersion,
        spec: Spec,
        come: Callable[[Figures], object],
        failed: Callable[[WorkbenchError], object],
    ) -> None:
        """Count in a thread and give the numbers to `come` on the UI thread."""
        from screens.app import Workbench

        app = node.app
        assert isinstance(app, Workbench)
        project = app.project
        in_thread(
            node,
            lambda: self.numbers(project, version, spec),
            come,
            group="figures",
            failed=failed,
        )
