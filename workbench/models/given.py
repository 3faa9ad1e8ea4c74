"""The signature of an imported model: of a person's file, a dataset's columns, or its own file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import msgspec

from workbench.data.datasets import path as table_of
from workbench.data.versions import get_version
from workbench.errors import BadInput
from workbench.models.contract import Field, Format, Signature
from workbench.models.introspect import Introspected, IntrospectWork
from workbench.models.latency import run_apart
from workbench.plugins import reference
from workbench.project.project import Project

TASKS = ("binary", "multiclass", "regression")
TYPES = ("int", "float", "bool", "str", "date", "datetime")
MOST_BYTES = 10 << 20
MOST_CLASSES = 1000
CODE = "model.signature"
_FIX = "Give it by --signature FILE.json, or by --inputs DATASET --target COLUMN"


def from_file(path: Path) -> Signature:
    """Read a signature in JSON, as `workbench model export` writes it; raises BadInput."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            _refuse(str(path), f"it has {size:,} bytes, more than {MOST_BYTES:,}")
        signature = msgspec.json.decode(path.read_bytes(), type=Signature)
    except FileNotFoundError:
        _refuse(str(path), "there is no such file")
    except IsADirectoryError:
        _refuse(str(path), "it is a folder")
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        _refuse(str(path), str(error))
    return checked(signature, str(path))


def checked(signature: Signature, where: str) -> Signature:
    """Return a signature that a server can answer by, or raise BadInput that says what is wrong."""
    if signature.task not in TASKS:
        _refuse(where, f"task must be one of {', '.join(TASKS)}, not {signature.task!r}")
    for side in ("inputs", "outputs"):
        fields: tuple[Field, ...] = getattr(signature, side)
        names = [field.name for field in fields]
        if not fields:
            _refuse(where, f"it has no {side}")
        if twice := next((name for name in names if names.count(name) > 1), None):
            _refuse(where, f"{twice!r} is twice among the {side}")
        if odd := next((field for field in fields if field.type not in TYPES), None):
            _refuse(where, f"the type of {odd.name!r} must be one of {', '.join(TYPES)}")
    if signature.outputs[0].name != "prediction":
        _refuse(where, "its first output must be named prediction")
    return signature


def _refuse(where: str, why: str, fix: str = _FIX) -> NoReturn:
    raise BadInput(
        "This signature cannot be used", where=where, why=why, fix=fix, code=CODE
    ) from None


def made(task: str, target: str, inputs: tuple[Field, ...], classes: tuple[str, ...]) -> Signature:
    """Put a signature together: the outputs follow from task and classes."""
    kind = "float" if task == "regression" else "str"
    outputs = [Field(name="prediction", type=kind, required=True)]
    outputs += [Field(name=f"probability_{name}", type="float", required=True) for name in classes]
    return Signature(
        task=task, target=target, inputs=inputs, outputs=tuple(outputs), classes=classes
    )


def from_table(
    project: Project, ref: str, target: str, task: str, told: Introspected | None
) -> Signature:
    """Make it of a dataset version's columns, but for the target; raises BadInput, NotFound.

    What the model itself tells counts: only its own columns, in its order, and its classes.
    """
    import polars as pl

    version = get_version(project, ref)
    frame = pl.scan_parquet(table_of(project, version), glob=False)
    schema = frame.collect_schema()
    if target not in schema:
        _refuse(version.reference, f"it has no column {target!r}: {', '.join(schema)}"[:400],
                "Name the column that the model predicts by --target")  # fmt: skip
    names = [name for name in schema if name != target]
    if told and told.columns:
        names = list(told.columns)
        if missing := [name for name in names if name not in schema]:
            _refuse(version.reference, f"the model takes {missing[0]!r}, which it has not")
    inputs = tuple(Field(name=name, type=_type(name, schema[name])) for name in names)
    task = task or (told.task if told else "") or _task_of(frame, target, schema[target])
    classes = told.classes if told else ()
    if task != "regression" and not classes:
        classes = _classes(frame, target)
    return checked(made(task, target, inputs, classes), version.reference)


def _type(name: str, dtype: Any) -> str:
    import polars as pl

    if dtype.is_integer():
        return "int"
    if dtype.is_float() or isinstance(dtype, pl.Decimal):
        return "float"
    kinds: dict[Any, str] = {pl.Boolean: "bool", pl.String: "str", pl.Date: "date"}
    found = kinds.get(type(dtype)) or ("datetime" if isinstance(dtype, pl.Datetime) else "")
    if not found:
        _refuse(f"column {name}", f"{dtype} is no type of an input")
    return found


def _task_of(frame: Any, target: str, dtype: Any) -> str:
    if dtype.is_float():
        return "regression"
    if dtype.is_integer():
        _refuse(f"column {target}", "whole numbers may be classes or amounts",
                "Say which by --task binary, multiclass or regression")  # fmt: skip
    return "binary" if len(_classes(frame, target)) == 2 else "multiclass"


def _classes(frame: Any, target: str) -> tuple[str, ...]:
    import polars as pl

    from workbench.training.inputs import as_labels

    values = frame.select(pl.col(target)).drop_nulls().unique().head(MOST_CLASSES + 1).collect()
    if values.height > MOST_CLASSES:
        _refuse(f"column {target}", f"it has more than {MOST_CLASSES} values: no classes")
    return tuple(sorted(as_labels(values[target]).to_list()))


def from_model(
    plugin: Format, path: Path, target: str, task: str, told: Introspected | None
) -> Signature:
    """Make it of what the file tells; raises BadInput where that is not enough."""
    hints = plugin.hints(path)
    target = target or "target"
    if hints.inputs:
        return checked(made(task or hints.task, target, hints.inputs, ()), str(path))
    if told is None:
        _refuse(str(path), f"a {plugin.name} file does not tell its columns without being loaded")
    if not told.columns:
        _refuse(
            str(path), "the model does not know the names of its columns: it was fitted without"
        )
    if told.texts:
        _refuse(str(path), "it names its columns but not their types, and some are not numbers")
    inputs = tuple(Field(name=name, type="float") for name in told.columns)
    return checked(made(task or told.task, target, inputs, told.classes), str(path))


def ask_model(path: Path, format_name: str, digest: str) -> Introspected:
    """Load a model whose types are trusted in a process of its own, and ask what it takes and gives.

    Raises BadInput for one that cannot be asked, Unavailable for one that takes too long.
    """
    work = IntrospectWork(path=str(path), format=reference("formats", format_name), object=digest)
    status, line = run_apart(
        "workbench.models.introspect", msgspec.json.encode(work), lambda: False
    )
    if status != 0:
        raise BadInput(
            "The model does not say what it takes",
            where=str(path),
            why=line,
            fix="Save a fitted scikit-learn estimator that predicts",
            code="model.damaged",
        )
    return msgspec.json.decode(line, type=Introspected)
