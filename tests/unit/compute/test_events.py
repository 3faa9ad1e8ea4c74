import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.compute.events import (
    LINE_CAP,
    EventReader,
    EventWriter,
    Failure,
    Message,
    Metric,
    Phase,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def test_what_is_written_is_read_in_order(path: Path) -> None:
    with EventWriter(path) as writer:
        writer.phase("fold", 2, 5)
        writer.metric("auc", 0.75, 2)
        writer.message("hm", "warning")
        writer.failure({"code": "x", "what": "no"})
    fold, auc, hm, failure = EventReader(path).read()
    assert isinstance(fold, Phase)
    assert (fold.name, fold.done, fold.total) == ("fold", 2, 5)
    assert isinstance(auc, Metric)
    assert (auc.name, auc.value, auc.step) == ("auc", 0.75, 2)
    assert isinstance(hm, Message)
    assert (hm.text, hm.level) == ("hm", "warning")
    assert isinstance(failure, Failure)
    assert failure.error == {"code": "x", "what": "no"}


@pytest.mark.parametrize(
    ("value", "figure"), [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity")]
)
def test_a_figure_that_json_cannot_hold_is_its_word(path: Path, value: float, figure: str) -> None:
    with EventWriter(path) as writer:
        writer.metric("loss", value)
    assert f'"value":"{figure}"'.encode() in path.read_bytes()
    (event,) = EventReader(path).read()
    assert isinstance(event, Metric)
    assert event.value == figure


def test_the_file_is_there_from_the_start_and_no_file_is_no_event(path: Path) -> None:
    assert EventReader(path).read() == []
    EventWriter(path).close()
    assert path.read_bytes() == b""


def line(name: str) -> bytes:
    return b'{"kind":"phase","t":1.0,"name":"%s"}\n' % name.encode()


def names(reader: EventReader) -> list[str]:
    return [event.name for event in reader.read() if isinstance(event, Phase)]


def test_cut_at_every_byte_no_half_line_is_read_and_none_twice(path: Path) -> None:
    whole = line("a") + line("b") + line("c")
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        reader = EventReader(path)
        first = names(reader)
        assert first == ["a", "b", "c"][: whole[:cut].count(b"\n")]
        path.write_bytes(whole)
        assert first + names(reader) == ["a", "b", "c"]
        assert (reader.offset, reader.skipped) == (len(whole), 0)


@pytest.mark.parametrize(
    "bad",
    [
        b"{\n",
        b"[]\n",
        b"\xff\xfe\n",
        b'{"kind":"from-a-later-version","t":1}\n',
        b'{"kind":"phase","t":"x","name":3}\n',
        b"\0" * 100 + b"\n",
        b'{"kind":"message","t":1,"text":"' + b"x" * LINE_CAP + b'"}\n',
    ],
)
def test_a_line_that_cannot_be_read_is_skipped_and_counted(path: Path, bad: bytes) -> None:
    path.write_bytes(line("a") + bad + line("b"))
    reader = EventReader(path)
    assert names(reader) == ["a", "b"]
    assert reader.skipped == 1


def test_a_line_without_end_is_stepped_over_as_it_grows(path: Path) -> None:
    reader = EventReader(path)
    with path.open("ab", buffering=0) as stream:
        stream.write(line("a"))
        for _ in range(40):
            stream.write(b"x" * 100_000)
            assert names(reader) in (["a"], [])
        stream.write(b"\n" + line("b"))
    assert names(reader) == ["b"]
    assert reader.skipped == 1


@given(st.lists(st.binary(max_size=60)))
def test_no_bytes_break_the_reader(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("events") / "events.jsonl"
    reader = EventReader(path)
    with path.open("ab", buffering=0) as stream:
        for part in parts:
            stream.write(part)
            reader.read()
        stream.write(b"\n" + line("last"))
    assert names(reader)[-1:] == ["last"]
