"""What comes back from a target byte for byte, and the port here that leads there."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from workbench.compute.serving import Looked, SeatSeen
from workbench.ids import new_ulid
from workbench.serving.folder import Folder, Told
from workbench.serving.metrics import SLOT_SECONDS, Metrics, Series
from workbench.serving.mirror import READS_A_TURN, Mirror
from workbench.serving.news import STALE_SECONDS, News, SeatNews, read_news, write_news
from workbench.serving.observing import observe
from workbench.serving.relay import Relay

MIB = 1024 * 1024


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / new_ulid())
    made.make(token=False)
    return made


class Far:
    """Files as a target has them."""

    def __init__(self, **files: bytes) -> None:
        self.files = {name.replace("__", "/") + ending(name): data for name, data in files.items()}

    def looked(self) -> Looked:
        return Looked(time.time(), files={name: len(data) for name, data in self.files.items()})

    def read(self, name: str, offset: int) -> bytes:
        return self.files[name][offset : offset + MIB]


def ending(name: str) -> str:
    return "" if name == "log" else ".jsonl"


def test_what_was_copied_is_not_copied_again(folder: Folder) -> None:
    far = Far(log=b"one\n", predictions__000001=b"{}\n")
    mirror = Mirror(folder)
    assert mirror.copy(far.looked(), far.read)
    far.files["log"] += b"two\n"
    asked: list[tuple[str, int]] = []

    def read(name: str, offset: int) -> bytes:
        asked.append((name, offset))
        return far.read(name, offset)

    assert Mirror(folder).copy(far.looked(), read)  # another runner goes on where this one was
    assert asked == [("log", 4)]
    assert folder.log.read_bytes() == b"one\ntwo\n"
    assert (folder.predictions / "000001.jsonl").read_bytes() == b"{}\n"


def test_much_is_copied_in_several_turns_and_at_the_end_at_once(folder: Folder) -> None:
    far = Far(log=bytes(range(256)) * 4096 * (READS_A_TURN + 2))
    mirror = Mirror(folder)
    assert not mirror.copy(far.looked(), far.read)
    assert folder.log.stat().st_size == READS_A_TURN * MIB
    assert mirror.copy(far.looked(), far.read, everything=True)
    assert folder.log.read_bytes() == far.files["log"]


def test_a_segment_that_made_room_there_goes_here(folder: Folder) -> None:
    far = Far(predictions__000001=b"1\n", predictions__000002=b"2\n")
    mirror = Mirror(folder)
    mirror.copy(far.looked(), far.read)
    del far.files["predictions/000001.jsonl"]
    mirror.copy(far.looked(), far.read)
    assert [path.name for path in folder.predictions.iterdir()] == ["000002.jsonl"]
    far.files.clear()  # a folder that is gone is not a log that made room
    mirror.copy(far.looked(), far.read)
    assert [path.name for path in folder.predictions.iterdir()] == ["000002.jsonl"]


def test_names_that_lead_elsewhere_are_not_followed(folder: Folder) -> None:
    far = Far()
    far.files = {"predictions/../../x.jsonl": b"x", "../token": b"x", "desired.json": b"x"}
    Mirror(folder).copy(far.looked(), far.read)
    assert not folder.predictions.exists()
    assert not (folder.root.parent / "token").exists()
    assert not folder.desired.exists()


def test_times_of_another_clock_are_set_right(folder: Folder) -> None:
    shift, now = 7200.0, time.time()
    told = Told(phase="serving", port=8700, at=now - shift, since=now - shift - 5)
    slot = int(now - shift) // SLOT_SECONDS
    counted = Metrics(slots={slot: {"late@1": Series(rows=3)}}, at=now - shift)
    seen = SeatSeen(
        0, "alive", told=msgspec.json.encode(told), metrics=msgspec.json.encode(counted)
    )
    found = Mirror(folder).told(seen, shift, 21000)
    assert found is not None
    assert (found.port, round(found.at - now), round(found.since - now)) == (21000, 0, -5)
    assert folder.read_told() == found
    [metrics] = folder.all_metrics()
    [place] = metrics.slots
    assert place == slot + shift / SLOT_SECONDS
    assert Mirror(folder).told(SeatSeen(0, told=b"{"), 0.0, 1) is None


def test_old_news_say_that_nobody_looks(folder: Folder) -> None:
    seats = (SeatNews(number=0, process="alive", pid=7),)
    write_news(folder.root, News(at=time.time(), seats=seats))
    assert observe(folder, 1).process == "alive"
    write_news(folder.root, News(at=time.time() - STALE_SECONDS - 1, seats=seats))
    assert observe(folder, 1).process == "unheard"
    write_news(folder.root, News(at=time.time(), seats=seats, trouble="it is off"))
    seen = observe(folder, 1)
    assert (seen.process, seen.note) == ("unheard", "it is off")
    (folder.root / "there.json").write_bytes(b"{")
    assert read_news(folder.root) == News(at=0.0)


@contextmanager
def echo(word: bytes) -> Iterator[int]:
    """A server that answers each line with `word` and the line."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                caller, _ = listener.accept()
            except OSError:
                return
            with caller, caller.makefile("rb") as lines:
                for line in lines:
                    caller.sendall(word + line)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def ask(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        try:
            line.sendall(b"hello\n")
            line.shutdown(socket.SHUT_WR)
            return line.makefile("rb").read()
        except OSError:
            return b""  # turned away before what was said was read


def test_the_port_here_stays_while_the_way_changes() -> None:
    with echo(b"a ") as first, echo(b"b ") as second:
        relay = Relay("127.0.0.1", 0, (29_100, 29_199))
        try:
            assert ask(relay.port) == b""  # nothing leads anywhere yet
            relay.lead_to([first])
            assert ask(relay.port) == b"a hello\n"
            relay.lead_to([first, second])
            assert {ask(relay.port) for _ in range(4)} == {b"a hello\n", b"b hello\n"}
            relay.lead_to([second])
            assert ask(relay.port) == b"b hello\n"
        finally:
            relay.close()
        again = Relay("127.0.0.1", relay.port, (29_100, 29_199))
        again.close()
        assert again.port == relay.port


def test_a_way_that_is_gone_closes_the_call() -> None:
    with echo(b"") as port:
        pass
    relay = Relay("127.0.0.1", 0, (29_200, 29_299))
    try:
        relay.lead_to([port])
        assert ask(relay.port) == b""
    finally:
        relay.close()
