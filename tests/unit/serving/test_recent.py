"""The end of a prediction log: newest first, over segments, whatever lies between the lines."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench.serving import recent
from workbench.serving.predictions import Prediction, PredictionLog


def logged(folder: Path, first: int, count: int) -> None:
    """Write predictions `first` and on with the real log."""
    log = PredictionLog(folder)
    for number in range(first, first + count):
        log.add(
            Prediction(
                id=str(number),
                at=datetime(2026, 1, 1, tzinfo=UTC),
                version="v",
                model="late@1",
                rows=1,
                inputs={"x": [number]},
                outputs={"prediction": ["yes"]},
                ms=1.0,
            )
        )
    log.close()


def test_the_newest_come_first_over_two_segments(tmp_path: Path) -> None:
    logged(tmp_path, 0, 5)
    logged(tmp_path, 5, 3)
    assert [item.id for item in recent.newest(tmp_path, 6)] == ["7", "6", "5", "4", "3", "2"]
    assert recent.newest(tmp_path, 1)[0].inputs == {"x": [7]}


def test_without_a_log_there_are_none(tmp_path: Path) -> None:
    assert recent.newest(tmp_path / "predictions") == []


def test_torn_and_damaged_lines_are_left_out(tmp_path: Path) -> None:
    logged(tmp_path, 0, 2)
    with (tmp_path / "000001.jsonl").open("ab") as stream:
        stream.write(b'{"id":1}\n\xff\xfe\nnot json\n{"id":"half')
    assert [item.id for item in recent.newest(tmp_path)] == ["1", "0"]


def test_of_a_long_log_the_end_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logged(tmp_path, 0, 100)
    monkeypatch.setattr(recent, "BYTES", 1000)
    found = recent.newest(tmp_path)
    assert 0 < len(found) < 10
    assert [item.id for item in found] == [str(99 - at) for at in range(len(found))]
