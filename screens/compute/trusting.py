"""Trusting a host: its fingerprint is shown, and its key written down only after an explicit yes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from screens.feed import from_system, unexpected
from screens.messages import Did, Failed, Said
from screens.modals.confirm import Confirm
from screens.text import Styled
from screens.widgets.detail import Section
from workbench.compute.trusting import HostKey, host_key, trust
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from workbench.compute.contract import Ask
    from workbench.project.project import Project

_WORDS = {
    "changed": "Another key is on record for this host. Find out why before you go on:"
    " it may be another machine.",
    "revoked": "This key is marked as revoked.",
}


def ask_trust(
    owner: DOMNode, project: Project, name: str, ask: Ask, done: Callable[[], object]
) -> None:
    """Fetch the host's key, show its fingerprint, and write it down on a yes; then `done()`."""

    def come(key: HostKey) -> None:
        if key.state == "known":
            owner.app.post_message(Said(f"The key of {key.host} is known already."))
            return
        argv = ("target", "trust", name)
        found = Confirm(f"Trust {key.host}?", _changes(key), verb="Trust it", argv=argv, grave=True)
        owner.app.push_screen(found, lambda yes: write(key) if yes else None)

    def write(key: HostKey) -> None:
        def trusted(_: HostKey) -> None:
            words = f"The key of {key.host} is trusted from now on."
            owner.app.post_message(Did(("target", "trust", name), words))
            done()

        _in_daemon(owner, lambda: trust(project, name, key.fingerprint, ask), trusted)

    _in_daemon(owner, lambda: host_key(project, name, ask), come)


def _changes(key: HostKey) -> list[str | Styled | Section]:
    facts: list[tuple[str, str | Styled]] = [
        ("Address", key.address),
        ("Key", key.type),
        ("Fingerprint", Styled(key.fingerprint, "strong")),
        ("Written into", key.file),
    ]
    head: list[str | Styled | Section] = [Section(facts=facts)]
    if key.state in _WORDS:
        return [*head, Styled(_WORDS[key.state], "bad")]
    return [*head, "Compare the fingerprint with what the host's owner tells you."]


def _in_daemon(
    owner: DOMNode, work: Callable[[], HostKey], done: Callable[[HostKey], object]
) -> None:
    """Do what may take long in a thread that quitting does not wait for."""

    def run() -> None:
        try:
            found = work()
        except WorkbenchError as error:
            owner.app.post_message(Failed(error))
        except OSError as error:
            owner.app.post_message(Failed(from_system(error)))
        except Exception as error:  # noqa: BLE001  # the top of a thread reports whatever it was
            owner.app.post_message(Failed(unexpected(error)))
        else:
            owner.call_later(done, found)

    threading.Thread(target=run, name="trust", daemon=True).start()
