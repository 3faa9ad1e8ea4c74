"""Fetching a file whose SHA-256 is known, so that how it came does not matter."""

from __future__ import annotations

import base64
import hashlib
import http.client
import netrc
import os
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

from workbench.errors import TargetError, Unavailable

_TRIES = 3
_TIMEOUT = 30.0
_CHUNK = 256 * 1024
_INDEXES = ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL")


def download(address: str, path: Path, digest: str, came: Callable[[int], object]) -> None:
    """Bring the file at `address` (http, https, file or a plain path) to `path`, whole or not at all.

    `came` is told the bytes so far. Raises Unavailable (`runtime.index`) when it cannot be had,
    TargetError (`runtime.hash`) when its SHA-256 is not `digest`.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            _once(address, path, digest, came)
        except (OSError, http.client.HTTPException) as error:
            final = isinstance(error, urllib.error.HTTPError) and error.code < 500
            if final or attempt == _TRIES:
                raise _not_had(path, address, error) from error
            time.sleep(attempt)  # a server that is busy is not asked again at once
        else:
            return


def _once(address: str, path: Path, digest: str, came: Callable[[int], object]) -> None:
    plain, authorization = _authorization(address)
    request = urllib.request.Request(plain)  # noqa: S310  # an index's address, and the digest is held
    if authorization:
        # Not sent on to where the index may redirect.
        request.add_unredirected_header("Authorization", authorization)
    descriptor, name = tempfile.mkstemp(prefix=".wheel-", dir=path.parent)
    part, hasher, size = Path(name), hashlib.sha256(), 0
    try:
        with (
            os.fdopen(descriptor, "wb") as stream,
            urllib.request.urlopen(request, timeout=_TIMEOUT) as reply,  # noqa: S310  # as above
        ):
            while chunk := reply.read(_CHUNK):
                stream.write(chunk)
                hasher.update(chunk)
                size += len(chunk)
                came(size)
        if hasher.hexdigest() != digest:
            raise _wrong(address)
        part.chmod(0o600)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _authorization(address: str) -> tuple[str, str]:
    """Return the address without a name and password, and what to send instead.

    They are those in the address, in an index of the same host that uv is set up with by its
    environment variables, or in ~/.netrc.
    """
    parts = urllib.parse.urlsplit(address)
    if not parts.scheme:
        return Path(address).as_uri(), ""
    set_up = " ".join(os.environ.get(variable, "") for variable in _INDEXES).split()
    # One of UV_INDEX may be named: `mine=https://...`.
    addresses = [text if text.startswith("http") else text.partition("=")[2] for text in set_up]
    known = [parts, *map(urllib.parse.urlsplit, addresses)]
    for one in known:
        if one.username is not None and one.hostname == parts.hostname:
            user, word = one.username, one.password or ""
            return _without_user(parts), _basic(
                urllib.parse.unquote(user), urllib.parse.unquote(word)
            )
    try:
        found = netrc.netrc().authenticators(parts.hostname or "")
    except (OSError, netrc.NetrcParseError):
        found = None
    return _without_user(parts), _basic(found[0], found[2] or "") if found else ""


def _without_user(parts: urllib.parse.SplitResult) -> str:
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _basic(user: str, word: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{word}".encode()).decode()


def _name(address: str) -> str:
    return urllib.parse.unquote(urllib.parse.urlsplit(address).path.rpartition("/")[2])[:120]


def _not_had(path: Path, address: str, error: Exception) -> Unavailable:
    if isinstance(error, urllib.error.HTTPError):
        why = f"the index answered {error.code}"
    elif isinstance(error, urllib.error.URLError):
        why = str(error.reason)
    else:
        why = str(error) or type(error).__name__
    return Unavailable(
        "A file of the runtime cannot be fetched",
        where=_name(address),
        why=why,
        fix=f"See that the package index can be reached and {path.parent} be written, then try again",
        code="runtime.index",
    )


def _wrong(address: str) -> TargetError:
    return TargetError(
        "A file of the runtime is not the one that was locked",
        where=_name(address),
        why="its SHA-256 is another than the lock's",
        fix="Do not use this index until you know why",
        code="runtime.hash",
    )
