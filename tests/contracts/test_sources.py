from pathlib import Path

import pytest

from workbench.data.contract import Source
from workbench.plugins import load
from workbench.testing.sources import TABLE, SourceContract


class TestCsv(SourceContract):
    @pytest.fixture
    def source(self) -> Source:
        plugin: Source = load("sources", "csv")
        return plugin

    @pytest.fixture(params=["utf-8", "utf-16", "utf-8-sig", "[odd] na*me"])
    def place(self, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
        odd = request.param.startswith("[")
        path = tmp_path / (f"{request.param}.csv" if odd else "table.csv")
        encoding = "utf-8" if odd else request.param
        # Written by another hand than the one that reads: plain Python.
        path.write_text(
            "number,share,word,yes\n"
            "1,0.5,red,true\n"
            "2,,[/x] \x1b]0;gone\x07,false\n"
            ",-1.25,,\n"
            "4,3.0,grün,true\n",
            encoding=encoding,
        )
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
