"""ONNX files, read by their protocol buffer alone: operators, inputs, outputs; nothing of them is run.

A reader of our own for the dozen fields that are wanted (onnx/onnx.proto, ModelProto and GraphProto),
instead of the onnx package: that is 18 MB with a protocol compiler's runtime, parses all weights into
memory, and would be one more reader of untrusted bytes in C++. There is no runtime here that serves them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from plugins.formats.archive import damage_told, damaged
from plugins.formats.protobuf import fields, signed
from workbench.errors import Refused
from workbench.models.contract import Field, FoundType, Hints, Scan

STANDARD = {"", "ai.onnx", "ai.onnx.ml"}
"""Domains whose operators the ONNX specification defines; another one is somebody's own code."""
MOST_BYTES = 2 << 30
"""What a protocol buffer may have: weights that need more lie in other files."""
MOST_TENSORS = 10_000
_TYPES = {
    1: "float", 11: "float", 10: "float", 16: "float", 2: "int", 3: "int", 4: "int", 5: "int", 6: "int",
    7: "int", 12: "int", 13: "int", 8: "str", 9: "bool",
}  # fmt: skip
"""TensorProto.DataType → the type of a column."""
MODEL_IR, MODEL_PRODUCER, MODEL_PRODUCER_VERSION, MODEL_GRAPH, MODEL_OPSET = 1, 2, 3, 7, 8
GRAPH_NODE, GRAPH_NAME, GRAPH_WEIGHTS, GRAPH_INPUT, GRAPH_OUTPUT = 1, 2, 5, 11, 12
NODE_OPERATOR, NODE_DOMAIN, NODE_ATTRIBUTE = 4, 7, 5
TENSOR_NAME, TENSOR_LOCATION = 8, 14
ATTRIBUTE_GRAPH = 6
MOST_DEPTH = 20


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output: name, element type (0 for what is no tensor), sides (None: any)."""

    name: str
    element: int
    shape: tuple[int | None, ...]


@dataclass
class Model:
    """What is read of a file."""

    ir: int = 0
    producer: str = ""
    opsets: dict[str, int] = field(default_factory=dict)
    operators: Counter[tuple[str, str]] = field(default_factory=Counter)
    inputs: list[Tensor] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)
    weights: set[str] = field(default_factory=set)
    outside: int = 0


class OnnxFormat:
    """ONNX as a format of imported models."""

    name = "onnx"
    suffix = ".onnx"
    suffixes = (".onnx",)
    safe = True
    unserved = "there is no ONNX runtime in Workbench yet"

    def dump(self, model: Any, path: Path) -> None:
        """Refuse: nothing here writes ONNX."""
        self._refuse(path, "nothing here writes it")

    def scan(self, path: Path) -> Scan:
        """Return the operators; those of somebody's own domain are unknown."""
        model = self._read(path)
        found = []
        for (domain, operator), _ in sorted(model.operators.items()):
            known = domain in STANDARD
            name = f"{domain or 'ai.onnx'}.{operator}"
            found.append(FoundType(name=name, verdict="trusted" if known else "unknown"))
        found.sort(key=lambda one: one.verdict == "trusted")
        facts = {
            "made by": model.producer or "not said",
            "ir version": str(model.ir),
            "opsets": ", ".join(f"{d or 'ai.onnx'} {v}" for d, v in sorted(model.opsets.items())),
            "nodes": f"{model.operators.total():,}",
        }
        warnings = []
        if model.outside:
            warnings.append(
                f"{model.outside} of its weights lie in other files, which are not here"
            )
        return Scan(types=tuple(found), warnings=tuple(warnings), facts=facts)

    def inspect(self, path: Path) -> tuple[str, ...]:
        """Return operators of domains that the specification does not define."""
        return self.scan(path).named("unknown")

    def hints(self, path: Path) -> Hints:
        """Return the columns that its inputs are: one each, or as many as its second side says."""
        model = self._read(path)
        inputs: list[Field] = []
        with damage_told(path):
            for tensor in model.inputs:
                if tensor.name not in model.weights:
                    inputs += _columns(tensor)
        first = model.outputs[0] if model.outputs else None
        classes = first is not None and _TYPES.get(first.element) in {"int", "str"}
        return Hints(
            inputs=tuple(inputs), task=("multiclass" if classes else "regression") if first else ""
        )

    def load(self, path: Path) -> Any:
        """Refuse: there is nothing here to run it with."""
        self._read(path)
        self._refuse(path, "there is no runtime for it here")

    def content(self, path: Path) -> str:
        """Return `m1:` and SHA-256 of the bytes."""
        self._read(path)
        with path.open("rb") as file:
            return "m1:" + hashlib.file_digest(file, "sha256").hexdigest()

    def _read(self, path: Path) -> Model:
        model = Model()
        with damage_told(path):
            size = path.stat().st_size
            if not 0 < size <= MOST_BYTES:
                raise damaged(
                    path, f"it has {size:,} bytes, of {MOST_BYTES:,} that a message may have"
                )
            for number, value in fields(memoryview(path.read_bytes())):
                _model_field(model, number, value)
        if not model.operators or not model.outputs:
            raise damaged(path, "it is no ONNX model: it has no operator or no output")
        return model

    def _refuse(self, path: Path, why: str) -> NoReturn:
        raise Refused(
            "ONNX models are kept and compared, not run here",
            where=str(path),
            why=why,
            fix="Register the scikit-learn model that it was made of as skops, or export this file",
            code="model.unserved",
        )


def _text(value: int | memoryview) -> str:
    return bytes(value[:1000]).decode(errors="replace") if isinstance(value, memoryview) else ""


def _model_field(model: Model, number: int, value: int | memoryview) -> None:
    if number == MODEL_IR and isinstance(value, int):
        model.ir = signed(value)
    elif number == MODEL_PRODUCER:
        model.producer = f"{_text(value)} {model.producer}".strip()
    elif number == MODEL_PRODUCER_VERSION:
        model.producer = f"{model.producer} {_text(value)}".strip()
    elif number == MODEL_OPSET and isinstance(value, memoryview):
        domain, version = "", 0
        for inner, part in fields(value):
            if inner == 1:
                domain = _text(part)
            elif inner == 2 and isinstance(part, int):
                version = signed(part)
        model.opsets[domain] = version
    elif number == MODEL_GRAPH and isinstance(value, memoryview):
        _graph(model, value, 0)


def _graph(model: Model, data: memoryview, depth: int) -> None:
    """Read a graph; those inside a node's attributes (loops, branches) as well."""
    if depth > MOST_DEPTH:
        raise ValueError("its graphs are nested too deep")
    for number, value in fields(data):
        if not isinstance(value, memoryview):
            continue
        if number == GRAPH_NODE:
            _node(model, value, depth)
        elif number == GRAPH_WEIGHTS:
            _weights(model, value)
        elif number in {GRAPH_INPUT, GRAPH_OUTPUT} and depth == 0:
            side = model.inputs if number == GRAPH_INPUT else model.outputs
            side.append(_tensor(value))
            if len(side) > MOST_TENSORS:
                raise ValueError(f"it has more than {MOST_TENSORS} inputs or outputs")


def _node(model: Model, data: memoryview, depth: int) -> None:
    operator, domain = "", ""
    for number, value in fields(data):
        if number == NODE_OPERATOR:
            operator = _text(value)
        elif number == NODE_DOMAIN:
            domain = _text(value)
        elif number == NODE_ATTRIBUTE and isinstance(value, memoryview):
            for inner, part in fields(value):
                if inner == ATTRIBUTE_GRAPH and isinstance(part, memoryview):
                    _graph(model, part, depth + 1)
    model.operators[domain, operator] += 1


def _weights(model: Model, data: memoryview) -> None:
    for number, value in fields(data):
        if number == TENSOR_NAME:
            model.weights.add(_text(value))
        elif number == TENSOR_LOCATION and value == 1:
            model.outside += 1


def _tensor(data: memoryview) -> Tensor:
    """Read a ValueInfoProto: name, type.tensor_type.elem_type and .shape.dim."""
    name, element, shape = "", 0, ()  # type: str, int, tuple[int | None, ...]
    for number, value in fields(data):
        if number == 1:
            name = _text(value)
        elif number == 2 and isinstance(value, memoryview):
            for kind, part in fields(value):
                if kind == 1 and isinstance(part, memoryview):
                    element, shape = _tensor_type(part)
    return Tensor(name, element, shape)


def _tensor_type(data: memoryview) -> tuple[int, tuple[int | None, ...]]:
    element, sides = 0, []  # type: int, list[int | None]
    for number, value in fields(data):
        if number == 1 and isinstance(value, int):
            element = value
        elif number == 2 and isinstance(value, memoryview):
            for inner, side in fields(value):
                if inner == 1 and isinstance(side, memoryview):
                    sides.append(_side(side))
    return element, tuple(sides)


def _side(data: memoryview) -> int | None:
    for number, value in fields(data):
        if number == 1 and isinstance(value, int):
            return signed(value)
    return None


def _columns(tensor: Tensor) -> list[Field]:
    kind = _TYPES.get(tensor.element)
    if kind is None or len(tensor.shape) > 2:
        raise ValueError(f"its input {tensor.name[:80]!r} is no column and no table")
    many = tensor.shape[1] if len(tensor.shape) == 2 else 1
    if many is None or not 1 <= many <= MOST_TENSORS:
        raise ValueError(f"its input {tensor.name[:80]!r} does not say how many columns it has")
    if many == 1:
        return [Field(name=tensor.name, type=kind, required=True)]
    return [Field(name=f"{tensor.name}_{at}", type=kind, required=True) for at in range(many)]


FORMAT = OnnxFormat()
