"""Options of an SSH target: what could be more than a word is refused."""

import subprocess
from pathlib import Path

import pytest

from plugins.compute.ssh import KIND
from plugins.compute.ssh.words import Wanted, check_words, split_hop
from workbench.errors import BadInput
from workbench.options import settle

BAD = {
    "no host": {},
    "option as host": {"host": "-oProxyCommand=touch${IFS}x"},
    "option as user": {"host": "h", "user": "-oProxyCommand=x"},
    "host with a space": {"host": "h -oProxyCommand=x"},
    "host with a command": {"host": "h;id"},
    "host with a line": {"host": "h\nProxyCommand id"},
    "user with a command": {"host": "h", "user": "a$(id)"},
    "user at host": {"host": "a@h"},
    "jump as option": {"host": "h", "jump": "-oProxyCommand=x"},
    "jump with a command": {"host": "h", "jump": "ok,`id`"},
    "jump with a bad user": {"host": "h", "jump": "-l@ok"},
    "python with a quote": {"host": "h", "python": "python3'; id; '"},
    "python as option": {"host": "h", "python": "-c"},
    "folder with a command": {"host": "h", "folder": "$(id)"},
    "key as option": {"host": "h", "key": "-key"},
    "project folder with a command": {"host": "h", "project_folder": "/a$(id)"},
    "project folder from nowhere": {"host": "h", "project_folder": "mnt/p"},
    "project folder as option": {"host": "h", "project_folder": "-p"},
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_refused(name: str) -> None:
    with pytest.raises(BadInput) as refusal:
        check_words("there", settle(KIND.options, BAD[name], owner="there"))
    assert refusal.value.code == "target.option"
    assert refusal.value.where.startswith("targets.there.")


def test_good_words() -> None:
    options = {
        "host": "node-1.example.org",
        "user": "anna.b",
        "port": 2222,
        "jump": "a@b:1,[::1]:2",
        "project_folder": "~/flights",
    }
    assert check_words("there", settle(KIND.options, options, owner="there")) == Wanted(
        "node-1.example.org", "anna.b", 2222, jump="a@b:1,[::1]:2", project_folder="~/flights"
    )


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("h", ("", "h", None)),
        ("u@h", ("u", "h", None)),
        ("u@h:22", ("u", "h", 22)),
        ("[::1]:22", ("", "::1", 22)),
        ("::1", ("", "::1", None)),
        ("ssh://u@h:22", ("u", "h", 22)),
    ],
)
def test_hops(word: str, parts: tuple[str, str, int | None]) -> None:
    assert split_hop(word) == parts


def test_naming_the_kind_loads_no_paramiko(tmp_path: Path) -> None:
    import sys

    code = "import sys, plugins.compute.ssh; sys.exit('paramiko' in sys.modules)"
    assert subprocess.run([sys.executable, "-P", "-c", code], check=False).returncode == 0
