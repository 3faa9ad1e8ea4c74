"""Several files as one table: their columns must be the same, and what differs is named."""

import hashlib
from pathlib import Path

import polars as pl
import pytest

from workbench.data import datasets, many
from workbench.errors import BadInput, NotFound
from workbench.project.project import Project


def files(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text)
    return folder / "*.csv"


def test_files_become_one_version_with_all_their_digests(project: Project, tmp_path: Path) -> None:
    pattern = files(tmp_path, a="x,y\n1,u\n2,v\n", b="y,x\nw,0.5\n")
    added = datasets.bring_in(project, pattern, name="t")
    assert datasets.head(project, added.version) == [(1.0, "u"), (2.0, "v"), (0.5, "w")]
    origin = added.version.origin
    assert (origin.source, origin.place, origin.files, origin.bytes) == ("csv", str(pattern), 2, 22)
    lines = [
        f"{hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()}  {name}\n"
        for name in ("a.csv", "b.csv")
    ]
    assert origin.sha256 == hashlib.sha256("".join(lines).encode()).hexdigest()
    again = datasets.bring_in(project, pattern, name="t")
    assert (again.new, again.version.number) == (False, 1)


def test_a_preview_says_how_many_files_there_are(tmp_path: Path) -> None:
    found = datasets.preview(files(tmp_path, a="x\n1\n", b="x\n0.5\n"))
    assert found.warnings[0] == "2 files are read as one table, a.csv to b.csv."
    assert [(column.name, column.type) for column in found.columns] == [("x", "Float64")]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ("x\n1\n", "it has no y"),
        ("x,y,z\n1,u,2\n", "a.csv has no z"),
        ("x,y\n1,2\n", "y is Int64 there and String in a.csv"),
    ],
)
def test_what_differs_is_named(project: Project, tmp_path: Path, other: str, why: str) -> None:
    pattern = files(tmp_path, a="x,y\n1,u\n2,v\n", b=other)
    for read in (datasets.preview, lambda place: datasets.add(project, place, name="t")):
        with pytest.raises(BadInput) as refusal:
            read(pattern)
        assert refusal.value.code == "data.columns_differ"
        assert refusal.value.where == str(tmp_path / "b.csv")
        assert why in refusal.value.why
    assert datasets.list_datasets(project) == []


def test_a_type_that_is_told_counts_for_every_file(project: Project, tmp_path: Path) -> None:
    pattern = files(tmp_path, a="x,y\n1,u\n", b="x,y\n1,2\n")
    version = datasets.add(project, pattern, name="t", options={"types": "y=text"})
    assert datasets.head(project, version) == [(1, "u"), (1, "2")]


def test_no_file_and_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFound, match="No file matches"):
        datasets.preview(tmp_path / "no*.csv")
    pattern = files(tmp_path, a="x\n1\n", b="x\n2\n")
    monkeypatch.setattr(many, "MOST_FILES", 1)
    with pytest.raises(BadInput, match="Over 1 files"):
        datasets.preview(pattern)


def test_a_file_of_that_very_name_is_itself(project: Project, tmp_path: Path) -> None:
    (tmp_path / "t[1].csv").write_text("x\n1\n")
    (tmp_path / "t1.csv").write_text("x\n2\n")
    version = datasets.add(project, tmp_path / "t[1].csv", name="t")
    assert (datasets.head(project, version), version.origin.files) == ([(1,)], 0)


def test_days_and_moments_come_together(project: Project, tmp_path: Path) -> None:
    pattern = files(tmp_path, a="at\n2024-01-01\n", b="at\n2024-01-02T03:00:00\n")
    version = datasets.add(project, pattern, name="t")
    frame = pl.read_parquet(datasets.path(project, version))
    assert [str(moment) for moment in frame["at"]] == ["2024-01-01 00:00:00", "2024-01-02 03:00:00"]
