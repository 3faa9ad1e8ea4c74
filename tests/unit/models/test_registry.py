from __future__ import annotations

import hashlib
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.errors import BadInput, Conflict, NotFound, Refused, StoreError
from workbench.models import registry
from workbench.models.export import export
from workbench.models.promotion import promote
from workbench.models.show import show
from workbench.project.project import Project

MakeRun = Callable[..., str]


def test_versions_are_numbered_by_name(project: Project, make_run: MakeRun) -> None:
    first, second = make_run(seed=1), make_run(seed=2)
    assert registry.register(project, first, "delay").reference == "delay@1"
    assert registry.register(project, second, "delay", note=" later ").reference == "delay@2"
    assert registry.register(project, first, "other").reference == "other@1"
    rows = registry.list_models(project)
    assert [(row.model, row.versions, row.newest) for row in rows] == [
        ("other", 1, 1),
        ("delay", 2, 2),
    ]
    assert [v.reference for v in registry.list_versions(project, "delay")] == ["delay@2", "delay@1"]
    assert registry.get_version(project, "delay").note == "later"


def test_the_same_model_again_says_which_version_it_is(project: Project, make_run: MakeRun) -> None:
    one, same = make_run(seed=1), make_run(seed=1)
    registry.register(project, one, "delay")
    with pytest.raises(Conflict, match="is delay@1 already") as refusal:
        registry.register(project, same, "delay")
    assert refusal.value.code == "model.same"
    assert len(registry.list_versions(project, "delay")) == 1


@pytest.mark.parametrize("state", ["failed", "cancelled", "running"])
def test_only_a_run_that_succeeded_is_registered(
    state: str, project: Project, make_run: MakeRun
) -> None:
    with pytest.raises(Refused, match=f"its state is {state}"):
        registry.register(project, make_run(state=state), "delay")
    with pytest.raises(Refused, match="succeeded without one"):
        registry.register(project, make_run(model=False), "delay")
    assert registry.list_models(project) == []


def test_names_and_notes_are_checked(project: Project, make_run: MakeRun) -> None:
    run = make_run()
    for name in ("Delay", "latest", "../delay", "a" * 64, ""):
        with pytest.raises(BadInput):
            registry.register(project, run, name)
    with pytest.raises(BadInput, match="too long"):
        registry.register(project, run, "delay", note="x" * 2001)
    with pytest.raises(NotFound, match="no run r_99"):
        registry.register(project, "r_99", "delay")


def test_references(project: Project, make_run: MakeRun) -> None:
    made = [registry.register(project, make_run(seed=i), "delay") for i in range(3)]
    promote(project, "delay@2", "dev", "try")
    for ref, number in (
        ("delay", 3),
        ("delay@latest", 3),
        ("delay@1", 1),
        ("delay@dev", 2),
        (made[0].id, 1),
        (made[1].id[-8:], 2),
        (made[1].id[-8:].lower(), 2),
    ):
        assert registry.get_version(project, ref).number == number, ref


@pytest.mark.parametrize(
    ("ref", "what"),
    [
        ("delay@9", "no version delay@9"),
        ("delay@production", "No version of delay is promoted to production"),
        ("delay@nowhere", "no environment nowhere"),
        ("other", "no model other"),
        ("ZZZZZZZZ", "no model ZZZZZZZZ"),
    ],
)
def test_what_is_not_there_is_said(
    ref: str, what: str, project: Project, make_run: MakeRun
) -> None:
    registry.register(project, make_run(), "delay")
    with pytest.raises(NotFound, match=what):
        registry.get_version(project, ref)


def test_what_cannot_be_a_reference_is_said(project: Project, make_run: MakeRun) -> None:
    version = registry.register(project, make_run(seed=1), "delay")
    registry.register(project, make_run(seed=2), "delay")
    for ref in ("delay@0", "delay@-1", "Délay", "delay@a b", "", "../x"):
        with pytest.raises(BadInput):
            registry.get_version(project, ref)
    # Both were made within the same minutes, so that no end of theirs but the beginning is equal.
    assert registry.get_version(project, version.id[-6:]).id == version.id


def test_an_end_of_two_ulids_is_ambiguous(
    project: Project, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = iter(["01J00000000000000000AAWXYZ", "01J00000000000000000BBWXYZ"])
    monkeypatch.setattr(registry, "new_ulid", lambda: next(ids))
    runs = [make_run(seed=i) for i in range(2)]
    for run in runs:
        registry.register(project, run, "delay")
    with pytest.raises(BadInput, match="end of 2 model versions"):
        registry.get_version(project, "WXYZ")
    assert registry.get_version(project, "AAWXYZ").number == 1


def test_show_has_the_lineage(project: Project, make_run: MakeRun) -> None:
    run = make_run(log_loss=0.3)
    registry.register(project, run, "delay")
    promote(project, "delay@1", "dev", "try")
    card = show(project, "delay@dev")
    assert (card.reference, card.lineage.run_number) == ("delay@1", int(run[2:]))
    assert (card.lineage.dataset, card.lineage.trainer) == ("flights@1", "linear")
    assert card.metrics == {"roc_auc": 0.8, "log_loss": 0.3}
    assert card.safe
    assert [entry.environment for entry in card.promoted] == ["dev"]


def changed(path: Path) -> None:
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_verify_finds_changed_bytes(project: Project, make_run: MakeRun) -> None:
    version = registry.register(project, make_run(), "delay")
    verified = registry.verify(project, "delay@1")
    assert (verified.object, verified.content) == (version.object, version.content)
    changed(project.store.objects.path(version.object))
    with pytest.raises(StoreError, match="not what was stored"):
        registry.verify(project, "delay@1")


def test_a_damaged_model_is_neither_registered_nor_exported(
    project: Project, make_run: MakeRun, tmp_path: Path
) -> None:
    run = make_run()
    version = registry.register(project, run, "delay")
    changed(project.store.objects.path(version.object))
    with pytest.raises(StoreError):
        registry.register(project, run, "other")
    with pytest.raises(StoreError):
        export(project, "delay@1", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_export_writes_what_sha256sum_can_check(
    project: Project, make_run: MakeRun, tmp_path: Path
) -> None:
    import subprocess

    version = registry.register(project, make_run(), "delay")
    folder = tmp_path / "out" / "deep"
    exported = export(project, "delay@1", folder)
    data = (folder / "delay-1.skops").read_bytes()
    assert hashlib.sha256(data).hexdigest() == version.object
    assert set(exported.files) == {path.name for path in folder.iterdir()}
    subprocess.run(["sha256sum", "-c", "delay-1.sha256"], cwd=folder, check=True)
    export(project, "delay@1", folder)  # the same again is no harm
    (folder / "delay-1.skops").write_bytes(b"mine")
    with pytest.raises(Conflict, match="another delay-1"):
        export(project, "delay@1", folder)
    with pytest.raises(BadInput, match="into a folder"):
        export(project, "delay@1", folder / "delay-1.skops")
