"""What every source must keep: subclass SourceContract, override two fixtures, run by pytest."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from workbench.data.content import type_tag
from workbench.data.contract import Source
from workbench.errors import BadInput, NotFound, WorkbenchError

TABLE = pl.DataFrame(
    {
        "number": [1, 2, None, 4],
        "share": [0.5, None, -1.25, 3.0],
        "word": ["red", "[/x] \x1b]0;gone\x07", None, "grün"],
        "yes": [True, False, None, True],
    }
)
"""The table that `place` holds."""


class SourceContract:
    """The guarantees of `workbench.data.contract.Source`. Override `source` and `place`."""

    @pytest.fixture
    def source(self) -> Source:
        """The source under test."""
        raise NotImplementedError("override the fixture source")

    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        """A file of the source's kind that holds TABLE."""
        raise NotImplementedError("override the fixture place")

    def test_its_name_and_suffixes_are_usable(self, source: Source) -> None:
        """A plugin is chosen by name, or by a suffix in small letters."""
        assert source.name
        assert source.title
        assert all(s.startswith(".") and s == s.lower() for s in source.suffixes)

    def test_scan_gives_the_table(self, source: Source, place: Path) -> None:
        """Values, nulls, order and types are those of the file; hostile text is kept as it is."""
        assert_frame_equal(source.scan(place, {}).frame.collect(), TABLE)

    def test_scan_can_be_collected_again_and_in_part(self, source: Source, place: Path) -> None:
        """A scanned table is a lazy frame like any other."""
        frame = source.scan(place, {}).frame
        assert_frame_equal(frame.head(2).collect(), TABLE.head(2))
        wanted = frame.filter(pl.col("number") > 1).select("word")
        assert_frame_equal(wanted.collect(), TABLE.filter(pl.col("number") > 1).select("word"))
        assert_frame_equal(frame.collect(), TABLE)

    def test_scan_streams_to_a_file(self, source: Source, place: Path, tmp_path: Path) -> None:
        """The way that a version is stored."""
        source.scan(place, {}).frame.sink_parquet(tmp_path / "stored.parquet")
        assert_frame_equal(pl.read_parquet(tmp_path / "stored.parquet"), TABLE)

    def test_preview_tells_the_same_columns(self, source: Source, place: Path) -> None:
        """Names, types and first rows, as they will be stored."""
        preview = source.preview(place, {}, rows=2)
        assert [column.name for column in preview.columns] == TABLE.columns
        assert [column.type for column in preview.columns] == [str(t) for t in TABLE.dtypes]
        assert len(preview.rows) == 2
        assert all(len(row) == TABLE.width for row in preview.rows)
        assert preview.rows[1][1] is None

    def test_what_was_sniffed_reads_the_same_table(self, source: Source, place: Path) -> None:
        """`sniffed` given back is a way to say: just so."""
        sniffed = source.preview(place, {}).sniffed
        assert_frame_equal(source.scan(place, sniffed).frame.collect(), TABLE)

    def test_the_place_is_left_alone(self, source: Source, place: Path) -> None:
        """Neither bytes nor folder change, and no file stays open."""
        before = hashlib.sha256(place.read_bytes()).digest(), sorted(place.parent.iterdir())
        source.preview(place, {})
        source.scan(place, {}).frame.collect()
        assert (
            hashlib.sha256(place.read_bytes()).digest(),
            sorted(place.parent.iterdir()),
        ) == before
        if Path("/proc/self/fd").is_dir():
            links = list(Path("/proc/self/fd").iterdir())
            assert place.resolve() not in {link.resolve() for link in links if link.is_symlink()}

    def test_types_can_be_stored(self, source: Source, place: Path) -> None:
        """Every type has a canonical form."""
        for dtype in source.scan(place, {}).frame.collect_schema().dtypes():
            assert type_tag(dtype)

    @pytest.mark.parametrize("kind", ["missing", "folder", "empty", "noise"])
    def test_what_cannot_be_read_is_refused_in_a_sentence(
        self, source: Source, tmp_path: Path, kind: str
    ) -> None:
        """BadInput or NotFound with the file's name, from preview and scan alike."""
        path = tmp_path / f"bad{source.suffixes[0]}"
        if kind == "folder":
            path.mkdir()
        elif kind != "missing":
            path.write_bytes(b"" if kind == "empty" else bytes(range(256)) * 64)
        expected = NotFound if kind == "missing" else BadInput
        for read in (source.preview, source.scan):
            with pytest.raises(expected) as refusal:
                read(path, {})
            assert path.name in refusal.value.where
            assert refusal.value.why
            assert refusal.value.fix

    def test_an_unknown_option_is_refused(self, source: Source, place: Path) -> None:
        """Nothing that was told is dropped in silence."""
        with pytest.raises(WorkbenchError):
            source.scan(place, {"no_such_option": 1})
