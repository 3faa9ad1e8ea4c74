"""The feed tells what changed; threads answer on the UI thread; places load again, once at a time."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from settle import settled, text, until
from textual.app import App

from screens.app import Workbench
from screens.feed import Feed, in_thread
from screens.messages import Failed
from workbench.errors import NotFound, WorkbenchError
from workbench.records.jobs import JobEnded
from workbench.records.runs import ExperimentSaved


def test_a_look_names_what_changed_since_the_last(tmp_path: Path) -> None:
    feed = Feed(App())
    one, two = tmp_path / "one", tmp_path / "two"
    feed.watch_file("one", one)
    feed.watch_file("two", two)
    assert feed.look() == {"one", "two"}  # what happened before the first look is not missed
    assert feed.look() == frozenset()
    one.write_text("x")
    assert feed.look() == {"one"}
    assert feed.look() == frozenset()
    one.unlink()
    two.write_text("y")
    assert feed.look() == {"one", "two"}
    feed.unwatch("two")
    two.write_text("yy")
    assert feed.look() == frozenset()


def test_a_signature_that_fails_is_a_change_and_no_more() -> None:
    feed = Feed(App())
    broken = False

    def signature() -> int:
        if broken:
            raise NotFound("gone")
        return 1

    feed.watch("store", signature, seen=1)
    assert feed.look() == frozenset()
    broken = True
    assert feed.look() == {"store"}
    assert feed.look() == frozenset()


class Bare(App[None]):
    """Keeps what is told to it."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Any] = []

    def on_failed(self, event: Failed) -> None:
        self.told.append(event.error)


async def test_answers_come_on_the_ui_thread() -> None:
    app = Bare()
    async with app.run_test() as pilot:
        threads: list[str] = []
        in_thread(
            app,
            lambda: threads.append(threading.current_thread().name),
            lambda _: threads.append(threading.current_thread().name),
            group="x",
        )
        await until(pilot, lambda: len(threads) == 2)
        assert threads[0] != threading.main_thread().name
        assert threads[1] == threading.main_thread().name


async def test_whatever_goes_wrong_in_a_thread_is_told() -> None:
    app = Bare()

    def refused() -> None:
        raise NotFound("There is no run r_9")

    def system() -> None:
        Path("/no/such/file").read_text()

    def wrong() -> None:
        raise KeyError("oops")

    async with app.run_test() as pilot:
        for work in (refused, system, wrong):
            in_thread(app, work, app.told.append, group=work.__name__)
        await until(pilot, lambda: len(app.told) == 3)
        by_code = {error.code: error for error in app.told}
        assert set(by_code) == {"not_found", "system", "unexpected"}
        assert by_code["system"].where == "/no/such/file"
        assert "KeyError" in by_code["unexpected"].why
        assert all(isinstance(error, WorkbenchError) for error in app.told)


async def test_a_later_question_drops_the_answer_of_an_earlier_one() -> None:
    app = Bare()
    go = threading.Event()
    answers: list[str] = []

    def slow() -> str:
        go.wait(20)
        return "slow"

    async with app.run_test() as pilot:
        in_thread(app, slow, answers.append, group="detail")
        await pilot.pause()
        in_thread(app, lambda: "quick", answers.append, group="detail")
        await until(pilot, lambda: answers == ["quick"])
        go.set()
        await until(pilot, lambda: not any(worker.is_running for worker in app.workers))
        await pilot.pause()
        assert answers == ["quick"]


async def test_a_change_of_the_journal_shows_by_itself(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("3")
        await settled(pilot)
        bench.project.store.append(
            ExperimentSaved(
                name="again",
                object="0" * 64,
                goal="",
                dataset="flights",
                target="late",
                task="binary",
                metric="roc_auc",
                direction="maximize",
                threshold=None,
            )
        )
        await pilot.press("0")
        await until(pilot, lambda: "saved" in text(bench) and "again" in text(bench))


async def test_the_bar_follows_the_jobs(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        assert "3 jobs" in text(bench).splitlines()[0]
        job = bench.project.store.one("SELECT id FROM jobs WHERE state = 'running'")
        assert job is not None
        folder = bench.project.paths.job(job["id"])
        folder.mkdir(parents=True)
        line = b'{"kind":"phase","t":1.0,"name":"fold","done":2,"total":5}\n'
        (folder / "events.jsonl").write_bytes(line)
        await until(pilot, lambda: "fold 2 of 5" in text(bench) and " 40%" in text(bench))
        bench.project.store.append(JobEnded(id=job["id"], state="succeeded", exit_code=0))
        await until(pilot, lambda: "2 jobs" in text(bench).splitlines()[0])
