"""Compute and the drawer of jobs: states, progress as it comes, cancelling, the runner, hostile logs."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import ops_seed
import pytest
from msgspec.structs import replace
from settle import settled, status, text, until
from textual.pilot import Pilot
from textual.widgets import Button

from screens.app import Workbench
from screens.compute import facts, rows
from screens.compute.facts import job_sections
from screens.compute.going import Now
from screens.compute.place import Compute
from screens.experiments.live import Progress
from screens.modals.confirm import Confirm
from screens.modals.jobs import Jobs
from screens.modals.jobs import _order as drawer_order
from screens.modals.log import Log
from screens.text import Styled
from workbench.compute import checking, jobs
from workbench.compute.checking import Check
from workbench.compute.contract import Lack, Probe
from workbench.compute.events import EventWriter
from workbench.compute.limits import Limits
from workbench.compute.staging import StageSeen, UsageSeen
from workbench.compute.targets import TargetRow
from workbench.compute.told import News
from workbench.project.project import Project

Compare = Callable[..., bool]
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
FACTS = {
    "host": "lab",
    "system": "Linux x86_64",
    "python": "3.11.7",
    "cores": "2",
    "disk": "9.1 GB free of 20.0 GB",
}


@pytest.fixture
def seeded(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The seeded project, a job half done; a target that answers the same everywhere, no runner."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(jobs, "wake_runner", lambda _: None)
    monkeypatch.setattr(checking, "probe", lambda *_: Probe(True, FACTS))
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
    now = Now(Progress("folds", 3, 5))
    source = rows.jobs([job], {job.reference: now}, job.queued_at)
    state = source.page(0)[0].cells[1]
    assert isinstance(state, Styled)
    assert state.text.endswith("running 60%")
    assert rows.state_of(job) == "running"


def test_a_job_on_its_way_shows_stage_share_rate_and_age(project: Project) -> None:
    job = replace(
        next(j for j in jobs.list_jobs(project) if j.state == "running"), state="starting"
    )
    stage = StageSeen(
        name="data",
        done=2**20,
        total=2**22,
        unit="bytes",
        rate=3 * 2**20,
        at=job.queued_at.timestamp(),
    )
    now = Now(news=News(stage=stage))
    cells = rows.jobs([job], {job.reference: now}, job.queued_at).page(0)[0].cells
    assert cells[1] == Styled("◔ starting data 25%", "busy")
    assert cells[5] == "3.0 MiB/s"
    late = job.queued_at + timedelta(seconds=40)
    words = [str(section.text) for section in job_sections(job, now, late) if section.heading]
    assert any("25% of 4.0 MiB, 3.0 MiB/s, no news for 40 s" in text for text in words)


def test_usage_and_limits_of_a_job(project: Project) -> None:
    job = next(j for j in jobs.list_jobs(project) if j.state == "running")
    usage = UsageSeen(cpu=93.0, memory=3 * 2**29, peak=2**31, cores=1.46, at=0.0)
    now = Now(news=News(usage=usage))
    cells = rows.jobs([job], {job.reference: now}, job.queued_at).page(0)[0].cells
    assert cells[5] == "1.5 CPU 1.5 GiB"
    said = facts_of(job_sections(job, now, job.queued_at, Limits(5400.0, 2**32, 2.0)))
    assert (said["CPU"], said["Memory"]) == ("1.5 cores busy", "1.5 GiB, peak 2.0 GiB")
    assert said["May use"] == "1h30m, 4G memory, 2 cores"


@pytest.mark.parametrize(
    ("check", "word"),
    [
        (None, "· not asked"),
        ({"ok": True}, "● ok"),
        ({"ok": True, "missing": (Lack("no index", "None"),)}, "▲ usable"),
        ({"ok": False, "missing": (Lack("no Python there", "Install it"),)}, "✗ unusable"),
        ({"ok": False, "error": {"what": "x", "why": "y", "fix": "z"}}, "✗ no answer"),
    ],
)
def test_how_a_target_is(check: dict[str, Any] | None, word: str) -> None:
    made = None if check is None else Check(target="far", at=NOON, **check)
    assert rows.target_state(made).text == word
    assert rows.target_state(made, asked=True).text == "◌ asking"


def test_a_target_with_its_places_and_what_is_there() -> None:
    row = TargetRow(name="far", kind="ssh", slots=2, unfinished=3, origin="project")
    facts_there = {
        "cores": "32", "memory": "98.1 GB free of 125.6 GB", "disk": "9.0 MB free of 1.0 GB",
        "gpu": "A100",
    }  # fmt: skip
    check = Check(target="far", at=NOON, ok=True, facts=facts_there)
    source = rows.targets(
        [row], {"far": check}, {"far": rows.Load(2, 1)}, (), NOON + timedelta(hours=3)
    )
    cells = [cell.text if isinstance(cell, Styled) else cell for cell in source.page(0)[0].cells]
    assert cells == [
        "far", "● ok", "2/2 +1", "ssh", "32", "98.1 of 125.6 GB", "9.0 MB of 1.0 GB", "A100", "3h ago",
    ]  # fmt: skip


def test_the_queue_in_the_drawer_is_in_the_order_in_which_it_starts(project: Project) -> None:
    queued = next(j for j in jobs.list_jobs(project) if j.state == "queued")
    many = [replace(queued, number=n, priority=p) for n, p in ((9, 0), (8, -1), (7, 0), (6, 5))]
    assert [job.number for job in sorted(many, key=drawer_order)] == [6, 7, 9, 8]


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
        await until(pilot, lambda: "Linux x86_64" in text(bench))
        assert "Work wakes it" in text(bench)
        assert place(bench).job is None
        await go(pilot, "shift+tab")
        assert place(bench).job is not None
        await go(pilot, "w")
        await until(pilot, lambda: "local can run jobs." in status(bench))


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
