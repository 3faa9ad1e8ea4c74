"""Model files by skops: no code in them, and only types of our own list are rebuilt."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from plugins.formats.archive import (
    Node,
    check_arrays,
    content_digest,
    damage_told,
    opened,
    walk,
)
from workbench.errors import BadInput, Refused
from workbench.models.contract import FoundType, Hints, Scan
from workbench.models.trusted import TRUSTED, is_trusted


class SkopsFormat:
    """The default format of model files (https://skops.readthedocs.io/en/stable/persistence.html)."""

    name = "skops"
    suffix = ".skops"
    suffixes = (".skops",)
    safe = True
    unserved = ""

    def dump(self, model: Any, path: Path) -> None:
        """Write `model` to `path`. Raises BadInput for one that holds what skops cannot write."""
        skops = _skops()
        try:
            data = skops.io.dumps(model)
        except (TypeError, ValueError, RecursionError) as error:
            raise BadInput(
                "This model cannot be written as a skops file",
                where=type(model).__name__,
                why=f"{type(error).__name__}: {error}",
                fix="Leave out the part that the reason names",
                code="model.unwritable",
            ) from error
        path.write_bytes(data)

    def scan(self, path: Path) -> Scan:
        """Return the types that the file names, those that are not on our list first."""
        with opened(path) as (_, schema):
            unknown = set(_unknown(schema))
            known = {_full(node) for node in walk(schema) if is_trusted(*_names(node))}
            version = str(schema.get("_skops_version", ""))
        found = [FoundType(name=name, verdict="unknown") for name in sorted(unknown)]
        found += [FoundType(name=name, verdict="trusted") for name in sorted(known)]
        return Scan(types=tuple(found), facts={"written by": f"skops {version}"} if version else {})

    def hints(self, path: Path) -> Hints:
        """Return nothing: names and classes are seen once it is loaded, which its types allow or not."""
        del path
        return Hints()

    def inspect(self, path: Path) -> tuple[str, ...]:
        """Return the types in the file that are not on our list, sorted; builds and imports none."""
        with opened(path) as (_, schema):
            return _unknown(schema)

    def load(self, path: Path) -> Any:
        """Return the model. Raises Refused (types not on our list) or BadInput (damaged file)."""
        with opened(path) as (archive, schema):
            unknown = _unknown(schema)
            if unknown:
                raise _refused(path, unknown)
            check_arrays(path, archive)
        skops = _skops()
        from plugins.formats.indices import check_indices
        from plugins.formats.trees import check_trees

        # skops audits the file again with the same list: two readings of it must agree.
        names = sorted(frozenset().union(*TRUSTED.values()))
        with damage_told(path):
            try:
                model = skops.io.load(path, trusted=names)
            except skops.io.exceptions.UntrustedTypesFoundException as error:
                raise _refused(path, (str(error).splitlines()[0],)) from error
            check_trees(model)
            check_indices(model)
        return model

    def content(self, path: Path) -> str:
        """Return the content digest: equal for two dumps of one fitted model."""
        return content_digest(path)


def _skops() -> Any:
    """Import skops: seconds, nearly all of them scikit-learn's, and of those half are scipy.stats.

    skops collects the names of every estimator to make a list of trusted types of its own, for which
    scikit-learn imports all that it has, pytest included: a fifth of the time. Our list is given with
    each load, so its list may be empty, and then nothing is trusted but what stands in ours.
    """
    if "skops.io" not in sys.modules:
        import sklearn.utils

        every = sklearn.utils.all_estimators
        sklearn.utils.all_estimators = list
        try:
            import skops.io
        finally:
            sklearn.utils.all_estimators = every
    import skops.io

    return skops


def _names(node: Node) -> tuple[str, str]:
    """The loader of a node and the type that it rebuilds."""
    return str(node.get("__loader__")), _full(node)


def _full(node: Node) -> str:
    return f"{node.get('__module__')}.{node.get('__class__')}"


def _unknown(schema: Node) -> tuple[str, ...]:
    found = set()
    for node in walk(schema):
        loader, full = _names(node)
        if not is_trusted(loader, full):
            elsewhere = any(full in names for names in TRUSTED.values())
            found.add(f"{full} (as {loader})" if elsewhere or loader not in TRUSTED else full)
    return tuple(sorted(found))


def _refused(path: Path, types: tuple[str, ...]) -> Refused:
    shown = ", ".join(types[:8]) + (f" and {len(types) - 8} more" if len(types) > 8 else "")
    return Refused(
        "The model file holds types that are not trusted",
        where=str(path),
        why=shown,
        fix="Train it again with a trainer whose types are known; nothing of the file was run",
        code="model.types",
    )


FORMAT = SkopsFormat()
