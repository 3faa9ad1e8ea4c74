"""A skops file as an archive: opened within limits, walked without building anything, digested.

A skops file is a zip of `schema.json`, a tree of nodes (`__loader__`, `__module__`, `__class__`,
`__id__` and what is in them), and one member for each array, named after the object's address in
the process that wrote it. Nothing here imports or builds what the file names.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from workbench.errors import BadInput, WorkbenchError

SCHEMA = "schema.json"
MAX_MEMBERS = 200_000
MAX_SCHEMA = 128 * 2**20
MAX_BYTES = 16 * 2**30
MAX_RATIO = 50
"""How much larger than the file its members may claim to be, above FREE_BYTES in all."""
FREE_BYTES = 64 * 2**20
MAX_DEPTH = 200

_MEMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,100}\.(npy|npz|bin)")
_TEXT_KEYS = ("__loader__", "__module__", "__class__")

Node = dict[str, Any]


@contextmanager
def damage_told(path: Path) -> Iterator[None]:
    """Turn whatever reading a damaged or crafted file raises into BadInput."""
    try:
        yield
    except WorkbenchError:
        raise
    except FileNotFoundError as error:
        raise damaged(path, "there is no such file") from error
    except RecursionError as error:
        raise damaged(path, "its objects are nested too deep") from error
    except Exception as error:  # the file's content decides which exception it is
        raise damaged(path, f"{type(error).__name__}: {error}"[:300]) from error


def damaged(path: Path, why: str) -> BadInput:
    """Return the refusal of a file that is not a sound skops file."""
    return BadInput(
        "This is not a sound model file",
        where=str(path),
        why=why,
        fix="Take it from where it was made again; `workbench model verify` tells what the record says",
        code="model.damaged",
    )


@contextmanager
def opened(path: Path) -> Iterator[tuple[ZipFile, Node]]:
    """Open the archive and parse its schema; raises BadInput for what is damaged or out of bounds."""
    with damage_told(path), ZipFile(path) as archive:
        _check_members(path, archive)
        schema = json.loads(archive.read(SCHEMA))
        if not isinstance(schema, dict):
            raise damaged(path, f"{SCHEMA} is not an object")
        yield archive, schema


def _check_members(path: Path, archive: ZipFile) -> None:
    members = archive.infolist()
    names = {member.filename for member in members}
    if len(members) > MAX_MEMBERS:
        raise damaged(path, f"it has {len(members)} members, more than {MAX_MEMBERS}")
    if len(names) != len(members):
        raise damaged(path, "a member is there twice")
    if SCHEMA not in names:
        raise damaged(path, f"it has no {SCHEMA}")
    for member in members:
        if member.filename != SCHEMA and _MEMBER.fullmatch(member.filename) is None:
            raise damaged(path, f"a member is named {member.filename[:80]!r}")
        if member.compress_type not in {ZIP_STORED, ZIP_DEFLATED} or member.flag_bits & 0x1:
            raise damaged(path, "a member is encrypted or compressed in an unknown way")
    claimed = sum(member.file_size for member in members)
    limit = min(MAX_BYTES, max(FREE_BYTES, MAX_RATIO * path.stat().st_size))
    if claimed > limit:
        raise damaged(path, f"it claims to unpack to {claimed} bytes, more than {limit}")
    if archive.getinfo(SCHEMA).file_size > MAX_SCHEMA:
        raise damaged(path, f"its {SCHEMA} is larger than {MAX_SCHEMA} bytes")


def check_arrays(path: Path, archive: ZipFile) -> None:
    """Compare the size that each array claims with what is there, before numpy makes room for it."""
    for member in archive.infolist():
        if member.filename.endswith(".npy"):
            with archive.open(member) as stream:
                claimed = _claimed_size(io.BytesIO(stream.read(65_536)))
            if claimed > member.file_size:
                raise damaged(path, f"the array {member.filename} claims {claimed} bytes")


def _claimed_size(stream: io.BytesIO) -> int:
    shape, dtype = _array_header(stream)
    return math.prod((int(dtype.itemsize), *shape))


def _array_header(stream: io.BytesIO) -> tuple[tuple[int, ...], Any]:
    """Read the head of an array in numpy's own format: its shape and type."""
    import numpy.lib.format as npy

    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    version = npy.read_magic(stream)
    if version not in readers:
        raise ValueError(f"an array has the unknown version {version}")
    shape, _, dtype = readers[version](stream)
    return tuple(int(side) for side in shape), dtype


def walk(schema: Node) -> Iterator[Node]:
    """Give every node of the tree, each a dict with its loader, module and class as text."""
    waiting: list[Any] = [schema]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if any(isinstance(item.get(key), str) for key in _TEXT_KEYS):
                yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def content_digest(path: Path) -> str:
    """Return `m1:` and a SHA-256 over what the file holds, whatever process and moment wrote it.

    Each node's digest is made of its own facts and its children's digests (a Merkle tree over the
    schema); an array counts by the digest of its bytes. What only says who wrote it is left out:
    member names and times, object addresses, the version of skops. One address with two contents
    is a crafted file (skops would build the first of them twice) and refused.
    """
    with opened(path) as (archive, schema):
        digester = _Digester(path, archive)
        root = {key: value for key, value in schema.items() if key != "_skops_version"}
        return "m1:" + digester.node(root, 0)


class _Digester:
    """Digests of nodes of one archive, bottom up."""

    def __init__(self, path: Path, archive: ZipFile) -> None:
        self.path = path
        self.archive = archive
        self.members: dict[str, str] = {}
        self.addresses: dict[int, str] = {}

    def node(self, node: Node, depth: int) -> str:
        plain = {
            key: self.plain(key, value, depth + 1)
            for key, value in node.items()
            if not (key == "__id__" and isinstance(value, int))
        }
        if node.get("__loader__") == "SetNode" and isinstance(plain.get("content"), list):
            plain["content"] = sorted(plain["content"])
        digest = hashlib.sha256(json.dumps(plain, separators=(",", ":")).encode()).hexdigest()
        address = node.get("__id__")
        if isinstance(address, int) and self.addresses.setdefault(address, digest) != digest:
            raise damaged(self.path, "two different objects have one identity")
        return digest

    def plain(self, key: str, value: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise damaged(self.path, "its objects are nested too deep")
        if isinstance(value, dict):
            return self.node(value, depth)
        if isinstance(value, list):
            return [self.plain("", item, depth + 1) for item in value]
        if key == "file" and isinstance(value, str):
            return self.member(value)
        return value

    def member(self, name: str) -> str:
        if name not in self.members:
            digest = hashlib.sha256()
            with self.archive.open(name) as stream:
                head = stream.read(2**20)
                if name.endswith(".npy") and _has_fields(head):
                    _digest_fields(head + stream.read(), digest)
                else:
                    digest.update(head)
                    while block := stream.read(2**20):
                        digest.update(block)
            self.members[name] = digest.hexdigest()
        return self.members[name]


def _has_fields(head: bytes) -> bool:
    return bool(_array_header(io.BytesIO(head))[1].names)


def _digest_fields(data: bytes, digest: hashlib._Hash) -> None:
    """Digest an array of records field by field: what lies between the fields is anything."""
    import numpy as np

    stream = io.BytesIO(data)
    shape, dtype = _array_header(stream)
    records = np.frombuffer(data, dtype, offset=stream.tell())
    digest.update(f"records {shape}".encode())
    for field in dtype.names:
        digest.update(f" {field} {records[field].dtype.str}:".encode())
        digest.update(np.ascontiguousarray(records[field]).tobytes())
