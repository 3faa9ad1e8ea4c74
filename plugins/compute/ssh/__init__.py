"""The kind `ssh`: a machine that is reached over SSH; nothing needs to be installed there but Python.

How it is reached comes from the person's own settings of `ssh` (`route`), who it is from their
`known_hosts` (`hostkeys`), who they are from ssh-agent, key files and answers (`login`). One
connection carries several sessions (`connection`, `connector`); what runs at its far end is
`workbench.remote`. paramiko (0.1 s) is imported when a target is first used.
"""

from __future__ import annotations

from collections.abc import Mapping

from plugins.compute.ssh.words import check_words
from workbench.compute.contract import Surroundings, Target
from workbench.options import Option, Value


class SshKind:
    """Machines reached over SSH."""

    name = "ssh"
    summary = "a machine reached over SSH"
    options = (
        Option("host", "str", "", "Host name, or a Host of ~/.ssh/config."),
        Option("user", "str", "", "User there (default: as ssh has it)."),
        Option("port", "int", None, "Port there (default: as ssh has it).", 1, 65535),
        Option("key", "str", "", "Private key file (default: ssh-agent, then as ssh has it)."),
        Option("jump", "str", "", "Hosts to go through: [USER@]HOST[:PORT], with commas between."),
        Option("python", "str", "", "Python there, 3.9 or newer (default: found)."),
        Option("folder", "str", "", "Folder there (default: ~/.local/state/workbench)."),
        Option(
            "project_folder",
            "str",
            "",
            "Where this project's folder is seen there, to read data in place (default: sent).",
        ),
    )

    def open(self, name: str, options: Mapping[str, Value], around: Surroundings) -> Target:
        """Return the machine that `options` name. Raises BadInput for words that no host or user is."""
        wanted = check_words(name, options)
        from plugins.compute.ssh.target import SshTarget

        return SshTarget(name, wanted, around)


KIND = SshKind()
