"""Pickles followed without being run; the oracle is what unpickling itself asks to import."""

from __future__ import annotations

import bz2
import collections
import contextlib
import datetime as dt
import gzip
import io
import lzma
import pickle
import pickletools
import zlib
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joblib.numpy_pickle import NumpyUnpickler
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from plugins.formats import opcodes, unpacking
from plugins.formats.pickled import JOBLIB, PICKLE
from workbench.errors import BadInput, Refused

ROWS = np.arange(40.0).reshape(20, 2)
TRUTH = ["a", "b"] * 10


class Calls:
    """What is pickled as a call of `function`."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.made = function, arguments

    def __reduce__(self) -> Any:
        return self.made


class Listening(pickle.Unpickler):
    """Loads, and notes what it was asked to import."""

    def __init__(self, file: Any) -> None:
        super().__init__(file)
        self.names: set[str] = set()

    def find_class(self, module: str, name: str) -> Any:
        self.names.add(f"{module}.{name}")
        return super().find_class(module, name)


def written(tmp_path: Path, data: bytes, name: str = "m.pkl") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def named(path: Path) -> set[str]:
    plugin = JOBLIB if path.suffix == ".joblib" else PICKLE
    return {found.name for found in plugin.scan(path).types}


VALUES = [
    make_pipeline(LogisticRegression()).fit(ROWS, TRUTH),
    HistGradientBoostingClassifier(max_iter=2).fit(ROWS, TRUTH),
    RandomForestClassifier(2).fit(ROWS, TRUTH),
    make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(["one two", "two three"], [0, 1]),
    {"when": dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "x": [1, 2.5, None, True, b"x"]},
    collections.OrderedDict(a=collections.Counter("aab"), b=frozenset({1}), c=complex(1, 2)),
    np.array([{"a": np.array([1, 2], dtype=object)}, None], dtype=object),
    np.zeros(3, dtype=[("a", "f4"), ("b", "U7"), ("c", "M8[s]")]),
    np.random.RandomState(0),
]


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_names_what_unpickling_imports(tmp_path: Path, value: Any, protocol: int) -> None:
    data = pickle.dumps(value, protocol=protocol)
    listening = Listening(io.BytesIO(data))
    listening.load()
    expected = {name.replace("copy_reg", "copyreg") for name in listening.names}
    found = {
        name.replace("copy_reg.", "copyreg.").replace("__builtin__.", "builtins.")
        for name in named(written(tmp_path, data))
    }
    assert found == {name.replace("__builtin__.", "builtins.") for name in expected}


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)])
@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_names_what_joblib_imports(
    tmp_path: Path, value: Any, compress: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.joblib"
    joblib.dump(value, path, compress=compress)
    asked: set[str] = set()
    real = NumpyUnpickler.find_class

    def find_class(self: Any, module: str, name: str) -> Any:
        asked.add(f"{module}.{name}")
        return real(self, module, name)

    monkeypatch.setattr(NumpyUnpickler, "find_class", find_class)
    joblib.load(path)
    assert asked
    assert named(path) == asked


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Calls(eval, "1"), "builtins.eval"),
        (Calls(Path("x").write_text, "y"), "builtins.getattr"),
        (Calls(__import__("subprocess").check_output, ["true"]), "subprocess.check_output"),
        (Calls(__import__("os").system, "true"), "posix.system"),
        (Calls(__import__("functools").partial, print), "functools.partial"),
        (Calls(np.load, "x"), "numpy.load"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_can_run_commands_is_dangerous(tmp_path: Path, value: Any, name: str) -> None:
    for protocol in (3, 4, 5):  # before them it would write the names of Python 2
        path = written(tmp_path, pickle.dumps([ROWS, value], protocol=protocol))
        assert name in PICKLE.scan(path).named("dangerous")


CRAFTED = {
    "a name put together from the memo": (
        b"\x80\x04\x8c\x06system\x94\x8c\x05posix\x94h\x01h\x00\x93\x8c\x04true\x85R.",
        "posix.system",
    ),
    "a name that is computed": (b"\x80\x04\x8c\x05posix)\x93.", opcodes.COMPUTED),
    "an instance": (b"(S'true'\nios\nsystem\n.", "os.system"),
    "an object": (b"(cos\nsystem\nS'true'\no.", "os.system"),
    "an extension": (b"\x80\x02\x82\x07)R.", "extension 7"),
    "duplicated": (b"\x80\x04\x8c\x02os\x8c\x06system20\x93.", "os.system"),
}


@pytest.mark.parametrize("case", CRAFTED)
def test_crafted_pickles_hide_nothing(tmp_path: Path, case: str) -> None:
    data, name = CRAFTED[case]
    found = PICKLE.scan(written(tmp_path, data)).named("dangerous")
    assert name in found


def test_what_lies_outside_and_behind_is_remarked(tmp_path: Path) -> None:
    scan = PICKLE.scan(written(tmp_path, b"Pident\n.more"))
    assert scan.warnings == (
        "it refers to objects outside of itself",
        "something follows behind its end, which loading leaves alone",
    )


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "pickle exhausted before seeing STOP"),
        (b"hello world", "not a sound pickle"),
        (b"\x80\x04K\x01", "exhausted"),
        (b"\x80\x04h\x05.", "not a sound pickle"),
        (b"\x80\x04(0.", "a value is missing"),
        (b"\x80\x04R.", "not a sound pickle"),
        (b"\x8e" + (2**60).to_bytes(8, "little") + b"x.", "one string claims"),
        (b"c" + b"x" * (unpacking.MAX_LINE + 1), "a line in it has no end"),
        (b"\x04\x22\x4d\x18 lz4", "packed as lz4"),
        (b"\x1f\x8bxxxxxxxxxxxx", "cannot be unpacked"),
        (gzip.compress(b"\x80\x04K\x01.", mtime=0)[:-9], "cannot be unpacked"),
    ],
)
def test_what_is_no_pickle(tmp_path: Path, data: bytes, why: str) -> None:
    with pytest.raises(BadInput) as refusal:
        PICKLE.scan(written(tmp_path, data))
    assert refusal.value.code == "model.damaged"
    assert why in str(refusal.value.why)


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, zlib.compress, bz2.compress, lzma.compress,
     lambda data: lzma.compress(data, lzma.FORMAT_ALONE)],
    ids=["gzip", "zlib", "bz2", "xz", "lzma"],
)  # fmt: skip
def test_a_bomb_is_not_unpacked(tmp_path: Path, pack: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "FREE_BYTES", 4 << 20)
    data = b"\x80\x04" + b"K\x010" * (8 << 20) + b"N."
    with pytest.raises(BadInput, match="it unpacks to more than"):
        JOBLIB.content(written(tmp_path, pack(data), "m.joblib"))


def test_limits_of_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, pickle.dumps(list(range(2000))))
    monkeypatch.setattr(opcodes, "MAX_OPCODES", 1000)
    with pytest.raises(BadInput, match="more than 1,000 opcodes"):
        PICKLE.scan(path)
    monkeypatch.setattr(opcodes, "MAX_OPCODES", 10**6)
    monkeypatch.setattr(unpacking, "MAX_SECONDS", -1.0)
    with pytest.raises(BadInput, match="takes longer"):
        PICKLE.scan(path)
    monkeypatch.setattr(unpacking, "MAX_SECONDS", 60.0)
    monkeypatch.setattr(opcodes, "MAX_NAMES", 1)
    with pytest.raises(BadInput, match="more than 1 things"):
        PICKLE.scan(written(tmp_path, pickle.dumps(VALUES[0])))


def test_arrays_that_are_not_described(tmp_path: Path) -> None:
    whole = io.BytesIO()
    joblib.dump(np.arange(3.0), whole)
    data = whole.getvalue()
    for old, new, why in (
        (b"f8", b"??", "a type that is not known"),
        (b"shape", b"shepe", "has no shape"),
    ):
        assert old in data
        with pytest.raises(BadInput, match=why):
            JOBLIB.scan(written(tmp_path, data.replace(old, new), "m.joblib"))
    with pytest.raises(BadInput, match=r"ends inside an array|exhausted"):
        JOBLIB.scan(written(tmp_path, data[:-10], "m.joblib"))


def test_loading_and_writing_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, pickle.dumps(VALUES[0]))
    for act in (lambda: PICKLE.load(path), lambda: PICKLE.dump(VALUES[0], path)):
        with pytest.raises(Refused) as refusal:
            act()
        assert "skops" in refusal.value.fix


@settings(max_examples=150)
@given(st.binary(max_size=120))
def test_any_bytes_give_one_of_our_errors(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for name, plugin in (("m.pkl", PICKLE), ("m.joblib", JOBLIB)):
            with contextlib.suppress(BadInput):
                plugin.scan(written(Path(folder), data, name))


def test_every_opcode_is_known() -> None:
    """What the stack machine leaves to the generic rule, the rule can follow."""
    for opcode in pickletools.opcodes:
        assert all(isinstance(item.name, str) for item in opcode.stack_before)
