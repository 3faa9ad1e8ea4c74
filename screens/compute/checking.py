"""Asking targets what is there, each in a thread of its own that holds up nothing, not even quitting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from screens.feed import from_system, unexpected
from workbench.compute.checking import Check, check_target
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from workbench.compute.contract import Ask
    from workbench.project.project import Project


class Checker:
    """Checks targets for `owner`. UI thread only, but for the threads themselves.

    `came(check)` and `failed(error)` are called on the UI thread.
    """

    def __init__(
        self,
        owner: DOMNode,
        came: Callable[[Check], object],
        failed: Callable[[WorkbenchError], object],
    ) -> None:
        self._owner, self._came, self._failed = owner, came, failed
        self.under_way: set[str] = set()
        """The targets that are being asked."""

    def check(self, project: Project, names: Sequence[str], ask: Ask | None) -> None:
        """Ask these; one that is being asked already is not asked twice."""
        for name in names:
            if name in self.under_way:
                continue
            self.under_way.add(name)
            # A daemon: a target may take half a minute to say nothing, and quitting must not wait.
            threading.Thread(
                target=self._run, args=(project, name, ask), name=f"check {name}", daemon=True
            ).start()

    def _run(self, project: Project, name: str, ask: Ask | None) -> None:
        try:
            found: Check | WorkbenchError = check_target(project, name, ask)
        except WorkbenchError as error:
            found = error
        except OSError as error:
            found = from_system(error)
        except Exception as error:  # noqa: BLE001  # the top of a thread reports whatever it was
            found = unexpected(error)
        self._owner.call_later(self._done, name, found)

    def _done(self, name: str, found: Check | WorkbenchError) -> None:
        self.under_way.discard(name)
        if isinstance(found, Check):
            self._came(found)
        else:
            self._failed(found)
