"""What a run was made in on another machine: in its record, on the command line, in old journals."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from packaging.requirements import Requirement
from real.index import Index, make_wheel, serve_index

from workbench.cli.job import group as job_group
from workbench.cli.run import group as run_group
from workbench.compute.jobs import get_job, list_jobs
from workbench.errors import NotFound, Unavailable
from workbench.experiments import experiments, runs
from workbench.experiments.facts import read_runtime
from workbench.experiments.runs import Run, get_run
from workbench.project.project import ID_FILE, Project, init_project, open_project
from workbench.runtimes.closure import pins
from workbench.runtimes.lock import WORKER, lock_runtime
from workbench.training.work import Problem

OLD = Path(__file__).with_name("before_runtimes.jsonl")
"""A journal as it was written before runtimes were kept."""


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with serve_index() as served:
        served.add_installed(pins(map(Requirement, WORKER)))
        served.add(make_wheel("boosted", "3.1"))
        yield served


def configure(project: Project, url: str) -> None:
    path = project.paths.settings
    text = path.read_text().replace('index = ""', f'index = "{url}"')
    text = text.replace("packages = []", 'packages = ["boosted"]')
    path.write_text(text + '\n[targets.there]\nkind = "ssh"\nhost = "there.example.org"\n')
    project.fresh_settings()


@pytest.fixture
def there(project: Project, problem: Problem, woken: list[Project], index: Index) -> Run:
    """A run that is queued for a machine which nobody has reached yet."""
    experiments.new_experiment(project, "late", problem)
    configure(project, index.url)
    return runs.train(project, "late", "hgb", {}, target="there")


def show(project: Project, monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    monkeypatch.setenv("WORKBENCH_PROJECT", str(project.root))
    group = job_group if words[0] == "job" else run_group
    done = CliRunner().invoke(group, words[1:], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def test_a_run_names_what_it_is_to_run_in_and_gives_it_back(
    project: Project, there: Run, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = lock_runtime(project, ()).lock
    shutil.rmtree(project.paths.cache)
    index.files.clear()
    digest = there.facts.runtime
    assert get_job(project, there.job).runtime == digest
    assert project.store.objects.read(digest).partition(b"\n")[2] == lock
    text = show(project, monkeypatch, "run", "show", "r_1")
    assert f"locked     {digest[:12]} on there (--runtime)\n" in text
    assert f"runtime  {digest[:12]}\n" in show(project, monkeypatch, "job", "show", "j_1")
    data = json.loads(show(project, monkeypatch, "run", "show", "r_1", "--json"))["data"]
    assert data["facts"]["runtime"] == digest
    given = show(project, monkeypatch, "run", "show", "r_1", "--runtime")
    assert given == f"# Python {read_runtime(project, 'r_1').python}\n{lock.decode()}"
    assert "boosted==3.1 \\\n    --hash=sha256:" in given
    answer = json.loads(show(project, monkeypatch, "run", "show", "r_1", "--runtime", "--json"))
    assert answer["schema"] == "workbench/run.runtime@1"
    assert answer["data"]["digest"] == digest
    assert answer["data"]["lock"] == lock.decode()


def test_a_run_on_this_machine_has_none_and_says_what_it_has(
    project: Project, problem: Problem, woken: list[Project]
) -> None:
    experiments.new_experiment(project, "late", problem)
    run = runs.train(project, "late", "hgb", {})
    assert run.facts.runtime == ""
    with pytest.raises(NotFound) as refused:
        read_runtime(project, "r_1")
    assert refused.value.why == "it was made in what was installed here"
    assert refused.value.fix.endswith("workbench run show r_1 --lock")


def test_what_cannot_be_locked_is_not_queued(
    project: Project, problem: Problem, woken: list[Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    experiments.new_experiment(project, "late", problem)
    configure(project, "http://127.0.0.1:9/simple/")
    with pytest.raises(Unavailable) as refused:
        runs.train(project, "late", "hgb", {}, target="there")
    assert refused.value.code == "runtime.index"
    assert (list_jobs(project), woken) == ([], [])


def test_a_journal_from_before_runtimes_were_kept_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "old"
    init_project(root, "p")
    (root / ".workbench" / "journal" / "000001.jsonl").write_text(OLD.read_text())
    (root / ".workbench" / ID_FILE).write_text("01M8J9E80YKDZ8TVXN6AMCBNNR\n")
    project = open_project(root, via="test")
    run = get_run(project, "r_1")
    assert (run.facts.runtime, run.facts.python, run.state) == ("", "3.11.2", "queued")
    assert get_job(project, "j_1").runtime == ""
    assert "locked" not in show(project, monkeypatch, "run", "show", "r_1")
    with pytest.raises(NotFound) as refused:
        read_runtime(project, "r_1")
    assert refused.value.why == "it was made before they were recorded"
