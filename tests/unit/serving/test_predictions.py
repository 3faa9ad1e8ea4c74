"""The prediction log: whole lines, rotation, what is dropped is counted, nothing is lost on a stop."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench.serving import predictions
from workbench.serving.predictions import Prediction, PredictionLog


def prediction(number: int, rows: int = 1) -> Prediction:
    return Prediction(
        id=f"id{number}",
        at=datetime(2024, 1, 2, tzinfo=UTC),
        version="01J00000000000000000000001",
        model="late@1",
        rows=rows,
        inputs={"x": [1.5] * rows},
        outputs={"prediction": ["yes"] * rows},
        ms=0.25,
    )


def lines(folder: Path) -> list[dict[str, object]]:
    files = sorted(folder.glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def test_a_line_holds_the_request_and_its_answer(tmp_path: Path) -> None:
    log = PredictionLog(tmp_path / "p")
    assert log.add(prediction(1))
    log.close()
    assert lines(tmp_path / "p") == [
        {
            "id": "id1",
            "at": "2024-01-02T00:00:00Z",
            "version": "01J00000000000000000000001",
            "model": "late@1",
            "rows": 1,
            "inputs": {"x": [1.5]},
            "outputs": {"prediction": ["yes"]},
            "ms": 0.25,
        }
    ]


def test_nothing_is_lost_and_segments_rotate(tmp_path: Path) -> None:
    for _ in range(2):  # two processes, one after the other
        log = PredictionLog(tmp_path / "p", segment_bytes=2000)
        for number in range(1000):
            log.add(prediction(number))
        log.close()
        assert (log.logged, log.dropped) == (1000, 0)
    found = lines(tmp_path / "p")
    assert [line["id"] for line in found] == [f"id{n}" for n in range(1000)] * 2
    names = sorted(file.name for file in (tmp_path / "p").iterdir())
    assert names == [f"{n:06d}.jsonl" for n in range(1, len(names) + 1)]
    assert len(names) > 2


def test_the_oldest_full_segments_make_room_and_are_counted(tmp_path: Path) -> None:
    """A small one is left alone: another process may be at it."""
    folder = tmp_path / "p"
    folder.mkdir()
    (folder / "000001.jsonl").write_text('{"id": "of another process"}\n')
    log = PredictionLog(folder, segment_bytes=300, most_bytes=2000)
    for number in range(200):
        log.add(prediction(number))
        while log.logged <= number:  # a write each, so that segments are small
            pass
    log.close()
    found = [line["id"] for line in lines(folder)]
    size = sum(file.stat().st_size for file in folder.iterdir())
    assert 1000 < size <= 2000 + 500
    assert found[0] == "of another process"
    assert found[1:] == [f"id{n}" for n in range(200 - len(found[1:]), 200)]
    assert (log.logged, log.dropped, log.expired) == (200, 0, 200 - len(found[1:]))


def test_a_cut_line_stays_the_last_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "000007.jsonl").write_text('{"id": "whole"}\n{"id": "cu')
    log = PredictionLog(tmp_path)
    log.add(prediction(1))
    log.close()
    assert (tmp_path / "000007.jsonl").read_text().endswith('{"id": "cu')
    assert json.loads((tmp_path / "000008.jsonl").read_text())["id"] == "id1"


def test_what_finds_no_room_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the writer held, the queue takes what its bounds say and refuses the others at once."""
    monkeypatch.setattr(PredictionLog, "_work", lambda self: None)
    log = PredictionLog(tmp_path, most_lines=3, most_values=10)
    assert [log.add(prediction(n)) for n in range(5)] == [True, True, True, False, False]
    assert log.dropped == 2
    log = PredictionLog(tmp_path, most_lines=100, most_values=10)
    accepted = [log.add(prediction(n, rows=4)) for n in range(4)]
    assert accepted == [True, True, False, False]  # 8 values each: the second passes the 10


def test_a_full_disk_drops_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes come back short and then fail: the segment is left as it was before the batch."""
    real, calls = os.write, 0

    def full(descriptor: int, data: bytes) -> int:
        nonlocal calls
        calls += 1
        if calls == 2:
            return real(descriptor, bytes(data[:7]))
        if calls == 3:
            raise OSError(28, "No space left on device")
        return real(descriptor, data)

    log = PredictionLog(tmp_path)
    monkeypatch.setattr(predictions.os, "write", full)
    for number in range(3):
        log.add(prediction(number))
        while log.logged + log.dropped <= number:
            pass
    log.close()
    assert (log.logged, log.dropped) == (2, 1)
    assert [line["id"] for line in lines(tmp_path)] == ["id0", "id2"]
