"""Tables in Parquet files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from plugins.sources.csv_text import check_file
from workbench.data.contract import Preview, Scan
from workbench.data.names import unique_names
from workbench.errors import BadInput
from workbench.options import Option, Value, settle
from workbench.records.data import Column


class ParquetSource:
    """Reads one Parquet file. See `workbench.data.contract.Source`."""

    name = "parquet"
    title = "Parquet"
    suffixes = (".parquet", ".pq")
    options: tuple[Option, ...] = ()

    def preview(self, path: Path, options: Mapping[str, Value], rows: int = 20) -> Preview:
        """Read the schema and the first rows."""
        import polars as pl

        scan = self.scan(path, options)
        try:
            head = scan.frame.head(rows).collect()
        except pl.exceptions.PolarsError as error:
            raise _damaged(path, error) from None
        columns = tuple(Column(name, str(kind)) for name, kind in head.schema.items())
        shown = tuple(tuple(None if v is None else str(v) for v in row) for row in head.rows())
        return Preview(columns, shown, {}, scan.warnings)

    def scan(self, path: Path, options: Mapping[str, Value]) -> Scan:
        """Return the table; pages that are damaged are found when it is collected."""
        import polars as pl

        settle(self.options, options, owner="parquet")
        check_file(path)
        try:
            # A path is one file, never a pattern; statistics of a foreign writer are not trusted.
            frame = pl.scan_parquet(path, glob=False, use_statistics=False)
            names = frame.collect_schema().names()
            rows = frame.select(pl.len()).collect().item()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _damaged(path, error) from None
        if not names or not rows:
            raise BadInput(
                "The table has no rows",
                where=str(path),
                why="it has no columns" if not names else "it has columns and no rows",
                fix="Check how it was written",
                code="data.no_rows",
            )
        unique, warnings = unique_names(names)
        changed = {old: new for old, new in zip(names, unique, strict=True) if old != new}
        return Scan(frame.rename(changed) if changed else frame, {}, warnings)


def _damaged(path: Path, error: Exception) -> BadInput:
    return BadInput(
        "This is not a Parquet file, or it is damaged",
        where=str(path),
        why=str(error).partition("\n")[0],
        fix="Fetch or write it again",
        code="data.damaged",
    )


SOURCE = ParquetSource()
