"""A CSV file as text: refuse what is none, find the encoding, hand DuckDB a plain UTF-8 file."""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from plugins.sources.packed import open_packed, packing_of
from workbench.errors import BadInput, NotFound, Unavailable

HEAD = 1 << 20
"""Bytes looked at to guess the dialect."""

_BLOCK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = {
    b"PAR1": "a Parquet file",
    b"PK\x03\x04": "a ZIP archive or a spreadsheet",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"%PDF": "a PDF document",
    b"SQLite format 3": "an SQLite database",
    b"\x89HDF": "an HDF5 file",
    b"ARROW1": "an Arrow file",
    b"\x7fELF": "a program",
    b"\xd0\xcf\x11\xe0": "an old Office document",
    b"\xfd7zXZ": "an xz archive",
    b"BZh": "a bzip2 archive",
}


def check_file(path: Path) -> None:
    """Raise NotFound, BadInput or Unavailable unless `path` is a file that can be read and has bytes."""
    where = str(path)
    try:
        if path.is_dir():
            raise BadInput(
                "A folder is not a table",
                where=where,
                why="it is a folder",
                fix="Name a file in it",
                code="data.folder",
            )
        with path.open("rb") as stream:
            first = stream.read(1)
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(
            "There is no such file",
            where=where,
            why="nothing has that name",
            fix="Check the path",
            code="data.missing",
        ) from None
    except OSError as error:
        raise Unavailable(
            "The file cannot be read",
            where=where,
            why=error.strerror or str(error),
            fix="Check who owns it and its mode",
            code="data.unreadable",
        ) from None
    if not first:
        raise BadInput(
            "The file is empty",
            where=where,
            why="it has no bytes",
            fix="Check how it was written",
            code="data.empty_file",
        )


@dataclass(frozen=True, slots=True)
class Text:
    """What `path` is as text.

    `head` is its decoded beginning, cut behind the last whole line; `longest` is a bound in bytes
    on the lines that were looked at.
    """

    path: Path
    encoding: str
    packing: str
    head: str
    longest: int
    warnings: tuple[str, ...] = ()


def read_text(path: Path, encoding: str | None, *, keep_nul: bool, whole: bool) -> Text:
    """Look at a file: its encoding (as told, by its mark, UTF-8, else latin-1) and its beginning.

    With `whole`, every byte is looked at, otherwise HEAD of them. Raises BadInput for what is not
    text, NUL bytes (unless `keep_nul`), an unknown encoding, or bytes that the told one cannot mean.
    """
    check_file(path)
    with path.open("rb") as stream:
        start = stream.read(16)
    packing = packing_of(start)
    try:
        with open_packed(path, packing) as stream:
            head = stream.read(HEAD)
            more = bool(stream.read(1))
        for magic, what in _MAGIC.items():
            if head.startswith(magic):
                raise _not_text(path, f"it is {what}")
        marked = next((name for mark, name in _BOMS if head.startswith(mark)), None)
        chosen = _lookup(encoding) if encoding else marked or "utf-8"
        warnings: tuple[str, ...] = ()
        wide = chosen.startswith(("utf-16", "utf-32"))
        line, longest = _first_bad_line(path, packing, chosen, keep_nul or wide, whole)
        if line is not None:
            if encoding or marked:
                raise BadInput(
                    f"The file is not {chosen}",
                    where=f"{path}, line {line}",
                    why="its bytes there have no meaning in it",
                    fix="Give another --encoding",
                    code="data.encoding",
                )
            chosen = "latin-1"
            warnings = (
                f"The file is not UTF-8 (line {line}): it is read as latin-1. If letters look wrong, "
                "give its encoding, such as cp1252.",
            )
    except (EOFError, OSError) as error:
        raise BadInput(
            "The file cannot be read to its end",
            where=str(path),
            why=str(error),
            fix="Fetch or unpack it again",
            code="data.damaged",
        ) from None
    text = codecs.getincrementaldecoder(chosen)("replace").decode(head, not more)
    return Text(path, chosen, packing, _whole_lines(text, more), longest, warnings)


def _lookup(encoding: str) -> str:
    try:
        codec = codecs.lookup(encoding)
    except (LookupError, ValueError):
        codec = None
    if codec is None or not codec._is_text_encoding:  # what str.encode itself looks at
        raise BadInput(
            f"There is no encoding {encoding}",
            where="--encoding",
            why="Python knows none of that name",
            fix="Give utf-8, utf-16, latin-1, cp1252 or another name that Python knows",
            code="data.encoding_unknown",
        )
    return codec.name


def _first_bad_line(
    path: Path, packing: str, encoding: str, keep_nul: bool, whole: bool
) -> tuple[int | None, int]:
    """Return the line where decoding fails first, None if nowhere, and a bound on the lines' bytes.

    Raises BadInput at a NUL.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    longest = tail = 0  # tail: bytes since the last line feed
    with open_packed(path, packing) as stream:
        while True:
            block = stream.read(_BLOCK)
            if not keep_nul and (place := block.find(b"\0")) >= 0:
                raise _nul(path, line + block[:place].count(b"\n"), block)
            try:
                text = decoder.decode(block, not block and whole)
            except UnicodeError as error:
                start = getattr(error, "start", 0)
                return line + block[:start].count(b"\n"), max(longest, tail, len(block))
            first = block.find(b"\n")
            tail += len(block) if first < 0 else first
            longest = max(longest, tail, _BLOCK)
            if not block or not whole:
                return None, longest
            if first >= 0:
                tail = len(block) - block.rfind(b"\n")
            line += text.count("\n")


def _nul(path: Path, line: int, block: bytes) -> BadInput:
    even, odd = block[0:4096:2].count(0), block[1:4096:2].count(0)
    half = min(len(block), 4096) / 2
    sixteen = max(even, odd) > 0.8 * half and min(even, odd) < 0.2 * half
    if not sixteen and block.count(0) > max(16, len(block) / 100):
        return _not_text(path, "more than one byte in a hundred is NUL")
    guess = "utf-16-be" if even > odd else "utf-16-le"
    return BadInput(
        "The file holds NUL bytes",
        where=f"{path}, line {line}",
        why=f"it looks like {guess} without a mark"
        if sixteen
        else "no text has them: it may be damaged",
        fix=f"Give --encoding {guess}"
        if sixteen
        else "Write it again, or keep them with --nul keep",
        code="data.nul",
    )


def _not_text(path: Path, why: str) -> BadInput:
    return BadInput(
        "This is not a CSV file",
        where=str(path),
        why=why,
        fix="Name a text file, or its source with --source",
        code="data.not_text",
    )


def _whole_lines(text: str, more: bool) -> str:
    end = max(text.rfind("\n"), text.rfind("\r")) + 1 if more else len(text)
    return text[: end or len(text)].removeprefix("\ufeff")


class Plain:
    """A file that DuckDB can name: UTF-8, not packed, no pattern signs in its path.

    Where the original is none of that, a copy (or a link) in a temporary folder that goes with
    this object.
    """

    def __init__(self, text: Text) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.path = text.path.absolute()
        plain = text.encoding in {"utf-8", "utf-8-sig"} and not text.packing
        if plain and not set(str(self.path)) & set("*?[]{}"):
            return
        self._folder = tempfile.TemporaryDirectory(prefix="workbench-csv-")
        copy = Path(self._folder.name) / "table.csv"
        if plain:
            copy.symlink_to(self.path)
        else:
            with copy.open("wb") as target:
                for part in _decoded(text):
                    target.write(part.encode("utf-8"))
        self.path = copy


def _decoded(text: Text) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(text.encoding)()
    with open_packed(text.path, text.packing) as stream:
        while block := stream.read(_BLOCK):
            yield decoder.decode(block)
        yield decoder.decode(b"", True)
