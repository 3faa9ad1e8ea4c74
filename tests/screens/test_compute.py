"""Compute and the drawer of jobs: states, progress as it comes, cancelling, the runner, hostile logs."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import ops_seed
import pytest
from settle import settled, status, text, until
from textual.pilot import Pilot
from textual.widgets import Button

from screens.app import Workbench
from screens.compute import facts, loading, rows
from screens.compute.facts import job_sections
from screens.compute.place import Compute
from screens.experiments.live import Progress
from screens.modals.confirm import Confirm
from screens.modals.jobs import Jobs
from screens.modals.log import Log
from screens.text import Styled
from workbench.compute import jobs
from workbench.compute.contract import Lack, Probe
from workbench.compute.events import EventWriter
from workbench.compute.targets import TargetRow
from workbench.errors import TargetError
from workbench.project.project import Project

Compare = Callable[..., bool]
FACTS = {"host": "lab", "system": "Linux x86_64", "python": "3.11.7", "cores": "2", "free": "9 MB"}


@pytest.fixture
def seeded(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The seeded project, a job half done; a target that answers the same everywhere, no runner."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(jobs, "wake_runner", lambda _: None)
    monkeypatch.setattr(loading, "probe", lambda _project, _name: Probe(True, FACTS))
    monkeypatch.setattr("workbench.project.settings.Settings.slots", 1)
    # The records have the time at which the test ran.
    monkeypatch.setattr(facts, "_moment", lambda _moment, _now: "10:00:00, now")
    ops_seed.half_done(project)
    return project


def place(bench: Workbench) -> Compute:
    found = bench.place
    assert isinstance(found, Compute)
    return found


async def go(pilot: Pilot[Any], *keys: str) -> None:
    await settled(pilot)
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


def facts_of(found: Any) -> dict[str, str]:
    return {
        label: value.text if isinstance(value, Styled) else str(value)
        for section in found
        for label, value in section.facts
    }


# One job


def test_a_job_says_how_long_and_how_it_ended(project: Project) -> None:
    began = datetime(2026, 11, 23, 10, tzinfo=UTC)
    job = jobs.Job(
        id="x", number=7, kind_of_work="train", target="local", title="t", uid=0, state="failed",
        cancel_requested=False, exit_code=-9, reason="killed", queued_at=began - timedelta(days=2),
        started_at=began, ended_at=began + timedelta(seconds=75), queued_by="ada",
    )  # fmt: skip
    found = job_sections(job, None, began + timedelta(hours=1))
    said = facts_of(found)
    assert (said["Time"], said["Exit"]) == ("1:15", "signal 9")
    assert said["Queued"].startswith("2026-11-2")  # not of today: the date stands there
    assert any(note.text == "killed" for section in found for note in section.notes)


def test_a_running_job_shows_its_phase(project: Project) -> None:
    job = next(j for j in jobs.list_jobs(project) if j.state == "running")
    source = rows.jobs([job], {job.reference: Progress("folds", 3, 5)}, job.queued_at)
    state = source.page(0)[0].cells[1]
    assert isinstance(state, Styled)
    assert state.text.endswith("running 60%")
    assert rows.state_of(job) == "running"


def test_a_target_that_cannot_be_asked_or_lacks_something_says_so() -> None:
    row = TargetRow(name="far", kind="ssh", slots=1, unfinished=2, origin="project")
    for probe, word in (
        ("no route to it", "no route to it"),
        (Probe(False, {}, (Lack("no Python there", "Install it"),)), "no Python there"),
        (Probe(True, FACTS), "2 cores, Linux x86_64, Python 3.11.7, 9 MB free"),
        (None, "being asked"),
    ):
        last = rows.targets([row], {"far": probe} if probe else {}).page(0)[0].cells[3]
        assert isinstance(last, Styled)
        assert last.text == word


def test_a_probe_that_fails_is_a_sentence(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_project: Project, _name: str) -> Probe:
        raise TargetError("It is away", why="the line is cut")

    monkeypatch.setattr(loading, "probe", fail)
    assert loading.probe_all(project, ["far"]) == {"far": "It is away: the line is cut"}


# The place


async def test_progress_comes_as_it_is_written(bench: Workbench, seeded: Project) -> None:
    async with bench.run_test(size=(140, 40)) as pilot:
        await go(pilot, "6")
        place(bench).point_at("j_6")
        await until(pilot, lambda: "running 60%" in text(bench))
        await until(pilot, lambda: "3 of 5  60%" in text(bench))
        job = jobs.get_job(seeded, "j_6")
        with EventWriter(seeded.paths.job(job.id) / "events.jsonl") as events:
            events.phase("folds", 4, 5)
        await until(pilot, lambda: "running 80%" in text(bench))
        await go(pilot, "v")
        await until(pilot, lambda: "folds 3/5" in text(bench))
        with (seeded.paths.job(job.id) / "log").open("ab") as log:
            log.write(b"\x1b]0;PWNED\x07 \xff [/x] folds 4/5\n")
        await until(pilot, lambda: "[/x] folds 4/5" in text(bench))
        assert not set(text(bench)) & set("\x1b\x07")


@pytest.mark.parametrize("drawer", [False, True])
async def test_cancel_asks_first_and_notes_the_wish(
    bench: Workbench, seeded: Project, drawer: bool
) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        if drawer:
            await go(pilot, "J")
            assert isinstance(bench.screen, Jobs)
            bench.screen.table.select("j_6")
        else:
            await go(pilot, "6")
            place(bench).point_at("j_6")
        await go(pilot, "x")
        assert isinstance(bench.screen, Confirm)
        assert bench.focused is bench.screen.query_one("#cancel", Button)
        await go(pilot, "enter")
        assert not jobs.get_job(seeded, "j_6").cancel_requested
        await go(pilot, "x", "shift+tab", "enter")
        await until(pilot, lambda: jobs.get_job(seeded, "j_6").cancel_requested)
        await until(pilot, lambda: "stopping" in text(bench))
        await go(pilot, "x")
        assert "j_6 is being stopped already" in status(bench)
        commands = [entry.text for entry in bench.session.entries if entry.kind == "command"]
        assert commands == ["workbench job cancel j_6"]


async def test_an_ended_job_cannot_be_cancelled(bench: Workbench, seeded: Project) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await go(pilot, "6")
        place(bench).point_at("j_1")
        await go(pilot, "x")
        assert "j_1 has ended: it is succeeded" in status(bench)


async def test_the_right_pane_follows_the_focused_list(bench: Workbench, seeded: Project) -> None:
    async with bench.run_test(size=(140, 40)) as pilot:
        await go(pilot, "6", "tab")
        assert "Linux x86_64" in text(bench)
        assert "Work wakes it" in text(bench)
        assert place(bench).job is None
        await go(pilot, "shift+tab")
        assert place(bench).job is not None
        await go(pilot, "w")
        assert "All is there" in status(bench)


async def test_i_goes_to_the_run_and_enter_in_the_drawer_to_the_job(
    bench: Workbench, seeded: Project
) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await go(pilot, "J")
        assert isinstance(bench.screen, Jobs)
        bench.screen.table.select("j_4")
        await go(pilot, "enter")
        await until(pilot, lambda: bench.current_mode == "compute")
        await until(pilot, lambda: place(bench).jobs.key == "j_4")
        await go(pilot, "i")
        await until(pilot, lambda: bench.current_mode == "experiments")


# The log of the session


async def test_the_log_shows_the_whole_of_a_line_and_what_comes(bench: Workbench) -> None:
    async with bench.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        bench.say("first", "warning", "why it was\nwhat to do")
        await go(pilot, "L")
        assert isinstance(bench.screen, Log)
        assert "why it was  what to do" in text(bench)
        bench.say("second [/x]")
        await until(pilot, lambda: "Log of this session 2" in text(bench))
        assert bench.screen.table.key == "1"
        assert bench.session.unread == 0


# Pictures


def shown(*keys: str) -> Callable[[Pilot[Any]], Any]:
    async def run(pilot: Pilot[Any]) -> None:
        await go(pilot, "6")
        place(pilot.app).point_at("j_6")  # type: ignore[arg-type]  # it is the bench
        await go(pilot, *keys)
        if keys[-1:] == ("v",):
            await until(pilot, lambda: "folds 3/5" in text(pilot.app))

    return run


@pytest.mark.parametrize("size", [(100, 30), (80, 24), (140, 40)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_the_lists(
    bench: Workbench, seeded: Project, snap_compare: Compare, size: tuple[int, int]
) -> None:
    assert snap_compare(bench, terminal_size=size, run_before=shown())


@pytest.mark.parametrize(
    "keys",
    [("enter",), ("enter", "v"), ("tab", "enter"), ("J",), ("x",)],
    ids=["job", "log", "target", "drawer", "cancel"],
)
def test_panes_and_questions(
    bench: Workbench, seeded: Project, snap_compare: Compare, keys: tuple[str, ...]
) -> None:
    assert snap_compare(bench, terminal_size=(80, 24), run_before=shown(*keys))
