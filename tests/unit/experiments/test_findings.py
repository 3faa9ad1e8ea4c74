"""A run's report as data and as a page, by service and by command."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from workbench.cli.run import group
from workbench.errors import BadInput, Conflict, NotFound
from workbench.experiments.findings import read_findings, write_page
from workbench.experiments.runs import Run
from workbench.project.project import Project
from workbench.records.runs import Artifact, RunEnded

sys.path.insert(0, str(Path(__file__).parents[2] / "screens"))
from report_seed import SEEDED


def end(project: Project, run: Run, **files: bytes) -> None:
    objects = project.store.objects
    made = tuple(
        Artifact(name=name.replace("_", "."), object=objects.put_bytes(data), bytes=len(data))
        for name, data in files.items()
    )
    project.store.append(RunEnded(id=run.id, state="succeeded", artifacts=made))


@pytest.fixture
def told(project: Project, queued: Callable[..., Run]) -> Project:
    end(project, queued(), report_json=msgspec.json.encode(SEEDED), report_html=b"<p>page</p>")
    return project


def test_what_was_found_out_is_read_back(told: Project) -> None:
    assert read_findings(told, "r_1") == SEEDED


def test_a_page_is_written_once(told: Project, tmp_path: Path) -> None:
    file = tmp_path / "r.html"
    assert write_page(told, "r_1", file) == 11
    assert write_page(told, "r_1", file) == 11
    assert file.read_text() == "<p>page</p>"
    file.write_text("mine")
    with pytest.raises(Conflict) as caught:
        write_page(told, "r_1", file)
    assert caught.value.code == "run.report_exists"
    assert file.read_text() == "mine"
    write_page(told, "r_1", tmp_path)
    assert (tmp_path / "r_1.html").read_text() == "<p>page</p>"


def test_a_run_without_or_with_a_broken_report(
    project: Project, queued: Callable[..., Run], tmp_path: Path
) -> None:
    waiting, old, broken = queued(), queued(), queued()
    end(project, old)
    end(project, broken, report_json=b"{}")
    for run, why in ((waiting, "it is queued"), (old, "a version that made none")):
        for read in (
            lambda r: read_findings(project, r),
            lambda r: write_page(project, r, tmp_path),
        ):
            with pytest.raises(NotFound) as caught:
                read(run.reference)
            assert caught.value.code == "run.no_report"
            assert why in caught.value.why
    with pytest.raises(BadInput) as refused:
        read_findings(project, broken.reference)
    assert refused.value.code == "run.report"


def test_the_commands(told: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_PROJECT", str(told.root))

    def said(*words: str) -> Any:
        answer = CliRunner().invoke(group, words)
        assert answer.exit_code == 0, answer.output
        return answer.stdout

    text = said("explain", "r_1")
    assert "better than the baseline (0.3312)" in text
    assert text.index("body_mass_g") < text.index("island")
    assert "2700 to under 3550" in text
    body = json.loads(said("explain", "r_1", "--json"))
    assert body["schema"] == "workbench/run.explain@1"
    assert body["data"]["importances"][0]["column"] == "body_mass_g"
    file = str(tmp_path / "out.html")
    assert "Wrote" in said("report", "r_1", "--html", file)
    body = json.loads(said("report", "r_1", "--html", file, "--json"))["data"]
    assert body == {"run": "r_1", "html": file, "bytes": 11}
