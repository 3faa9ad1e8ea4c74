"""Where the projection lies: with the project where that is local and writable, else in a cache."""

from __future__ import annotations

import os
from pathlib import Path

NETWORK = frozenset(
    {
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "fuse.glusterfs",
        "fuse.sshfs",
        "gpfs",
        "lustre",
        "nfs",
        "nfs4",
        "smb3",
        "smbfs",
        "virtiofs",
    }
)
"""File systems on which DuckDB's memory-mapped writes or locks cannot be relied upon."""


def projection_path(own: Path, cache: Path, project: str) -> Path:
    """Return the projection's file for the project whose `.workbench` is `own`."""
    # DuckDB takes what follows a `?` for options of a URL, and looks for its write-ahead log elsewhere.
    if os.access(own, os.W_OK) and "?" not in str(own) and not is_network(own):
        return own / "projection.duckdb"
    folder = cache / project
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / "projection.duckdb"


def is_network(path: Path) -> bool:
    """Tell whether `path` is on a network file system; False where the system does not tell."""
    try:
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return False
    resolved = path.resolve()
    best, kind = -1, ""
    for line in lines:
        left, _, right = line.partition(" - ")
        mount = Path(left.split()[4].replace("\\040", " "))
        if resolved.is_relative_to(mount) and len(mount.parts) >= best:
            best, kind = len(mount.parts), right.split()[0]
    return kind in NETWORK
