"""Tars against Python's own tarfile, as oracle."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.compute.docker.archives import Entry, first_file, pack


def test_what_is_packed(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 1_500_001)
    told: list[int] = []
    entries = [
        Entry("folder", 0o700),
        Entry("folder/small", 0o600, data=b"small"),
        Entry("folder/empty", 0o600, data=b""),
        Entry("folder/" + "n" * 150, 0o755, source=tmp_path / "big"),
        Entry("folder/link", 0o777, link="/objects/a"),
    ]
    with tarfile.open(fileobj=io.BytesIO(b"".join(pack(entries, "12:34", told.append)))) as found:
        members = {member.name: member for member in found}
        assert [(m.uid, m.gid) for m in members.values()] == [(12, 34)] * 5
        assert [oct(m.mode) for m in members.values()] == [oct(e.mode) for e in entries]
        assert members["folder"].isdir()
        assert members["folder/link"].linkname == "/objects/a"
        read = {m.name: found.extractfile(m).read() for m in members.values() if m.isfile()}  # type: ignore[union-attr]
    assert read == {
        "folder/small": b"small",
        "folder/empty": b"",
        "folder/" + "n" * 150: b"x" * 1_500_001,
    }
    assert sum(told) == 1_500_001


def test_a_file_that_becomes_shorter(tmp_path: Path) -> None:
    path = tmp_path / "shrinks"
    path.write_bytes(b"x" * 2_000_000)
    pieces = pack([Entry("shrinks", 0o600, source=path)], "0:0")
    next(pieces)
    next(pieces)
    path.write_bytes(b"")
    with pytest.raises(OSError, match="became shorter"):
        list(pieces)


def packed(name: str, data: bytes, style: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=style) as archive:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


@given(
    data=st.binary(max_size=3000),
    piece=st.integers(1, 2000),
    style=st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT]),
    long=st.booleans(),
)
def test_the_first_file_however_it_is_cut(data: bytes, piece: int, style: int, long: bool) -> None:
    name = "n" * 180 if long and style != tarfile.USTAR_FORMAT else "log"
    whole = packed(name, data, style)
    pieces = [whole[start : start + piece] for start in range(0, len(whole), piece)]
    assert first_file(pieces, 3000) == data
    assert first_file(pieces, len(data) - 1) is None


def test_a_stream_that_ends_early_gives_the_beginning() -> None:
    whole = packed("log", b"abcdef" * 1000, tarfile.GNU_FORMAT)
    assert first_file([whole[:1000]], 10_000) == (b"abcdef" * 1000)[: 1000 - 512]
    assert first_file([whole[:100]], 10_000) is None


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE]
)
def test_what_is_no_file_is_not_read(kind: bytes) -> None:
    member = tarfile.TarInfo("exit")
    member.type, member.linkname = kind, "/etc/passwd"
    assert first_file([member.tobuf() + bytes(1024)], 10_000) is None
