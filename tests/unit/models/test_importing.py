"""Model files from elsewhere: what each shows, what is refused, and that no payload is ever run."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import msgspec
import polars as pl
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from plugins.formats.skops import FORMAT
from workbench.cli.model_import import inspection_text
from workbench.data.datasets import add
from workbench.errors import BadInput, Conflict, NotFound, Refused
from workbench.models import promotion, registry
from workbench.models.diff import complete_diff, version_diff
from workbench.models.evidence import complete, gather
from workbench.models.export import export
from workbench.models.importing import Given, import_model, inspect_file
from workbench.models.loading import load_model
from workbench.models.show import show
from workbench.project.project import Project
from workbench.serving.creating import create
from workbench.training.signature import Field, Signature

SIGNATURE = Signature(
    task="regression",
    target="minutes",
    inputs=(Field(name="distance", type="float"), Field(name="hour", type="float")),
    outputs=(Field(name="prediction", type="float"),),
)
FRAME = pl.DataFrame({"distance": [1.0, 2.0, 3.0, 4.0], "hour": [5.0, 1.0, 2.0, 2.0]})


class Payload:
    """Writes a file when it is loaded."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.marker, "run")


@pytest.fixture
def signature(tmp_path: Path) -> Given:
    path = tmp_path / "signature.json"
    path.write_bytes(msgspec.json.encode(SIGNATURE))
    return Given(signature=path)


@pytest.fixture
def allowed(project: Project) -> Project:
    text = project.paths.settings.read_text()
    assert "unsafe = []" in text
    project.paths.settings.write_text(text.replace("unsafe = []", 'unsafe = ["joblib", "pickle"]'))
    project.fresh_settings()
    return project


@pytest.fixture
def linear(tmp_path: Path) -> Path:
    path = tmp_path / "linear.skops"
    FORMAT.dump(LinearRegression().fit(FRAME, [1.0, 2.0, 3.0, 5.0]), path)
    return path


def dumped(path: Path, model: Any, **options: Any) -> Path:
    if path.suffix == ".joblib":
        joblib.dump(model, path, **options)
    else:
        path.write_bytes(pickle.dumps(model))
    return path


# Skops


def test_a_skops_file_tells_its_own_columns(project: Project, linear: Path) -> None:
    seen = inspect_file(project, linear)
    assert (seen.format, seen.safe, seen.allowed, seen.refusal) == ("skops", True, True, "")
    assert seen.signature is not None
    assert [(f.name, f.type) for f in seen.signature.inputs] == [
        ("distance", "float"),
        ("hour", "float"),
    ]
    assert seen.signature.task == "regression"
    assert "sklearn.linear_model._base.LinearRegression" in seen.scan.named("trusted")
    made = import_model(project, linear, "minutes", "from a notebook")
    assert (made.reference, made.run, made.source) == ("minutes@1", "", "linear.skops")
    assert made.note == "from a notebook"
    path = project.store.objects.path(made.object)
    model = load_model(path, "skops", object=made.object, content=made.content)
    assert model.predict(FRAME).shape == (4,)


def test_classes_of_a_classifier(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "late.skops"
    FORMAT.dump(LogisticRegression().fit(FRAME, ["no", "yes", "no", "yes"]), path)
    seen = inspect_file(project, path, given=Given(target="late")).signature
    assert seen is not None
    assert (seen.task, seen.target, seen.classes) == ("binary", "late", ("no", "yes"))
    assert [f.name for f in seen.outputs] == ["prediction", "probability_no", "probability_yes"]


def test_types_of_columns_that_are_not_numbers_must_be_said(
    project: Project, tmp_path: Path
) -> None:
    frame = pl.DataFrame({"carrier": ["a", "b", "a", "b"]})
    path = tmp_path / "words.skops"
    model = make_pipeline(OneHotEncoder(), LogisticRegression())
    FORMAT.dump(model.fit(frame, ["no", "yes", "no", "yes"]), path)
    seen = inspect_file(project, path)
    assert seen.signature is None
    assert "some are not numbers" in seen.missing
    with pytest.raises(BadInput) as refusal:
        import_model(project, path, "words")
    assert refusal.value.code == "model.signature"
    (tmp_path / "t.csv").write_text("carrier,late\na,no\nb,yes\n")
    add(project, tmp_path / "t.csv", name="flights")
    made = import_model(project, path, "words", given=Given(inputs="flights@1", target="late"))
    assert [(f.name, f.type) for f in made.signature.inputs] == [("carrier", "str")]
    assert made.signature.classes == ("no", "yes")


def test_the_columns_of_a_dataset_must_have_those_of_the_model(
    project: Project, linear: Path, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("hour,distance,extra,minutes\n1,2.5,x,3.0\n2,3.5,y,4.5\n")
    add(project, tmp_path / "t.csv", name="flights")
    given = Given(inputs="flights", target="minutes")
    seen = inspect_file(project, linear, given=given).signature
    assert seen is not None
    assert [(f.name, f.type) for f in seen.inputs] == [("distance", "float"), ("hour", "int")]
    with pytest.raises(BadInput) as refusal:
        inspect_file(project, linear, given=Given(inputs="flights", target="nothing"))
    assert "it has no column 'nothing'" in str(refusal.value.why)
    (tmp_path / "u.csv").write_text("hour,minutes\n1,3.0\n2,4.5\n")
    add(project, tmp_path / "u.csv", name="narrow")
    with pytest.raises(BadInput) as refusal:
        inspect_file(project, linear, given=Given(inputs="narrow", target="minutes"))
    assert "the model takes 'distance'" in str(refusal.value.why)


def test_untrusted_types_are_refused(project: Project, tmp_path: Path, signature: Given) -> None:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from skops.io import dump

    path = tmp_path / "odd.skops"
    dump(GaussianProcessRegressor().fit([[0.0], [1.0]], [0.0, 1.0]), path)
    seen = inspect_file(project, path, given=signature)
    assert "types that are not trusted" in seen.refusal
    with pytest.raises(Refused) as refusal:
        import_model(project, path, "odd", given=signature)
    assert refusal.value.code == "model.types"


# Pickle and joblib


def test_unsafe_formats_must_be_allowed_by_the_project(
    project: Project, tmp_path: Path, signature: Given
) -> None:
    for name in ("m.pkl", "m.joblib"):
        path = dumped(tmp_path / name, LinearRegression().fit(FRAME, [1, 2, 3, 4]))
        seen = inspect_file(project, path, given=signature)
        assert (seen.safe, seen.allowed) == (False, False)
        assert "this project takes no" in seen.refusal
        with pytest.raises(Refused) as refusal:
            import_model(project, path, "m", given=signature)
        assert (refusal.value.code, refusal.value.exit_status) == ("model.not_allowed", 3)
        assert "unsafe = [" in refusal.value.fix
    assert registry.list_models(project) == []


def test_a_payload_is_never_run(
    allowed: Project, tmp_path: Path, signature: Given, linear: Path
) -> None:
    """Import, list, show, scan, diff, gates, evidence, verify, export, promotion: the file is not loaded."""
    marker = tmp_path / "marker"
    pickle.loads(pickle.dumps(Payload(marker)))
    assert marker.read_text() == "run"  # it works, when it is loaded
    marker.unlink()
    import_model(allowed, linear, "minutes", given=signature)
    for name, options in (
        ("m.pkl", {}),
        ("m.joblib", {}),
        ("packed.joblib", {"compress": ("gzip", 3)}),
    ):
        held = {"model": Payload(marker), "x": FRAME.to_numpy(), "name": name}
        path = dumped(tmp_path / name, held, **options)
        seen = inspect_file(allowed, path, given=signature)
        dangerous = seen.scan.named("dangerous")
        assert any("write_text" in found or "getattr" in found for found in dangerous), dangerous
        assert "MAY RUN CODE" in inspection_text(seen)
        with pytest.raises(Refused) as refusal:
            import_model(allowed, path, "minutes", given=signature)
        assert refusal.value.code == "model.dangerous"
        made = import_model(allowed, path, "minutes", given=signature, dangerous=True)
        card = show(allowed, made.reference)
        assert (card.safe, card.lineage) == (False, None)
        evidence = complete(allowed, gather(allowed, made.reference, "staging"))
        assert evidence.outcome == "fail"  # nothing was measured
        assert set(dangerous) <= set(evidence.file.unknown_types)
        assert evidence.latency is not None
        assert "may run code" in evidence.latency.why
        found = complete_diff(allowed, version_diff(allowed, "minutes@1", made.reference))
        assert found.rows is not None
        assert "was imported" in found.rows.why
        promotion.promote(allowed, made.reference, "dev", "to look at it")
        with pytest.raises(Refused, match="types that are not trusted"):
            registry.verify(allowed, made.reference)
        with pytest.raises(Refused):
            export(allowed, made.reference, tmp_path / "out")
        with pytest.raises(Refused) as unserved:
            create(allowed, "api", made.reference)
        assert unserved.value.code == "model.unserved"
        with pytest.raises(Refused):
            load_model(allowed.store.objects.path(made.object), made.format, object=made.object)
    registry.list_models(allowed)
    promotion.history(allowed, "minutes")
    assert not marker.exists()


@pytest.mark.parametrize(
    "compress", [0, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 3), ("lzma", 3)]
)
def test_a_harmless_joblib_file_names_what_it_is_made_of(
    allowed: Project, tmp_path: Path, signature: Given, compress: Any
) -> None:
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit([["a"], ["b"]], [0, 1])
    path = dumped(tmp_path / "m.joblib", model, compress=compress)
    seen = inspect_file(allowed, path, given=signature)
    assert seen.scan.named("dangerous") == ()
    assert {
        "sklearn.pipeline.Pipeline",
        "sklearn.linear_model._logistic.LogisticRegression",
    } <= set(seen.scan.named("trusted"))
    made = import_model(allowed, path, "m", given=signature)
    assert made.format == "joblib"
    with pytest.raises(Conflict):
        import_model(allowed, path, "m", given=signature)


def test_what_is_never_loaded_is_kept_and_handed_out(
    allowed: Project, tmp_path: Path, signature: Given
) -> None:
    """A joblib file of estimators that are not on our list: verified, exported, warned of."""
    from sklearn.gaussian_process import GaussianProcessRegressor

    path = dumped(tmp_path / "m.joblib", GaussianProcessRegressor().fit([[0.0], [1.0]], [0.0, 1.0]))
    seen = inspect_file(allowed, path, given=signature)
    assert "sklearn.gaussian_process._gpr.GaussianProcessRegressor" in seen.scan.named("unknown")
    assert seen.refusal == ""
    made = import_model(allowed, path, "m", given=signature)
    assert registry.verify(allowed, "m@1").content == made.content
    exported = export(allowed, "m@1", tmp_path / "out")
    assert Path(exported.path).read_bytes() == path.read_bytes()
    card = gather(allowed, "m@1", "dev")
    assert card.file.warnings == (
        "it cannot be served here: loading it may run code of the file",
    )  # fmt: skip


def test_a_pickle_without_a_signature_says_how_to_give_one(
    allowed: Project, tmp_path: Path
) -> None:
    path = dumped(tmp_path / "m.pkl", LinearRegression().fit(FRAME, [1, 2, 3, 4]))
    seen = inspect_file(allowed, path)
    assert "does not tell its columns without being loaded" in seen.missing
    assert "not known" in inspection_text(seen)
    with pytest.raises(BadInput) as refusal:
        import_model(allowed, path, "m")
    assert "--signature" in refusal.value.fix


# Signatures


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"task": "guess"}, "task must be one of"),
        ({"inputs": []}, "it has no inputs"),
        ({"inputs": [{"name": "a", "type": "float"}] * 2}, "'a' is twice among the inputs"),
        ({"inputs": [{"name": "a", "type": "complex"}]}, "must be one of int, float"),
        ({"outputs": [{"name": "y", "type": "float"}]}, "must be named prediction"),
        ({"inputs": 3}, "Expected `array`"),
    ],
)
def test_a_signature_that_cannot_be_used(
    project: Project, linear: Path, tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    path = tmp_path / "s.json"
    path.write_bytes(msgspec.json.encode(msgspec.to_builtins(SIGNATURE) | change))
    with pytest.raises(BadInput) as refusal:
        import_model(project, linear, "m", given=Given(signature=path))
    assert refusal.value.code == "model.signature"
    assert why in str(refusal.value.why)


def test_a_signature_file_that_is_none(project: Project, linear: Path, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text("{")
    for path, why in (
        (tmp_path / "none.json", "no such file"),
        (tmp_path, "it is a folder"),
        (tmp_path / "s.json", "Input data was truncated"),
    ):
        with pytest.raises(BadInput) as refusal:
            inspect_file(project, linear, given=Given(signature=path))
        assert why in str(refusal.value.why)


def test_whole_numbers_need_a_task(allowed: Project, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("distance,stops\n1.5,0\n2.5,1\n")
    add(allowed, tmp_path / "t.csv", name="t")
    path = dumped(tmp_path / "m.pkl", LinearRegression().fit(FRAME, [1, 2, 3, 4]))
    with pytest.raises(BadInput) as refusal:
        inspect_file(allowed, path, given=Given(inputs="t", target="stops"))
    assert "classes or amounts" in str(refusal.value.why)
    given = Given(inputs="t", target="stops", task="binary")
    seen = inspect_file(allowed, path, given=given).signature
    assert seen is not None
    assert seen.classes == ("0", "1")


# The file


def test_files_that_cannot_be(
    project: Project, tmp_path: Path, linear: Path, signature: Given
) -> None:
    with pytest.raises(NotFound) as missing:
        inspect_file(project, tmp_path / "none.skops")
    assert missing.value.code == "model.missing"
    (tmp_path / "dir.skops").mkdir()
    with pytest.raises(NotFound, match="missing"):
        inspect_file(project, tmp_path / "dir.skops")
    with pytest.raises(BadInput) as unknown:
        inspect_file(project, tmp_path / "model.h5")
    assert unknown.value.code == "model.format"
    assert "--format" in unknown.value.fix
    renamed = tmp_path / "model.bin"
    renamed.write_bytes(linear.read_bytes())
    assert (
        inspect_file(project, renamed, format_name="skops", given=signature).signature is not None
    )
    with pytest.raises(BadInput) as damaged:
        inspect_file(project, renamed, format_name="onnx")
    assert damaged.value.code == "model.damaged"
    with pytest.raises(NotFound):
        inspect_file(project, renamed, format_name="keras")


def test_the_same_model_twice(project: Project, linear: Path, signature: Given) -> None:
    import_model(project, linear, "m", given=signature)
    with pytest.raises(Conflict, match="This model is m@1 already"):
        import_model(project, linear, "m", given=signature)
    assert import_model(project, linear, "other", given=signature).reference == "other@1"


def test_an_imported_version_beside_a_registered_one(
    project: Project, linear: Path, make_run: Callable[..., str], signature: Given
) -> None:
    """Everything that assumes a run copes without one."""
    import_model(project, linear, "delay", given=signature)
    registry.register(project, make_run(seed=3), "delay")
    made = promotion.promote(project, "delay@1", "dev", "first")
    assert made.gates == ()
    card = complete(project, gather(project, "delay@2", "dev"))
    assert card.rows is not None
    assert (
        card.rows.why == "delay@1 was imported: it has no run whose test rows could be drawn again"
    )
    assert card.shape is not None
    assert card.shape.why == "the other was imported"
    assert card.same_data is None
    own = complete(project, gather(project, "delay@1", "staging"))
    assert (own.lineage, own.metrics) == (None, ())
    (gate,) = own.gates
    assert (gate.outcome, gate.why) == (
        "fail",
        "the model was imported and not measured: workbench model evaluate does that",
    )
    with pytest.raises(Refused):
        promotion.promote(project, "delay@1", "staging", "hope")
    diff = complete_diff(project, version_diff(project, "delay@1", "delay@2"))
    assert ("run", "imported", "r_1") in [(p.name, p.before, p.after) for p in diff.origin]
    assert registry.verify(project, "delay@1").format == "skops"
    assert diff.before_latency is not None
    assert diff.before_latency.median_ms is not None
