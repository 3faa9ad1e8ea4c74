"""The place Experiments by keys: live runs, comparison, report, forms; and one run by the real runner."""

from __future__ import annotations

import shlex
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from experiments_seed import PROBLEM, nasty_runs, say_folds, seed, start
from kept import copy_of
from settle import settled, text, until
from test_boundary import HOSTILE, check_shown
from test_boundary import check as check_screen
from textual.pilot import Pilot

from screens.app import Workbench
from screens.experiments import Experiments
from workbench.data import datasets
from workbench.experiments.experiments import get_experiment, new_experiment
from workbench.experiments.runs import get_run, list_runs
from workbench.project.project import Project
from workbench.states import JOB_ENDED
from workbench.training.work import Problem

Compare = Callable[..., bool]
SIZES = [(100, 30), (80, 24)]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return copy_of(seed, tmp_path / "colony")


@asynccontextmanager
async def opened(bench: Workbench, *size: int) -> AsyncIterator[tuple[Pilot[Any], Experiments]]:
    async with bench.run_test(size=(size or (100, 30))) as pilot:  # type: ignore[arg-type]
        await settled(pilot)
        await pilot.press("3")
        await settled(pilot)
        place = bench.place
        assert isinstance(place, Experiments)
        await until(pilot, lambda: place.runs.table.count > 0 or not place.loaded.total)
        yield pilot, place


def said(app: Workbench) -> str:
    """What was told in this session; the status line may have no room for it beside progress."""
    return "\n".join(entry.text for entry in app.session.entries)


def pressed(*keys: str) -> Callable[[Pilot[Any]], Any]:
    async def run(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        for key in ("3", *keys):
            await pilot.press(key)
            await settled(pilot)
            await pilot.pause(0.1)  # the cursor rests, so that what it is on is read
            await settled(pilot)

    return run


PICTURES = {
    "runs": ("j",),
    "details": ("j", "j", "j", "enter"),
    "failed": ("j", "j", "enter"),
    "experiments": ("v",),
    "compare": ("G", "k", "k", "space", "space", "c"),
    "report": ("j", "j", "j", "o"),
    "pictures": ("j", "j", "j", "j", "o", "pagedown"),
    "new": ("n",),
    "train": ("v", "t", "enter"),
    "register": ("j", "j", "j", "m"),
    "cancel": ("j", "x"),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", PICTURES)
def test_pictures(
    bench: Workbench, project: Project, snap_compare: Compare, name: str, size: tuple[int, int]
) -> None:
    say_folds(project, 5, [0.91, 0.93, 0.89])
    assert snap_compare(bench, terminal_size=size, run_before=pressed(*PICTURES[name]))


async def test_the_list_shows_states_and_figures(bench: Workbench) -> None:
    async with opened(bench) as (_, place):
        shown = text(bench)
        assert place.runs.table.count == 6
        assert "0.9713 ✓" in shown  # reaches the threshold of 0.9
        assert "0.2041 ✓" not in shown
        for word in ("✓ ok", "✗ failed", "◑ running", "◌ queued"):
            assert word in shown


async def test_a_running_run_is_followed_as_it_speaks(bench: Workbench, project: Project) -> None:
    async with opened(bench) as (pilot, place):
        place.point_at("r_5")
        await until(pilot, lambda: "r_5 hgb" in text(bench))
        say_folds(project, 5, [0.90, 0.92])
        await until(pilot, lambda: "◑ running 40%" in text(bench))
        await until(pilot, lambda: "~0.9100" in text(bench))  # the mean of the folds so far
        await until(pilot, lambda: "2 of 5" in text(bench))
        from workbench.records.jobs import JobEnded
        from workbench.records.runs import RunEnded

        row = get_run(project, "r_5")
        project.store.append(
            JobEnded(id=row.job, state="failed", exit_code=1, reason="out of fish"),
            RunEnded(id=row.id, state="failed", error="out of fish"),
        )
        await until(pilot, lambda: "r_5 failed: out of fish" in said(bench))
        await until(pilot, lambda: "◑ running 40%" not in text(bench))


async def test_sort_by_the_metric_and_filter_by_a_condition(bench: Workbench) -> None:
    async with opened(bench) as (pilot, place):
        await pilot.press("l", "l", "l", "S", "g")
        await settled(pilot)
        assert place.runs.table.key == "r_3"
        await pilot.press("slash", *"macro>0.5")
        await until(pilot, lambda: "Runs 2 of 6 / macro>0.5" in text(bench))
        await pilot.press("escape")
        await until(pilot, lambda: place.runs.table.count == 6)


async def test_a_filter_says_where_it_is_wrong_and_what_is_known(bench: Workbench) -> None:
    async with opened(bench) as (pilot, place):
        await pilot.press("slash", *"state:brokn")
        await until(pilot, lambda: "brokn is no state (filter, column 7)" in text(bench))
        # Over several lines: what is known must be read.
        assert "cancelled, lost" in " ".join(text(bench).replace("│", " ").split())
        await pilot.press(*["backspace"] * 5, *"failed")
        await until(pilot, lambda: "Runs 1 of 6 / state:failed" in text(bench))
        assert place.runs.table.key == "r_4"
        await pilot.press("enter")
        await settled(pilot)
        assert place.runs.run is not None
        assert place.runs.run.error.startswith("ValueError")


async def test_compare_marks_the_best_and_esc_goes_back(bench: Workbench) -> None:
    async with opened(bench) as (pilot, place):
        await pilot.press("c")
        await until(pilot, lambda: "mark two or more runs first" in said(bench))
        for marked, key in enumerate(("r_3", "r_2"), start=1):
            place.point_at(key)
            assert place.runs.table.key == key  # at once: the next key acts on it
            await pilot.press("space")
            await until(pilot, lambda marked=marked: len(place.runs.table.marks) == marked)
        await pilot.press("c")
        await until(pilot, lambda: "0.9713 *" in text(bench))
        assert (
            place.runs.aside.compared.columns[1].title.strip() == "r_2"
        )  # the lower number is base
        assert "+0.038" in text(bench)  # 0.9713 - 0.9333
        await pilot.press("escape")
        await settled(pilot)
        assert place.runs.table.has_focus
        assert place.runs.aside.view == "Details"


async def test_the_report_is_read_as_text(bench: Workbench) -> None:
    async with opened(bench) as (pilot, place):
        await pilot.press("o")
        await until(pilot, lambda: "Report: r_6 has none: it is queued" in said(bench))
        place.point_at("r_3")
        await pilot.press("o")
        await until(pilot, lambda: "Macro F1  0.9713  0.2041" in text(bench))
        assert "the data (https://example.org/penguins)" in text(bench)
        for strip in bench.screen._compositor.render_strips():
            assert not any(segment.style and segment.style.link for segment in strip)
        await pilot.press("escape", "j")
        await settled(pilot)
        assert place.runs.table.key == "r_2"


async def test_a_report_draws_its_pictures_for_the_width_there_is(bench: Workbench) -> None:
    async with opened(bench, 80, 24) as (pilot, place):
        place.point_at("r_2")
        await pilot.press("o")
        await until(pilot, lambda: "0.9333 (0.8800 to 0.9800)" in text(bench))
        await settled(pilot)
        drawn = place.runs.aside.report._static.visual.plain
        assert "false positive rate" in drawn
        lines = [line for line in drawn.splitlines() if "┤" in line or "└" in line]
        assert len(lines) == 6
        assert all(len(line) <= 78 for line in lines)
        assert "`" not in drawn


async def test_enter_on_an_experiment_lists_its_runs_and_esc_all(bench: Workbench) -> None:
    async with opened(bench) as (pilot, place):
        await pilot.press("v")
        await until(pilot, lambda: "Tell penguins apart" in text(bench))
        assert place.problems.table.has_focus
        await pilot.press("enter")
        await until(pilot, lambda: "Runs of species 6" in text(bench))
        await pilot.press("escape")
        await until(pilot, lambda: "Runs 6" in text(bench))
        await pilot.press("escape")
        await settled(pilot)
        assert bench.current_mode == "home"


async def test_cancel_asks_first(bench: Workbench, project: Project, monkeypatch: Any) -> None:
    monkeypatch.setattr("workbench.compute.jobs.wake_runner", lambda project: None)
    async with opened(bench) as (pilot, place):
        place.point_at("r_5")
        await settled(pilot)
        await pilot.press("x")
        await until(pilot, lambda: "End r_5?" in text(bench))
        await pilot.press("enter")  # Cancel has the focus: nothing happens
        await settled(pilot)
        job = "SELECT cancel_requested FROM jobs WHERE number = 5"
        assert project.store.one(job) == {"cancel_requested": False}
        await pilot.press("x")
        await until(pilot, lambda: "End r_5?" in text(bench))
        await pilot.press("shift+tab", "enter")
        await until(pilot, lambda: "r_5 is asked to stop" in said(bench))
        assert project.store.one(job) == {"cancel_requested": True}
        place.point_at("r_1")
        await settled(pilot)
        await pilot.press("x")
        await until(pilot, lambda: "r_1 has ended" in said(bench))


async def test_a_problem_that_cannot_work_is_not_written(
    bench: Workbench, project: Project
) -> None:
    async with opened(bench) as (pilot, _):
        await pilot.press("n")
        await until(pilot, lambda: "New experiment" in text(bench))
        await pilot.press(*"mass", "tab", "tab", "b", "b", "tab")  # the second that begins with b
        await until(pilot, lambda: "‹ regression ›" in text(bench))
        await pilot.press("b")
        await until(pilot, lambda: "‹ binary ›" in text(bench))
        await pilot.press(*["tab"] * 12, "enter")
        await until(pilot, lambda: "has 90 classes" in text(bench))
        assert not (project.root / "experiments" / "mass.toml").exists()


async def ended(pilot: Pilot[Any], project: Project, reference: str) -> None:
    """Wait for a run's end, two minutes at most: a first import of scikit-learn may take long."""
    for _ in range(240):
        await pilot.pause(0.5)
        if (run := get_run(project, reference)).state in JOB_ENDED:
            assert run.state == "succeeded", run.error
            return
    raise AssertionError(f"{reference} is still {get_run(project, reference).state}")


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("WORKBENCH_RUNNER_IDLE", "1")
    return start(tmp_path / "new")


async def test_from_a_problem_to_a_registered_model(empty: Project) -> None:
    app = Workbench(empty)
    async with opened(app, 120, 36) as (pilot, place):
        assert "No experiment yet. n states a problem." in text(app)
        await pilot.press("t")
        await until(pilot, lambda: "there is no experiment yet" in said(app))
        await pilot.press("n")
        await until(pilot, lambda: "New experiment" in text(app))
        await pilot.press(*"kind", "tab", "tab", "s")  # the column that begins with s
        await until(pilot, lambda: "String, 3 values" in text(app))
        await until(pilot, lambda: "‹ multiclass ›" in text(app) and "‹ macro_f1 ›" in text(app))
        await pilot.press("tab", "tab", "tab", *"0.8", *["tab"] * 8)
        await pilot.press("backspace", "3", "tab", "tab")
        await until(pilot, lambda: "--threshold 0.8 --folds 3" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "Wrote kind" in said(app))
        await until(pilot, lambda: place.problems.table.key == "kind")
        problem = get_experiment(empty, "kind").problem
        assert (problem.task, problem.metric, problem.threshold) == ("multiclass", "macro_f1", 0.8)
        await pilot.press("t")
        await until(pilot, lambda: "which trainer?" in text(app))
        await pilot.press("down", "down", "enter")  # below hgb and knn
        await until(pilot, lambda: "Train linear for kind" in text(app))
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "r_1 is queued" in said(app))
        await until(pilot, lambda: place.runs.table.key == "r_1")
        await ended(pilot, empty, "r_1")
        await until(pilot, lambda: "r_1 ok: macro_f1" in said(app))
        await until(pilot, lambda: "✓ ok" in text(app))
        await pilot.press("m")
        await until(pilot, lambda: "Register the model of r_1" in text(app))
        await pilot.press("enter", "enter", "enter")
        await until(pilot, lambda: "Registered r_1 as kind@1" in said(app))
        await until(pilot, lambda: "registered as   kind@1" in text(app))


async def test_varying_begins_with_the_values_of_the_run(
    bench: Workbench, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.experiments.runs.wake_runner", lambda project: None)
    async with opened(bench) as (pilot, place):
        place.point_at("r_5")
        await settled(pilot)
        await pilot.press("e")
        await until(pilot, lambda: "-P learning_rate=0.3" in text(bench))
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: place.runs.table.key == "r_7")
        assert list_runs(project)[0].params["learning_rate"] == 0.3


NASTY = "".join(word for word in HOSTILE if len(word) < 1000 and "\ud800" not in word)


async def test_hostile_words_are_shown_and_not_obeyed(
    bench: Workbench, project: Project, tmp_path: Path
) -> None:
    columns = [word[:60] for word in HOSTILE if word.strip() and not {"\x00", "\ud800"} & set(word)]
    frame = pl.DataFrame({name: [NASTY, "b"] * 20 for name in dict.fromkeys(columns)})
    frame.write_parquet(tmp_path / "nasty.parquet")
    version = datasets.add(project, tmp_path / "nasty.parquet", name="nasty")
    names = [column.name for column in version.columns]
    problem = Problem(
        goal=NASTY, dataset="nasty", target=names[0], task="binary", metric="roc_auc",
        direction="maximize", drop=tuple(names[1:]),
    )  # fmt: skip
    new_experiment(project, "nasty", problem)
    (project.root / "experiments" / "broken.toml").write_text("goal = [" + NASTY[:20])
    nasty_runs(project, version, NASTY)
    async with opened(bench, 140, 40) as (pilot, place):
        for reference in ("r_8", "r_7"):
            place.point_at(reference)
            await until(pilot, lambda r=reference: place.runs.table.key == r)  # type: ignore[misc]
            for _ in range(4):
                place.runs.aside.act_next()
                await settled(pilot)
                check_screen(bench)
        place.runs.table.marks |= {"r_7", "r_8"}
        walk = "c; escape o; escape v; down; down; t; escape; n; tab tab right enter; escape escape"
        for keys in (*walk.split("; "), "full_stop"):
            await pilot.press(*keys.split())
            await settled(pilot)
            # A comparison that takes the whole width holds names of its own only.
            (check_shown if keys == "c" else check_screen)(bench)


async def test_every_command_is_one_that_the_cli_takes(bench: Workbench, project: Project) -> None:
    """Each act's command, run with --help put last, is parsed by the real command line."""
    from workbench.cli.main import workbench

    async with opened(bench) as (pilot, place):
        found = []
        for reference in ("r_3", "r_5"):
            place.point_at(reference)
            place.runs.table.marks |= {"r_2", "r_3"}
            await settled(pilot)
            found += [offer.argv for offer in bench.offers() if offer.argv]
        place.views.view = "Experiments"
        await settled(pilot)
        found += [offer.argv for offer in bench.offers() if offer.argv]
    assert {argv[:2] for argv in found} >= {
        ("run", "show"), ("run", "compare"), ("run", "report"), ("run", "logs"), ("run", "cancel"),
        ("run", "train"), ("model", "register"), ("experiment", "show"),
    }  # fmt: skip
    for argv in found:
        answer = CliRunner().invoke(workbench, [*argv, "--help"])
        assert answer.exit_code == 0, (shlex.join(argv), answer.output)


async def test_the_command_of_a_new_problem_writes_the_same_problem(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from screens.experiments.newexperiment import command, fields, problem_of
    from screens.widgets.fields import check
    from workbench.cli.main import workbench
    from workbench.data.datasets import list_versions

    texts = {"name": "other", "target": "island", "task": "binary", "metric": "f1",
             "threshold": "0.25", "positive": "Dream", "drop": "body_mass_g, species",
             "guardrails": "recall=0.5, log_loss=0.75", "split": "group",
             "split_column": "species", "test": "0.3", "folds": "3", "seed": "7",
             "goal": "-- $x 'y'"}  # fmt: skip
    form = fields(list_versions(project), "penguins")
    values = {field.name: check(field, texts.get(field.name, field.default))[0] for field in form}
    argv = ["--project", str(project.root), *command(values)]
    monkeypatch.setenv("WORKBENCH_PROJECT", str(project.root))
    answer = CliRunner().invoke(workbench, argv[2:])
    assert answer.exit_code == 0, answer.output
    assert get_experiment(project, "other").problem == problem_of(values)
    assert get_experiment(project, "species").problem == PROBLEM
