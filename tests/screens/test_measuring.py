"""An imported model is measured by keys: the form, what it refuses, the figures on the card."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from settle import settled, status, text, until
from sklearn.linear_model import LinearRegression

from plugins.formats.skops import FORMAT
from screens.app import Workbench
from screens.models import Models
from screens.models.measuring import MeasureForm
from workbench.data.datasets import add
from workbench.models.importing import Given, import_model
from workbench.models.show import show
from workbench.project.project import Project, init_project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = init_project(tmp_path / "proj", "proj", via="tui")
    random = np.random.default_rng(2)
    x = random.normal(size=200)
    frame = pl.DataFrame({"x": x, "y": 3 * x + random.normal(size=200)})
    frame.write_parquet(tmp_path / "t.parquet")
    add(made, tmp_path / "t.parquet", name="points")
    FORMAT.dump(LinearRegression().fit(frame.select("x").head(20), frame["y"].head(20)),
                tmp_path / "line.skops")  # fmt: skip
    import_model(made, tmp_path / "line.skops", "line", given=Given(target="y"))
    return made


async def test_an_imported_model_is_measured_by_keys(project: Project) -> None:
    bench = Workbench(project)
    async with bench.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        await pilot.press("4")
        await settled(pilot)
        place = bench.place
        assert isinstance(place, Models)
        await until(pilot, lambda: "imported: nothing was measured; w measures it" in text(bench))
        await pilot.press("w")
        await until(pilot, lambda: isinstance(bench.screen, MeasureForm))
        assert "model evaluate line@1 DATASET" in text(bench)
        await pilot.press(*"nowhere", "enter", "enter", "enter", "enter", "enter")
        await until(pilot, lambda: "There is no dataset version nowhere" in text(bench))
        bench.screen.form.lines[0].input.focus()
        await pilot.press("end", "ctrl+u", *"points", "enter", "enter", "enter", "enter")
        await until(pilot, lambda: "model evaluate line@1 points" in text(bench))
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(bench.screen, MeasureForm))
        await until(
            pilot, lambda: "on 200 rows of points@1" in text(bench) or "rmse" in text(bench)
        )
        made = show(project, "line").evaluated
        assert made is not None
        assert (made.rows, made.dataset) == (200, "points@1")
        await until(pilot, lambda: f"{made.metrics['rmse']:.4g}" in text(bench))
        assert "line@1 has rmse" in "\n".join(entry.text for entry in bench.session.entries)
        assert "line@1" in status(bench)
