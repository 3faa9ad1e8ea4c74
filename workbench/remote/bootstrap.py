"""How an agent gets to a target: its source goes over its own stdin and runs from memory.

Nothing is installed there and nothing is left behind. The command is one that sh, bash, dash, zsh,
csh, tcsh and fish read alike: a single-quoted word without quotes, exclamation marks, backslashes
or newlines in it.
"""

from __future__ import annotations

import importlib
import inspect
import json
import secrets
import shlex
from collections.abc import Sequence

MODULES = (
    "workbench.errors",
    "workbench.ids",
    "workbench.files",
    "workbench.compute.identity",
    "workbench.compute.processes",
    "workbench.compute.folder",
    "workbench.compute.limits",
    "workbench.compute.cgroups",
    "workbench.compute.scopes",
    "workbench.compute.holding",
    "workbench.compute.place",
    "workbench.remote.agent.wire",
    "workbench.remote.agent.objects",
    "workbench.remote.agent.inplace",
    "workbench.remote.agent.jobs",
    "workbench.remote.agent.smallfiles",
    "workbench.remote.agent.serving",
    "workbench.remote.agent.facts",
    "workbench.runtimes.lent",
    "workbench.runtimes.far",
    "workbench.runtimes.pruning",
    "workbench.remote.agent.serve",
)
"""The modules that an agent is made of, each after those that it imports."""

NO_PYTHON = "WORKBENCH-NO-PYTHON"
"""What the command prints where no Python is new enough."""

PYTHONS = ("python3", "python3.13", "python3.12", "python3.11", "python3.10", "python3.9", "python")

_FIND = (
    "for p in {pythons}; do"
    ' if "$p" -c "import sys; sys.exit(sys.version_info < (3, 9))" >/dev/null 2>&1;'
    ' then exec "$p" -I -c "import sys; n = int(sys.stdin.buffer.readline());'
    ' exec(sys.stdin.buffer.read(n).decode())"; fi; done; echo ' + NO_PYTHON
)

_LOADER = """
import json, sys, types
marker, folder, sources = json.loads(sys.stdin.buffer.readline())
for name, source in sources:
    parent = ""
    for part in name.split(".")[:-1]:
        parent = parent + "." + part if parent else part
        if parent not in sys.modules:
            package = sys.modules[parent] = types.ModuleType(parent)
            package.__path__ = []
    module = sys.modules[name] = types.ModuleType(name)
    module.__file__ = "<" + name + ">"
    setattr(sys.modules[parent], name.rpartition(".")[2], module)
    exec(compile(source, module.__file__, "exec"), module.__dict__)
sys.stdout.write(marker + "\\n")
sys.stdout.flush()
sys.modules["workbench.remote.agent.serve"].main(folder)
"""


def command(python: str = "") -> str:
    """Return what a login shell on the target is to run; `python` is tried before those in PATH."""
    pythons = " ".join(shlex.quote(name) for name in ((python,) if python else PYTHONS))
    script = _FIND.format(pythons=pythons)
    return f"exec sh -c {shlex.quote(script)}"


def make_marker() -> str:
    """Return a line that no banner will have."""
    return f"workbench-agent-{secrets.token_hex(8)}"


def source(marker: str, folder: str, more: Sequence[str] = ()) -> bytes:
    """Return what goes to the stdin of the command: the loader, then the agent; `more` are far modules."""
    loader = _LOADER.encode()
    modules = [
        (name, inspect.getsource(importlib.import_module(name))) for name in (*MODULES, *more)
    ]
    return b"%d\n%s%s\n" % (
        len(loader),
        loader,
        json.dumps([marker, folder, modules], separators=(",", ":")).encode(),
    )
