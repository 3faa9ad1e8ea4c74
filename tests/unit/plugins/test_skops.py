"""Model files: what is listed, what is refused, and that nothing of a hostile file is ever run."""

from __future__ import annotations

import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

from plugins.formats.archive import MAX_DEPTH
from plugins.formats.skops import FORMAT
from workbench.errors import BadInput, Refused
from workbench.models.trusted import TRUSTED

Edit = Callable[[dict[str, Any]], None]
FRAME = pl.DataFrame(
    {"a": [float(i % 7) for i in range(80)], "c": ["xyz"[i % 3] for i in range(80)]}
)
TRUTH = [str(i % 2) for i in range(80)]


def fitted(estimator: Any) -> Pipeline:
    codes = ColumnTransformer([("a", "passthrough", ["a"]), ("c", OrdinalEncoder(), ["c"])])
    return Pipeline([("features", codes), ("model", estimator)]).fit(FRAME, TRUTH)


@pytest.fixture(scope="module")
def linear() -> Pipeline:
    return fitted(LogisticRegression())


@pytest.fixture(scope="module")
def boosted() -> Pipeline:
    return fitted(
        HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=5, categorical_features=[1])
    )


def written(model: Any, folder: Path) -> Path:
    path = folder / "model.skops"
    FORMAT.dump(model, path)
    return path


def rewritten(path: Path, edit: Edit, **members: bytes) -> Path:
    """Write the file anew with an edited schema and changed members."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(parts["schema.json"])
    edit(schema)
    parts = parts | {"schema.json": json.dumps(schema).encode()} | members
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def node(loader: str, module: str, name: str, **more: Any) -> dict[str, Any]:
    return {"__loader__": loader, "__module__": module, "__class__": name, **more}


def json_node(value: Any) -> dict[str, Any]:
    return node("JsonNode", "builtins", "str", content=json.dumps(value), is_json=True)


def tuple_node(*items: Any) -> dict[str, Any]:
    return node("TupleNode", "builtins", "tuple", content=list(items))


def planted(payload: dict[str, Any]) -> Edit:
    """Hide `payload` among the attributes of the pipeline."""
    return lambda schema: schema["content"]["content"].update(memory=payload)


def hostile_payloads(marker: Path) -> dict[str, dict[str, Any]]:
    """Ways to get a command run, each of which would make `marker`."""
    system = node("FunctionNode", "os", "system")
    command = json_node(f"touch {marker}")
    return {
        "function": system,
        "partial": node(
            "PartialNode",
            "functools",
            "partial",
            content={
                "func": system,
                "args": tuple_node(command),
                "kwds": node("DictNode", "builtins", "dict", content={}, key_types=[]),
                "namespace": json_node(None),
            },
        ),
        "constructor": node(
            "ConstructorFromReduceNode", "subprocess", "Popen", content=tuple_node(command)
        ),
        "object": node("ObjectNode", "subprocess", "Popen", content=json_node({})),
        "import": node("TypeNode", marker.stem, "Payload"),
        "operator": node("OperatorFuncNode", "operator", "methodcaller", attrs=command),
        "method": node(
            "MethodNode",
            "pathlib",
            "PosixPath",
            content={"func": "touch", "obj": node("ObjectNode", "pathlib", "PosixPath")},
        ),
        "loss": node(
            "LossNode",
            "os",
            "system",
            __reduce__={"args": tuple_node(command)},
            content=json_node({}),
        ),
        "tree": node(
            "TreeNode",
            "os",
            "system",
            __reduce__={"args": tuple_node(command)},
            content=json_node({}),
        ),
        "list of a type": node("ListNode", "os", "system", content=[command]),
        "dict of a type": node("DictNode", "os", "system", content={}, key_types=[]),
        "array of a type": node("NdArrayNode", "os", "system", type="json", content=[], shape=[]),
        "unknown loader": node("EvalNode", "builtins", "eval", content=command),
        "function as object": node("ObjectNode", "sklearn.utils.validation", "check_array"),
        "estimator as type": node("TypeNode", "sklearn.pipeline", "Pipeline"),
    }


@pytest.mark.parametrize("kind", hostile_payloads(Path("x")))
def test_hostile_types_are_listed_and_refused(
    kind: str, linear: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "payload_marker"
    # A module that tells when it is imported: naming a type must not even import it.
    (tmp_path / "payload_marker.py").write_text(f"open({str(marker)!r}, 'w'); Payload = 1")
    monkeypatch.syspath_prepend(str(tmp_path))
    payload = hostile_payloads(marker)[kind]
    path = rewritten(written(linear, tmp_path), planted(payload))
    full = f"{payload['__module__']}.{payload['__class__']}"
    if kind != "partial":
        assert any(item.startswith(full) for item in FORMAT.inspect(path))
    else:
        assert any(item.startswith("os.system") for item in FORMAT.inspect(path))
    with pytest.raises(Refused) as refusal:
        FORMAT.load(path)
    assert refusal.value.code == "model.types"
    assert FORMAT.content(path).startswith("m1:")
    assert not marker.exists()


def test_our_list_names_nothing_that_runs_commands() -> None:
    names = set().union(*TRUSTED.values())
    roots = {name.partition(".")[0] for name in names}
    assert roots == {
        "builtins", "collections", "datetime", "functools", "numpy", "sklearn", "workbench",
    }  # fmt: skip
    assert not {"builtins.eval", "builtins.exec", "builtins.getattr", "builtins.open"} & names


def test_every_type_on_the_list_exists() -> None:
    """A name that is spelled wrong would trust nothing and say nothing."""
    from importlib import import_module

    for loader, names in TRUSTED.items():
        for name in names:
            module, _, attribute = name.rpartition(".")
            assert hasattr(import_module(module), attribute), f"{loader}: {name}"


def test_a_pickle_is_not_a_model_file(tmp_path: Path) -> None:
    class Payload:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.system, (f"touch {tmp_path}/marker",)

    path = tmp_path / "model.skops"
    path.write_bytes(pickle.dumps(Payload()))
    with pytest.raises(BadInput, match="sound model file"):
        FORMAT.load(path)
    assert not (tmp_path / "marker").exists()


def test_an_object_array_with_a_pickle_in_it_is_refused(linear: Pipeline, tmp_path: Path) -> None:
    class Payload:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.system, (f"touch {tmp_path}/marker",)

    path = written(linear, tmp_path)
    stream = io.BytesIO()
    np.save(stream, np.array([Payload()], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(path) as archive:
        member = next(name for name in archive.namelist() if name.endswith(".npy"))
    rewritten(path, lambda schema: None, **{member: stream.getvalue()})
    with pytest.raises(BadInput):
        FORMAT.load(path)
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize(
    "name", ["../up.npy", "/etc/passwd", "a/b.npy", "x.py", "..", "a\\b.npy", "é.npy"]
)
def test_a_member_that_leads_out_is_refused(name: str, linear: Pipeline, tmp_path: Path) -> None:
    path = rewritten(written(linear, tmp_path), lambda schema: None, **{name: b""})
    for read in (FORMAT.inspect, FORMAT.content, FORMAT.load):
        with pytest.raises(BadInput, match="a member is named"):
            read(path)


def test_a_member_twice_is_refused(linear: Pipeline, tmp_path: Path) -> None:
    path = written(linear, tmp_path)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("schema.json", "{}")
    with pytest.raises(BadInput, match="twice"):
        FORMAT.inspect(path)


def test_a_bomb_is_refused_before_it_is_unpacked(linear: Pipeline, tmp_path: Path) -> None:
    path = written(linear, tmp_path)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("bomb.bin", "w", force_zip64=True) as stream,
    ):
        for _ in range(80):
            stream.write(bytes(2**20))
    assert path.stat().st_size < 2**20
    for read in (FORMAT.inspect, FORMAT.content, FORMAT.load):
        with pytest.raises(BadInput, match="claims to unpack"):
            read(path)


def test_a_huge_schema_is_refused(
    linear: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from plugins.formats import archive

    path = written(linear, tmp_path)
    monkeypatch.setattr(archive, "MAX_SCHEMA", 1000)
    with pytest.raises(BadInput, match="larger than 1000 bytes"):
        FORMAT.inspect(path)


def test_an_array_that_claims_more_than_is_there_is_refused(
    linear: Pipeline, tmp_path: Path
) -> None:
    path = written(linear, tmp_path)
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)}
    )
    with zipfile.ZipFile(path) as archive:
        member = next(name for name in archive.namelist() if name.endswith(".npy"))
    rewritten(path, lambda schema: None, **{member: stream.getvalue()})
    with pytest.raises(BadInput, match="claims 8000000000000 bytes"):
        FORMAT.load(path)


@pytest.mark.parametrize("depth", [MAX_DEPTH * 2, 100_000])
def test_a_schema_too_deep_is_refused(depth: int, linear: Pipeline, tmp_path: Path) -> None:
    path = written(linear, tmp_path)
    deep = b'{"content":' * depth + b"1" + b"}" * depth
    rewritten(path, lambda schema: None, **{"schema.json": deep})
    with pytest.raises(BadInput, match="nested too deep"):
        FORMAT.content(path)


@pytest.mark.parametrize("text", [b"[]", b"1", b"{", b"\xff", b"null"])
def test_a_schema_that_is_none_is_refused(text: bytes, linear: Pipeline, tmp_path: Path) -> None:
    path = rewritten(written(linear, tmp_path), lambda schema: None, **{"schema.json": text})
    with pytest.raises(BadInput):
        FORMAT.inspect(path)


def test_one_identity_with_two_contents_is_refused(linear: Pipeline, tmp_path: Path) -> None:
    """skops builds the first object of an identity for all of them: the digest must not be fooled."""
    path = rewritten(
        written(linear, tmp_path),
        lambda schema: schema["content"]["content"].update(
            transform_input=json_node("a") | {"__id__": 7}, memory=json_node("b") | {"__id__": 7}
        ),
    )
    with pytest.raises(BadInput, match="one identity"):
        FORMAT.content(path)


def forests() -> dict[str, Any]:
    return {
        "forest": RandomForestClassifier(3, random_state=0),
        "boosting": GradientBoostingClassifier(n_estimators=2, random_state=0),
    }


@pytest.mark.parametrize("kind", forests())
def test_trees_load_and_predict_the_same(kind: str, tmp_path: Path) -> None:
    model = fitted(forests()[kind])
    loaded = FORMAT.load(written(model, tmp_path))
    assert (loaded.predict_proba(FRAME) == model.predict_proba(FRAME)).all()
    FORMAT.dump(loaded, tmp_path / "again")
    assert FORMAT.content(tmp_path / "again") == FORMAT.content(tmp_path / "model.skops")


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("left", 10_000, "child points outside"),
        ("right", 0, "before its parent"),
        ("feature_idx", 2, "feature points outside"),
        ("feature_idx", -1, "feature points outside"),
        ("bitset_idx", 999, "set of categories points outside"),
    ],
)
def test_a_boosted_tree_that_leads_outside_is_refused(
    field: str, value: int, why: str, boosted: Pipeline, tmp_path: Path
) -> None:
    import copy

    model = copy.deepcopy(boosted)
    nodes = model[-1]._predictors[0][0].nodes
    by_category = nodes["is_categorical"] != 0
    assert by_category.any(), "the test needs a split by category"
    nodes[field][by_category & (nodes["is_leaf"] == 0)] = value
    with pytest.raises(BadInput, match=why):
        FORMAT.load(written(model, tmp_path))


def test_a_tree_of_another_number_of_features_is_refused(tmp_path: Path) -> None:
    model = fitted(RandomForestClassifier(3, random_state=0))
    model[-1].n_features_in_ = 1
    with pytest.raises(BadInput, match="feature points outside"):
        FORMAT.load(written(model, tmp_path))
    del model[-1].n_features_in_
    for tree in model[-1].estimators_:
        del tree.n_features_in_
    with pytest.raises(BadInput, match="how many columns"):
        FORMAT.load(written(model, tmp_path))


def test_content_does_not_depend_on_the_process(tmp_path: Path) -> None:
    """Two processes fit the same and write: other addresses, other moments, one content."""
    code = (
        "import sys, polars as pl; from pathlib import Path;"
        "from sklearn.ensemble import RandomForestClassifier as R;"
        "from plugins.formats.skops import FORMAT;"
        "x = [[i % 7, i % 3] for i in range(80)]; y = [str(i % 2) for i in range(80)];"
        "FORMAT.dump(R(3, random_state=0).fit(x, y), Path(sys.argv[1]))"
    )
    paths = [tmp_path / name for name in ("a.skops", "b.skops")]
    for path, seed in zip(paths, "12", strict=True):
        env = os.environ | {"PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", code, str(path)], check=True, env=env)
    assert paths[0].read_bytes() != paths[1].read_bytes()
    assert FORMAT.content(paths[0]) == FORMAT.content(paths[1])


def test_a_model_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refusal:
        FORMAT.dump({"a": (i for i in range(3))}, tmp_path / "x.skops")
    assert refusal.value.code == "model.unwritable"
    assert not (tmp_path / "x.skops").exists()


def test_inspecting_imports_neither_sklearn_nor_skops(linear: Pipeline, tmp_path: Path) -> None:
    path = written(linear, tmp_path)
    code = (
        "import sys; from pathlib import Path; from plugins.formats.skops import FORMAT;"
        "FORMAT.inspect(Path(sys.argv[1]));"
        "print(sorted({'sklearn', 'skops', 'scipy', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]"
