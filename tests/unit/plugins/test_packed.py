"""What is packed is read as it unpacks, and a bomb is refused before it fills anything."""

import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from plugins.sources import packed
from plugins.sources.csv import SOURCE
from workbench.data import datasets
from workbench.errors import BadInput
from workbench.project.project import Project, init_project


def bomb(path: Path, size: int, zstd: bool) -> Path:
    data = b"a,b\n" + b"0,0\n" * (size // 4)
    path.write_bytes(pa.compress(data, "zstd", asbytes=True) if zstd else gzip.compress(data))
    return path


@pytest.mark.parametrize("zstd", [False, True])
def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zstd: bool) -> None:
    path = bomb(tmp_path / "t.csv.gz", 4 << 20, zstd)
    assert SOURCE.preview(path, {}).columns  # 4 MiB are no bomb
    monkeypatch.setattr(packed, "ALWAYS", 1 << 20)
    assert path.stat().st_size * packed.RATIO < 4 << 20
    for read in (SOURCE.preview, SOURCE.scan):
        with pytest.raises(BadInput) as refusal:
            read(path, {})
        assert refusal.value.code == "data.bomb"
        assert refusal.value.where == str(path)


def test_a_refused_bomb_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project: Project = init_project(tmp_path / "p", "proof")
    monkeypatch.setattr(packed, "ALWAYS", 1 << 20)
    path = bomb(tmp_path / "t.csv.zst", 4 << 20, True)
    with pytest.raises(BadInput):
        datasets.add(project, path, name="t")
    assert datasets.list_datasets(project) == []


def test_a_packed_picture_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"\x89PNG\r\n\x1a\n" + b"x" * 99))
    with pytest.raises(BadInput, match="not a CSV file"):
        SOURCE.preview(path, {})
