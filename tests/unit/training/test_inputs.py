# ruff: noqa: DTZ001  # what a model meets are moments in UTC without a zone
from datetime import UTC, date, datetime, time, timedelta, timezone

import polars as pl
import pytest

from workbench.errors import BadInput
from workbench.training.datetimes import DatetimeParts
from workbench.training.inputs import conform, feature_type, few_values, field_type, unit_of
from workbench.training.signature import Field


def field(kind: str, name: str = "x") -> Field:
    return Field(name=name, type=kind)


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [
        (pl.UInt8(), "int"),
        (pl.Float32(), "float"),
        (pl.Decimal(10, 2), "float"),
        (pl.Boolean(), "bool"),
        (pl.String(), "str"),
        (pl.Categorical(), "str"),
        (pl.Enum(["a"]), "str"),
        (pl.Date(), "date"),
        (pl.Datetime("ns", "Europe/Paris"), "datetime"),
        (pl.List(pl.Int64()), None),
        (pl.Duration("us"), None),
        (pl.Binary(), None),
    ],
)
def test_types(dtype: pl.DataType, kind: str | None) -> None:
    assert field_type(dtype) == kind


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("float", [1.5, float("nan"), float("inf"), None], [1.5, None, None, None]),
        ("float", ["1.5", "2", None], [1.5, 2.0, None]),
        ("int", [1, None], [1, None]),
        ("int", ["7"], [7]),
        ("bool", ["true", "False", None], [True, False, None]),
        ("str", [3, None], ["3", None]),
        ("date", ["2024-02-29"], [date(2024, 2, 29)]),
        ("datetime", ["2024-02-29T12:30:00"], [datetime(2024, 2, 29, 12, 30)]),
        ("datetime", ["2024-02-29T12:30:00+02:00"], [datetime(2024, 2, 29, 10, 30)]),
        ("datetime", [date(2024, 2, 29)], [datetime(2024, 2, 29)]),
        (
            "datetime",
            [datetime(2024, 2, 29, 12, tzinfo=timezone(timedelta(hours=2)))],
            [datetime(2024, 2, 29, 10)],
        ),
        ("datetime", [datetime(2024, 2, 29, 12, tzinfo=UTC)], [datetime(2024, 2, 29, 12)]),
    ],
)
def test_conform(kind: str, given: list, expected: list) -> None:
    frame = conform(pl.DataFrame({"x": given, "other": [0] * len(given)}), [field(kind)])
    assert frame.columns == ["x"]
    assert frame["x"].to_list() == expected


def test_times_of_day_and_durations_are_seconds() -> None:
    frame = pl.DataFrame(
        {
            "at": [time(6, 30, 0, 250_000), None, time(0, 0)],
            "long": pl.Series([timedelta(minutes=-2), None, timedelta(microseconds=1)]),
        }
    )
    assert {name: feature_type(dtype) for name, dtype in frame.schema.items()} == {
        "at": "float",
        "long": "float",
    }
    assert [unit_of(dtype) for dtype in (*frame.dtypes, pl.Float64())] == [
        "seconds since midnight",
        "seconds",
        "",
    ]
    found = conform(frame, [field("float", "at"), field("float", "long")])
    assert found["at"].to_list() == pytest.approx([6.5 * 3600 + 0.25, None, 0.0])
    assert found["long"].to_list() == pytest.approx([-120.0, None, 1e-6])
    for unit in ("ms", "us", "ns"):
        cast = frame.select(pl.col("long").cast(pl.Duration(unit)))
        made = conform(cast, [field("float", "long")])["long"]
        assert made[0] == pytest.approx(-120.0)


def test_all_null_has_the_field_s_type() -> None:
    frame = conform(pl.DataFrame({"x": [None, None]}), [field("float")])
    assert frame.schema == {"x": pl.Float64}


def test_a_missing_column_is_named() -> None:
    with pytest.raises(BadInput) as caught:
        conform(pl.DataFrame({"y": [1]}), [field("int")])
    assert caught.value.code == "input.column"
    assert caught.value.where == "x"


@pytest.mark.parametrize(
    ("kind", "value"),
    [("int", "seven"), ("float", "1,5"), ("bool", "maybe"), ("date", "2024-13-01"), ("int", 2**64 - 1),
     ("datetime", "yesterday")],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(kind: str, value: object) -> None:
    dtype = pl.UInt64 if isinstance(value, int) else None
    with pytest.raises(BadInput) as caught:
        conform(pl.DataFrame({"x": pl.Series([value], dtype=dtype)}), [field(kind)])
    assert caught.value.code == "input.value"
    assert "column x" in caught.value.where


def test_few_values() -> None:
    assert few_values(pl.Series(["b", "a", None, "b"])) == ("a", "b")
    assert few_values(pl.Series([True, False])) == ("false", "true")
    assert few_values(pl.Series(range(51))) == ()


def test_datetime_parts_by_the_calendar() -> None:
    """Oracle: datetime.date's own toordinal, isoweekday and fields."""
    moments = [datetime(2024, 2, 29, 23, 59), None, datetime(1969, 12, 31, 0, 0)]
    frame = pl.DataFrame({"at": moments, "on": [m.date() if m else None for m in moments]})
    frame = frame.with_columns(pl.col("on").cast(pl.Date))
    step = DatetimeParts().fit(frame)
    made = step.transform(frame)
    names = step.get_feature_names_out().tolist()
    epoch = date(1970, 1, 1).toordinal()
    for row, moment in enumerate(moments):
        if moment is None:
            assert all(value != value for value in made[row])
            continue
        day = moment.date()
        parts = [day.toordinal() - epoch, day.year, day.month, day.day, day.isoweekday()]
        assert made[row].tolist() == [*parts, moment.hour, moment.minute, *parts]
    assert names[:2] == ["at_days", "at_year"]
    assert names[-1] == "on_weekday"
