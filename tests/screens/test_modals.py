"""Every modal of an ordinary and of a hostile project, at both sizes and without colours; none is left out.

One app goes through all of them: each picture is taken there and judged in a test of its own. The
hostile project at 100x30 and NO_COLOR have one picture of every class of modal: their frames are drawn
by the same code wherever they are opened from.
"""

from __future__ import annotations

import ast
import asyncio
import importlib
import pkgutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any

import hostile_seed
import modals_seed
import pytest
from kept import copy_of
from modals_seed import HOSTILE, NOW, ORDINARY, Words
from onnx_files import LINEAR
from openings import ONCE, OPENINGS, Opening
from pytest_textual_snapshot import SVGImageExtension
from rich.cells import cell_len
from settle import settled, text
from syrupy.assertion import SnapshotAssertion
from test_boundary import FORBIDDEN
from test_doctor import FOUND
from textual.pilot import Pilot

import screens
from screens.app import Workbench
from screens.datasets.picking import Entries, look
from screens.modals.base import Box, Modal
from screens.modals.choose import AROUND, Choose
from workbench.compute.contract import Probe
from workbench.compute.trusting import HostKey
from workbench.doctor.findings import Finding
from workbench.experiments.reproduce import Changed, Plan
from workbench.project.project import Project

SIZES = [(80, 24), (100, 30)]
WORDS = {"ordinary": ORDINARY, "hostile": HOSTILE}
LEAST = ("hostile", (100, 30))
"""The kind and size of which one picture of every class is enough."""
ROOT = Path(screens.__file__).parent


@dataclass
class Taken:
    """What was seen of one opening; `trouble` is why nothing was."""

    svg: str = ""
    lines: list[str] = field(default_factory=list)
    colours: set[str] = field(default_factory=set)
    focus: bool = False
    made: type[Modal[Any]] | None = None
    site: str = ""
    trouble: BaseException | None = None


_TAKEN: dict[tuple[str, tuple[int, int], bool], dict[str, Taken]] = {}


@pytest.fixture(autouse=True)
def same_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine, of this moment or of this folder."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setenv("WORKBENCH_THEME", "workbench")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("screens.deployments.side.curl", lambda *_: "curl ...")
    monkeypatch.setattr("screens.deployments.calling.curl_infer", lambda *_: "curl -H ... -d ...")
    monkeypatch.setattr("screens.modals.keys.config_home", lambda: Path("~/.config/workbench"))
    monkeypatch.setattr("screens.datasets.picking.look", at_home)
    monkeypatch.setattr("screens.modals.doctor.look", lambda *_: found())
    monkeypatch.setattr("screens.compute.trusting.host_key", lambda *_: key_of(_[1]))
    monkeypatch.setattr("screens.compute.facts._moment", lambda *_: "10:00:00, now")
    monkeypatch.setattr("workbench.compute.checking.probe", lambda *_: MACHINE)
    monkeypatch.setattr("workbench.experiments.reproduce.plan_again", plan)
    monkeypatch.setattr("workbench.project.settings.Settings.slots", 1)
    (tmp_path / "ada").mkdir()
    monkeypatch.chdir(tmp_path / "ada")


def at_home(typed: str) -> Entries:
    """What is there, in a folder of always the same name."""
    entries = look(typed)
    return replace(entries, folder=Path("/home/ada") / entries.folder)


def found() -> list[Finding]:
    words = hostile_seed.ORDERS + hostile_seed.ARABIC
    long = hostile_seed.LONG
    return [
        *FOUND,
        Finding(id="long", area="project", state="warn", what=words, why=long, fix=long),
    ]


MACHINE = Probe(True, {"host": "lab", "system": "Linux x86_64", "python": "3.11.7", "cores": "2"})


def key_of(target: str) -> HostKey:
    """The key of a host that was never seen; it gives every word of its own."""
    word = hostile_seed.LONG if len(target) > 9 else "gpu.example.org"
    fingerprint = "SHA256:kHh3mKcIOe5uZ6VbzC5Vb0k0ZNeV2uPLfZbXWkb5Ph0"
    return HostKey(
        host=word, address=f"{word}:22", type="ssh-ed25519", fingerprint=fingerprint, line="",
        file="~/.ssh/known_hosts", state="unknown",
    )  # fmt: skip


def plan(_: Project, reference: str) -> Plan:
    """What the machine and its packages were, and are."""
    words = hostile_seed.ORDERS + hostile_seed.ARABIC
    changed = [
        Changed(name="Python", before="3.9.1", now="3.11.7"),
        Changed(name="GPUs", before="", now=words),
        *(Changed(name=f"package {n}", before="1.0", now=hostile_seed.LONG) for n in range(8)),
    ]
    return Plan(run=reference, params={}, changed=tuple(changed))


def files(kind: str) -> None:
    """A table and a model in the folder that the interface was started in."""
    words = hostile_seed
    name = f"{words.ARABIC[:8]}{words.ORDERS[:4]}{'f' * 120}" if kind == "hostile" else "flights"
    heads = list(words.HEADER) if kind == "hostile" else ["origin", "late", "delay"]
    cells = list(words.WORDS) if kind == "hostile" else ["JFK", "yes", "31"]
    for folder in ("models", "tables"):
        Path(folder).mkdir()
    (Path("models") / f"{name}.onnx").write_bytes(LINEAR)
    row = ",".join(f'"{cell}"' for cell in cells)
    head = ",".join(f'"{cell}"' for cell in heads)
    table = "\n".join([head, *[row] * 20]) + "\n"
    (Path("tables") / f"{name}.csv").write_text(table, encoding="utf-8")


def pictures(
    kind: str, size: tuple[int, int], root: Path, *, colours: bool = True
) -> dict[str, Taken]:
    """Go through every opening once for each kind of project and size."""
    key = (kind, size, colours)
    if key not in _TAKEN:
        files(kind)
        project = copy_of(
            getattr(modals_seed, kind), root / ("lab" if kind == "hostile" else "colony")
        )
        with pytest.MonkeyPatch.context() as patch:
            know_makers(patch)
            wanted = [o for o in OPENINGS if (colours and key[:2] != LEAST) or o.name in ONCE]
            _TAKEN[key] = asyncio.run(take(project, WORDS[kind], size, wanted))
    return _TAKEN[key]


def know_makers(patch: pytest.MonkeyPatch) -> None:
    """Let every modal that is made tell where in the code."""
    before = Modal.__init__

    def make(self: Modal[Any], *given: Any, **named: Any) -> None:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_name == "__init__":
            frame = frame.f_back
        assert frame is not None
        module = str(frame.f_globals["__name__"]).removeprefix("screens.")
        before(self, *given, **named)
        self._made_at = f"{module}:{frame.f_code.co_qualname}"  # type: ignore[attr-defined]

    patch.setattr(Modal, "__init__", make)


async def take(
    project: Project, words: Words, size: tuple[int, int], wanted: Sequence[Opening]
) -> dict[str, Taken]:
    """Take these, one after the other, in one app."""
    taken: dict[str, Taken] = {}
    app = Workbench(project, now=lambda: NOW)
    async with app.run_test(size=size, notifications=True) as pilot:
        await settled(pilot)
        for opening in wanted:
            taken[opening.name] = await photograph(pilot, opening, words)
    return taken


async def photograph(pilot: Pilot[Any], opening: Opening, words: Words) -> Taken:
    """Open it from a place as it was, look at it, and leave everything that was opened."""
    app: Any = pilot.app
    try:
        app.session.entries.clear()
        app.session.unread = 0
        app.bars.message()
        await pilot.press(opening.digit)
        await settled(pilot)
        await opening.way(pilot, words)
        await settled(pilot)
        return looked(app)
    except (AssertionError, LookupError, AttributeError, TypeError, ValueError) as error:
        return Taken(trouble=error)
    finally:
        app.clear_notifications()
        app.questions = ()
        while app.screen.is_modal:
            app.screen.dismiss(None)
            await settled(pilot)


def looked(app: Any) -> Taken:
    strips = app.screen._compositor.render_strips()
    screen = app.screen
    styles = [
        segment.style
        for strip in strips
        for segment in (
            strip.apply_filter(app._filters[-1], app.screen.background_colors[1])
            if app.no_color
            else strip
        )
        if segment.style is not None
    ]
    colours = {c.name for style in styles for c in (style.color, style.bgcolor) if c}
    return Taken(
        svg=app.export_screenshot(title=app.title, simplify=True),
        lines=[strip.text for strip in strips],
        colours=colours,
        focus=any(style.reverse for style in styles),
        made=type(screen) if screen.is_modal else None,
        site=getattr(screen, "_made_at", ""),
    )


def seen(taken: Taken) -> Taken:
    if taken.trouble is not None:
        raise AssertionError("it could not be opened") from taken.trouble
    return taken


CASES = [
    pytest.param(kind, size, opening.name, id=f"{kind}-{size[0]}x{size[1]}-{opening.name}")
    for kind in WORDS
    for size in SIZES
    for opening in OPENINGS
    if (kind, size) != LEAST or opening.name in ONCE
]


@pytest.mark.parametrize(("kind", "size", "name"), CASES)
def test_picture(
    kind: str, size: tuple[int, int], name: str, tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    taken = seen(pictures(kind, size, tmp_path)[name])
    opening = next(opening for opening in OPENINGS if opening.name == name)
    assert taken.site == opening.site
    for line in taken.lines:
        assert cell_len(line) == size[0], line
        assert FORBIDDEN.search(line) is None
    assert taken.svg == snapshot.use_extension(SVGImageExtension)


@pytest.mark.parametrize("name", ONCE)
def test_without_colours(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_THEME")
    monkeypatch.setenv("NO_COLOR", "1")
    taken = seen(pictures("ordinary", (80, 24), tmp_path, colours=False)[name])
    assert taken.colours == {"default"}
    assert taken.focus or name in {"help", "doctor", "details", "toast"}, "nothing shows the cursor"


# None is left out


def modules() -> Iterator[Any]:
    for found in pkgutil.walk_packages(screens.__path__, "screens."):
        if not found.name.startswith("screens.pictures."):
            yield importlib.import_module(found.name)


def classes(of: type[Any]) -> set[type[Any]]:
    below = {cls for cls in of.__subclasses__() if cls.__module__.startswith("screens.")}
    return below.union(*(classes(cls) for cls in below))


class Sites(ast.NodeVisitor):
    """Where a modal is made: calls of one of these names, with the function that they are in."""

    def __init__(self, module: str, names: set[str]) -> None:
        self.names, self.found = names, set[str]()
        self._within, self._module = [""], module

    def _inside(self, node: Any, name: str, mark: str) -> None:
        self._within.append(f"{self._within[-1]}{name}{mark}")
        self.generic_visit(node)
        self._within.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:  # ast's word
        self._inside(node, node.name, ".")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:  # ast's word
        self._inside(node, node.name, ".<locals>.")

    def visit_Lambda(self, node: ast.Lambda) -> None:  # ast's word
        self._inside(node, "<lambda>", ".<locals>.")

    def visit_Call(self, node: ast.Call) -> None:  # ast's word
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in self.names:
            self.found.add(f"{self._module}:{self._within[-1].removesuffix('.<locals>.')}")
        self.generic_visit(node)


def sites(names: set[str]) -> set[str]:
    made: set[str] = set()
    for path in ROOT.rglob("*.py"):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        here = vars(importlib.import_module(f"screens.{module}".removesuffix(".__init__")))
        visitor = Sites(
            module, {name for name in names if issubclass(here.get(name, Modal), Modal)}
        )
        visitor.visit(ast.parse(path.read_text("utf-8")))
        made |= visitor.found
    return made


def test_every_modal_is_pictured(tmp_path: Path) -> None:
    assert list(modules())
    known = classes(Modal)
    assert sites({cls.__name__ for cls in known}) == {o.site for o in OPENINGS} - {""}
    taken = pictures("ordinary", (80, 24), tmp_path)
    shown = {each.made for each in taken.values()}
    bases = {cls for cls in known if cls.__subclasses__() and cls not in shown}
    assert {cls.__name__ for cls in bases} == {"Drawer"}
    assert known - bases == shown - {None}
    assert {taken[name].made for name in ONCE} == shown


def test_a_modal_that_no_picture_shows_is_found() -> None:
    visitor = Sites("new", {"Confirm"})
    visitor.visit(
        ast.parse("class A:\n def go(self):\n  push(Confirm('x'))\n  run(lambda: m.Confirm('y'))")
    )
    assert visitor.found == {"new:A.go", "new:A.go.<locals>.<lambda>"}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("choices", "rows"), [(1, 1), (3, 3), (300, None)])
async def test_a_list_to_choose_from_is_as_high_as_its_rows(
    bench: Workbench, choices: int, rows: int | None, size: tuple[int, int]
) -> None:
    async with bench.run_test(size=size) as pilot:
        modal = Choose("one of them", [f"choice {n}" for n in range(choices)])
        bench.push_screen(modal)
        await settled(pilot)
        most = size[1] * 7 // 10
        assert modal.query_one(Box).size.height + 2 == (most if rows is None else rows + AROUND)
        await pilot.press("slash")
        await settled(pilot)
        seen = [line for line in text(bench).splitlines() if "choice " in line]
        assert len(seen) == (most - AROUND if rows is None else rows)
