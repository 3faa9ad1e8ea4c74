from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from plugins.formats.skops import FORMAT
from workbench.errors import NotFound, PluginError, Refused
from workbench.models import registry
from workbench.models.loading import load_model
from workbench.project.project import Project

REFERENCE = "plugins.formats.skops:FORMAT"


@pytest.fixture
def version(project: Project, make_run: Callable[..., str]) -> registry.ModelVersion:
    return registry.register(project, make_run(), "delay")


def test_loads_what_was_registered(project: Project, version: registry.ModelVersion) -> None:
    path = project.store.objects.path(version.object)
    for name in ("skops", REFERENCE):
        model = load_model(path, name, object=version.object, content=version.content)
        assert model.predict([[0.0]])[0] in {0, 1}


def test_other_bytes_are_refused_before_anything_is_built(
    tmp_path: Path, version: registry.ModelVersion
) -> None:
    class Payload:
        def __reduce__(self) -> tuple[object, ...]:
            return os.system, (f"touch {tmp_path}/marker",)

    path = tmp_path / "swapped"
    path.write_bytes(pickle.dumps(Payload()))
    with pytest.raises(Refused) as refusal:
        load_model(path, REFERENCE, object=version.object)
    assert refusal.value.code == "model.changed"
    assert not (tmp_path / "marker").exists()


def test_another_content_is_refused(project: Project, version: registry.ModelVersion) -> None:
    path = project.store.objects.path(version.object)
    with pytest.raises(Refused, match="the digest of its content is") as refusal:
        load_model(path, "skops", object=version.object, content="m1:" + "0" * 64)
    assert refusal.value.code == "model.changed"


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="model file is missing"):
        load_model(tmp_path / "gone", "skops", object="0" * 64)


def test_an_unsafe_format_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(FORMAT), "safe", False)
    with pytest.raises(Refused) as refusal:
        load_model(tmp_path / "any", REFERENCE, object="0" * 64)
    assert refusal.value.code == "model.unsafe"


def test_a_format_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no format named keras"):
        load_model(tmp_path / "any", "keras", object="0" * 64)
    with pytest.raises(PluginError):
        load_model(tmp_path / "any", "plugins.formats.nowhere:FORMAT", object="0" * 64)
