"""What is written comes back the same, from another reader; nothing is overwritten unasked."""

import csv
import json
from pathlib import Path

import polars as pl
import pytest

from workbench.data import datasets, export
from workbench.errors import BadInput, Conflict
from workbench.project.project import Project

TABLE = pl.DataFrame(
    {
        "n": [1, None, 3],
        "x": [0.5, 1e-300, None],
        "word": ['a,"b"\t', None, "line\nline"],
        "yes": [True, None, False],
        "day": pl.Series(["2024-02-29", None, "1999-12-31"]).str.to_date(),
    }
)


@pytest.fixture
def version(project: Project, tmp_path: Path) -> datasets.DatasetVersion:
    TABLE.write_parquet(tmp_path / "t.parquet")
    return datasets.add(project, tmp_path / "t.parquet", name="t")


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".ndjson", ".parquet"])
def test_what_is_written_comes_back_as_the_same_table(
    project: Project, version: datasets.DatasetVersion, tmp_path: Path, suffix: str
) -> None:
    place = tmp_path / f"out{suffix}"
    assert export.export(project, version, place) == place.stat().st_size
    again = datasets.bring_in(project, place, name="t")
    assert (again.new, again.version) == (False, version)


def test_others_read_it(project: Project, version: datasets.DatasetVersion, tmp_path: Path) -> None:
    export.export(project, version, tmp_path / "o.tsv")
    with (tmp_path / "o.tsv").open(newline="") as stream:
        rows = list(csv.reader(stream, delimiter="\t"))
    assert rows[1] == ["1", "0.5", 'a,"b"\t', "true", "2024-02-29"]
    export.export(project, version, tmp_path / "o.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()]
    assert [line["word"] for line in lines] == TABLE["word"].to_list()


def test_a_file_that_came_meanwhile_is_kept(
    project: Project,
    version: datasets.DatasetVersion,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = tmp_path / "o.csv"
    write = export._write

    def late(*arguments: object) -> None:
        write(*arguments)  # type: ignore[arg-type]
        place.write_text("mine")

    monkeypatch.setattr(export, "_write", late)
    with pytest.raises(Conflict, match="there already"):
        export.export(project, version, place)
    assert place.read_text() == "mine"
    assert sorted(tmp_path.glob(".o.csv*")) == []


@pytest.mark.parametrize(("suffix", "why"), [(".csv", "lists"), (".tsv", "lists"), (".jsonl", "")])
def test_lists_have_room_in_json_alone(
    project: Project, tmp_path: Path, suffix: str, why: str
) -> None:
    pl.DataFrame({"l": [[1, 2]]}).write_parquet(tmp_path / "t.parquet")
    version = datasets.add(project, tmp_path / "t.parquet", name="l")
    place = tmp_path / f"o{suffix}"
    if not why:
        export.export(project, version, place)
        assert json.loads(place.read_text()) == {"l": [1, 2]}
        return
    with pytest.raises(BadInput, match="cannot be written") as refusal:
        export.export(project, version, place)
    assert why in refusal.value.why
    assert not place.exists()


def test_bytes_have_room_in_parquet_alone(project: Project, tmp_path: Path) -> None:
    pl.DataFrame({"b": [b"x"]}).write_parquet(tmp_path / "t.parquet")
    version = datasets.add(project, tmp_path / "t.parquet", name="b")
    with pytest.raises(BadInput, match=r"cannot be written as \.jsonl"):
        export.export(project, version, tmp_path / "o.jsonl")
