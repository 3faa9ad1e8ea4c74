"""The answer to a query as a version: its rows by hand, its origin, and what cannot be one."""

from pathlib import Path

import polars as pl
import pytest

from workbench.data import datasets, tags
from workbench.data.derive import MAX_SQL, derive
from workbench.errors import BadInput, NotFound
from workbench.project.project import Project


@pytest.fixture
def two(project: Project, tmp_path: Path) -> Project:
    for n in (1, 2):
        (tmp_path / "t.csv").write_text("k,n\n" + "".join(f"k{m % 2},{m * n}\n" for m in range(10)))
        datasets.add(project, tmp_path / "t.csv", name="t")
    return project


def test_an_answer_becomes_a_version_that_knows_its_query(two: Project) -> None:
    tags.tag(two, "t@1", "gold")
    sql = 'SELECT k, sum(n) AS total FROM "t@gold" JOIN t USING (k, n) GROUP BY k ORDER BY k'
    added = derive(two, sql + ";", "sums")
    # Of k0 the first has 0, 2, 4, 6, 8 and the second 0, 4, 8, 12, 16; of k1 odd and even ones.
    assert datasets.head(two, added.version) == [("k0", 12)]
    assert [column.type for column in added.version.columns] == ["String", "Int64"]
    origin = added.version.origin
    assert (origin.source, origin.place, origin.sql) == ("sql", "", sql)
    assert set(origin.inputs) == {datasets.get_version(two, ref).id for ref in ("t@1", "t@2")}
    assert not derive(two, sql, "sums").new
    again = derive(two, "SELECT total + 1 AS more FROM sums", "more")
    assert again.version.origin.inputs == (added.version.id,)


def test_types_that_no_file_holds_are_brought_to_ones_that_do(two: Project) -> None:
    sql = (
        "SELECT sum(n) AS s, count(*) AS c, interval 1 day AS i, avg(n) AS a, 1.5 AS d, "
        "k, k AS k, true AS b, [1, 2] AS l FROM t GROUP BY k ORDER BY k"
    )
    version = derive(two, sql, "u").version
    frame = pl.read_parquet(datasets.path(two, version))
    assert frame.row(0)[:4] == (40, 5, "1 day", 8.0)
    assert len(set(frame.columns)) == 9


@pytest.mark.parametrize(
    ("sql", "code", "where", "why"),
    [
        ("SELECT * FROM t WHERE n > 99", "data.no_rows", "the query", "no row fits it"),
        ("SELECT 1\nFROM nowhere", "query.unknown_table", "line 2, column 6", "the datasets are t"),
        ("SELECT *\nFORM t", "query.syntax", "line 2, column 6", "syntax error"),
        ("SELECT n,\n  m FROM t", "query.failed", "line 2, column 3", "m"),
        ("SELECT CAST(k AS INT) FROM t", "query.failed", "line 1, column", "k0"),
        ("DELETE FROM t", "query.select_only", "the query", "DELETE"),
        ("SELECT 1 -- " + "x" * MAX_SQL, "query.long", "the query", "bytes"),
        ("SELECT * FROM read_csv('/etc/passwd')", "query.outside", "the query", ""),
    ],
)
def test_what_cannot_be_a_version(two: Project, sql: str, code: str, where: str, why: str) -> None:
    with pytest.raises((BadInput, NotFound)) as refusal:
        derive(two, sql, "u")
    assert refusal.value.code == code
    assert where in refusal.value.where
    assert why in refusal.value.why
    assert [row.dataset for row in datasets.list_datasets(two)] == ["t"]


def test_a_long_line_keeps_the_column_of_its_error(two: Project) -> None:
    sql = "SELECT " + ", ".join(f"n AS n{m}" for m in range(80)) + ", k +++ FROM t"
    with pytest.raises(BadInput) as refusal:
        derive(two, sql, "u")
    assert refusal.value.where == f"the query, line 1, column {sql.index('FROM') + 1}"


def test_a_bad_name_is_refused_first(two: Project) -> None:
    with pytest.raises(BadInput, match="cannot be the name of a dataset"):
        derive(two, "SELECT 1", "../x")
