from pathlib import Path

import numpy as np
import polars as pl
import pytest

from workbench.data import datasets
from workbench.errors import BadInput, NotFound
from workbench.explore.charts import draw, figures
from workbench.project.project import Project

ROWS = 5000
VALUES = np.random.default_rng(3).normal(size=ROWS)


@pytest.fixture
def version(project: Project, tmp_path: Path) -> datasets.DatasetVersion:
    frame = pl.DataFrame(
        {
            "x": [None if n % 10 == 0 else VALUES[n] for n in range(ROWS)],
            "odd": [float("nan") if n % 2 else float("inf") for n in range(ROWS)],
            "k": [f"k{n % 30}" for n in range(ROWS)],
            "l": [[n] for n in range(ROWS)],
        }
    )
    frame.write_parquet(tmp_path / "t.parquet", row_group_size=999)
    return datasets.add(project, tmp_path / "t.parquet", name="t")


def test_bins_against_numpy(project: Project, version: datasets.DatasetVersion) -> None:
    found = figures(project, "histogram", version, ["x"], {"bins": 17})
    there = VALUES[np.arange(ROWS) % 10 != 0]
    counts, edges = np.histogram(there, bins=17)
    assert found.data["counts"] == counts.tolist()
    assert found.data["edges"] == pytest.approx(edges.tolist())
    assert found.data["missing"] == 500
    assert found.notes == ("500 missing (10.0%)",)


def test_values_in_order_and_the_rest(project: Project, version: datasets.DatasetVersion) -> None:
    found = figures(project, "histogram", version, ["k"], {"top": 7}).data
    assert found["values"] == ["k0", "k1", "k10", "k11", "k12", "k13", "k14"]
    assert found["counts"] == [167] * 7
    assert (found["others"], found["other_values"]) == (ROWS - 7 * 167, 23)
    whole = figures(project, "histogram", version, ["k"])
    lines = draw("histogram", whole, 60, 6, colour=False).split("\n")
    assert lines[0] == "k (5,000 rows, 30 values)"
    assert lines[-1].split() == ["26", "others", f"{ROWS - 4 * 167:,}"]


def test_the_longest_bar_fills_its_room(project: Project, version: datasets.DatasetVersion) -> None:
    drawn = draw("histogram", figures(project, "histogram", version, ["x"]), 80, 20, colour=False)
    assert "█" in drawn.split("\n")[2]
    logarithmic = figures(project, "histogram", version, ["x"], {"log": True})
    assert draw("histogram", logarithmic, 80, 20, colour=False).count("█") > drawn.count("█")


def test_nothing_to_draw(project: Project, version: datasets.DatasetVersion) -> None:
    found = figures(project, "histogram", version, ["odd"])
    assert found.notes == ("5,000 NaN or infinite",)
    assert "No values." in draw("histogram", found, 60, 10)


@pytest.mark.parametrize(
    ("columns", "options", "code"),
    [
        (["nowhere"], {}, "chart.column"),
        (["x", "k"], {}, "chart.column"),
        (["l"], {}, "chart.type"),
        (["x"], {"bins": 1}, "option.value"),
        (["x"], {"colour": "red"}, "option.unknown"),
    ],
)
def test_refused(
    project: Project,
    version: datasets.DatasetVersion,
    columns: list[str],
    options: dict[str, int | str],
    code: str,
) -> None:
    with pytest.raises(BadInput) as refusal:
        figures(project, "histogram", version, columns, options)
    assert refusal.value.code == code


def test_an_unknown_chart(project: Project, version: datasets.DatasetVersion) -> None:
    with pytest.raises(NotFound, match="known: bar, box"):
        figures(project, "pie", version, ["x"])
