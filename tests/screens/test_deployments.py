"""Deployments: states told apart, create, call and stop by keys on real servers, hostile names."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import ops_seed
import polars as pl
import pytest
from rich.cells import cell_len
from settle import settled, status, text, until
from textual.pilot import Pilot
from textual.widgets import Button

from screens.app import Workbench
from screens.deployments import traffic
from screens.deployments.answer import Answer, Asked, drawn
from screens.deployments.calling import Call, Sample
from screens.deployments.creating import command, free_name
from screens.deployments.endpoint import Endpoint, curl_infer
from screens.deployments.place import Deployments
from screens.deployments.traffic import sparkline
from screens.deployments.values import NULL, as_row, form_fields
from screens.modals.confirm import Confirm
from screens.widgets.fields import check
from workbench.compute import wake
from workbench.compute.processes import look
from workbench.data import datasets
from workbench.project.project import Project
from workbench.serving import deployments
from workbench.serving.folder import Folder
from workbench.serving.observing import Observed
from workbench.serving.schema import RequestSchema
from workbench.serving.watch import Watcher
from workbench.training.signature import Field, Signature

Compare = Callable[..., bool]


@pytest.fixture
def seeded(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The seeded project with an endpoint in every state; nothing is started."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(wake, "wake_runner", lambda _: None)
    # The path of the token is another in every test.
    monkeypatch.setattr("screens.deployments.side.curl", lambda _project, _record: "curl ...")
    ops_seed.endpoints(project)
    return project


def place(bench: Workbench) -> Deployments:
    found = bench.place
    assert isinstance(found, Deployments)
    return found


async def go(pilot: Pilot[Any], *keys: str) -> None:
    await settled(pilot)
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


def on(pilot: Pilot[Any], name: str) -> None:
    """Put the cursor on the deployment of this name."""
    place(pilot.app).point_at(name)  # type: ignore[arg-type]  # it is the bench


# States


@pytest.mark.parametrize(
    ("recorded", "stopping", "process", "shown"),
    [
        ("starting", False, "none", "starting"),
        ("starting", False, "alive", "starting"),
        ("starting", True, "alive", "stopping"),
        ("healthy", False, "alive", "healthy"),
        ("healthy", False, "dead", "lost"),
        ("healthy", False, "reused", "lost"),
        ("healthy", False, "rebooted", "lost"),
        ("healthy", True, "alive", "stopping"),
        ("degraded", False, "alive", "degraded"),
        ("failed", False, "dead", "failed"),
        ("stopped", True, "dead", "stopped"),
        ("suspended", False, "none", "suspended"),
    ],
)
def test_the_state_is_what_was_found(
    project: Project, recorded: str, stopping: bool, process: Any, shown: str
) -> None:
    record = msgspec.structs.replace(
        deployments.get(project, "eta"), state=recorded, stop_requested=stopping
    )
    endpoint = Endpoint(record, Observed(process=process, told=None))
    assert endpoint.state == shown
    assert bool(endpoint.trouble) == (shown == "lost")


async def test_a_damaged_file_of_an_endpoint_is_said(bench: Workbench, seeded: Project) -> None:
    folder = Folder(seeded.paths.deployment(deployments.get(seeded, "eta").id))
    folder.serving.write_text("{")
    async with bench.run_test(size=(140, 40)) as pilot:
        await go(pilot, "5")
        on(pilot, "eta")
        await settled(pilot)
        assert "serving.json of the deployment is damaged" in " ".join(text(bench).split())


async def test_every_key_says_why_it_cannot(bench: Workbench, seeded: Project) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await go(pilot, "5")
        for name, key, words in (
            ("slow", "w", "slow is still starting"),
            ("broken", "w", "broken does not answer: it is failed"),
            ("old", "x", "old is stopped already"),
            ("gone", "x", "gone is being stopped"),
        ):
            on(pilot, name)
            await go(pilot, key)
            assert words in status(bench)


async def test_a_name_used_again_is_told_apart_by_its_ulid(
    bench: Workbench, seeded: Project
) -> None:
    version = seeded.store.one("SELECT id FROM model_versions")
    assert version is not None
    seeded.store.append(
        ops_seed.DeploymentCreated(
            id=ops_seed.ulid(9, 1), name="old", target="local", model="delay", version=version["id"]
        )
    )
    async with bench.run_test(size=(100, 30)) as pilot:
        await go(pilot, "5")
        on(pilot, "old")
        assert place(bench).command_details() == ("deploy", "show", "old")
        on(pilot, ops_seed.ulid(7, 3))
        await settled(pilot)
        assert place(bench).command_details() == ("deploy", "show", ops_seed.ulid(7, 3))


# Stop


async def test_stop_asks_with_cancel_focused(bench: Workbench, seeded: Project) -> None:
    async with bench.run_test(size=(80, 24)) as pilot:
        await go(pilot, "5")
        on(pilot, "eta")
        await go(pilot, "x")
        assert isinstance(bench.screen, Confirm)
        assert bench.focused is bench.screen.query_one("#cancel", Button)
        await go(pilot, "enter")
        assert not deployments.get(seeded, "eta").stop_requested
        await go(pilot, "x", "shift+tab", "enter")
        await until(pilot, lambda: deployments.get(seeded, "eta").stop_requested)
        commands = [entry.text for entry in bench.session.entries if entry.kind == "command"]
        assert commands == ["workbench deploy stop eta"]


# Rest


async def test_suspend_resume_and_scale_from_the_menu(bench: Workbench, seeded: Project) -> None:
    def recorded(name: str = "eta") -> deployments.Deployment:
        return deployments.get(seeded, name)

    async with bench.run_test(size=(140, 40)) as pilot:
        await go(pilot, "5")
        on(pilot, "eta")
        await settled(pilot)
        here = place(bench)
        assert "cannot be resumed: it is healthy" in here.why_not_resume()
        here.act_scale()
        await settled(pilot)
        assert "deploy scale eta 1" in text(bench)
        bench.screen.query_one("#field-workers").focus()
        await go(pilot, "end", "backspace", "9", "9", "tab", "enter")
        assert "1 to 64" in text(bench)
        bench.screen.query_one("#field-workers").focus()
        await go(pilot, "end", "backspace", "tab", "enter")
        await until(pilot, lambda: recorded().workers == 9)
        await until(pilot, lambda: here.endpoint is not None and here.endpoint.record.workers == 9)
        await until(pilot, lambda: "1 of 9 up" in text(bench))

        here.act_suspend()
        await settled(pilot)
        assert bench.focused is bench.screen.query_one("#cancel", Button)
        await go(pilot, "shift+tab", "enter")
        await until(pilot, lambda: recorded().suspend_requested)

        on(pilot, "broken")
        await settled(pilot)
        assert "broken cannot be suspended: it is failed" in here.why_not_suspend()
        assert here.why_not_resume() == ""
        here.act_resume()
        await until(pilot, lambda: recorded("broken").state == "starting")
        wanted = ["scale eta 9", "suspend eta", "resume broken"]
        await until(
            pilot,
            lambda: (
                [e.text for e in bench.session.entries if e.kind == "command"]
                == [f"workbench deploy {words}" for words in wanted]
            ),
        )


async def test_forget_asks_first_and_notes_the_wish(
    bench: Workbench, seeded: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.serving.forgetting.wake_runner", lambda _: None)
    monkeypatch.setattr("screens.deployments.resting.wake.wake_runner", lambda _: None)
    made = ops_seed.lost(seeded, "attic", "the target attic does not answer")
    async with bench.run_test(size=(140, 40)) as pilot:
        await go(pilot, "5")
        here = place(bench)
        on(pilot, "eta")
        await settled(pilot)
        assert here.why_not_forget() == "eta runs on this machine: x stops it"
        here.point_at(made)
        await until(pilot, lambda: here.endpoint is not None and here.endpoint.record.id == made)
        await go(pilot, "x")
        assert "until its target answers; Forget in the menu" in text(bench)
        await go(pilot, "enter")
        here.act_forget()
        await settled(pilot)
        for words in ("deploy stop far --forget", "Stays there", "attic is asked, once more"):
            assert words in " ".join(text(bench).split()).replace("Asked attic", "attic is asked")
        assert bench.focused is bench.screen.query_one("#cancel", Button)
        await go(pilot, "shift+tab", "enter")
        await until(pilot, lambda: deployments.get(seeded, made).stop_requested)
        row = seeded.store.one("SELECT forget FROM deployments WHERE id = ?", [made])
        assert row is not None
        assert "There is no target attic" in row["forget"]
        await until(pilot, lambda: here.endpoint is not None and here.endpoint.state == "stopping")


# Traffic


def test_a_sparkline_is_full_at_its_highest() -> None:
    assert sparkline([0, 0, 0, 0], 2) == "▁▁"
    assert sparkline([0, 0, 7, 7, 3.5, 3.5], 3) == "▁█▅"
    assert sparkline([1] * 60, 20) == "█" * 20


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (0.0667, "0.067"), (9.94, "9.9"), (9.96, "10"), (123.4, "123"), (12345.6, "12,346")],
)
def test_figures_are_short_and_never_exponents(value: float, shown: str) -> None:
    assert traffic.figure(value) == shown


def test_traffic_in_figures_made_by_hand() -> None:
    """Of the seeded traffic: 870 of the last five minutes' calls by delay@1 answered, two not."""
    now = 1_000_003.0
    found = traffic.sections(ops_seed.traffic(now), "delay@1", now)
    assert [section.heading for section in found] == ["delay@1 answers", "delay@2", "All versions"]
    first, second = (dict(section.facts) for section in found[:2])
    calls = sum(30 - abs(slot - 30) for slot in range(60))
    assert first["In all"] == f"{calls + 2} requests, {calls} rows"
    assert first["Now"] == f"{(sum(range(1, 7)) + 2) / 30:.2g} requests/s"
    assert first["Errors"] == (f"{2 / (calls + 2):.1%}: 1 × 400, 1 × 503", "bad")
    assert second["Last 5 min"] == ("no requests", "muted")
    assert second["In all"] == "12 requests, 36 rows"
    whole = dict(found[2].facts)
    assert (whole["Turned away"], whole["Not logged"]) == (("1 × 401", "warn"), ("3", "bad"))
    assert "Nobody has asked" in traffic.sections(None, "", now)[0].notes[0].text


# Calling


def test_the_curl_line_is_one_that_a_shell_makes_the_right_request_of(
    project: Project, tmp_path: Path
) -> None:
    record = msgspec.structs.replace(deployments.get(project, "eta"), port=8700, token=True)
    folder = Folder(project.paths.deployment(record.id))
    folder.root.mkdir(parents=True, exist_ok=True)
    folder.make(token=True)
    evil = {"a b": 1, "kind": "it's; $(touch pwned) `id`", "flag": True}
    line = curl_infer(project, record, SIGNATURE, evil)
    assert folder.read_token() not in line
    said = subprocess.run(
        ["sh", "-c", line.replace("curl", "printf '%s\\n'", 1)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    ).stdout.splitlines()
    assert said[1] == f"Authorization: Bearer {folder.read_token()}"
    assert said[4] == "http://127.0.0.1:8700/v2/models/delay/infer"
    asked = RequestSchema(SIGNATURE, max_rows=1).decode(said[6].encode())
    assert {
        name: values[0] for name, values in asked.columns.items() if values[0] is not None
    } == evil
    assert list(tmp_path.glob("pwned")) == []


# Create


@pytest.mark.parametrize(
    "values",
    [
        {"name": "a", "model": "bird@production", "port": 0, "access": "token"},
        {"name": "b", "model": "bird@2", "port": 8123, "access": "open"},
    ],
)
def test_the_command_is_one_that_the_command_line_takes(values: dict[str, Any]) -> None:
    from workbench.cli.deploy import create

    argv = command(values)
    assert argv[:2] == ("deploy", "create")
    params = create.make_context("create", list(argv[2:])).params
    assert (params["name"], params["model"]) == (values["name"], values["model"])
    assert params["port"] == values["port"]
    assert params["no_token"] == (values["access"] == "open")


def test_a_name_in_use_gets_a_number() -> None:
    assert free_name("bird", ()) == "bird"
    assert free_name("bird", {"bird", "bird-2"}) == "bird-3"


async def test_bad_values_of_the_form_stay_beside_their_field(
    bench: Workbench, seeded: Project
) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await go(pilot, "5", "n")
        bench.screen.query_one("#field-port").focus()
        await go(pilot, *"99999")
        bench.screen.query_one("#apply").focus()
        await go(pilot, "enter")
        assert "✗ 1 to 65535" in text(bench)
        await go(pilot, "escape")
        assert len(deployments.list_deployments(seeded)) == 5


# Values


SIGNATURE = Signature(
    task="binary",
    target="y",
    inputs=(
        Field(name="a b", type="int", required=True),
        Field(name="[/x]", type="float"),
        Field(name="flag", type="bool"),
        Field(name="kind", type="str", categories=("a", "b")),
        Field(name="day", type="date"),
        Field(name="at", type="datetime"),
    ),
    outputs=(Field(name="prediction", type="str"),),
)


def parsed(texts: dict[int, str], row: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Fill the form from `row`, type `texts` over it; return the row and what is wrong."""
    values, wrong = {}, []
    for at, field in enumerate(form_fields(SIGNATURE, row)):
        value, error = check(field, texts.get(at, field.default))
        values[field.name] = value
        wrong += [error] if error else []
    return as_row(SIGNATURE, values), wrong


def test_a_row_goes_through_the_form_unchanged() -> None:
    row = {
        "a b": -(2**63),
        "[/x]": 0.1 + 0.2,
        "flag": False,
        "kind": "b",
        "day": "2024-02-29",
        "at": "2024-02-29T23:59:00",
    }
    found, wrong = parsed({}, row)
    assert not wrong
    assert found == row | {"[/x]": pytest.approx(row["[/x]"], rel=1e-14)}


def test_what_is_left_empty_is_null() -> None:
    found, wrong = parsed({1: "", 2: NULL, 3: NULL, 4: "", 5: " "}, {"a b": 1})
    assert (found, wrong) == ({"a b": 1}, [])


@pytest.mark.parametrize(
    ("at", "typed", "words"),
    [
        (0, "1.5", "a whole number"),
        (0, str(2**63), "64 bits"),
        (0, "", "needed"),
        (1, "much", "a number"),
        (1, "inf", "a finite number"),
        (2, "yes", "true or false"),
        (4, "29.2.2024", "a date like"),
        (5, "noon", "a time like"),
    ],
)
def test_what_is_not_of_the_type_is_refused(at: int, typed: str, words: str) -> None:
    _, wrong = parsed({at: typed}, {"a b": 1})
    assert len(wrong) == 1
    assert words in wrong[0]


def test_a_value_that_training_did_not_see_can_be_typed() -> None:
    kind = form_fields(SIGNATURE, {"kind": "new"})[3]
    assert (kind.kind, kind.default) == ("text", "new")


def test_an_answer_names_the_version_and_sorts_the_classes() -> None:
    outputs = {"prediction": "b", "probability_a": 0.25, "probability_b": 0.75}
    answer = Answer("bird@2", "id", 3.2, outputs)
    assert answer.short == "bird@2 answers b (0.75)"
    before = Asked({"a": 1, "b": None, "c": 2.5}, replace(answer, version="bird@1"))
    same = Asked({"a": 1, "c": 2.5, "d": "x"}, answer)
    lines = drawn([Asked({"a": 1, "c": 2.5, "d": "x"}, answer), before, same]).plain.splitlines()
    assert "bird@2, 3 ms" in lines[0]
    assert [line.split()[0] for line in lines[1:3]] == ["b", "a"]
    assert "bird@1 answers b (0.75), 3 ms, d=null" in lines[3]
    assert "bird@2 answers b (0.75), 3 ms, same values" in lines[4]
    assert Answer("x@1", "id", 1, {"prediction": 2.5}).shares == []


def test_the_bars_of_classes_begin_in_one_column_however_wide_their_letters() -> None:
    names = {"ab": 0.4, "\u6f22\u5b57": 0.3, "e\u0301": 0.2, "\u6f22" * 30: 0.1}
    answer = Answer("x@1", "id", 1, {f"probability_{name}": share for name, share in names.items()})
    bars = drawn([Asked({}, answer)]).plain.splitlines()[1:]
    assert [cell_len(bar[: bar.index("━")]) for bar in bars] == [28] * 4


# Hostile


async def test_hostile_text_goes_through_harmlessly(bench: Workbench, seeded: Project) -> None:
    evil = "[/x][@click=app.quit]x[/]\x1b]0;PWNED\x07\x9b2J\u202e"
    folder = Folder(seeded.paths.deployment(deployments.get(seeded, "eta").id))
    folder.log.write_text(evil + "\n")
    told = folder.read_told()
    assert told is not None
    folder.write_told(msgspec.structs.replace(told, error=evil, content=evil))
    shutil.rmtree(folder.predictions)
    folder.predictions.mkdir()
    line = {"id": "1", "at": "2026-11-23T10:00:00Z", "version": "v", "model": evil, "rows": 1}
    line |= {"inputs": {evil: [evil]}, "outputs": {"prediction": [evil]}, "ms": 1.0}
    (folder.predictions / "000001.jsonl").write_bytes(
        b"torn{\n" + msgspec.json.encode(line) + b'\n{"half'
    )
    async with bench.run_test(size=(140, 40)) as pilot:
        await go(pilot, "5")
        on(pilot, "eta")
        for _ in range(4):
            await go(pilot, "v")
            shown = text(bench)
            assert not set(shown) & set("\x1b\x9b\x07\u202e")
        endpoint = place(bench).endpoint
        assert endpoint is not None
        fields = tuple(
            msgspec.structs.replace(f, name=f"{evil}{n}") for n, f in enumerate(SIGNATURE.inputs)
        )
        hostile = msgspec.structs.replace(SIGNATURE, inputs=fields)
        bench.push_screen(Call(seeded, endpoint, Sample(hostile, [{}, {}])))
        await settled(pilot)
        await go(pilot, "tab", "enter", "shift+tab", "enter")
        assert not set(text(bench)) & set("\x1b\x9b\x07\u202e")
        assert "[@click=app.quit]" in text(bench)


# The whole way, on real servers


@pytest.fixture
def birds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setattr(wake, "wake_runner", lambda _: None)  # the test steps the watcher itself
    made = ops_seed.penguins(tmp_path / "penguins")
    yield made
    for found in deployments.list_deployments(made):
        who = Folder(made.paths.deployment(found.id)).read_pid()
        if who and look(who) == "alive":
            os.kill(who.pid, signal.SIGKILL)


async def stepped(pilot: Pilot[Any], watcher: Watcher, condition: Callable[[], bool]) -> None:
    """Step the watcher until the condition holds; a server needs some seconds to load its model."""
    for _ in range(1200):
        await asyncio.to_thread(watcher.step)
        await pilot.pause()
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(text(pilot.app))


async def test_from_a_model_to_an_answer_and_the_next_version(birds: Project) -> None:
    bench, watcher = Workbench(birds), Watcher(birds)
    table = pl.read_parquet(datasets.path(birds, datasets.get_version(birds, "penguins@1")))
    async with bench.run_test(size=(100, 30)) as pilot:
        await go(pilot, "5")
        assert "n brings a model up" in text(bench)
        await go(pilot, "n")
        assert "deploy create bird --model bird@production --detach" in text(bench)
        assert bench.focused is bench.screen.query_one("#apply")
        await go(pilot, "enter")
        await until(pilot, lambda: "starting" in text(bench))
        await stepped(pilot, watcher, lambda: "● healthy" in text(bench))

        await go(pilot, "w")
        assert isinstance(bench.screen, Call)
        await go(pilot, "enter")
        await until(pilot, lambda: "bird@1," in text(bench), "the answer")
        row = table.row(0, named=True)
        model = ops_seed.fitted(table.drop_nulls("species"), 1)
        frame = pl.DataFrame([row]).select(ops_seed.COLUMNS)
        assert bench.screen.answer is not None
        assert bench.screen.answer.prediction == model.predict(frame)[0]
        assert bench.screen.answer.shares[0][1] == pytest.approx(model.predict_proba(frame).max())

        ops_seed.promote(birds, 2)
        eta = deployments.get(birds, "bird")
        await stepped(pilot, watcher, lambda: deployments.get(birds, eta.id).serving == "bird@2")
        await go(pilot, "enter")
        await until(pilot, lambda: "bird@2," in text(bench), "the answer of the next version")
        assert "before: bird@1 answers" in text(bench)
        await go(pilot, "escape")
        await until(pilot, lambda: place(bench).endpoint.answers)  # type: ignore[union-attr]  # it is there

        await go(pilot, "v")
        await until(pilot, lambda: "bird@2 answers" in text(bench))
        await until(pilot, lambda: "Latency" in text(bench))
        await go(pilot, "v", "v")
        await until(pilot, lambda: "Predictions of bird 2" in text(bench))
        await go(pilot, "x", "shift+tab", "enter")
        await stepped(pilot, watcher, lambda: "■ stopped" in text(bench))


# Pictures


def shown(*keys: str, name: str = "eta") -> Callable[[Pilot[Any]], Any]:
    async def run(pilot: Pilot[Any]) -> None:
        await go(pilot, "5")
        on(pilot, name)
        await go(pilot, *keys)
        if place(pilot.app).aside.view == "Log":  # type: ignore[arg-type]  # it is the bench
            await until(pilot, lambda: "delay@1 answers" in text(pilot.app))

    return run


@pytest.mark.parametrize("size", [(100, 30), (80, 24), (140, 40)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_the_list(
    bench: Workbench, seeded: Project, snap_compare: Compare, size: tuple[int, int]
) -> None:
    assert snap_compare(bench, terminal_size=size, run_before=shown())


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("broken", ()),
        ("eta", ("v", "v", "v")),
        ("eta", ("v", "v")),
        ("eta", ("v",)),
        ("eta", ("n",)),
        ("eta", ("x",)),
    ],
    ids=["broken", "predictions", "log", "traffic", "create", "stop"],
)
def test_views_and_questions(
    bench: Workbench, seeded: Project, snap_compare: Compare, name: str, keys: tuple[str, ...]
) -> None:
    assert snap_compare(bench, terminal_size=(80, 24), run_before=shown("enter", *keys, name=name))


def test_no_deployments(tmp_path: Path, snap_compare: Compare, bench: Workbench) -> None:
    from workbench.project.project import init_project

    bench.project = init_project(tmp_path / "empty", "empty", via="tui")

    async def run(pilot: Pilot[Any]) -> None:
        await go(pilot, "5")

    assert snap_compare(bench, terminal_size=(80, 24), run_before=run)


@pytest.mark.parametrize("size", [(80, 24), (100, 30)], ids=lambda s: f"{s[0]}x{s[1]}")
def test_the_call(
    bench: Workbench,
    seeded: Project,
    snap_compare: Compare,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("screens.deployments.calling.curl_infer", lambda *_: "curl -H ... -d ...")
    row = {"a b": 1, "kind": "b", "day": "2024-02-29"}
    outputs = {"prediction": "b", "probability_a": 0.25, "probability_b": 0.75}
    answer = Answer("bird@2", ops_seed.ulid(8, 1), 3.2, outputs)
    asked = [Asked(row, answer), Asked(row | {"kind": "a"}, answer), Asked(row, answer)]

    async def run(pilot: Pilot[Any]) -> None:
        await go(pilot, "5")
        on(pilot, "eta")
        await settled(pilot)
        endpoint = place(bench).endpoint
        assert endpoint is not None
        modal = Call(seeded, endpoint, Sample(SIGNATURE, [row, row]))
        bench.push_screen(modal)
        await settled(pilot)
        modal._tell(drawn(asked, short=size[1] < 30))
        await settled(pilot)

    assert snap_compare(bench, terminal_size=size, run_before=run)


def test_how_many(bench: Workbench, seeded: Project, snap_compare: Compare) -> None:
    async def run(pilot: Pilot[Any]) -> None:
        await shown()(pilot)
        place(bench).act_scale()
        await settled(pilot)

    assert snap_compare(bench, terminal_size=(80, 24), run_before=run)
