from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from workbench.data import datasets
from workbench.data.export import export
from workbench.data.names import unique_names
from workbench.errors import BadInput, NotFound, UsageError, WorkbenchError
from workbench.project.project import Project, init_project


def table(folder: Path, text: str, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_the_same_table_again_is_the_version_that_is_there(
    project: Project, tmp_path: Path
) -> None:
    first = datasets.bring_in(project, table(tmp_path, "a,b\n1,x\n2,\n"), name="t")
    assert (first.new, first.version.reference, first.version.rows) == (True, "t@1", 2)
    pl.DataFrame({"a": [1, 2], "b": ["x", None]}).write_parquet(
        tmp_path / "other.parquet", row_group_size=1
    )
    again = datasets.bring_in(project, tmp_path / "other.parquet", name="t")
    assert (again.new, again.version) == (False, first.version)
    changed = datasets.bring_in(project, table(tmp_path, "a,b\n1,x\n2,y\n"), name="t")
    assert (changed.new, changed.version.reference) == (True, "t@2")
    elsewhere = datasets.bring_in(project, tmp_path / "other.parquet", name="u")
    assert elsewhere.version.reference == "u@1"
    assert elsewhere.version.content == first.version.content


def test_what_is_stored_is_the_table(project: Project, tmp_path: Path) -> None:
    frame = pl.DataFrame(
        {"c": ["x", None, "y"], "n": [1, 2, None], "e": [None, None, None]},
        schema={"c": pl.Categorical, "n": pl.Int8, "e": pl.Null},
    )
    frame.write_parquet(tmp_path / "f.parquet")
    added = datasets.bring_in(project, tmp_path / "f.parquet", name="t")
    stored = pl.read_parquet(datasets.path(project, added.version))
    assert_frame_equal(stored, frame.cast({"c": pl.String, "e": pl.String}))
    assert [column.type for column in added.version.columns] == ["String", "Int8", "String"]
    assert any("'e'" in sentence for sentence in added.warnings)
    assert datasets.head(project, added.version, 2) == [("x", 1, None), (None, 2, None)]


def test_references(project: Project, tmp_path: Path) -> None:
    one = datasets.add(project, table(tmp_path, "a\n1\n"), name="t")
    two = datasets.add(project, table(tmp_path, "a\n2\n"), name="t")
    other = datasets.add(project, table(tmp_path, "a\n1\n"), name="u")
    for ref, expected in {
        "t": two, "t@latest": two, "t@1": one, "t@2": two, one.id: one,
        two.id[-8:]: two, one.id[-10:].lower(): one, "u": other,
    }.items():  # fmt: skip
        assert datasets.get_version(project, ref) == expected, ref
    assert [(row.dataset, row.versions, row.newest) for row in datasets.list_datasets(project)] == [
        ("t", 2, two),
        ("u", 1, other),
    ]
    assert datasets.list_versions(project) == [two, one, other]


@pytest.mark.parametrize(
    ("ref", "why"),
    [
        ("t@3", "t has the versions 1"),
        ("v", "the datasets are t"),
        ("t@prod", "versions 1"),
        ("T!", "datasets are t"),
    ],
)
def test_references_to_nothing(project: Project, tmp_path: Path, ref: str, why: str) -> None:
    datasets.add(project, table(tmp_path, "a\n1\n"), name="t")
    with pytest.raises(NotFound) as refusal:
        datasets.get_version(project, ref)
    assert refusal.value.code == "data.not_found"
    assert why in refusal.value.why


def test_an_empty_project_says_how_to_begin(project: Project) -> None:
    with pytest.raises(NotFound, match="workbench data add"):
        datasets.get_version(project, "t")
    assert datasets.list_datasets(project) == []


def test_an_end_that_two_ids_share(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = iter(["01J0000000000000000000AAAA", "01J0000000000000000001AAAA"])
    monkeypatch.setattr(datasets, "new_ulid", lambda: next(ids))
    datasets.add(project, table(tmp_path, "a\n1\n"), name="t")
    datasets.add(project, table(tmp_path, "a\n2\n"), name="t")
    with pytest.raises(UsageError, match="the end of more than one id"):
        datasets.get_version(project, "AAAA")


@pytest.mark.parametrize("name", ["", "A", "9x", "latest", "x" * 64, "../x"])
def test_names_that_cannot_be(project: Project, tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="cannot be the name of a dataset"):
        datasets.add(project, table(tmp_path, "a\n1\n"), name=name)


def test_nothing_is_stored_of_what_is_refused(project: Project, tmp_path: Path) -> None:
    damaged = tmp_path / "d.parquet"
    pl.DataFrame({"a": list(range(100_000))}).write_parquet(damaged, compression="uncompressed")
    data = bytearray(damaged.read_bytes())
    data[4:2000] = b"\xff" * 1996  # the pages, not the footer: found only when it is read
    damaged.write_bytes(data)
    wide = tmp_path / "w.parquet"
    pl.DataFrame({f"{'long' * 10}{n}": [1] for n in range(2000)}).write_parquet(wide)
    for path, code in {
        table(tmp_path, "a,b\n1\n2,3\n"): "data.ragged",
        damaged: "data.damaged",
        wide: "data.columns",
        tmp_path / "no.csv": "data.missing",
    }.items():
        with pytest.raises(WorkbenchError) as refusal:
            datasets.add(project, path, name="t")
        assert refusal.value.code == code
    assert datasets.list_versions(project) == []
    objects = [p for p in project.paths.objects.rglob("*") if p.is_file()]
    assert objects == []
    assert [p for p in project.paths.cache.rglob("*") if p.is_file()] == []


def test_sources_are_found(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1]}).write_parquet(tmp_path / "noname")
    assert datasets.find_source(tmp_path / "noname").name == "parquet"
    assert datasets.find_source(Path("x.TSV")).name == "tsv"
    assert datasets.find_source(Path("x.pq")).name == "parquet"
    assert datasets.find_source(Path("x.dat")).name == "csv"
    with pytest.raises(NotFound, match="no source named excel"):
        datasets.find_source(Path("x.csv"), "excel")


def test_export_round_trip(project: Project, tmp_path: Path) -> None:
    version = datasets.add(project, table(tmp_path, "a,b\n1,x\n2,\n"), name="t")
    for name in ("out.csv", "out.parquet"):
        assert export(project, version, tmp_path / name) == (tmp_path / name).stat().st_size
        assert datasets.add(project, tmp_path / name, name="t") == version
    assert (tmp_path / "out.csv").read_text() == "a,b\n1,x\n2,\n"
    for place, code in {
        "out.csv": "data.export_exists",
        "out.xls": "data.export_suffix",
        "no/out.csv": "data.export_folder",
    }.items():
        with pytest.raises(WorkbenchError) as refusal:
            export(project, version, tmp_path / place)
        assert refusal.value.code == code
    export(project, version, tmp_path / "out.csv", replace=True)


@pytest.mark.parametrize(
    ("names", "expected", "told"),
    [
        (["a", "b"], ("a", "b"), 0),
        (["a", "A", "a"], ("a", "A_2", "a_3"), 2),
        (["a", "a_2", "a"], ("a", "a_2", "a_3"), 1),
        (["", "x", " "], ("column_1", "x", "column_3"), 2),
        (["column_2", ""], ("column_2", "column_2_2"), 1),
        (["file_row_number"], ("file_row_number_2",), 1),
    ],
)
def test_names_are_made_unique(names: list[str], expected: tuple[str, ...], told: int) -> None:
    found, warnings = unique_names(names)
    assert found == expected
    assert len(warnings) == told


def test_a_path_that_is_no_utf_8_is_refused(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "caf\udce9.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(BadInput) as refusal:
        datasets.add(project, file, name="t")
    assert refusal.value.as_dict() == {
        "code": "data.path",
        "what": "The path of the file is not UTF-8",
        "where": f"{tmp_path}/caf\ufffd.csv",
        "why": "its bytes have no meaning in it",
        "fix": "Rename it, or make a link to it",
    }


def test_a_project_may_lie_in_a_folder_with_pattern_signs(tmp_path: Path) -> None:
    project = init_project(tmp_path / "a[b]*?" / "p", "p")
    (tmp_path / "t.csv").write_text("a,b\n1,2\n3,4\n")
    version = datasets.add(project, tmp_path / "t.csv", name="t")
    assert datasets.head(project, version, 5) == [(1, 2), (3, 4)]
