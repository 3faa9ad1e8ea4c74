"""Signatures beside the journal: a record holds a small one itself and names the object of a large one.

A line of the journal is under 64 KiB, while a signature grows with columns, categories and classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from workbench.training.signature import Signature

if TYPE_CHECKING:
    from workbench.store.objects import Objects

INLINE = 16 << 10
"""The most bytes of JSON that a record holds itself."""
_OBJECT = "object:"


def keep(objects: Objects, signature: str) -> str:
    """Return what a record says of a signature in JSON: the JSON, or `object:DIGEST` of a large one."""
    data = signature.encode()
    return signature if len(data) <= INLINE else _OBJECT + objects.put_bytes(data)


def recall(objects: Objects, kept: str) -> Signature:
    """Return the signature that a record speaks of; raises NotFound or StoreError for a lost object."""
    named = kept.startswith(_OBJECT)
    data = objects.read(kept.removeprefix(_OBJECT)) if named else kept.encode()
    return msgspec.json.decode(data, type=Signature)
