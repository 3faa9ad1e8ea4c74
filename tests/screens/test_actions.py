"""The registry of acts: one letter one verb, methods that exist, offers by focus, commands as text."""

from __future__ import annotations

import shlex

import pytest
from settle import settled, status, text
from textual.widget import Widget

from screens import actions, places
from screens.actions import REGISTRY, Act, Actor, main_offer, offers
from screens.app import Workbench
from screens.commands import Session, command_text
from screens.keymap import read_keys
from screens.verbs import VERBS
from screens.widgets.table import Table


def all_places() -> None:
    for place in places.PLACES:
        places.make(place)


def test_no_key_has_two_meanings() -> None:
    seen: dict[str, str] = {}
    for verb in VERBS.values():
        for key in verb.keys.split(","):
            assert seen.setdefault(key, verb.id) == verb.id


def test_no_verb_needs_a_key_that_terminals_swallow() -> None:
    swallowed = {"ctrl+i", "ctrl+m", "ctrl+j", "ctrl+h", "ctrl+[", "ctrl+enter"}
    assert not swallowed & {key for verb in VERBS.values() for key in verb.keys.split(",")}


def test_the_key_map_is_that_of_the_design() -> None:
    wanted = (
        "enter open, esc back, - last, tab next-pane, v view, / filter, : commands, . menu, ? help, "
        "space mark, s sort, S sort-back, i details, y copy, Y copy-cell, n new, e edit, t train, "
        "w run, c compare, d diff, m register, p promote, b rollback, u deploy, x stop, "
        "a acknowledge, del delete, z undo, f full, r refresh, o report, J jobs, L log, q quit"
    )
    for pair in wanted.split(", "):
        key, verb = pair.split()
        assert VERBS[verb].shown() == key


def test_every_act_names_a_verb_and_has_words() -> None:
    all_places()
    for act, _ in REGISTRY.values():
        assert not act.verb or act.verb in VERBS, act.id
        assert act.words, act.id
        assert act.sentence.endswith("."), act.id


def test_an_act_without_its_method_is_refused() -> None:
    with pytest.raises(TypeError, match="no method act_fly"):
        type("Bird", (Actor, Widget), {"ACTS": (Act("bird.fly", "run"),), "__module__": "x"})


def test_two_classes_cannot_declare_one_act() -> None:
    body = {"ACTS": (Act("one.go", "run"),), "act_go": lambda _: None, "__module__": "x"}
    type("First", (Actor, Widget), dict(body))
    with pytest.raises(ValueError, match=r"one\.go"):
        type("Second", (Actor, Widget), dict(body))
    del actions.REGISTRY["one.go"]


def test_a_command_is_read_back_as_its_words() -> None:
    argv = ("data", "add", "a file's $(name).csv", "--name", "x")
    assert shlex.split(command_text(argv)) == ["workbench", *argv]


def test_the_session_keeps_commands_as_a_script() -> None:
    from datetime import UTC, datetime

    session = Session()
    session.add(datetime.now(UTC), "command", "workbench data list")
    session.add(datetime.now(UTC), "warning", "look \x1b]0;out\x07")
    assert session.script() == "#!/bin/sh\nset -e\nworkbench data list\n"
    assert session.unread == 1
    assert "\x1b" not in session.entries[1].text


def test_own_keys_are_taken_unless_they_clash() -> None:
    keys, wrong = read_keys({"train": "T", "stop": "f2", "promote": "b", "fly": "F", "mark": " "})
    assert keys == {"train": "T", "stop": "f2"}
    assert len(wrong) == 3
    assert read_keys({"train": "x", "stop": "t"}) == ({"train": "x", "stop": "t"}, [])


async def test_offers_are_nearest_first_and_each_verb_once(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        found = offers(bench.screen)
        verbs = [offer.act.verb for offer in found if offer.act.verb]
        assert len(verbs) == len(set(verbs))
        assert isinstance(found[0].node, Table)
        assert [offer.near for offer in found] == sorted(offer.near for offer in found)
        back = next(offer for offer in found if offer.act.verb == "back")
        assert back.act.id == "list.clear"


async def test_a_key_that_cannot_act_says_why(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("space")
        await settled(pilot)
        assert "nothing can be done with several of these" in status(bench)


async def test_own_keys_work(bench: Workbench) -> None:
    bench.keys = {"place-3": "ctrl+e"}
    bench.set_keymap(bench.keys)
    async with bench.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("3")
        assert bench.current_mode == "home"
        await pilot.press("ctrl+e")
        assert bench.current_mode == "experiments"


async def test_the_places_have_their_digits_and_minus_goes_back(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        for digit, place in enumerate(places.PLACES):
            await pilot.press(str(digit))
            await settled(pilot)
            assert bench.current_mode == place.id
            assert f"{digit} {place.title}" in text(bench).splitlines()[0]
        await pilot.press("minus")
        assert bench.current_mode == "deployments"
        await pilot.press("minus")
        assert bench.current_mode == "compute"


async def test_ctrl_c_tells_how_to_quit_and_q_quits(bench: Workbench) -> None:
    async with bench.run_test(size=(100, 30)) as pilot:
        await settled(pilot)
        await pilot.press("ctrl+c")
        await settled(pilot)
        assert "q quits" in status(bench)
        await pilot.press("q")
        await pilot.pause()
        assert not bench.is_running


def test_nothing_to_copy_without_a_command() -> None:
    assert main_offer([]) is None
