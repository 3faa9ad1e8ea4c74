import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from workbench.data.contract import Source
from workbench.data.datasets import find_source
from workbench.plugins import load
from workbench.testing.sources import TABLE, SourceContract

# Written by another hand than the one that reads: plain Python.
TEXT = (
    "number,share,word,yes\n"
    "1,0.5,red,true\n"
    "2,,[/x] \x1b]0;gone\x07,false\n"
    ",-1.25,,\n"
    "4,3.0,grün,true\n"
)


def pack(data: bytes, suffix: str) -> bytes:
    if suffix == ".zst":
        return bytes(pa.compress(data, "zstd", asbytes=True))
    return gzip.compress(data) if suffix == ".gz" else data


class TestCsv(SourceContract):
    @pytest.fixture
    def source(self) -> Source:
        plugin: Source = load("sources", "csv")
        return plugin

    @pytest.fixture(params=["utf-8", "utf-16", "utf-8-sig", "[odd] na*me", ".gz", ".zst"])
    def place(self, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
        odd = request.param.startswith("[")
        packed = request.param if request.param.startswith(".") else ""
        path = tmp_path / (f"{request.param}.csv" if odd else f"table.csv{packed}")
        encoding = "utf-8" if odd or packed else request.param
        path.write_bytes(pack(TEXT.encode(encoding), packed))
        return path


class TestTsv(SourceContract):
    @pytest.fixture
    def source(self) -> Source:
        plugin: Source = load("sources", "tsv")
        return plugin

    @pytest.fixture(params=["", ".gz", ".zst"])
    def place(self, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
        path = tmp_path / f"table.tsv{request.param}"
        path.write_bytes(pack(TEXT.replace(",", "\t").encode(), request.param))
        return path


class TestJsonLines(SourceContract):
    @pytest.fixture
    def source(self) -> Source:
        plugin: Source = load("sources", "jsonl")
        return plugin

    @pytest.fixture(params=["", ".gz", ".zst", "keys left out", "[odd] na*me"])
    def place(self, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
        packed = request.param if request.param.startswith(".") else ""
        odd = request.param if request.param.startswith("[") else "table"
        lines = []
        for row in TABLE.rows(named=True):
            kept = {k: v for k, v in row.items() if v is not None or "left" not in request.param}
            lines.append(json.dumps(kept) + "\n")
        path = tmp_path / f"{odd}.jsonl{packed}"
        path.write_bytes(pack("".join(lines).encode(), packed))
        return path


class TestParquet(SourceContract):
    @pytest.fixture
    def source(self) -> Source:
        plugin: Source = load("sources", "parquet")
        return plugin

    @pytest.fixture(params=["pyarrow", "duckdb", "[odd] na*me"])
    def place(self, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
        if request.param == "duckdb":
            import duckdb

            path = tmp_path / "table.parquet"
            duckdb.from_arrow(TABLE.to_arrow()).write_parquet(str(path))
            return path
        import pyarrow.parquet as pq

        path = tmp_path / f"{request.param}.parquet"
        pq.write_table(TABLE.to_arrow(), path, row_group_size=2)
        return path


def test_several_files_are_one_table(tmp_path: Path) -> None:
    head, *lines = TEXT.splitlines(keepends=True)
    for part in (0, 1):
        text = head + "".join(lines[2 * part : 2 * part + 2])
        (tmp_path / f"part{part}.csv").write_text(text)
    pattern = tmp_path / "part*.csv"
    source = find_source(pattern)
    assert_frame_equal(source.scan(pattern, {}).frame.collect(), TABLE)
    assert [column.type for column in source.preview(pattern, {}).columns] == [
        str(kind) for kind in TABLE.dtypes
    ]
