"""The costly parts of a card: asked one after the other in a thread, shown as they come, kept while open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual.worker import get_current_worker

from workbench.models.datashape import TrainingShape, training_shape
from workbench.models.evidence import told
from workbench.models.latency import Latency, latency
from workbench.models.paired import RowComparison, compare_rows

if TYPE_CHECKING:
    from workbench.project.project import Project


@dataclass
class Parts:
    """What is known so far of a version against another (`base`, empty for none); None is to come."""

    version: str
    base: str
    reference: str
    base_reference: str
    rows: RowComparison | None = None
    shape: TrainingShape | None = None
    latency: Latency | None = None
    live_latency: Latency | None = None
    stopped: bool = False
    """Something went wrong that nobody foresaw: it was said, and is not tried again and again."""

    def next(self, project: Project) -> tuple[str, Callable[[], Any]] | None:
        """Return the name of the next part that is to come, and what asks for it (in a thread)."""
        if self.stopped:
            return None
        if self.base and self.rows is None:
            return "rows", lambda: compare_rows(project, self.base, self.version)
        if self.base and self.shape is None:
            return "shape", lambda: training_shape(project, self.base, self.version)
        if self.latency is None:
            return "latency", lambda: _latency(project, self.version, self.reference)
        if self.base and self.live_latency is None:
            return "live_latency", lambda: _latency(project, self.base, self.base_reference)
        return None


def _latency(project: Project, version: str, reference: str) -> Latency:
    """Measure, or read what was measured; ended when the screens are left meanwhile."""
    worker = get_current_worker()
    return told(lambda: latency(project, version, cancelled=lambda: worker.is_cancelled), reference)
