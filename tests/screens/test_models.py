"""The place Models by keys: cards, history, promotion, rollback, deployment, differences."""

from __future__ import annotations

import re
import shlex
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import models_seed
import msgspec
import pytest
from click.testing import CliRunner
from kept import copy_of
from models_seed import NOW, model_file, promote, register, run, seed, serve
from onnx_files import LINEAR
from settle import settled, status, text, until
from textual.pilot import Pilot
from textual.widgets import Button

from screens.app import Workbench
from screens.models import Models
from workbench.models import promotion as promotions
from workbench.models.promotion import live
from workbench.project.project import Project
from workbench.serving.deployments import list_deployments

Compare = Callable[..., bool]
SIZES = [(100, 30), (80, 24)]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return copy_of(seed, tmp_path / "colony")


@pytest.fixture
def still() -> datetime:
    return NOW


@asynccontextmanager
async def opened(
    bench: Workbench, reference: str = "", size: tuple[int, int] = (100, 30)
) -> AsyncIterator[tuple[Pilot[Any], Models]]:
    async with bench.run_test(size=size) as pilot:
        await settled(pilot)
        await pilot.press("4")
        await settled(pilot)
        place = bench.place
        assert isinstance(place, Models)
        if reference:
            place.point_at(reference)
            await until(pilot, lambda: place.card is not None and place.table.key == reference)
        await settled(pilot)
        yield pilot, place


def said(app: Workbench) -> str:
    return "\n".join(entry.text for entry in app.session.entries)


def count_units(project: Project) -> int:
    found = project.store.one("SELECT count(*) AS n FROM promotions")
    assert found is not None
    return int(found["n"])


def pressed(*keys: str) -> Callable[[Pilot[Any]], Any]:
    async def act(pilot: Pilot[Any]) -> None:
        await settled(pilot)
        for key in ("4", *keys):
            await pilot.press(key)
            await settled(pilot)

    return act


PICTURES = {
    "card": ("enter",),
    "live": ("j", "enter"),
    "history": ("enter", "v"),
    "history-at": ("enter", "v", "slash", *"4 may"),
    "signature": ("enter", "v", "v"),
    "diff": ("d",),
    "details": ("i",),
    "where-to": ("p",),
    "promote": ("p", "G", "enter"),
    "refused": ("G", "p", "G", "enter"),
    "deploy": ("u",),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", PICTURES)
def test_pictures(
    bench: Workbench, snap_compare: Compare, name: str, size: tuple[int, int]
) -> None:
    assert snap_compare(bench, terminal_size=size, run_before=pressed(*PICTURES[name]))


@pytest.mark.parametrize("keys", [(), ("b",)], ids=["list", "rollback"])
def test_pictures_of_a_second_promotion(
    bench: Workbench, project: Project, snap_compare: Compare, keys: tuple[str, ...]
) -> None:
    with patch("workbench.store.units.datetime", models_seed.Clock(60)):
        promote(project, 3, 3, "production", "better by four points")
    assert snap_compare(bench, terminal_size=(80, 24), run_before=pressed(*keys))


async def test_the_list_tells_what_is_live_where(bench: Workbench) -> None:
    async with opened(bench) as (_, place):
        assert place.table.count == 3
        lines = {line[4:13]: line for line in text(bench).splitlines()}
        assert "● production" in lines["species@2"]
        assert "○ dev" in lines["species@1"]
        assert "0.2041 ✗" in lines["species@1"]  # misses 0.9
        assert "0.9713 ✓" in lines["species@3"]


async def test_the_card_holds_a_version_against_what_is_live(bench: Workbench) -> None:
    async with opened(bench, "species@3", (120, 60)) as (pilot, place):
        await until(pilot, lambda: "not the same rows: tested on penguins@2" in text(bench))
        await until(pilot, lambda: "penguins@2 against penguins@1:" in text(bench))
        shown = text(bench)
        assert "held against species@2, live in production" in shown
        assert re.search(r"macro_f1 +0\.9713 +0\.9333 +\+0\.038 ▲", shown)  # 0.9713 - 0.9333
        assert re.search(r"log_loss +0\.1300 +0\.2100 +-0\.08 ▲", shown)  # less is better
        assert "✓ production  pass  0.9713, asked 0.9000" in shown
        assert re.search(r"guard, at most +0\.5000  ✓ reached", shown)
        assert "✓ production  pass  0.1300, asked 0.5000" in shown
        assert "penguins@2 against penguins@1:" in shown
        assert re.search(r"✗ high +body_mass_g|▲ medium +body_mass_g", shown)
        assert "body_mass_g was int, sex added" in shown
        place.point_at("species@1")
        await until(pilot, lambda: "✗ production  fail  0.2041, asked 0.9000" in text(bench))
        assert "✗ missed" in text(bench)


async def test_the_costly_parts_come_one_after_the_other(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The card is there while rows are compared, tables compared and latencies read."""
    from screens.models import parts

    gate, real = threading.Event(), parts.compare_rows

    def slow(*args: Any) -> Any:
        assert gate.wait(60)
        return real(*args)

    monkeypatch.setattr(parts, "compare_rows", slow)
    async with bench.run_test(size=(140, 70)) as pilot:
        await until(pilot, lambda: bench.standing is not None)
        await pilot.press("4")
        await until(pilot, lambda: isinstance(bench.place, Models) and bench.place.card is not None)
        place = bench.place
        assert isinstance(place, Models)
        place.point_at("species@2")
        await until(pilot, lambda: "◌ comparing row by row" in text(bench))
        assert "◌ comparing the tables" in text(bench)
        assert "◌ to be measured" in text(bench)
        await pilot.press("i")  # and it is not blocked meanwhile
        await until(pilot, lambda: "species@2 in full" in text(bench) or "@2" in text(bench))
        await pilot.press("escape")
        gate.set()
        await until(pilot, lambda: "the same 60 test rows" in text(bench))
        await until(pilot, lambda: "✓ the same table: penguins@1" in text(bench))
        await until(pilot, lambda: "0.8 ms, 95 % under 1.25 ms, on lab" in text(bench))
        assert re.search(r"macro_f1 +0\.9333 +0\.2041 +\+0\.729 ▲", text(bench))


async def test_a_file_of_untrusted_types_is_a_risk(bench: Workbench, project: Project) -> None:
    run(project, 4)
    evil = model_file("x", "ObjectNode", "os.system")
    register(project, 4, "who knows", data=evil)
    async with opened(bench, "species@4", (120, 60)):
        assert "✗ 1 not trusted: os.system" in text(bench)


async def test_what_begins_to_answer_turns_live(bench: Workbench, project: Project) -> None:
    async with opened(bench, "species@3", (120, 40)) as (pilot, _):
        promote(project, 3, 3, "production", "better")
        await until(pilot, lambda: "○ promoted, not served" in text(bench).split("Where it")[1])
        serve(project, 3, 3)
        await until(pilot, lambda: "● live at eta, serving since 09:30" in text(bench))


async def test_history_tells_from_when_to_when(bench: Workbench, project: Project) -> None:
    promote(project, 3, 3, "production", "better by four points")
    async with opened(bench, "species@3", (120, 40)) as (pilot, _):
        await pilot.press("enter", "v")
        await settled(pilot)
        shown = text(bench)
        assert "served from 2026-05-04 09:30" in shown
        assert "ada: the first that is good enough" in shown
        assert "ada: better by four points" in shown
        assert shown.index("production\u2500".rstrip("\u2500")) < shown.index("to try the way")


async def test_history_answers_what_was_live_then(bench: Workbench, project: Project) -> None:
    with patch("workbench.store.units.datetime", models_seed.Clock(60)):
        promote(project, 3, 3, "production", "better by four points")
    async with opened(bench, "species@3", (120, 40)) as (pilot, place):
        place.act_at()
        await until(pilot, lambda: place.history_pane._input.has_focus)
        await pilot.press(*"4 may 2026 10:20".replace("4 may 2026", "2026-05-04"))
        await until(pilot, lambda: "At 2026-05-04 10:20:00 (UTC)" in text(bench))
        shown = text(bench).split("At 2026-05-04")[1]
        assert re.search(r"production +○ species@3  promoted, not served, since", shown)
        assert re.search(r"staging +nothing", shown)
        assert place.history_pane.command_at() == (
            "model", "history", "species", "--at", "2026-05-04 10:20",
        )  # fmt: skip
        for _ in range(5):
            await pilot.press("backspace")
        await until(pilot, lambda: "On 2026-05-04" in text(bench))
        shown = text(bench).split("On 2026-05-04")[1]
        assert "● species@2  live, 2026-05-04" in shown  # both counted on that day
        assert "○ species@3" in shown
        await pilot.press("x")
        await until(pilot, lambda: "neither a date" in text(bench))
        await pilot.press("escape")
        await until(pilot, lambda: "neither a date" not in text(bench))
        assert place.history_pane.detail.has_focus


async def test_promotion_into_production_by_keys(bench: Workbench, project: Project) -> None:
    async with opened(bench, "species@3") as (pilot, _):
        await pilot.press("p")
        await until(pilot, lambda: "Promote species@3 to" in text(bench))
        await settled(pilot)
        await pilot.press("G", "enter")
        await until(pilot, lambda: "What will change" in text(bench))
        await settled(pilot)
        shown = text(bench)
        assert "species@2 → species@3" in shown
        assert "eta switches to species@3" in shown
        await pilot.press("enter", "enter", "enter")  # nothing was typed: nothing happens
        await settled(pilot)
        assert count_units(project) == 2
        assert "✗ this is needed" in text(bench)
        await pilot.press(*"four points", "enter", *"species@2", "enter", "enter")
        await until(pilot, lambda: "✗ this is not species@3" in text(bench))
        assert count_units(project) == 2
        await pilot.press("backspace", "3", "enter", "enter")
        await until(pilot, lambda: "species@3 is promoted to production" in said(bench))
        made = live(project, "species")["production"]
        assert (made.reference, made.reason) == ("species@3", "four points")
        assert [gate.outcome for gate in made.gates] == ["pass", "pass"]
        command = next(e.text for e in bench.session.entries if e.kind == "command")
        assert shlex.split(command) == [
            "workbench", "model", "promote", "species@3", "--to", "production",
            "--reason", "four points", "--yes", "species@3",
        ]  # fmt: skip
        await until(pilot, lambda: "○ production" in text(bench))


async def test_an_environment_that_asks_for_no_name(bench: Workbench, project: Project) -> None:
    async with opened(bench, "species@2") as (pilot, _):
        await pilot.press("p")
        await until(pilot, lambda: "Promote species@2 to" in text(bench))
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "dev has no gates" in text(bench))
        await settled(pilot)
        assert "nobody follows it" in text(bench)
        await pilot.press(*"why not", "enter", "enter")
        await until(pilot, lambda: "Nobody serves it yet: u deploys." in said(bench))
        assert live(project, "species")["dev"].reference == "species@2"


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("species@1", "The gates of production refuse it"),
        ("species@2", "species@2 is promoted to production already"),
    ],
)
async def test_a_refusal_says_why_and_offers_nothing(
    bench: Workbench, project: Project, reference: str, sentence: str
) -> None:
    async with opened(bench, reference) as (pilot, _):
        await pilot.press("p")
        await until(pilot, lambda: f"Promote {reference} to" in text(bench))
        await settled(pilot)
        await pilot.press("G", "enter")
        await until(pilot, lambda: sentence in text(bench))
        assert [button.id for button in bench.screen.query(Button)] == ["cancel"]
        await pilot.press("enter")
        await settled(pilot)
        assert count_units(project) == 2


async def test_a_promotion_meanwhile_is_seen(bench: Workbench, project: Project) -> None:
    async with opened(bench, "species@3") as (pilot, _):
        await pilot.press("p")
        await until(pilot, lambda: "Promote species@3 to" in text(bench))
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "What will change" in text(bench))
        await settled(pilot)
        promotions.promote(project, "species@2", "dev", "I was first")
        await pilot.press("o", "k", "enter", "enter")
        await until(pilot, lambda: "Somebody promoted in species, dev" in text(bench))
        assert live(project, "species")["dev"].reference == "species@2"


async def test_a_gate_that_cannot_be_asked_lets_nothing_through(
    project: Project, still: datetime, tmp_path: Path
) -> None:
    from workbench.project.project import open_project

    settings = project.paths.settings.read_text().replace('gate = "threshold"', 'gate = "taste"', 1)
    project.paths.settings.write_text(settings)
    app = Workbench(open_project(project.root, via="tui"), now=lambda: still)
    async with opened(app, "species@3", (120, 60)) as (pilot, _):
        assert "✗ staging     fail  cannot be asked" in text(app)
        await pilot.press("p")
        await until(pilot, lambda: "Promote species@3 to" in text(app))
        await settled(pilot)
        await pilot.press("j", "enter")
        await until(pilot, lambda: "The gate taste of staging cannot be asked" in said(app))


async def test_rollback_is_b_its_card_enter(bench: Workbench, project: Project) -> None:
    async with opened(bench, "species@3") as (pilot, _):
        await pilot.press("b")
        await settled(pilot)
        assert "species has nothing before what is promoted in" in status(bench)
        promote(project, 3, 3, "production", "better")
        await until(pilot, lambda: "○ production" in text(bench))
        await settled(pilot)
        await pilot.press("b")
        await until(pilot, lambda: "Roll species back in production" in text(bench))
        await settled(pilot)
        assert "species@3 → species@2" in text(bench)
        assert "the first that is good enough" in text(bench)
        await pilot.press("enter")
        await until(pilot, lambda: "species@2 is back in production" in said(bench))
        made = live(project, "species")["production"]
        assert (made.reference, made.action) == ("species@2", "rollback")
        await until(pilot, lambda: "has nothing before" not in text(bench))


async def test_of_several_environments_the_one_to_roll_back_is_asked(
    bench: Workbench, project: Project
) -> None:
    promote(project, 3, 3, "production", "better")
    promote(project, 4, 3, "dev", "better")
    async with opened(bench, "species@3") as (pilot, _):
        await pilot.press("b")
        await until(pilot, lambda: "Roll species back in" in text(bench))
        await settled(pilot)
        await pilot.press("j", "enter")
        await until(pilot, lambda: "Roll species back in dev" in text(bench))
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "species@1 is back in dev" in said(bench))
        assert live(project, "species")["production"].reference == "species@3"


async def test_deploying_follows_or_stays(
    bench: Workbench, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.compute.wake.wake_runner", lambda project: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = str(taken.getsockname()[1])
        async with opened(bench, "species@3") as (pilot, _):
            await pilot.press("u")
            await until(pilot, lambda: "Deploy species" in text(bench))
            await settled(pilot)
            assert "‹ species@3 ›" in text(bench)  # it counts nowhere: the version itself
            await pilot.press(
                "tab", "tab", "tab", "right", "tab", "backspace", *busy, "tab", "tab", "enter"
            )
            await until(pilot, lambda: f"Port {busy} is in use" in text(bench))
            await pilot.press(
                "shift+tab", "shift+tab", *["backspace"] * len(busy), "0", "tab", "tab", "enter"
            )
            await until(pilot, lambda: "species is starting for species@production" in said(bench))
    made = list_deployments(project)[0]
    assert (made.name, made.environment, made.port, made.token) == (
        "species", "production", 0, True,
    )  # fmt: skip


async def test_the_difference_of_two_marked_versions(bench: Workbench) -> None:
    async with opened(bench, "species@3", (120, 60)) as (pilot, place):
        await pilot.press("space", "space", "space")
        await pilot.press("d")
        await settled(pilot)
        assert "3 versions are marked: mark two" in status(bench)
        await pilot.press("space")  # the cursor is on the last one still
        assert place.table.marks == {"species@3", "species@2"}
        await pilot.press("d")
        await until(pilot, lambda: "species@2 and species@3" in text(bench))
        await settled(pilot)
        shown = text(bench)
        for pattern in (
            r"trainer +hgb +linear",
            r"max_iter +100 +–",
            r"macro_f1 +0\.9333 +0\.9713 +\+0\.038 ▲ better",
            r"log_loss +0\.2100 +0\.1300 +-0\.08 ▲ better",
            r"95 % +0\.915–0\.952 +0\.952–0\.991",
            r"▲ not the same rows: tested on penguins@2",
            r"trained on +penguins@1 +penguins@2",
            r"one row +0\.8 ms +0\.9 ms",
            r"sex \(input\) +– +str +▲ added",
            r"body_mass_g \(input\) +int +float +▲ was int",
        ):
            assert re.search(pattern, shown), (pattern, shown)
        await pilot.press("escape")
        await settled(pilot)
        assert place.table.has_focus


async def test_verify_reads_the_file_again(bench: Workbench, project: Project) -> None:
    async with opened(bench, "species@3") as (pilot, place):
        place.act_verify()
        await until(pilot, lambda: "is not what the record says" in said(bench))


async def test_keys_typed_ahead_wait_for_the_list(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await pilot.press("4", "p")
        await until(pilot, lambda: "Promote species@3 to" in text(bench))


async def test_an_empty_place_names_the_next_key(tmp_path: Path, still: datetime) -> None:
    app = Workbench(models_seed.empty(tmp_path / "none"), now=lambda: still)
    async with opened(app) as (pilot, _):
        assert "No models yet." in text(app)
        assert "A version is made by registering" in text(app)
        for key in "pbudi":
            await pilot.press(key)
            await settled(pilot)
            assert "there is no version under the cursor" in status(app)


async def test_a_version_or_a_model_is_pointed_at(bench: Workbench) -> None:
    async with opened(bench) as (pilot, place):
        bench.goto("model", "species@1")
        await until(pilot, lambda: place.table.key == "species@1")
        bench.goto("model", "species")
        await until(pilot, lambda: place.table.key == "species@3")


async def test_every_command_is_one_that_the_cli_takes(bench: Workbench, project: Project) -> None:
    from workbench.cli.main import workbench

    promote(project, 3, 3, "production", "better")
    async with opened(bench, "species@3") as (_, _place):
        found = [offer.argv for offer in bench.offers() if offer.argv]
    assert {argv[:2] for argv in found} >= {
        ("model", "gates"), ("model", "rollback"), ("model", "show"), ("model", "verify"),
        ("deploy", "create"), ("model", "diff"), ("model", "history"), ("run", "report"),
    }  # fmt: skip
    for argv in found:
        answer = CliRunner().invoke(workbench, [*argv, "--help"])
        assert answer.exit_code == 0, (shlex.join(argv), answer.output)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with a pickle whose payload makes a file, and an ONNX model."""
    folder = tmp_path / "files"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "evil.pkl").write_bytes(b"cos\nsystem\n(S'touch pwned'\ntR.")
    (folder / "linear.onnx").write_bytes(LINEAR)
    (folder / "s.json").write_bytes(msgspec.json.encode(models_seed.signature(1)))
    return folder


def chosen(name: str, *keys: str) -> Callable[[Pilot[Any]], Any]:
    async def act(pilot: Pilot[Any]) -> None:
        await pressed("n")(pilot)
        for key in name:
            await pilot.press("full_stop" if key == "." else key)
        await settled(pilot)
        await pilot.press("enter", *keys)
        await settled(pilot)
        await until(pilot, lambda: "signature" in text(pilot.app))
        await settled(pilot)

    return act


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", ["evil.pkl", "linear.onnx"])
def test_pictures_of_an_import(
    bench: Workbench, files: Path, snap_compare: Compare, name: str, size: tuple[int, int]
) -> None:
    assert snap_compare(bench, terminal_size=size, run_before=chosen(name))


async def test_a_file_is_imported_by_keys(bench: Workbench, project: Project, files: Path) -> None:
    async with opened(bench) as (pilot, place):
        await chosen("linear.onnx")(pilot)
        shown = text(bench)
        assert "✓ loading it runs no code of the file" in shown
        assert "regression, predicts target" in shown
        assert "X_0 float, X_1 float, X_2 float" in shown
        await pilot.press(*["enter"] * 5)
        await pilot.press("tab", "tab")
        assert isinstance(bench.focused, Button)
        await pilot.press("enter")
        await until(pilot, lambda: "linear@1 is imported" in said(bench))
        await until(pilot, lambda: place.card is not None and place.card.row.model == "linear")
        await until(pilot, lambda: "imported: nothing was measured" in text(bench))
        await pilot.press("o")
        await settled(pilot)
        assert "linear@1 was imported: no run made it" in status(bench)
        command = next(e.text for e in bench.session.entries if e.kind == "command")
        assert shlex.split(command)[1:] == [
            "model", "import", "linear.onnx", "--name", "linear",
        ]  # fmt: skip


async def test_a_pickle_is_refused_and_not_run(
    bench: Workbench, project: Project, files: Path
) -> None:
    async with opened(bench) as (pilot, _):
        await chosen("evil.pkl")(pilot)
        assert "✗ 1 name: os.system" in text(bench)
        assert "▲ loading it may run code of the file" in text(bench)
        bench.screen.query_one("#apply", Button).press()
        await until(pilot, lambda: "This project takes no pickle files" in text(bench))
        project.paths.settings.write_text(
            project.paths.settings.read_text().replace("unsafe = []", 'unsafe = ["pickle"]')
        )
        project.fresh_settings()
        await pilot.press("tab", "tab", *"s.json", "tab")
        await until(pilot, lambda: "multiclass, predicts species" in text(bench))
        bench.screen.query_one("#apply", Button).press()
        await until(pilot, lambda: "names what can run commands" in text(bench))
        await pilot.press("tab", "tab", "tab", "right")
        await until(pilot, lambda: "--dangerous" in text(bench))
        bench.screen.query_one("#apply", Button).press()
        await until(pilot, lambda: "evil@1 is imported" in said(bench))
        await settled(pilot)
    assert not (files / "pwned").exists()


HOSTILE = (
    "[/x] [@click=app.quit]x[/] [bold \\[ \x1b]0;PWNED\x07 \x1b]2;PWNED\x1b\\ \x1b[2J\x1b[31mred"
    " \x9b2J\x9d0;PWNED\x9c \x07\x08\x7f a\nb\rc\td \u202eevil\u2066\u200b\ufeff 日本語 $error"
)
LONG = "wide " * 60
FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


async def test_hostile_words_are_only_words(bench: Workbench, project: Project) -> None:
    run(project, 4, {HOSTILE: HOSTILE})
    register(project, 4, HOSTILE * 20)
    promotions.promote(project, "species@4", "dev", HOSTILE)
    async with opened(bench, "species@4", (120, 60)) as (pilot, _):
        for keys in (("enter",), ("v",), ("v",), ("d",), ("escape", "i"), ("escape", "b")):
            await pilot.press(*keys)
            await settled(pilot)
            shown = text(bench)
            assert not FORBIDDEN.search(shown), repr(FORBIDDEN.findall(shown))
            for strip in bench.screen._compositor.render_strips():
                for segment in strip:
                    assert not (
                        segment.style and (segment.style.link or segment.style.meta.get("@click"))
                    )
        assert "Roll species back in dev" in text(bench)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    "keys", [("enter",), ("enter", "pagedown"), ("d",)], ids=["card", "on", "diff"]
)
@pytest.mark.parametrize("word", [HOSTILE, LONG], ids=["hostile", "long"])
def test_pictures_of_names_that_are_hostile_or_long(
    bench: Workbench, project: Project, snap_compare: Compare, word: str, keys: tuple[str, ...],
    size: tuple[int, int],
) -> None:  # fmt: skip
    with patch("workbench.store.units.datetime", models_seed.Clock(60)):
        models_seed.strange(project, word)
    assert snap_compare(bench, terminal_size=size, run_before=pressed(*keys))
