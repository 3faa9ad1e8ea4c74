"""The uncommitted changes of a project's code as a patch, without what may be a secret.

A file is left out as a whole when its name is one of a key or an environment file, or when a line of
its part of the patch looks like a secret: half a file would be a patch that does not apply.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

MOST_BYTES = 5 * 1024 * 1024
"""A longer patch is not kept: it would be data, not code."""
MOST_FILE = 256 * 1024
"""Bytes of a file that git does not track yet; a larger one is left out."""
MOST_FILES = 200
"""Such files; more are left out."""
MOST_NAMED = 50
"""Names of files left out that are kept."""
SECRET_NAMES = (
    ".env*", "*.env", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.kdbx", "id_rsa*", "id_dsa*",
    "id_ecdsa*", "id_ed25519*", ".netrc", ".pgpass", ".npmrc", ".pypirc", "credentials*", "secrets.*",
)  # fmt: skip
"""Names of files that hold secrets."""

_WORDS = (
    rb"(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?)"
)
_SECRETS = tuple(
    re.compile(pattern)
    for pattern in (
        rb"-----BEGIN [A-Z ]*PRIVATE KEY",
        rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
        rb"\bgh[pousr]_[A-Za-z0-9]{30,}",
        rb"\bgithub_pat_[A-Za-z0-9_]{30,}",
        rb"\bglpat-[A-Za-z0-9_-]{15,}",
        rb"\bxox[abprs]-[A-Za-z0-9-]{10,}",
        rb"\bsk-[A-Za-z0-9_-]{20,}",
        rb"\bAIza[0-9A-Za-z_-]{30,}",
        rb"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.",
        rb"[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]{3,}@",
        # A name that says so, then a value that is written out: not a look-up, not a reference.
        rb"(?i)"
        + _WORDS
        + rb"[\"']?\s*[:=]\s*[\"'](?!env:|file:|keyring:|\$|<|\{)[^\"'\s]{6,}[\"']",
        rb"(?i)^[+ -]\s*(?:export\s+)?[A-Z0-9_]*"
        + _WORDS
        + rb"[A-Z0-9_]*=(?!\$|[\"']?\$)[^\s()\[\]]{6,}$",
    )
)


@dataclass(frozen=True, slots=True)
class Patch:
    """What `git apply` takes, and what was left out of it, each with the reason."""

    data: bytes
    left_out: tuple[str, ...] = ()


def read_patch(root: Path) -> Patch:
    """Return the changes under `root` against the commit, files that git does not track yet included.

    Empty where there is no git, no commit or no change. Nothing of the repository's own drivers and
    filters is run.
    """
    tracked = git(root, *_DIFF, "--relative", "HEAD", "--", ".")
    left_out: list[str] = []
    parts = [part for part in _parts(tracked) if _keep(part, left_out)]
    parts += _untracked(root, left_out)
    data = b"".join(parts)
    if len(data) > MOST_BYTES:
        return Patch(b"", (f"everything: {len(data):,} bytes, more than {MOST_BYTES:,}",))
    more = len(left_out) - MOST_NAMED
    named = left_out[:MOST_NAMED] + ([f"and {more} more"] if more > 0 else [])
    return Patch(data, tuple(named))


_PLAIN = re.compile(r"[A-Za-z0-9_.+-]+(?:/[A-Za-z0-9_.+-]+)*")
"""Names that a patch writes as they are."""
_DIFF = ("diff", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames")


def _untracked(root: Path, left_out: list[str]) -> Iterator[bytes]:
    listed = git(root, "ls-files", "-z", "--others", "--exclude-standard", "--", ".").split(b"\0")
    names = [os.fsdecode(name) for name in listed if name]
    if len(names) > MOST_FILES:
        left_out.append(f"{len(names) - MOST_FILES} files that git does not track")
    for name in names[:MOST_FILES]:
        path = root / name
        if _secret_name(name):
            left_out.append(f"{name[:120]}: its name is one of secrets")
        elif path.is_symlink() or not path.is_file():
            left_out.append(f"{name[:120]}: it is no file")
        elif path.stat().st_size > MOST_FILE:
            left_out.append(f"{name[:120]}: it is larger than {MOST_FILE:,} bytes")
        else:
            part = _new_file(root, name, path)
            if b"\0" in part:
                left_out.append(f"{name[:120]}: it is not text")
            elif part and _keep(part, left_out):
                yield part


def _new_file(root: Path, name: str, path: Path) -> bytes:
    """Return the part of a patch that makes a new file."""
    data = path.read_bytes()
    if not data or _PLAIN.fullmatch(name) is None:
        return git(root, *_DIFF, "--no-index", "--", os.devnull, name, ends=(0, 1))
    # As git writes it, at a hundredth of the time of asking git.
    lines = data.split(b"\n")
    end = b"\n" if lines[-1] == b"" else b"\n\\ No newline at end of file\n"
    lines = lines[:-1] if lines[-1] == b"" else lines
    mode = "100755" if path.stat().st_mode & 0o100 else "100644"
    head = (
        f"diff --git a/{name} b/{name}\nnew file mode {mode}\n"
        f"--- /dev/null\n+++ b/{name}\n@@ -0,0 +1,{len(lines)} @@\n"
    )
    return head.encode() + b"\n".join(b"+" + line for line in lines) + end


def _parts(diff: bytes) -> list[bytes]:
    """Cut a diff into what it says of each file."""
    begins = [found.start() for found in re.finditer(rb"^diff --git ", diff, re.MULTILINE)]
    return [diff[at:end] for at, end in zip(begins, [*begins[1:], len(diff)], strict=False)]


def _keep(part: bytes, left_out: list[str]) -> bool:
    head = part.split(b"\n", 1)[0].removeprefix(b"diff --git ")
    name = head.rpartition(b" b/")[2].decode("utf-8", "replace").strip('"')[:120]
    if _secret_name(name) or _secret_name(head.decode("utf-8", "replace")):
        left_out.append(f"{name}: its name is one of secrets")
        return False
    if any(pattern.search(line) for line in part.splitlines() for pattern in _SECRETS):
        left_out.append(f"{name}: a line looks like a secret")
        return False
    return True


def _secret_name(name: str) -> bool:
    return any(
        fnmatchcase(part.lower(), pattern) for part in Path(name).parts for pattern in SECRET_NAMES
    )


def git(root: Path, *arguments: str, ends: tuple[int, ...] = (0,)) -> bytes:
    """Return what git says, nothing where it refuses, is not there or takes longer than 10 s."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "-c", "core.fsmonitor=false", *arguments],
            env=os.environ | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return done.stdout if done.returncode in ends else b""
