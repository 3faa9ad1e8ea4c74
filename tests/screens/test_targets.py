"""Targets in Compute: added, edited, checked and removed by keys; questions answered; hostile words."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import ops_seed
import pytest
from cave import answer, with_cave, without_cave
from settle import settled, status, text, until
from textual.pilot import Pilot
from textual.widgets import Button, Input

from screens.app import Workbench
from screens.compute import facts
from screens.compute.place import Compute
from screens.modals.answer import Answer
from screens.modals.choose import Choose
from screens.modals.confirm import Confirm
from screens.modals.form import FormModal
from workbench.compute import checking, jobs
from workbench.compute.checking import check_target, last_checks
from workbench.compute.contract import Question, Stage
from workbench.compute.editing import add_target, edit_target, get_target
from workbench.compute.limits import Usage
from workbench.compute.staging import write_stage, write_usage
from workbench.compute.targets import list_targets
from workbench.project.paths import state_home
from workbench.project.project import Project
from workbench.records.jobs import JobChanged, JobQueued
from workbench.testing.work import work_spec

Compare = Callable[..., bool]
THERE = {
    "host": "gpu.example.org", "system": "Linux x86_64", "python": "3.12.3", "cores": "32",
    "memory": "98.1 GB free of 125.6 GB", "gpu": "A100, 40960 MiB", "disk": "810.2 GB free of 1861.0 GB",
}  # fmt: skip
EVIL = "\x1b]0;PWNED\x07[/x][@click=app.quit]‮"


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    yield with_cave(tmp_path / "packages", monkeypatch)
    without_cave()


@pytest.fixture
def seeded(project: Project, packages: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The seeded project with two caves: one that was checked, one that does not answer; no runner."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(jobs, "wake_runner", lambda _: None)
    monkeypatch.setattr("workbench.project.settings.Settings.slots", 1)
    monkeypatch.setattr(facts, "_moment", lambda _moment, _now: "10:00:00, now")
    real = checking.probe

    def probe(project: Project, name: str, ask: Any = None) -> Any:
        found = real(project, name, ask)
        local = {"host": "lab", "system": "Linux x86_64", "python": "3.11.7", "cores": "2"}
        return found if name != "local" else type(found)(True, local)

    monkeypatch.setattr(checking, "probe", probe)
    ops_seed.half_done(project)
    add_target(project, "gpu", "cave", {"host": "gpu.example.org"}, slots=2)
    add_target(project, "lab", "cave", {"host": "lab", "depth": 3.0}, personal=True)
    answer(packages, facts=THERE, missing=[("no package index", "Wheels are sent from here")])
    check_target(project, "gpu")
    answer(packages, error="connection refused by port 22")
    check_target(project, "lab")
    answer(packages, facts=THERE)
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


async def at_target(pilot: Pilot[Any], bench: Workbench, name: str) -> None:
    await go(pilot, "6")
    place(bench).point_at(name)
    await until(pilot, lambda: place(bench).target is not None)
    await until(pilot, lambda: not place(bench).checker.under_way)
    await settled(pilot)


# Checking


async def test_what_was_checked_is_there_on_return_with_its_age(
    bench: Workbench, seeded: Project
) -> None:
    async with bench.run_test(size=(140, 40)) as pilot:
        await at_target(pilot, bench, "gpu")
        shown = text(bench)
        for word in ("▲ usable", "0/2", "98.1 of 125.6 GB", "no package index"):
            assert word in shown
        assert "→ Wheels are sent from here" in shown
        await go(pilot, "j")
        assert "✗ no answer" in text(bench)
        assert "connection refused by port 22" in text(bench)
        assert "→ Wait for it" in text(bench)


async def test_a_check_by_key_shows_what_it_found(
    bench: Workbench, seeded: Project, packages: Path
) -> None:
    answer(packages, ok=False, facts=THERE, missing=[("no Python 3.9 or newer", "Install one")])
    async with bench.run_test(size=(140, 40)) as pilot:
        await at_target(pilot, bench, "gpu")
        await go(pilot, "w")
        await until(pilot, lambda: "gpu cannot run jobs: no Python 3.9 or newer" in status(bench))
        await until(pilot, lambda: "✗ unusable" in text(bench))
        assert "→ Install one" in text(bench)
        commands = [entry.text for entry in bench.session.entries if entry.kind == "command"]
        assert commands == ["workbench target check gpu"]


def test_what_was_checked_before_an_edit_is_not_known_any_more(seeded: Project) -> None:
    assert set(last_checks(seeded, list_targets(seeded))) == {"gpu", "lab"}
    edit_target(seeded, "gpu", {"port": 2222})
    assert set(last_checks(seeded, list_targets(seeded))) == {"lab"}
    edit_target(seeded, "gpu", {"port": None})
    assert set(last_checks(seeded, list_targets(seeded))) == {"gpu", "lab"}
    (path,) = (state_home() / "checks").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b'{"version": 1, "checks": 3}')
    assert last_checks(seeded, list_targets(seeded)) == {}


# Questions


async def test_a_question_is_asked_in_a_form_and_its_answer_reaches_the_target(
    bench: Workbench, seeded: Project, packages: Path
) -> None:
    answer(packages, question=f"Passphrase of id_ed25519 {EVIL}", wanted="open [/x]", facts=THERE)
    async with bench.run_test(size=(80, 24)) as pilot:
        await at_target(pilot, bench, "gpu")
        await pilot.press("w")
        await until(pilot, lambda: isinstance(bench.screen, Answer))
        await until(pilot, lambda: "Passphrase of id_ed25519" in text(bench))
        assert not set(text(bench)) & set("\x1b\x07‮")
        await pilot.press(*"open ", "left_square_bracket", "slash", "x", "right_square_bracket")
        assert "open" not in text(bench)
        await pilot.press("enter")
        await until(pilot, lambda: "gpu can run jobs." in status(bench))


async def test_who_leaves_the_question_is_told_so(
    bench: Workbench, seeded: Project, packages: Path
) -> None:
    answer(packages, question="Passphrase", wanted="x")
    async with bench.run_test(size=(100, 30)) as pilot:
        await at_target(pilot, bench, "gpu")
        await pilot.press("w")
        await until(pilot, lambda: isinstance(bench.screen, Answer))
        await pilot.press("escape")
        await until(pilot, lambda: "the word was None" in status(bench))
        await until(pilot, lambda: "✗ no answer" in text(bench))


async def test_threads_ask_one_after_the_other_and_are_let_go_at_the_end(
    bench: Workbench, seeded: Project
) -> None:
    said: list[tuple[str, str | None]] = []

    def ask(name: str) -> None:
        said.append((name, bench.asker.ask(Question(name, "?", secret=False))))

    threads = [threading.Thread(target=ask, args=(name,)) for name in ("one", "two", "three")]
    async with bench.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        for thread in threads:
            thread.start()
        await until(pilot, lambda: isinstance(bench.screen, Answer))
        assert len(bench.screen_stack) == 2  # one form, however many ask
        await pilot.press("y", "enter")
        await until(pilot, lambda: len(said) == 1)
        await until(pilot, lambda: isinstance(bench.screen, Answer))
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert sorted(str(given) for _, given in said) == ["None", "None", "y"]
    assert bench.asker.ask(Question("late", "?")) is None


# Adding, editing, removing


async def test_a_target_is_added_by_keys(bench: Workbench, seeded: Project) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await go(pilot, "6", "n")
        assert isinstance(bench.screen, Choose)
        await go(pilot, "slash", *"hole", "enter", "enter")
        assert isinstance(bench.screen, FormModal)
        await pilot.press(*"far", *["tab"] * 8)
        await settled(pilot)
        assert "workbench target add far --kind cave" in text(bench)
        await go(pilot, "enter")
        await until(pilot, lambda: "nobody knows where it is" in text(bench))  # the kind refuses
        await pilot.press(*"h.example.org", *["tab"] * 7)
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "far is added. w checks it." in status(bench))
        await until(pilot, lambda: place(bench).targets.key == "far")
        assert get_target(seeded, "far").options == {"host": "h.example.org"}
        await go(pilot, "w")
        await until(pilot, lambda: "far can run jobs." in status(bench))


async def test_a_name_that_is_taken_is_told_beside_it(bench: Workbench, seeded: Project) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await go(pilot, "6", "n", "slash", *"hole", "enter", "enter")
        await pilot.press(*"gpu", "tab", *"h", *["tab"] * 7)
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "✗ it is of the kind cave" in text(bench))
        focused = bench.focused
        assert focused is not None
        assert focused.id == "field-name"


async def test_an_edit_shows_what_is_set_and_writes_what_was_changed(
    bench: Workbench, seeded: Project
) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await at_target(pilot, bench, "gpu")
        await go(pilot, "e")
        assert "gpu.example.org" in text(bench)
        await pilot.press("tab", *["backspace"] * 2, *"2222", *["tab"] * 5)
        await settled(pilot)
        assert "workbench target edit gpu --port 2222" in text(bench)
        await pilot.press("enter")
        await until(pilot, lambda: "gpu is changed." in status(bench))
        assert get_target(seeded, "gpu").options == {"host": "gpu.example.org", "port": 2222}
        assert get_target(seeded, "gpu").slots == 2


async def test_removing_wants_the_name_typed(bench: Workbench, seeded: Project) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await at_target(pilot, bench, "lab")
        await go(pilot, "delete")
        assert isinstance(bench.screen, Confirm)
        assert bench.screen.query_one("#apply", Button).disabled
        await pilot.press(*"lab", "enter", "enter")
        await until(pilot, lambda: "lab is removed." in status(bench))
        await until(pilot, lambda: "lab" not in {row.name for row in place(bench).loaded.targets})


async def test_what_cannot_be_done_to_a_target_says_why(bench: Workbench, seeded: Project) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await go(pilot, "6", "e")
        assert "the cursor is not on a target" in status(bench)
        await at_target(pilot, bench, "local")
        await go(pilot, "delete")
        assert "local is always there" in status(bench)
        queue_on(seeded, "gpu", 50)
        await at_target(pilot, bench, "gpu")
        await until(pilot, lambda: (row := place(bench).target) is not None and row.unfinished == 1)
        await go(pilot, "delete")
        assert "1 of its jobs have not ended" in status(bench)


async def test_a_target_written_down_elsewhere_comes_by_itself(
    bench: Workbench, seeded: Project
) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await go(pilot, "6")
        from workbench.project.project import open_project

        add_target(open_project(seeded.root, via="cli"), "new", "cave", {"host": "x"})
        await until(pilot, lambda: any(row.name == "new" for row in place(bench).loaded.targets))


# Jobs on their way


def queue_on(project: Project, target: str, number: int, state: str = "queued") -> Path:
    job = f"01K9{number:022}"
    spec = msgspec.structs.replace(work_spec(), job=job)
    project.store.append(
        JobQueued(
            id=job, number=number, kind_of_work="train", target=target,
            spec=project.store.objects.put_bytes(spec.encode()), title="train hgb for late on flights@2",
        )
    )  # fmt: skip
    if state != "queued":
        project.store.append(JobChanged(id=job, state="starting", handle={}))
    if state == "running":
        project.store.append(JobChanged(id=job, state="running"))
    return project.paths.job(job)


async def test_stage_and_usage_come_as_they_are_written(bench: Workbench, seeded: Project) -> None:
    way = queue_on(seeded, "gpu", 50, "starting")
    work = queue_on(seeded, "gpu", 51, "running")
    async with bench.run_test(size=(140, 40)) as pilot:
        await go(pilot, "6")
        place(bench).point_at("j_50")
        write_stage(way, Stage("data", 2**20, 2**22, "bytes"))
        await until(pilot, lambda: "starting data 25%" in text(bench))
        await until(pilot, lambda: "sending data: 25% of 4.0 MiB" in text(bench))
        write_stage(way, Stage("data", 2**22, 2**22, "bytes"))
        await until(pilot, lambda: "starting data 100%" in text(bench))
        write_usage(work, Usage(1.0, 3 * 2**29, 2**31))
        await until(pilot, lambda: "1.5 GiB" in text(bench))
        assert "2/2" in text(bench)


async def test_a_log_is_saved_to_a_file_by_its_command(
    bench: Workbench, seeded: Project, tmp_path: Path
) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await go(pilot, "6")
        place(bench).point_at("j_6")
        await go(pilot, "v", "enter")
        await until(pilot, lambda: "folds 3/5" in text(bench))
        place(bench).aside.log_pane.act_save()
        await until(pilot, lambda: isinstance(bench.screen, FormModal))
        bench.screen.query_one(Input).value = str(tmp_path / "saved")
        await until(pilot, lambda: "job logs j_6 --save" in text(bench))
        await pilot.press("enter", "enter")
        await until(pilot, lambda: "Wrote 15 B." in status(bench))
    assert (tmp_path / "saved").read_bytes() == b"read\nfolds 3/5\n"


async def test_a_queued_job_is_put_sooner_and_later(bench: Workbench, seeded: Project) -> None:
    queue_on(seeded, "gpu", 50)
    async with bench.run_test(size=(100, 30)) as pilot:
        await go(pilot, "6")
        place(bench).point_at("j_50")
        await go(pilot, "U", "U")
        await until(pilot, lambda: jobs.get_job(seeded, "j_50").priority == 2)
        await until(pilot, lambda: "queued priority +2" in text(bench))
        await go(pilot, "D")
        await until(pilot, lambda: jobs.get_job(seeded, "j_50").priority == 1)
        place(bench).point_at("j_6")
        await go(pilot, "U")
        assert "j_6 waits no longer: it is running" in status(bench)


async def test_hostile_words_of_a_target_are_shown_and_not_obeyed(
    bench: Workbench, seeded: Project, packages: Path
) -> None:
    edit_target(seeded, "gpu", {"host": EVIL})
    answer(packages, facts={EVIL: EVIL, "cores": EVIL, "gpu": EVIL}, missing=[(EVIL, EVIL)])
    folder = queue_on(seeded, "gpu", 50, "starting")
    write_stage(folder, Stage(EVIL, 1, 2))
    async with bench.run_test(size=(140, 40)) as pilot:
        await at_target(pilot, bench, "gpu")
        await go(pilot, "w")
        await until(pilot, lambda: "gpu can run jobs, but" in status(bench))
        await go(pilot, "e")
        assert not set(text(bench)) & set("\x1b\x07‮")
        await go(pilot, "escape")
        place(bench).point_at("j_50")
        await settled(pilot)
        assert "[/x]" in text(bench)
        assert not set(text(bench)) & set("\x1b\x07‮")


# Pictures


def shown(reference: str, *keys: str, until_seen: str = "") -> Callable[[Pilot[Any]], Any]:
    async def run(pilot: Pilot[Any]) -> None:
        bench = pilot.app
        assert isinstance(bench, Workbench)
        await at_target(pilot, bench, "local")
        place(bench).point_at(reference)
        await settled(pilot)
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        if until_seen:
            await until(pilot, lambda: until_seen in text(bench))
        else:
            await settled(pilot)

    return run


@pytest.mark.parametrize("size", [(100, 30), (80, 24)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_targets_and_jobs_on_their_way(
    bench: Workbench, seeded: Project, snap_compare: Compare, size: tuple[int, int]
) -> None:
    write_stage(queue_on(seeded, "gpu", 50, "starting"), Stage("data", 2**20, 2**22, "bytes"))
    write_usage(queue_on(seeded, "gpu", 51, "running"), Usage(1.0, 3 * 2**29, 2**31))
    queue_on(seeded, "lab", 52)
    assert snap_compare(bench, terminal_size=size, run_before=shown("gpu"))


@pytest.mark.parametrize(
    ("reference", "keys", "seen"),
    [
        ("gpu", ("enter",), ""),
        ("lab", ("enter",), ""),
        ("gpu", ("n",), "A hole"),
        ("gpu", ("e",), "Edit gpu"),
        ("lab", ("delete",), "Remove lab?"),
        ("j_50", ("enter",), ""),
    ],
    ids=["checked", "no-answer", "kinds", "edit", "remove", "on-its-way"],
)
def test_panes_and_forms(
    bench: Workbench,
    seeded: Project,
    snap_compare: Compare,
    reference: str,
    keys: tuple[str, ...],
    seen: str,
) -> None:
    write_stage(queue_on(seeded, "gpu", 50, "starting"), Stage("data", 2**20, 2**22, "bytes"))
    before = shown(reference, *keys, until_seen=seen)
    assert snap_compare(bench, terminal_size=(80, 24), run_before=before)


def test_the_form_of_a_new_target(bench: Workbench, seeded: Project, snap_compare: Compare) -> None:
    keys = ("n", "slash", *"hole", "enter", "enter", *"far")
    before = shown("gpu", *keys, until_seen="target add far")
    assert snap_compare(bench, terminal_size=(80, 24), run_before=before)


def test_a_question(
    bench: Workbench, seeded: Project, packages: Path, snap_compare: Compare
) -> None:
    answer(packages, question="Passphrase of the key ~/.ssh/id_ed25519", wanted="x")
    before = shown("gpu", "w", until_seen="Passphrase of")
    assert snap_compare(bench, terminal_size=(80, 24), run_before=before)
