"""The commands that hostile text goes through, and running many of them in one terminal."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

import hostile
from hostile_project import Stage
from terminal import Terminal

ROW = json.dumps({hostile.TAIL: 3, hostile.CITY: hostile.CITIES[0]})
WRONG_KEY = json.dumps({f"{hostile.TITLE}[/x]": 3})
WRONG_VALUE = json.dumps({hostile.TAIL: f"{hostile.TITLE}[/x]"})
EVIL = f"{hostile.TITLE}\x9b2J\u202e[/x]"
BYTES = os.fsdecode(b"\xff\x9b2J\xed\xa0\x80[/x]")
COLUMN = '"' + hostile.CITY + '"'


@dataclass(frozen=True)
class Command:
    """Words, how it ends, and whether hostile text is in what it answers."""

    words: tuple[str, ...]
    status: int = 0
    shows: bool = True

    def __str__(self) -> str:
        return shlex.join(self.words)


def _commands(*lines: tuple[str, ...], **more: bool | int) -> list[Command]:
    return [Command(line, **more) for line in lines]  # type: ignore[arg-type]  # status is a number


def answered(stage: Stage, scratch: Path) -> list[Command]:
    """Return the commands that are answered; those that write files do so in `scratch`."""
    table = str(stage.table)
    return [
        # What answers with hostile text.
        *_commands(
            ("data", "add", table, "--name", "hostile", "--nul", "keep"),
            ("data", "add", table, "--name", "hostile", "--nul", "keep", "--dry-run"),
            ("data", "show", "hostile@1"),
            ("data", "head", "hostile@1", "--rows", "60"),
            ("data", "head", "raw"),
            ("data", "profile", "hostile@1"),
            ("data", "profile", "raw"),
            ("data", "diff", "hostile@1", "hostile@2"),
            ("data", "diff", "hostile@1", "raw"),
            ("data", "query", f"SELECT {COLUMN}, * FROM hostile"),
            ("data", "query", f"SELECT count(*) AS {COLUMN} FROM raw"),
            ("data", "export", "raw", str(scratch / f"{hostile.TITLE}[x].csv"), "--force"),
            ("explore", "chart", "histogram", "hostile@1", hostile.CITY),
            ("explore", "chart", "histogram", "hostile@1", hostile.TAIL),
            ("explore", "chart", "histogram", "hostile@1", hostile.TARGET, "--width", "40"),
            ("explore", "chart", "density", "hostile@1", hostile.TAIL, "--group", hostile.CITY),
            ("explore", "chart", "bar", "hostile@1", hostile.CITY, "--where", f"{COLUMN} <> 'x'"),
            (
                "explore",
                "chart",
                "scatter",
                "hostile@1",
                *[hostile.TAIL] * 2,
                "--group",
                hostile.CITY,
            ),
            ("explore", "chart", "correlation", "hostile@1"),
            ("explore", "chart", "target", "hostile@1", hostile.CITY, hostile.TARGET),
            ("explore", "suggest", "hostile@1", "--target", hostile.TARGET),
            ("experiment", "list"),
            ("experiment", "show", "kinds"),
            ("run", "show", "r_3"),
            ("run", "report", "r_1"),
            ("run", "explain", "r_1"),
            ("run", "report", "r_1", "--html", str(scratch / f"{hostile.TITLE}[x].html")),
            ("run", "logs", "r_2"),
            ("run", "logs", "--follow", "r_3"),
            ("job", "show", "j_3"),
            ("job", "logs", "j_3"),
            ("model", "show", "m@1"),
            ("model", "show", "long@1"),
            ("run", "report", "r_4"),
            ("model", "history", "m"),
            ("model", "history", "m", "--at", "now"),
            ("model", "diff", "m@1", "long@1", "--quick"),
            ("model", "export", "m@1", str(scratch / EVIL)),
            ("deploy", "call", "d", "--row", ROW),
            ("deploy", "call", "d", "--dataset", "hostile@1", "--count", "5"),
            ("status",),
            ("doctor",),
        ),
        # What has none of it to say, or only references.
        *_commands(
            ("data", "list"),
            ("data", "tag", "hostile@1", "gold"),
            ("run", "list"),
            ("run", "compare", "r_1", "r_2"),
            ("run", "show", "r_1"),
            ("run", "show", "r_1", "--lock"),
            ("model", "list"),
            ("model", "gates", "m@1", "--to", "production"),
            ("model", "verify", "m@1"),
            ("deploy", "list"),
            ("deploy", "show", "d"),
            ("deploy", "logs", "d"),
            ("job", "list"),
            ("audit", "show", "--last", "0"),
            ("audit", "verify"),
            ("explore", "chart", "missing", "hostile@1"),  # in which nothing is
            ("explore", "kinds"),
            ("plugin", "list"),
            shows=False,
        ),
    ]


def refused(stage: Stage) -> list[Command]:
    """Return commands whose refusals quote what they were given."""
    table = str(stage.table)
    return [
        *_commands(
            ("data", "add", table, "--name", "hostile"),  # the NUL bytes
            ("data", "add", f"/nowhere/{EVIL}", "--name", "x"),
            ("data", "add", table, "--name", EVIL),
            ("data", "add", table, "--name", "x", "--nul", "keep", "--encoding", EVIL),
            ("data", "add", table, "--name", "x", "--nul", "keep", "--text", EVIL),
            ("data", "show", EVIL),
            ("data", "query", f'SELECT "{EVIL}" FROM hostile'),
            ("data", "query", f"SELECT CAST({COLUMN} AS INTEGER) FROM hostile"),
            ("data", "query", EVIL),
            ("data", "tag", "hostile@1", EVIL),
            ("data", "add", table, "--name", "x", "--nul", "keep", "--types", f"{EVIL}=text"),
            ("data", "add", table, "--name", "x", "--nul", "keep", "--types", EVIL),
            ("explore", "chart", EVIL, "hostile", hostile.CITY),
            ("explore", "chart", "histogram", "hostile", EVIL),
            ("explore", "chart", "box", "hostile", hostile.TAIL, "--group", EVIL),
            ("explore", "chart", "box", "hostile", hostile.TAIL, "--where", EVIL),
            ("explore", "chart", "box", "hostile", hostile.TAIL, "-P", f"low={EVIL}"),
            ("explore", "chart", "density", "hostile", hostile.CITY),
            ("explore", "suggest", "hostile", "--target", EVIL),
            ("experiment", "show", "broken"),
            ("experiment", "show", EVIL),
            ("run", "train", "broken", "--trainer", "dummy"),
            ("run", "train", "kinds", "--trainer", EVIL),
            ("run", "train", "kinds", "--trainer", "linear", "-P", f"max_iter={EVIL}"),
            ("run", "train", "kinds", "--trainer", "linear", "-P", f"{EVIL}=1"),
            ("run", "show", EVIL),
            ("run", "list", "--sort", EVIL),
            ("run", "list", "--filter", f'state:"{EVIL}"'),
            ("run", "tag", "r_1", EVIL),
            ("run", "archive", EVIL),
            ("run", "show", EVIL, "--patch"),
            ("run", "list", "--columns", EVIL),
            ("run", "compare", "r_1", "r_2", "--group", EVIL),
            ("run", "compare", "r_1", "r_2", "--curve", EVIL),
            ("run", "compare", "r_1", "--baseline", EVIL),
            ("model", "show", EVIL),
            ("model", "register", "r_1", "--name", EVIL),
            ("model", "promote", "m@1", "--to", EVIL, "--reason", "x"),
            ("model", "history", "m", "--at", EVIL),
            ("model", "diff", "m@1", EVIL),
            ("model", "import", f"/nowhere/{EVIL}.skops", "--name", "x"),
            ("model", "import", table, "--format", EVIL, "--name", "x"),
            ("deploy", "call", "d", "--row", WRONG_KEY),
            ("deploy", "call", "d", "--row", WRONG_VALUE),
            ("deploy", "call", EVIL, "--row", ROW),
            ("deploy", "scale", EVIL, "2"),
            ("deploy", "suspend", EVIL),
            ("deploy", "resume", EVIL),
            ("job", "show", EVIL),
            status=1,
        ),
        *_commands(
            (EVIL,),
            ("data", "show", BYTES),
            ("data", EVIL),
            ("data", "list", f"--{EVIL}"),
            ("data", "head", "raw", "--rows", EVIL),
            ("data", "list", EVIL),
            ("run", "list", "--state", EVIL),
            ("deploy", "call", "d", "--file", f"/nowhere/{EVIL}"),
            status=2,
        ),
    ]


@dataclass(frozen=True)
class Said:
    """What one command wrote, and how it ended."""

    command: Command
    status: int
    text: str


def run_all(stage: Stage, asked: list[Command], folder: Path, *more: str) -> Terminal:
    """Start a terminal that runs `asked` one after another, each with the words `more`; see `heard`."""
    folder.mkdir()
    lines = ["cd " + shlex.quote(str(stage.root))]
    for number, command in enumerate(asked):
        words = [sys.executable, "-P", "-m", "workbench", *command.words, *more]
        lines += [f"echo '@@ {number}'", shlex.join(words), f"s=$?; echo; echo '@@ {number} = '$s"]
    script = folder / "commands.sh"
    script.write_bytes(os.fsencode("\n".join(lines) + "\n"))
    return Terminal(["sh", str(script)], columns=200, rows=50, env=stage.environment)


def heard(asked: list[Command], written: bytes) -> list[Said]:
    """Cut what the terminal was given into what each command wrote."""
    text = re.sub(r"\r+\n", "\n", written.decode("utf-8", "replace"))
    found = re.findall(r"@@ (\d+)\n(.*?)\n?@@ \1 = (\d+)\n", text, re.DOTALL)
    assert [int(number) for number, _, _ in found] == list(range(len(asked)))
    return [
        Said(command, int(status), said)
        for command, (_, said, status) in zip(asked, found, strict=True)
    ]
