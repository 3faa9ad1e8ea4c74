"""Tables in text files with tabs between the values."""

from __future__ import annotations

from dataclasses import replace

from plugins.sources.csv import CsvSource
from plugins.sources.packed import suffixes


class TsvSource(CsvSource):
    """Delimited text, with a tab for the delimiter unless another is told."""

    name = "tsv"
    title = "Text with tabs (TSV)"
    suffixes = suffixes(".tsv", ".tab")
    options = tuple(
        replace(option, default="tab", help="sign between values")
        if option.name == "delimiter"
        else option
        for option in CsvSource.options
    )


SOURCE = TsvSource()
