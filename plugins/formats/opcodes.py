"""A pickle followed opcode by opcode without doing what it says: nothing is imported, called or built.

`pickletools.genops` reads the opcodes; what lies on the stack is followed as far as is needed to know
every name that the pickle would import, also those that it puts together from strings. Joblib writes
the bytes of arrays into the middle of the opcodes, right behind the object that describes them: their
length is found from that object, and they are left out; arrays of objects are pickles of their own.
"""

from __future__ import annotations

import math
import pickletools
import re
from dataclasses import dataclass, field
from typing import Any

from plugins.formats.unpacking import Stream

MAX_OPCODES = 20_000_000
MAX_NAMES = 10_000
MAX_NESTED = 1_000_000
"""Pickles inside the pickle: an array of objects each."""
WRAPPER = "joblib.numpy_pickle.NumpyArrayWrapper"
COMPUTED = "a name that is computed"
_DTYPE = re.compile(r"[<>|=]?([a-zA-Z])(\d{1,9})")

_MARK = object()
_SOMETHING = object()
"""A value of which nothing need be known."""
_TEXTS = frozenset(
    {
        "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE",
        "BINUNICODE8",
    }
)  # fmt: skip
_NUMBERS = frozenset({"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4"})
_FILLS = frozenset({"SETITEMS", "APPENDS", "ADDITEMS"})
_PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
_GETS = frozenset({"GET", "BINGET", "LONG_BINGET"})
_EXTENSIONS = frozenset({"EXT1", "EXT2", "EXT4"})
_PERSISTENT = frozenset({"PERSID", "BINPERSID"})
_PLAIN = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}


@dataclass(frozen=True, slots=True)
class _Global:
    name: str


@dataclass(slots=True)
class _Made:
    """What a call or a class would make: of what, with which arguments, and its state."""

    of: Any
    arguments: Any = ()
    state: Any = None


@dataclass(slots=True)
class _Dict:
    pairs: list[tuple[Any, Any]] = field(default_factory=list)

    def get(self, key: str) -> Any:
        return next((v for k, v in reversed(self.pairs) if isinstance(k, str) and k == key), None)


@dataclass
class Found:
    """What a pickle names, in the order of first use, and remarks."""

    names: dict[str, None] = field(default_factory=dict)
    remarks: dict[str, None] = field(default_factory=dict)
    protocol: int = 0
    opcodes: int = 0
    arrays: int = 0


def follow(stream: Stream, *, arrays: bool) -> Found:
    """Follow the pickle in `stream` to its end. `arrays`: joblib's, with bytes between the opcodes.

    Raises BadInput for what is no pickle, is damaged, or goes beyond the limits.
    """
    found = Found()
    _Machine(stream, found, arrays=arrays).run()
    return found


class _Machine:
    """The stack of one pickle."""

    def __init__(self, stream: Stream, found: Found, *, arrays: bool, depth: int = 0) -> None:
        self.stream, self.found, self.arrays, self.depth = stream, found, arrays, depth
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> None:
        """Follow every opcode until STOP."""
        try:
            for opcode, argument, _ in pickletools.genops(self.stream):  # type: ignore[arg-type]  # it reads only
                self.found.opcodes += 1
                if self.found.opcodes > MAX_OPCODES:
                    self.stream.refuse(f"it has more than {MAX_OPCODES:,} opcodes")
                self.step(opcode, argument)
        except (ValueError, IndexError, KeyError, OverflowError, UnicodeDecodeError) as error:
            self.stream.refuse(f"it is not a sound pickle: {error}"[:200])

    def name(self, name: str) -> _Global:
        """Note a name that would be imported."""
        self.found.names[name[:300]] = None
        if len(self.found.names) > MAX_NAMES:
            self.stream.refuse(f"it names more than {MAX_NAMES:,} things")
        return _Global(name)

    def step(self, opcode: pickletools.OpcodeInfo, argument: Any) -> None:
        """Follow one opcode."""
        code, stack = opcode.name, self.stack
        if code == "PROTO":
            self.found.protocol = max(self.found.protocol, int(argument))
        elif code == "MARK":
            stack.append(_MARK)
        elif code in _TEXTS or code in _NUMBERS:
            stack.append(argument)
        elif code in _PLAIN:
            stack.append(_PLAIN[code])
        elif code in _PUTS or code == "MEMOIZE":
            self.memo[len(self.memo) if code == "MEMOIZE" else int(argument)] = stack[-1]
        elif code in _GETS:
            stack.append(self.memo[int(argument)])
        elif code == "DUP":
            stack.append(stack[-1])
        elif not self.container(code) and not self.call(code, argument):
            self.generic(opcode)

    def container(self, code: str) -> bool:
        """Follow what fills tuples and dicts; False for another opcode."""
        stack = self.stack
        if code == "EMPTY_DICT":
            stack.append(_Dict())
        elif code == "TUPLE":
            stack.append(tuple(self.to_mark()))
        elif code in {"TUPLE1", "TUPLE2", "TUPLE3"}:
            count = int(code[-1])
            stack.append(tuple(self.pop() for _ in range(count))[::-1])
        elif code == "DICT":
            items = self.to_mark()
            stack.append(_Dict(list(zip(items[::2], items[1::2], strict=False))))
        elif code == "SETITEM":
            value, key = self.pop(), self.pop()
            if isinstance(stack[-1], _Dict):
                stack[-1].pairs.append((key, value))
        elif code in _FILLS:
            items = self.to_mark()
            if code == "SETITEMS" and isinstance(stack[-1], _Dict):
                stack[-1].pairs += zip(items[::2], items[1::2], strict=False)
        elif code == "APPEND":
            self.pop()
        else:
            return False
        return True

    def call(self, code: str, argument: Any) -> bool:
        """Follow what imports and calls; False for another opcode."""
        stack = self.stack
        if code in {"GLOBAL", "INST"}:
            made = self.name(str(argument).replace(" ", ".", 1))
            if code == "INST":
                self.to_mark()
                stack.append(_Made(made))
            else:
                stack.append(made)
        elif code == "STACK_GLOBAL":
            name, module = self.pop(), self.pop()
            known = isinstance(name, str) and isinstance(module, str)
            stack.append(self.name(f"{module}.{name}" if known else COMPUTED))
        elif code in {"REDUCE", "NEWOBJ"}:
            arguments = self.pop()
            stack.append(_Made(self.pop(), arguments))
        elif code == "NEWOBJ_EX":
            self.pop()
            arguments = self.pop()
            stack.append(_Made(self.pop(), arguments))
        elif code == "OBJ":
            items = self.to_mark()
            stack.append(_Made(items[0], tuple(items[1:])))
        elif code == "BUILD":
            self.build(self.pop())
        elif code in _EXTENSIONS:
            stack.append(self.name(f"extension {argument}"))
        elif code in _PERSISTENT:
            self.found.remarks["it refers to objects outside of itself"] = None
            if code == "BINPERSID":
                self.pop()
            stack.append(_SOMETHING)
        else:
            return False
        return True

    def build(self, state: Any) -> None:
        """Give the object on top its state; behind joblib's description of an array come its bytes."""
        made = self.stack[-1]
        if not isinstance(made, _Made):
            return
        made.state = state
        if self.arrays and isinstance(made.of, _Global) and made.of.name == WRAPPER:
            self.array(state)

    def array(self, state: Any) -> None:
        """Leave out the bytes of an array, or follow the pickle that an array of objects is."""
        if not isinstance(state, _Dict):
            self.stream.refuse("an array in it is not described")
        self.found.arrays += 1
        size, objects = self.item(state.get("dtype"))
        shape = state.get("shape")
        if not isinstance(shape, tuple) or not all(isinstance(n, int) and n >= 0 for n in shape):
            self.stream.refuse("an array in it has no shape")
        if objects:
            if self.depth > 50 or self.found.arrays > MAX_NESTED:
                self.stream.refuse("its arrays of objects are nested too deep")
            _Machine(self.stream, self.found, arrays=False, depth=self.depth + 1).run()
            return
        if state.get("numpy_array_alignment_bytes") is not None:
            self.stream.skip(int.from_bytes(self.stream.read(1), "little"))
        self.stream.skip(math.prod(shape) * size)

    def item(self, dtype: Any) -> tuple[int, bool]:
        """Return the bytes of an item of an array, and whether the items are objects."""
        code = dtype.arguments[0] if isinstance(dtype, _Made) and dtype.arguments else None
        match = _DTYPE.fullmatch(code) if isinstance(code, str) else None
        if match is None:
            self.stream.refuse("an array in it has a type that is not known")
        kind, size = match[1], int(match[2])
        state = dtype.state
        flags = state[7] if isinstance(state, tuple) and len(state) > 7 else 0
        objects = kind == "O" or (isinstance(flags, int) and flags & 1 == 1 and kind == "V")
        return (size * 4 if kind == "U" else size), objects

    def generic(self, opcode: pickletools.OpcodeInfo) -> None:
        """Take and put what the opcode says, without looking at it."""
        before = opcode.stack_before
        if pickletools.markobject in before:
            self.to_mark()
            before = before[: before.index(pickletools.markobject)]
        for _ in before:
            self.pop()
        self.stack += [_SOMETHING] * len(opcode.stack_after)

    def pop(self) -> Any:
        """Take the top; below a mark there is nothing to take."""
        if self.stack[-1] is _MARK:
            raise IndexError("a value is missing")
        return self.stack.pop()

    def to_mark(self) -> list[Any]:
        """Take everything down to the last mark, and the mark."""
        items: list[Any] = []
        while (item := self.stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]
