"""Latency: measured in a process without secrets, kept for this machine, never of an unsafe format."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from plugins.formats.skops import FORMAT
from workbench.errors import Unavailable
from workbench.models import latency as measuring
from workbench.models import registry
from workbench.models.latency import kept_latency, latency, run_apart
from workbench.project.project import Project
from workbench.records.models import ModelVersionRegistered

NEVER = lambda: False  # noqa: E731


@pytest.fixture
def version(
    project: Project, make_run: Callable[..., str], tmp_path: object
) -> registry.ModelVersion:
    return registry.register(project, make_run(), "delay")


def test_measured_once_and_kept(
    project: Project, version: registry.ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    import polars as pl

    frame = pl.DataFrame({"distance": [0.0, 1.0], "carrier": ["a", "b"]})
    model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())
    model.fit(frame, ["no", "yes"])
    path = project.root / "m.skops"
    FORMAT.dump(model, path)
    content = FORMAT.content(path)
    object_ = project.store.objects.put_file(path)
    row = project.store.one("SELECT * FROM model_versions WHERE id = ?", [version.id])
    assert row
    project.store.append(
        ModelVersionRegistered(
            id="01K00000000000000000000002", model="delay", number=2, run=row["run"],
            object=object_, content=content, format="skops", bytes=1, signature=row["signature"],
        )
    )  # fmt: skip
    monkeypatch.setenv("WORKBENCH_TEST_SECRET", "hush")
    found = latency(project, "delay@2")
    assert found.why == ""
    assert found.median_ms is not None
    assert found.p95_ms is not None
    assert found.load_ms is not None
    assert 0 < found.median_ms <= found.p95_ms
    assert found.calls >= 10

    def never(*_: object) -> tuple[int, str]:
        raise AssertionError("measured again")

    monkeypatch.setattr(measuring, "run_apart", never)
    assert latency(project, "delay@2") == found
    assert kept_latency(project, registry.get_version(project, "delay@2")) == found
    monkeypatch.setattr(measuring, "machine", lambda: "another")
    assert kept_latency(project, registry.get_version(project, "delay@2")) is None


def test_a_model_that_cannot_take_the_row_says_so(
    project: Project, version: registry.ModelVersion
) -> None:
    found = latency(project, "delay@1")  # fitted on one column, its signature has two
    assert found.median_ms is None
    assert "it cannot predict a row: ValueError" in found.why
    assert kept_latency(project, version) is None


def test_changed_bytes_are_not_loaded(project: Project, version: registry.ModelVersion) -> None:
    path = project.store.objects.path(version.object)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b"x")
    assert "not the one that was registered" in latency(project, "delay@1").why


def test_an_unsafe_format_is_not_measured(
    project: Project, version: registry.ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(FORMAT), "safe", False)
    assert "may run code" in latency(project, "delay@1").why


def test_the_process_has_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_TEST_SECRET", "hush")
    monkeypatch.setenv("SSH_AUTH_SOCK", "hush")
    seen: dict[str, dict[str, str]] = {}
    real = measuring.subprocess.Popen

    def popen(*args: object, **options: object) -> object:
        seen["env"] = options["env"]  # type: ignore[assignment]
        return real(*args, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(measuring.subprocess, "Popen", popen)
    assert run_apart("workbench.ids", b"", NEVER)[0] == 0
    assert "hush" not in seen["env"].values()


def test_a_cancelled_or_slow_measurement_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # A process that lasts, whatever it is given: one of ours may be quicker than the first look.
    lasting = tmp_path / "python"
    lasting.write_text("#!/bin/sh\nexec sleep 600\n")
    lasting.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(lasting))
    with pytest.raises(Unavailable, match="it was cancelled"):
        run_apart("workbench.models.timing", b"", lambda: True)
    monkeypatch.setattr(measuring, "SECONDS", 0.0)
    with pytest.raises(Unavailable, match="took longer"):
        run_apart("workbench.models.timing", b"", NEVER)


def test_what_the_process_cannot_read_is_its_last_line() -> None:
    status, line = run_apart("workbench.models.timing", b"not json", NEVER)
    assert (status, "DecodeError" in line) == (1, True)
