"""Writing a version to a file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from screens.modals.form import FormModal, Values
from screens.text import size
from screens.widgets.fields import Field
from workbench.data.datasets import DatasetVersion

if TYPE_CHECKING:
    from workbench.project.project import Project


def export_form(project: Project, version: DatasetVersion) -> FormModal:
    """Return the form that asks where to, and writes."""
    fields = [
        Field(
            "file",
            "file",
            "its suffix says how: .parquet, .csv, .tsv, .jsonl",
            kind="path",
            default=f"{version.dataset}_{version.number}.csv",
            required=True,
        ),
        Field("replace", "replace", "a file that is there", "choice", "no", ("no", "yes")),
    ]

    def write(values: Values) -> int:
        from workbench.data.export import export

        place = Path(values["file"].strip()).expanduser()
        return export(project, version, place, replace=values["replace"] == "yes")

    def command(values: Values) -> list[str]:
        argv = ["data", "export", version.reference, values["file"].strip()]
        return [*argv, "--force"] if values["replace"] == "yes" else argv

    return FormModal(
        f"Export {version.reference}",
        fields,
        write,
        verb="Write it",
        command=command,
        outcome=lambda octets: f"Wrote {version.reference}: {size(octets)}.",
    )
