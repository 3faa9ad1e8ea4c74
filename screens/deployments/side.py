"""Beside the list of deployments: how the one under the cursor goes, its log, what it predicted."""

from __future__ import annotations

from datetime import datetime

from screens.deployments import rows, traffic
from screens.deployments.endpoint import Endpoint, curl
from screens.feed import in_thread
from screens.widgets.detail import Detail
from screens.widgets.logpane import LogPane
from screens.widgets.logview import LogView
from screens.widgets.pane import ListPane, Pane
from screens.widgets.source import MemorySource
from screens.widgets.table import Table
from screens.widgets.views import Views
from workbench.project.project import Project
from workbench.serving.folder import Folder
from workbench.serving.predictions import Prediction
from workbench.serving.recent import newest

DETAILS, TRAFFIC, LOG, PREDICTIONS = "Details", "Traffic", "Log", "Predictions"
MOST = 100
"""Predictions that are listed, the newest."""


class Side(Views):
    """Four views of what the list points at. `look` is told where the cursor is."""

    def __init__(self) -> None:
        self.detail = Detail(empty="No deployment is under the cursor.")
        self.traffic = Detail(empty="No deployment is under the cursor.")
        self.log_view = LogView(empty="The server has written nothing yet.")
        self.predictions = Table(
            empty="It has not predicted anything yet. w calls it.", markable=False
        )
        self.panes: dict[str, Pane] = {
            DETAILS: Pane("Deployment", self.detail),
            TRAFFIC: Pane(TRAFFIC, self.traffic),
            LOG: LogPane(LOG, self.log_view),
            PREDICTIONS: ListPane(PREDICTIONS, self.predictions),
        }
        super().__init__(list(self.panes.items()))
        self.answered: dict[str, Prediction] = {}
        """The predictions that are listed, by their ids."""

    def look(self, project: Project, endpoint: Endpoint | None, now: datetime) -> None:
        """Show this endpoint (None: there is none)."""
        if endpoint is None:
            self.detail.fill([])
            self.traffic.fill([])
            self.log_view.show_file(None)
            self.predictions.load(MemorySource(rows.PREDICTIONS, ()))
            return
        record = endpoint.record
        line = curl(project, record) if endpoint.answers else ""
        self.detail.fill(rows.sections(endpoint, now, line), subject=record.id)
        self.tell_traffic(endpoint, now)
        for name, pane in self.panes.items():
            pane.title = record.name if name == DETAILS else f"{name} of {record.name}"
            pane.retitle()
        folder = Folder(project.paths.deployment(record.id))
        self.log_view.show_file(folder.log)
        in_thread(
            self, lambda: newest(folder.predictions, MOST), self._predicted, group="predictions"
        )

    def tell_traffic(self, endpoint: Endpoint, now: datetime) -> None:
        """Show the endpoint's last minutes as of now."""
        answers = endpoint.record.serving or ""
        found = traffic.sections(endpoint.metrics, answers, now.timestamp())
        self.traffic.fill(found, subject=endpoint.record.id)

    def _predicted(self, found: list[Prediction]) -> None:
        self.answered = {item.id: item for item in found}
        self.predictions.load(rows.predictions(found))
