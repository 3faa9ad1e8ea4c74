"""The themes: contrast by the formula of WCAG 2.1, colours apart for who sees red and green alike, kept."""

from __future__ import annotations

import os
from itertools import combinations
from pathlib import Path

import pytest
from settle import settled, status, text, until
from textual.theme import Theme

from screens.app import Workbench
from screens.keymap import personal
from screens.themes import DARK, LIGHT, SAFE, SIXTEEN, THEMES, choose, keep
from screens.verbs import VERBS
from workbench.errors import BadInput
from workbench.project.settings import read_personal

OURS = (DARK, LIGHT, SAFE)
Rgb = tuple[float, float, float]


def linear(colour: str) -> Rgb:
    """Return a colour's light per channel (IEC 61966-2-1, from 0 to 1)."""
    parts = [int(colour.lstrip("#")[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return red, green, blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2.1, from 1 to 21."""
    lights = sorted(
        (0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in map(linear, (one, other))),
        reverse=True,
    )
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def test_the_formula_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # the known near miss


def texts(theme: Theme) -> dict[str, str]:
    own = {
        name: str(getattr(theme, name))
        for name in ("foreground", "primary", "secondary", "success", "warning", "error")
    }
    return own | {"muted": theme.variables["text-muted"]}


def grounds(theme: Theme) -> dict[str, str]:
    own = {name: str(getattr(theme, name)) for name in ("background", "surface", "panel")}
    cursors = ("block-cursor-background", "block-cursor-blurred-background")
    return own | {name: theme.variables[name] for name in cursors}


@pytest.mark.parametrize("theme", OURS, ids=lambda theme: theme.name)
def test_text_is_read_on_every_ground(theme: Theme) -> None:
    for name, colour in texts(theme).items():
        for ground, behind in grounds(theme).items():
            found = contrast(colour, behind)
            assert found >= 4.5, f"{name} on {ground}: {found:.2f}"
    assert contrast(theme.background or "", theme.primary) >= 4.5  # the place that is in front
    # What cannot be done now: WCAG asks nothing of it, and 3 of what is no text.
    assert contrast(theme.variables["text-disabled"], theme.panel or "") >= 3


DEUTERANOPIA = (
    (0.367322, 0.860646, -0.227968),
    (0.280085, 0.672501, 0.047413),
    (-0.011820, 0.042940, 0.968881),
)
"""Machado, Oliveira and Fernandes 2009, severity 1.0, on linear light."""
TO_XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))


def times(matrix: tuple[Rgb, ...], light: Rgb) -> Rgb:
    first, second, third = (sum(a * b for a, b in zip(row, light, strict=True)) for row in matrix)
    return first, second, third


def seen(colour: str) -> Rgb:
    """Return a colour as somebody without green cones sees it, in CIE L*a*b*."""
    red, green, blue = (min(max(part, 0), 1) for part in times(DEUTERANOPIA, linear(colour)))
    x, y, z = (
        part / white
        for part, white in zip(times(TO_XYZ, (red, green, blue)), (0.9505, 1, 1.089), strict=True)
    )
    fx, fy, fz = (p ** (1 / 3) if p > 0.008856 else 7.787 * p + 16 / 116 for p in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def test_states_are_told_apart_without_green_cones() -> None:
    states = {
        name: str(getattr(SAFE, name)) for name in ("success", "warning", "error", "secondary")
    }
    for (one, a), (other, b) in combinations(states.items(), 2):
        distance = sum((p - q) ** 2 for p, q in zip(seen(a), seen(b), strict=True)) ** 0.5
        assert distance >= 20, f"{one} and {other}: {distance:.0f}"  # 2.3 is just noticeable
    red, green = seen(str(DARK.error)), seen(str(DARK.success))
    assert (
        sum((p - q) ** 2 for p, q in zip(red, green, strict=True)) ** 0.5 < 40
    )  # why there is one


@pytest.mark.parametrize(
    ("environment", "kept", "expected"),
    [
        ({"TERM": "xterm-256color"}, "", "workbench"),
        ({"TERM": "xterm-256color"}, "workbench-light", "workbench-light"),
        ({"TERM": "xterm-256color"}, "mauve", "workbench"),
        ({"TERM": "linux"}, "", "workbench-16"),
        ({"TERM": "linux"}, "workbench-safe", "workbench-safe"),
        ({"TERM": "linux", "COLORTERM": "truecolor"}, "", "workbench"),
        ({"WORKBENCH_THEME": "workbench-safe"}, "workbench-light", "workbench-safe"),
        ({"WORKBENCH_THEME": "mauve"}, "workbench-light", "workbench-light"),
        ({"NO_COLOR": "1"}, "workbench-light", "workbench-16"),
    ],
)
def test_which_one_is_taken(environment: dict[str, str], kept: str, expected: str) -> None:
    assert choose(environment, kept) == expected


def config() -> Path:
    return Path(os.environ["XDG_CONFIG_HOME"]) / "workbench" / "config.toml"


def written(text_: str) -> None:
    config().parent.mkdir(parents=True, exist_ok=True)
    config().write_text(text_)


async def test_the_next_theme_is_kept_in_the_settings(bench: Workbench) -> None:
    written('# mine\n[keys]\nquit = "Q"\n')
    async with bench.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press("colon", *"next theme", "enter")
        await until(pilot, lambda: bench.theme == LIGHT.name)
        await until(pilot, lambda: "kept in your settings" in status(bench))
        assert "flights" in text(bench)
    assert config().read_text().startswith("# mine\n")
    assert read_personal().theme == LIGHT.name
    own = personal()
    assert (own.theme, own.keys, own.wrong) == (LIGHT.name, {"quit": "Q"}, [])


async def test_broken_settings_are_told_and_kept_as_they_are(bench: Workbench) -> None:
    written("[keys\n")
    assert len(personal().wrong) == 1
    with pytest.raises(BadInput):
        keep(LIGHT.name)
    async with bench.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        bench.act_theme()
        await until(pilot, lambda: "config.toml" in status(bench))
        assert bench.theme == LIGHT.name
    assert config().read_text() == "[keys\n"


def test_an_unknown_theme_is_told() -> None:
    written('theme = "mauve"\n')
    names = ", ".join(theme.name for theme in THEMES)
    assert personal().wrong == [f"config.toml: there is no theme mauve; there are {names}"]
    assert choose({"TERM": "xterm-256color"}, personal().theme) == DARK.name


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ('fly = "F"', "there is no verb fly"),
        ('quit = " "', "quit has no key"),
        ('quit = "cntrl+q"', "there is no key cntrl+q"),
        ('quit = "qq"', "there is no key qq"),
        ('quit = "Q,"', "there is no key without a name"),
        ('quit = "p"', "quit = p is the key of promote"),
        ('quit = "?"', "quit = ? is the key of help"),
        ('quit = "question_mark"', "quit = question_mark is the key of help"),
    ],
)
def test_each_wrong_key_is_told_in_a_line_and_has_its_default(entry: str, sentence: str) -> None:
    written(f"[keys]\n{entry}\n")
    own = personal()
    assert own.keys == {}
    assert [sentence in line for line in own.wrong] == [True]


@pytest.mark.parametrize(
    "key", ["Q", "f5", "ctrl+x", "ctrl+x,Q", "dollar_sign", "$", "alt+q", "shift+f2", "space,q"]
)
def test_keys_that_there_are(key: str) -> None:
    written(f'[keys]\nquit = "{key}"\nmark = "m"\nregister = "M"\n')
    own = personal()
    assert own.wrong == []
    assert own.keys["quit"] == key.replace("$", "dollar_sign")
    assert own.keys["mark"] == "m"  # two verbs may change places


def test_every_default_is_a_key_that_there_is() -> None:
    from screens.keymap import _unknown

    assert {verb.id: _unknown(verb.keys) for verb in VERBS.values() if _unknown(verb.keys)} == {}
    assert SIXTEEN.ansi
