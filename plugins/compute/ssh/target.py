"""A machine reached over SSH as a target: what RemoteTarget does, over our connector."""

from __future__ import annotations

from plugins.compute.ssh import trust
from plugins.compute.ssh.connector import SshConnector
from plugins.compute.ssh.words import Wanted
from workbench.compute.contract import Surroundings
from workbench.compute.trusting import HostKey
from workbench.remote.target import RemoteTarget


class SshTarget(RemoteTarget):
    """A machine reached over SSH. See workbench.compute.contract.Target for what is guaranteed."""

    def __init__(self, name: str, wanted: Wanted, around: Surroundings) -> None:
        self.ssh = SshConnector(name, wanted, around.ask)
        super().__init__(
            name, self.ssh, around, folder=wanted.folder, project_folder=wanted.project_folder
        )

    def host_key(self) -> HostKey:
        """Fetch the first host key on the way that is not known, else the target's own."""
        return trust.fetch(self.ssh)

    def trust(self, fingerprint: str) -> HostKey:
        """Write the host key down that has this fingerprint, if the host still shows it."""
        return trust.accept(self.ssh, fingerprint)
