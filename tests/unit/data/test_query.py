"""User SQL: it answers over the versions, and no attempt to reach anything else succeeds."""

from pathlib import Path

import pytest

from workbench.data import datasets
from workbench.data.query import query
from workbench.errors import WorkbenchError
from workbench.project.project import Project


@pytest.fixture
def flights(project: Project, tmp_path: Path) -> Project:
    for text in ("a,b\n1,x\n2,y\n", "a,b\n3,z\n"):
        path = tmp_path / "t.csv"
        path.write_text(text)
        datasets.add(project, path, name="flights")
    return project


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT * FROM flights", ((3, "z"),)),
        ('SELECT a FROM "flights@1" ORDER BY a DESC', ((2,), (1,))),
        ('SELECT a FROM "flights@latest";', ((3,),)),
        ("SELECT n.a, o.a FROM flights n, \"flights@1\" o WHERE o.b = 'x' -- why", ((3, 1),)),
        ("WITH f AS (SELECT a FROM flights) SELECT a + 1 FROM f", ((4,),)),
        ("FROM Flights SELECT count(*)", ((1,),)),
        ("SELECT 1 UNION ALL SELECT 2", ((1,), (2,))),
    ],
)
def test_answers(flights: Project, sql: str, rows: tuple[tuple[object, ...], ...]) -> None:
    assert query(flights, sql).rows == rows


def test_the_limit_is_told(flights: Project) -> None:
    answer = query(flights, "SELECT * FROM range(10)", limit=3)
    assert (answer.rows, answer.more) == (((0,), (1,), (2,)), True)
    assert not query(flights, "SELECT * FROM range(3)", limit=3).more


OUTSIDE = [
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM '{secret}'",
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM read_blob('{objects}/../project-id')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM sniff_csv('{secret}')",
    "SELECT * FROM read_parquet('s3://bucket/x')",
    "SELECT * FROM 'http://127.0.0.1:9/x.parquet'",
    "SELECT * FROM flights WHERE EXISTS (FROM read_text('{secret}'))",
    "SELECT * FROM query('SELECT * FROM read_text(''{secret}'')')",
    "SELECT * FROM duckdb_secrets()",
]
NOT_ONE_SELECT = [
    "",
    "-- nothing",
    "SELECT 1; SELECT 2",
    "COPY flights TO '{out}'",
    "COPY (SELECT 1) TO '{objects}/evil'",
    "WITH x AS MATERIALIZED (COPY flights TO '{objects}/evil') SELECT 1",
    "WITH x AS (COPY (SELECT 1) TO '{out}') SELECT * FROM x",
    "WITH x AS (INSERT INTO flights VALUES (1, 'x') RETURNING *) FROM x",
    "SELECT 1 WHERE EXISTS (WITH y AS (COPY flights TO '{objects}/evil') FROM y)",
    "EXPORT DATABASE '{out}'",
    "ATTACH '{out}'",
    "SET threads = 1",
    "RESET enable_external_access",
    "PRAGMA version",
    "CALL pragma_version()",
    "INSTALL httpfs",
    "LOAD httpfs",
    "CREATE TABLE x AS SELECT 1",
    "INSERT INTO flights VALUES (1, 'x')",
    "UPDATE flights SET a = 1",
    "DELETE FROM flights",
    "DROP VIEW flights",
    "CREATE SECRET s (TYPE s3)",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "BEGIN",
    "CHECKPOINT",
    "VACUUM",
    "USE memory",
    "EXPLAIN ANALYZE SELECT 1",
]


def refused(project: Project, tmp_path: Path, sql: str) -> WorkbenchError:
    secret = tmp_path / "secret.csv"
    secret.write_text("word\nxyzzy\n")
    places = {"secret": secret, "out": tmp_path / "out", "objects": project.paths.objects}
    with pytest.raises(WorkbenchError) as refusal:
        query(project, sql.format(**places))
    assert "xyzzy" not in str(refusal.value)
    assert not (tmp_path / "out").exists()
    assert not (project.paths.objects / "evil").exists()
    return refusal.value


@pytest.mark.parametrize("sql", OUTSIDE)
def test_nothing_outside_is_read(flights: Project, tmp_path: Path, sql: str) -> None:
    assert refused(flights, tmp_path, sql).code in {"query.outside", "query.unknown_table"}


@pytest.mark.parametrize("sql", NOT_ONE_SELECT)
def test_only_one_select(flights: Project, tmp_path: Path, sql: str) -> None:
    assert refused(flights, tmp_path, sql).code in {"query.select_only", "query.syntax"}


@pytest.mark.parametrize(
    ("sql", "code", "why"),
    [
        ("SELEC 1", "query.syntax", "syntax error"),
        ("SELECT * FROM trains", "query.unknown_table", "the datasets are flights"),
        ('SELECT * FROM "flights@9"', "query.unknown_table", "the datasets are flights"),
        ("SELECT c FROM flights", "query.failed", '"c" not found'),
        ("SELECT CAST(b AS INT) FROM flights", "query.failed", "Could not convert"),
        ("SELECT * FROM query('COPY flights TO ''x''')", "query.failed", "single SELECT"),
    ],
)
def test_what_cannot_be_answered(flights: Project, sql: str, code: str, why: str) -> None:
    with pytest.raises(WorkbenchError) as refusal:
        query(flights, sql)
    assert refusal.value.code == code
    assert why in refusal.value.why
    assert "\n" not in str(refusal.value)
