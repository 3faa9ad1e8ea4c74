"""Host keys: what a target shows before it is trusted, and the person's word that it is the right one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import msgspec

from workbench.compute.targets import kind_of, open_target
from workbench.errors import BadInput

if TYPE_CHECKING:
    from workbench.compute.contract import Ask
    from workbench.project.project import Project


UNKNOWN = "target.host_key_unknown"
"""The code of the refusal of a host whose key is not on record."""


class HostKey(msgspec.Struct, frozen=True, kw_only=True):
    """The key by which a host proves who it is.

    `fingerprint` as `ssh-keygen -l` shows it (`SHA256:...`); `line` is what goes into `file`, a
    known_hosts file of the person's; `state` says whether that has it, has another one, or forbids it.
    """

    host: str
    address: str
    type: str
    fingerprint: str
    line: str
    file: str
    state: Literal["known", "unknown", "changed", "revoked"]


@runtime_checkable
class Proving(Protocol):
    """A target whose host proves who it is by a key."""

    def host_key(self) -> HostKey:
        """Fetch the first key on the way that is not known, else the target's own. Raises TargetError."""
        ...

    def trust(self, fingerprint: str) -> HostKey:
        """Write the key with this fingerprint down. Raises Refused when the host shows another one."""
        ...


def host_key(project: Project, name: str, ask: Ask | None = None) -> HostKey:
    """Fetch the host key of a target. Raises NotFound, TargetError, BadInput where there is none."""
    return _proving(project, name, ask).host_key()


def trust(project: Project, name: str, fingerprint: str, ask: Ask | None = None) -> HostKey:
    """Write the host key of a target down, if it has this fingerprint.

    Raises Refused (`target.fingerprint`, `target.host_key_changed`), and what host_key raises.
    """
    return _proving(project, name, ask).trust(fingerprint)


def _proving(project: Project, name: str, ask: Ask | None) -> Proving:
    target = open_target(project, name, ask)
    if not isinstance(target, Proving):
        raise BadInput(
            f"The target {name} has no host key",
            where=name,
            why=f"its kind is {kind_of(project, name)}",
            fix="Only a machine reached over SSH is trusted by its key",
            code="target.no_host_key",
        )
    return target
