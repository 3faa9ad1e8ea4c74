"""Pages against Polars: any order and filter, any page, from many threads."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from workbench.data import datasets
from workbench.data.cells import cell_text, json_value
from workbench.data.pages import PAGE, Order, PageSource
from workbench.errors import BadInput
from workbench.project.project import Project

ROWS = 5000
HOSTILE = '"; DROP [/x]\x1b]0;t\x07'
TABLE = pl.DataFrame(
    {
        "n": range(ROWS),
        "x": [None if n % 11 == 0 else (n * 7919) % 997 / 3 for n in range(ROWS)],
        HOSTILE: [f"w{n % 13}" for n in range(ROWS)],
        "t": [dt.datetime(2013, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=n) for n in range(ROWS)],
    },
    schema_overrides={"t": pl.Datetime("us", "UTC")},
)


@pytest.fixture
def source(project: Project, tmp_path: Path) -> PageSource:
    TABLE.write_parquet(tmp_path / "t.parquet", row_group_size=700)
    return PageSource(project, datasets.add(project, tmp_path / "t.parquet", name="t"))


def every(source: PageSource) -> list[tuple[object, ...]]:
    return [row for page in range(-(-source.count() // PAGE)) for row in source.page(page)]


def test_pages_are_the_table(source: PageSource) -> None:
    assert every(source) == TABLE.rows()
    assert (source.count(), source.total()) == (ROWS, ROWS)
    assert [len(source.page(n)) for n in (0, 19, 20, -1)] == [256, ROWS - 19 * 256, 0, 0]
    assert source.page(3)[0][3] == dt.datetime(2013, 2, 2, tzinfo=dt.UTC)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("column", ["x", HOSTILE, "t"])
def test_sorted_like_polars(source: PageSource, column: str, descending: bool) -> None:
    expected = TABLE.sort(column, descending=descending, nulls_last=True, maintain_order=True)
    assert every(source.arranged(Order(column, descending))) == expected.rows()


def test_filtered_like_polars(source: PageSource) -> None:
    found = source.arranged(Order("x", True), "n % 2 = 0 AND x IS NOT NULL -- and no more")
    expected = TABLE.filter((pl.col("n") % 2 == 0) & pl.col("x").is_not_null())
    expected = expected.sort("x", descending=True, maintain_order=True)
    assert every(found) == expected.rows()
    assert (found.count(), found.total()) == (expected.height, ROWS)
    assert found.row_number(5) == expected["n"][5]
    assert source.row_number(5) == 5
    empty = source.arranged(None, "n < 0")
    assert (empty.count(), empty.page(0)) == (0, ())
    with pytest.raises(IndexError):
        empty.row_number(0)


@pytest.mark.parametrize(
    "where",
    ["n >", "nowhere = 1", "n; DROP TABLE x", "x LIKE", "EXISTS (FROM read_text('/etc/passwd'))",
     "EXISTS (WITH y AS (COPY (SELECT 1) TO '/tmp/evil') FROM y)"],
)  # fmt: skip
def test_what_is_no_condition(source: PageSource, where: str) -> None:
    with pytest.raises(BadInput) as refusal:
        source.arranged(None, where)
    assert refusal.value.code == "data.filter"


def test_a_column_that_is_not_there(source: PageSource) -> None:
    with pytest.raises(BadInput, match="no column nowhere"):
        source.arranged(Order("nowhere"))


def test_many_threads_at_once(source: PageSource) -> None:
    arranged = source.arranged(Order("x"))
    expected = {n: arranged.page(n) for n in range(20)}
    with ThreadPoolExecutor(8) as pool, source.arranged(Order("x")) as fresh:
        wanted = [n % 20 for n in range(100)]
        assert list(pool.map(fresh.page, wanted)) == [expected[n] for n in wanted]


def test_a_column_with_duckdbs_own_name(project: Project, tmp_path: Path) -> None:
    pl.DataFrame({"file_row_number": [7, 8]}).write_parquet(tmp_path / "t.parquet")
    version = datasets.add(project, tmp_path / "t.parquet", name="t")
    assert PageSource(project, version).page(0) == ((7,), (8,))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "∅"),
        (True, "true"),
        (7, "7"),
        (0.1, "0.1"),
        (float("nan"), "nan"),
        (1e300, "1e+300"),
        ("a\x1b[31m\nb", "a␛[31m␊b"),
        ("x" * 500, "x" * 79 + "…"),
        (dt.datetime(2013, 1, 2, 3, 4, 5, tzinfo=dt.UTC), "2013-01-02 03:04:05+00:00"),
        (b"\x00\xff", "2 bytes 00ff"),
    ],
)
def test_cells_as_text(value: object, text: str) -> None:
    assert cell_text(value) == text


def test_cells_as_json() -> None:
    value = {"a": [dt.date(2013, 1, 2), dt.timedelta(seconds=90), b"\xff", (1, None)]}
    assert json_value(value) == {"a": ["2013-01-02", 90.0, "ff", [1, None]]}
