"""CSV: what is sniffed, which type a column gets, and the sentence for each file that is no table."""

import csv as plain_csv
import gzip
import io
import os
import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.sources.csv import SOURCE
from workbench.errors import WorkbenchError


def write(folder: Path, data: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def read(path: Path, **options: object) -> pl.DataFrame:
    return SOURCE.scan(path, options).frame.collect()  # type: ignore[arg-type]


RAGGED = "a,b,c\n1,2,3\n4,5\n6,7,8\n"
REFUSED = {
    "empty": (b"", "data.empty_file", "", "no bytes"),
    "blank lines": ("\n\n\n", "data.no_rows", "", "no line with text"),
    "header only": ("a,b\n", "data.no_rows", "", "a header and no rows"),
    "a value too few": (RAGGED, "data.ragged", "line 3", "it has 2 and the others 3"),
    "a value too many": ("a,b\n1,2\n1,2,3\n", "data.ragged", "line 3", "it has 3 and the others 2"),
    "far down": ("a,b\n" + "1,2\n" * 60_000 + "3\n", "data.ragged", "line 60002", "it has 1"),
    "preamble": (
        "Made by x\n\na,b\n1,2\n3,4\n",
        "data.ragged",
        "line 1",
        "it has 1 and the others 2",
    ),
    "open quote": ('a,b\n1,"x\n2,y\n', "data.csv", "line 2", "unterminated quote"),
    "NUL": ("a,b\n1,x\n2,\0\n", "data.nul", "line 3", "no text has them"),
    "utf-16 without mark": ("a,b\n1,x\n".encode("utf-16-le"), "data.nul", "line 1", "utf-16-le"),
    "noise": (bytes(range(256)) * 8, "data.nul", "line 1", ""),
    "zeros": (b"ab" + bytes(5000), "data.not_text", "", "one byte in a hundred"),
    "picture": (b"\x89PNG\r\n\x1a\n" + b"x" * 99, "data.not_text", "", "a PNG picture"),
    "parquet": (b"PAR1abcdPAR1", "data.not_text", "", "a Parquet file"),
    "spreadsheet": (b"PK\x03\x04rest", "data.not_text", "", "a spreadsheet"),
    "cut gzip": (gzip.compress(b"a,b\n" + os.urandom(9999))[:2000], "data.damaged", "", "ended"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(tmp_path: Path, case: str) -> None:
    data, code, place, why = REFUSED[case]
    path = write(tmp_path, data)
    for attempt in (SOURCE.preview, SOURCE.scan):
        with pytest.raises(WorkbenchError) as refusal:
            attempt(path, {})
        assert refusal.value.code == code
        assert str(path) in refusal.value.where
        assert place in refusal.value.where
        assert why in refusal.value.why
        assert refusal.value.fix


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "a\n1\n")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")  # what root never meets

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(WorkbenchError, match=r"cannot be read.*Permission denied") as refusal:
        SOURCE.preview(path, {})
    assert refusal.value.code == "data.unreadable"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"delimiter": "||"}, "option.value"),
        ({"quote": "ab"}, "option.value"),
        ({"encoding": "klingon"}, "data.encoding_unknown"),
        ({"encoding": "base64"}, "data.encoding_unknown"),
        ({"text": "nowhere"}, "data.column"),
        ({"skip": -1}, "option.value"),
        ({"nonsense": 1}, "option.unknown"),
    ],
)
def test_options_that_cannot_be(tmp_path: Path, options: dict[str, object], code: str) -> None:
    path = write(tmp_path, "a,b\n1,2\n")
    with pytest.raises(WorkbenchError) as refusal:
        SOURCE.scan(path, options)  # type: ignore[arg-type]
    assert refusal.value.code == code


def test_an_encoding_that_the_bytes_are_not(tmp_path: Path) -> None:
    path = write(tmp_path, "a\nü\n".encode("latin-1"))
    with pytest.raises(WorkbenchError) as refusal:
        SOURCE.scan(path, {"encoding": "utf-8"})
    assert (refusal.value.code, refusal.value.where) == ("data.encoding", f"{path}, line 2")


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-16", ""),
        ("latin-1", "read as latin-1"),
        ("utf-32", ""),
    ],
)
def test_encodings_are_found(tmp_path: Path, encoding: str, told: str) -> None:
    path = write(tmp_path, "größe,n\nklein,1\nübergroß,2\n".encode(encoding))
    preview = SOURCE.preview(path, {})
    assert told in " ".join(preview.warnings)
    assert bool(told) == bool(preview.warnings)
    assert read(path).rows() == [("klein", 1), ("übergroß", 2)]
    assert read(path).columns == ["größe", "n"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_are_found(tmp_path: Path, delimiter: str, end: str) -> None:
    rows = [["name", "n", "note"], ["a,b;c|d\te", "1", 'say "x"'], ["two\nlines", "2", ""]]
    text = io.StringIO()
    plain_csv.writer(text, delimiter=delimiter, lineterminator=end).writerows(rows)
    path = write(tmp_path, text.getvalue())
    assert read(path).rows() == [("a,b;c|d\te", 1, 'say "x"'), ("two\nlines", 2, None)]
    assert SOURCE.preview(path, {}).sniffed["delimiter"] == delimiter


TYPES = {
    "whole": (["1", "-2", "0"], pl.Int64, [1, -2, 0]),
    "largest": (["9223372036854775807", "1"], pl.Int64, [2**63 - 1, 1]),
    "too large": (["9223372036854775808", "1"], pl.String, ["9223372036854775808", "1"]),
    "zip codes": (["00123", "12345"], pl.String, ["00123", "12345"]),
    "zeros": (["0", "0.5"], pl.Float64, [0.0, 0.5]),
    "underscore": (["1_000", "2"], pl.String, ["1_000", "2"]),
    "hexadecimal": (["0x1F", "2"], pl.String, ["0x1F", "2"]),
    "decimals": (["1.5", "-2e3", "3"], pl.Float64, [1.5, -2000.0, 3.0]),
    "booleans": (["true", "False", "TRUE"], pl.Boolean, [True, False, True]),
    "yes and no": (["yes", "no"], pl.String, ["yes", "no"]),
    "missing numbers": (["1", "NA", "", "3"], pl.Int64, [1, None, None, 3]),
    "missing only": (["NA", "NA"], pl.String, [None, None]),
    "days": (["2013-01-02", "1999-12-31"], pl.Date, None),
    "no such day": (["2013-02-30", "1999-12-31"], pl.String, ["2013-02-30", "1999-12-31"]),
    "epoch": (["epoch", "infinity"], pl.String, ["epoch", "infinity"]),
    "moments": (["2013-01-02 03:04:05", "2013-01-02T03:04:05.25"], pl.Datetime("us"), None),
    "moments with a zone": (["2013-01-02T03:00:00+02:00"], pl.Datetime("us", "UTC"), None),
    "mixed": (["1", "x"], pl.String, ["1", "x"]),
}


@pytest.mark.parametrize("case", TYPES)
def test_types(tmp_path: Path, case: str) -> None:
    values, dtype, expected = TYPES[case]
    path = write(tmp_path, "x,y\n" + "".join(f"{value},text\n" for value in values))
    column = read(path)["x"]
    assert column.dtype == dtype
    if expected is not None:
        assert column.to_list() == expected


def test_a_value_far_beyond_the_sample_decides(tmp_path: Path) -> None:
    path = write(tmp_path, "n,m\n" + "1,1\n" * 50_000 + "2.5,x\n")
    scan = SOURCE.scan(path, {})
    assert scan.frame.collect_schema() == {"n": pl.Float64, "m": pl.String}
    assert any("'m' is text" in sentence and "'x'" in sentence for sentence in scan.warnings)
    assert scan.frame.collect().row(-1) == (2.5, "x")


def test_quoted_nothing_differs_from_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, 'n,s\n1,""\n2,\n"",x\n')
    assert read(path).rows() == [(1, ""), (2, None), (None, "x")]


def test_told_options_win(tmp_path: Path) -> None:
    path = write(tmp_path, "remark\n1;2,5\n007;NA\n")
    frame = read(path, skip=1, header=False, text="column_1", null="NA", decimal=",")
    assert frame.rows() == [("1", 2.5), ("007", None)]
    assert (
        read(path, skip=1, header=False, text="column_1", null="").schema["column_2"] == pl.String
    )


def test_decimal_commas_are_found(tmp_path: Path) -> None:
    assert read(write(tmp_path, "a;b\n1,5;x\n2;y\n")).rows() == [(1.5, "x"), (2.0, "y")]


def test_without_a_header(tmp_path: Path) -> None:
    path = write(tmp_path, "1,2013-01-01\n2,2013-01-02\n")
    assert read(path).columns == ["column_1", "column_2"]
    assert "looks like data" in SOURCE.preview(path, {}).warnings[0]


def test_hostile_text_is_kept_as_it_is(tmp_path: Path) -> None:
    hostile = "[/x][@click=app.quit]x[/]\x1b]0;title\x07\x9b31m\u202e"
    path = write(tmp_path, f"{hostile},n\n{hostile},1\n{'x' * 100_000},2\nNUL \0 here,3\n")
    frame = read(path, nul="keep")
    assert frame.columns == [hostile, "n"]
    assert frame[hostile].to_list() == [hostile, "x" * 100_000, "NUL \0 here"]


def test_a_line_of_many_megabytes(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b\n" + "x" * 5_000_000 + ",1\ny,2\n")
    assert read(path)["a"].str.len_bytes().to_list() == [5_000_000, 1]


def test_packed_and_odd_names(tmp_path: Path) -> None:
    packed = write(tmp_path, gzip.compress(b"a,b\n1,x\n"), "t [1]*?.csv.gz")
    assert read(packed).rows() == [(1, "x")]


TEXT = st.text(
    st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]), min_size=1, max_size=8
)


FLOAT = st.floats(allow_nan=False, allow_infinity=False)
WHOLE = st.integers(-(10**9), 10**9)


@settings(max_examples=40)
@given(st.lists(st.tuples(TEXT, WHOLE, FLOAT), min_size=1, max_size=20))
def test_what_python_writes_is_read_back(rows: list[tuple[str, int, float]]) -> None:
    text = io.StringIO()
    writer = plain_csv.writer(text, quoting=plain_csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(["s", "i", "f"])
    writer.writerows(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder), text.getvalue())
        found = read(path, text="s", null="", delimiter=",", quote='"', header=True, decimal=".")
        assert found["s"].to_list() == [row[0] for row in rows]
        assert found["i"].to_list() == [row[1] for row in rows]
        assert found["f"].cast(pl.Float64).to_list() == [row[2] for row in rows]


def test_types_that_are_told_hold(tmp_path: Path) -> None:
    path = write(tmp_path, "id,day,n\n1,2024-01-01,3\n2,2024-01-02,NA\n")
    frame = read(path, types='id=text,"day=moment",n=float')
    assert [str(kind) for kind in frame.dtypes] == [
        "String",
        "Datetime(time_unit='us', time_zone=None)",
        "Float64",
    ]
    assert frame["n"].to_list() == [3.0, None]


@pytest.mark.parametrize(
    ("types", "code", "where", "why"),
    [
        ("n=integer", "data.type", "row 2", "it is 'x'"),
        ("m=text", "data.column", "--types", "the columns are id, n"),
        ("n=number", "option.value", "--types", "a type is one of"),
    ],
)
def test_a_type_that_cannot_be(tmp_path: Path, types: str, code: str, where: str, why: str) -> None:
    path = write(tmp_path, "id,n\n1,3\n2,x\n")
    with pytest.raises(WorkbenchError) as refusal:
        SOURCE.scan(path, {"types": types})
    assert refusal.value.code == code
    assert where in refusal.value.where
    assert why in refusal.value.why
