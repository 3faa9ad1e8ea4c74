"""uv as we run it here: from its own package, away from any project's settings, its errors in words."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from workbench.errors import Unavailable
from workbench.text import clean

LIMIT = 600.0
"""Seconds that one step of uv may take."""

_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s`'\")]+")
_NO_NETWORK = (
    "Failed to fetch",
    "error sending request",
    "network was disabled",
    "Could not connect",
    "dns error",
)


class UvFailed(Exception):
    """uv said no: `why` in one line without addresses, `offline` when no index could be reached."""

    def __init__(self, why: str, *, offline: bool) -> None:
        super().__init__(why)
        self.why = why
        self.offline = offline


def uv_here() -> Path:
    """Return the uv that was installed with this program. Raises Unavailable without one."""
    import uv

    try:
        return Path(uv.find_uv_bin())
    except FileNotFoundError as error:
        raise Unavailable(
            "uv is missing here",
            where="uv",
            why="its package is installed without its program",
            fix="Install it again: pip install --force-reinstall uv",
            code="runtime.uv",
        ) from error


def run_uv(
    arguments: Sequence[str | Path], *, index: str = "", environ: Mapping[str, str] | None = None
) -> str:
    """Run uv and return what it printed. `index` is the package index; empty: as uv is set up.

    The address goes by the environment, where no list of processes shows it. Raises UvFailed.
    """
    # Resolving for another Python needs none of that version here.
    changes = (
        {"UV_PYTHON_DOWNLOADS": "never"}
        | dict(environ or {})
        | ({"UV_DEFAULT_INDEX": index} if index else {})
    )
    command = [str(uv_here()), *map(str, arguments), "--no-progress", "--color", "never"]
    try:
        done = subprocess.run(
            command,
            env=os.environ | changes,
            cwd="/",  # no project's settings on the way up
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UvFailed(f"uv took longer than {LIMIT:g} s", offline=True) from error
    if done.returncode:
        raise read_failure(done.stderr.decode(errors="replace"), done.returncode)
    return done.stdout.decode()


def read_failure(text: str, status: int) -> UvFailed:
    """Return what uv's stderr says as one line; addresses are left out, they may hold credentials."""
    offline = any(sign in text for sign in _NO_NETWORK)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes = [line.partition(":")[2].strip() for line in lines if line.startswith("cause:")]
    # The innermost cause of a failed connection, the whole reasoning of a failed resolution.
    chosen = (causes[-1] if offline else causes[0]) if causes else lines[-1] if lines else ""
    why = clean(_URL.sub("the index", chosen), 500) or f"uv ended with status {status}"
    return UvFailed(why, offline=offline)
