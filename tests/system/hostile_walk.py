"""A walk by keys through every place, view, drawer and question, with what is then to be seen.

`OPEN` goes from the list into the pane beside it: Tab where both are on screen, Enter where the pane
lies behind the list. `BACK` is the way back. What is waited for is hostile text in its visible form
wherever the screen has any, so that a screen which shows nothing fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from terminal import Terminal

OPEN, BACK = "OPEN", "BACK"
TARGET = "␛]0;PWNED␇[/x]kind"
CITY = "[/x]�0;PWNED�city"
TAIL = "[@click=app.quit]"
LATE = "␛]0;PWNED␇late"
GOAL = "[@click=app.quit]x[/]Know"
REASON = "[/x]␛]52;c;UF"
FOLDER = "␛]0;PWNED␇�[bold"
FILE = "␛]0;PWNED␇[bold red]�.csv"
ERROR = "SELECT error(COLUMNS('kind')) FROM hostile"
"""DuckDB refuses it with a cell as its reason."""


@dataclass(frozen=True)
class Step:
    """Keys by tmux's names (`=text` is typed as it is), what must come, what must go.

    `holds` says of the whole pane whether it is as it must be.
    """

    keys: tuple[str, ...]
    wanted: tuple[str, ...] = ()
    gone: str = ""
    holds: Callable[[str], bool] | None = None


CHART_KEYS = "Next kind"
"""In the footer while a chart has the keys. Where the list stands beside it nothing else tells that
Escape has acted, and Escape and the next key at once are Alt and that key."""


def to(*keys: str, see: str | tuple[str, ...]) -> Step:
    """After the keys this is to be seen."""
    return Step(keys, (see,) if isinstance(see, str) else see)


def away(*keys: str, gone: str) -> Step:
    """After the keys this is no longer to be seen."""
    return Step(keys, gone=gone)


ATTENTION = (
    ("✗ failed", "run r_3 of kinds failed"),
    ("◌ waiting", "long@1 waits for a decision", REASON),
)
"""What needs attention, line by line: the run that cannot learn, the version that nobody decided about."""


def attentive(pane: str) -> bool:
    """Tell whether Home's first list has exactly `ATTENTION`; that the disk is full may be told, too."""
    head, _, rest = pane.partition("─ Attention ")
    lines = rest.partition("╰")[0].splitlines()[2:]  # after the title and the headings
    told = [line for line in lines if line.strip("│ ") and "left on the disk" not in line]
    fits = all(
        all(word in line for word in words) for line, words in zip(told, ATTENTION, strict=False)
    )
    return bool(head) and len(told) == len(ATTENTION) and fits


def home() -> Step:
    """Home, with all that needs attention and nothing else."""
    return Step(("0",), holds=attentive)


def overlays() -> list[Step]:
    """The palette, the menu, the keys in words and the drawers, over whatever is there."""
    return [
        to(":", see="what do you want to do?"),
        to("=[/x]", see="[/x]"),
        away("Escape", gone="Commands ─"),
        to(".", see="What can be done here"),
        away("Escape", gone="What can be done here"),
        to("?", see="esc close"),
        away("Escape", gone="esc close"),
        to("J", see="jobs go on when you quit"),
        away("Escape", gone="jobs go on when you quit"),
        to("L", see="Log of this session"),
        away("Escape", gone="Log of this session"),
    ]


def menu() -> list[Step]:
    """Every act on what has the focus, with its command."""
    return [
        to(".", see="What can be done here"),
        away("Escape", gone="What can be done here"),
    ]


def datasets(files: Path) -> list[Step]:
    """Table, profile, origin and diff of a version; SQL; a file on its way in."""
    return [
        to("1", see="hostile@2"),
        to(OPEN, see=(TARGET, LATE, "␛[2J␛[HOslo")),
        to("Right", see=f"{CITY} · categorical"),
        to("/", see="a condition, such as"),
        to("=kind", see="The filter is no condition"),
        away("Escape", gone="no condition"),
        to("v", see=("columns 5", CITY)),
        to("Down", "Down", "Down", see=("␛P1;2|PWNED␛\\note", "text")),
        to("v", see=("Came from", FOLDER)),
        to("v", see="d holds this version"),
        *menu(),
        to(BACK, see="raw@1"),
        to("d", see=("hostile@1 → hostile@2", CITY, "has the new category")),
        to(":", see="what do you want to do?"),
        to("=query", "Enter", see='SELECT * FROM "hostile@2" LIMIT 100'),
        to("C-u", "=SELECT * FROM hostile LIMIT 7", "Enter", see=("Answer 7", TARGET, LATE)),
        to("e", "C-u", f"={ERROR}", "Enter", see=f"Error: {LATE}"),
        away("Escape", gone="F5 ask"),
        to("n", see="Import a table"),
        to(f"={files.parent}/", see=f"{FOLDER} red]/"),
        to("Enter", see=(FILE, "raw.csv")),
        to("Down", "Enter", see=("The file holds NUL bytes", FILE)),
        away("Escape", gone="NUL bytes"),
        to("n", see="Import a table"),
        to(f"={files.parent}/", see=f"{FOLDER} red]/"),
        to("Enter", see="raw.csv"),
        to("Down", "Down", "Enter", see=("Import raw.csv", "�31mnumber")),
        away("Escape", gone="Import raw.csv"),
    ]


def explore() -> list[Step]:
    """The charts of each kind of column, in groups, and how they are drawn."""
    return [
        to("1", see="1 Datasets"),
        to("w", see=("Columns │ Suggested", "columns 5")),
        to("v", see=("Suggested", "correlation")),
        to("C-Left", see="hostile@2 columns 5"),
        to("g", "Enter", see=("Histogram of ␛]0;PWNED␇", LATE, CHART_KEYS)),
        away("Escape", gone=CHART_KEYS),
        to("Down", "Enter", see=(f"Histogram of {CITY}", "␛[2J␛[HOslo", "日本", CHART_KEYS)),
        to("B", see=("Group by", "/ find")),
        to("g", "Down", "Enter", see=(f"{CITY} by ␛]0;PWNED␇", f"● {LATE[:6]}")),
        to("e", see=("is drawn", "workbench explore chart histogram")),
        away("Escape", gone="is drawn"),
        to("v", see="has no density"),
        to("C-Left", see=f"Histogram of {CITY}"),
        away("Escape", gone=CHART_KEYS),
        to("Down", "Enter", see=(f"Histogram of {TAIL}", CHART_KEYS)),
        *menu(),
        away("Escape", gone=CHART_KEYS),
        to("Down", "Enter", see=("Histogram of ␛P1;2|PWNED␛\\note", CHART_KEYS)),
        away("Escape", gone=CHART_KEYS),
    ]


def experiments() -> list[Step]:
    """Runs with details, log, report and comparison; problems, a broken one too; forms."""
    return [
        to("3", see=("r_4", "r_1")),
        to("Down", OPEN, see=("cannot learn", "[/x]�0;PWNED�city")),
        to("v", see=("─ Log r_3", "ValueError: cannot learn")),  # its end: the run is over
        to("Home", see=("␛]52;c;UFdORUQ=␇", "PWN␀ED␈␡")),
        to("v", see=("r_3 has no report", "[/x]�0;PWNED")),
        to(BACK, see="r_1"),
        to("Down", "Down", "o", see=("Report r_1", GOAL, f"Target: {TARGET}")),
        to("G", see="Made by"),
        to("Escape", see="r_2"),
        to("Space", see="◆ r_1"),
        to("Up", "Space", see="◆ r_2"),
        to("c", see="Compare 2 runs"),
        to("Escape", see="r_3"),
        to("n", see=("New experiment", "�31mnumber")),
        away("Escape", gone="New experiment"),
        to("t", see=("for which experiment?", TARGET)),
        to("Enter", see="which trainer?"),
        away("Escape", gone="which trainer?"),
        to("v", see=("broken", "✗ �0;PWNED")),
        *menu(),
    ]


def models() -> list[Step]:
    """Card, history and signature of a version; a difference; the card of a promotion."""
    return [
        to("4", see=("m@2", "m@1")),
        to(OPEN, see=(f"predicts {TARGET}", REASON)),
        to("v", see=("m history", f"root: {REASON}")),
        to("v", see=(CITY, TAIL, "probability_␛]0;PWNED")),
        *menu(),
        to(BACK, see="m@1"),
        to("d", see=("m@1 and m@2", "made from")),
        away("Escape", gone="made from"),
        to("p", see="Promote m@2 to"),
        to("Enter", see="What will change"),
        away("Escape", gone="What will change"),
    ]


def deployments() -> list[Step]:
    """What an endpoint is, its traffic, log and predictions; a call and its answer."""
    return [
        to("5", see="● healthy"),
        to(OPEN, see=("Details", "Traffic")),
        to("i", see="follows promotions"),  # whichever view was left open the last time
        to("v", see=("Traffic of d", "m@1 answers", "In flight")),
        to("v", see="INFO m@1 answers"),
        to("v", see=("Predictions of d", LATE)),
        *overlays(),
        to("Enter", see=("Call d", "of the request", CITY, "‹ ␛[2J␛[HOslo ›")),
        to("Enter", see=(f"● {LATE}", "[@click=app.quit]x[/]ea")),
        away("Escape", gone="Call d"),
        to("L", see=("Log of this session", f"m@1 answers {LATE}")),
        away("Escape", gone="Log of this session"),
        to("w", see=("Call d", "of row 0 of hostile@1", CITY)),
        away("Escape", gone="Call d"),
    ]


def compute() -> list[Step]:
    """A job with why it failed and its log."""
    return [
        to("6", see=("j_4", "j_1")),
        to("Down", "Enter", see="cannot learn"),
        to("v", see=("─ Log of j_3", "ValueError: cannot learn")),
        to("Home", see=("␛]52;c;UFdORUQ=␇", "PWN␀ED␈␡")),
        *overlays(),
        to(BACK, see="j_1"),
    ]


def walk(terminal: Terminal, files: Path, *, wide: bool) -> None:
    """Take every step."""
    steps = [
        home(),
        *overlays(),
        *datasets(files),
        *explore(),
        *experiments(),
        *models(),
        *deployments(),
        *compute(),
        home(),
    ]
    meant = {OPEN: "Tab" if wide else "Enter", BACK: "BTab" if wide else "Escape"}
    for step in steps:
        for key in step.keys:
            if key.startswith("="):
                terminal.type(key[1:])
            else:
                terminal.press(meant.get(key, key))
        if step.wanted:
            terminal.wait(*step.wanted)
        if step.gone:
            terminal.wait_gone(step.gone)
        if step.holds is not None:
            terminal.until(lambda holds=step.holds: holds(terminal.text()), "what needs attention")
