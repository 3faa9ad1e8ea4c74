"""The key map: one letter, one verb, everywhere. Everything that shows or binds a key reads it here."""

from __future__ import annotations

from dataclasses import dataclass

_SIGNS = {
    "escape": "esc",
    "minus": "-",
    "question_mark": "?",
    "colon": ":",
    "full_stop": ".",
    "slash": "/",
    "plus": "+",
    "equals_sign": "=",
    "underscore": "_",
    "greater_than_sign": ">",
    "less_than_sign": "<",
    "delete": "del",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
}


def key_shown(key: str) -> str:
    """Return a key as people read it: `?` for question_mark, `^p` for ctrl+p."""
    key = key.strip()
    if key.startswith("ctrl+"):
        return "^" + key_shown(key.removeprefix("ctrl+"))
    return _SIGNS.get(key, key)


@dataclass(frozen=True, slots=True)
class Verb:
    """A meaning and its keys (Textual names, comma between several, the one to show first)."""

    id: str
    keys: str
    label: str
    help: str
    priority: bool = False

    def shown(self, keys: str | None = None) -> str:
        """Return the first key as people read it; `keys` is the person's own choice."""
        return key_shown((keys or self.keys).split(",")[0])

    def all_shown(self, keys: str | None = None) -> str:
        """Return all its keys as people read them."""
        return " ".join(key_shown(key) for key in (keys or self.keys).split(","))


_TABLE = (
    Verb("open", "enter", "Open", "Open what is under the cursor."),
    Verb("back", "escape", "Back", "Clear the filter; without one, go back."),
    Verb("last", "minus", "Last place", "Go to the place you were in before."),
    Verb("down", "down,j", "Down", "One row down."),
    Verb("up", "up,k", "Up", "One row up."),
    Verb("left", "left,h", "Left", "One column to the left."),
    Verb("right", "right,l", "Right", "One column to the right."),
    Verb("top", "g,home", "First", "To the first row."),
    Verb("bottom", "G,end", "Last", "To the last row."),
    Verb("page-down", "pagedown", "Page down", "One page down."),
    Verb("page-up", "pageup", "Page up", "One page up."),
    Verb("next-pane", "tab", "Next pane", "Move the focus to the next pane."),
    Verb("previous-pane", "shift+tab", "Previous pane", "Move the focus to the pane before."),
    Verb("view", "v,ctrl+right", "View", "Show the next view of this pane."),
    Verb("view-back", "ctrl+left", "View before", "Show the view before this one."),
    Verb("filter", "slash", "Filter", "Keep only the rows that match what you type."),
    Verb("commands", "colon,ctrl+p", "Commands", "Find any act by its name and do it."),
    Verb("menu", "full_stop", "Menu", "Every act on what has the focus, with its command."),
    Verb("help", "question_mark", "Keys", "The keys of what has the focus, in words."),
    Verb("mark", "space", "Mark", "Mark or unmark the row, for acts on several."),
    Verb("sort", "s", "Sort", "Sort by the column under the cursor; again turns it off."),
    Verb("sort-back", "S", "Sort down", "Sort by the column under the cursor, largest first."),
    Verb("details", "i", "Details", "Details and lineage."),
    Verb("copy", "y", "Copy command", "Copy the act as a command for the shell."),
    Verb("copy-cell", "Y", "Copy cell", "Copy the cell under the cursor."),
    Verb("new", "n", "New", "Make or import a new one."),
    Verb("edit", "e", "Edit", "Change it."),
    Verb("train", "t", "Train", "Start a training run."),
    Verb("run", "w", "Run", "Run it: the pipeline, the check, the chart."),
    Verb("compare", "c", "Compare", "Compare the marked ones."),
    Verb("diff", "d", "Diff", "Show what differs between the marked ones."),
    Verb("register", "m", "Register", "Register the run's model as a version."),
    Verb("promote", "p", "Promote", "Move the version into an environment."),
    Verb("rollback", "b", "Roll back", "Bring back what was live before."),
    Verb("deploy", "u", "Deploy", "Bring a model up as an endpoint."),
    Verb("stop", "x", "Stop", "Stop or cancel it."),
    Verb("sooner", "U", "Sooner", "Let it start before others."),
    Verb("later", "D", "Later", "Let it start after others."),
    Verb("acknowledge", "a", "Acknowledge", "Say that this has been seen."),
    Verb("delete", "delete", "Delete", "Delete it, after its name has been typed."),
    Verb("undo", "z", "Undo", "Take the last change back."),
    Verb("group", "B", "Group by", "Split by the values of a column."),
    Verb("next-column", "greater_than_sign", "Next column", "The same chart of the next column."),
    Verb("previous-column", "less_than_sign", "Column before", "The same of the column before."),
    Verb("zoom-in", "plus,equals_sign", "Zoom in", "See half of the axis in its place."),
    Verb("zoom-out", "underscore", "Zoom out", "See twice as much of the axis."),
    Verb("whole", "backspace", "Whole axis", "See the whole axis again."),
    Verb("full", "f", "Full pane", "Give this pane the whole screen, or give it back."),
    Verb("refresh", "r", "Refresh", "Look again now."),
    Verb("report", "o", "Report", "Open the report."),
    Verb("jobs", "J", "Jobs", "The jobs, over any screen."),
    Verb("log", "L", "Log", "Every command of this session, and every warning."),
    Verb("quit", "q", "Quit", "Leave Workbench. Jobs and deployments go on."),
    Verb("interrupt", "ctrl+c", "How to quit", "Says how to leave."),
    *(
        Verb(f"place-{digit}", str(digit), name, f"Go to {name}.")
        for digit, name in enumerate(
            ("Home", "Datasets", "Explore", "Experiments", "Models", "Deployments", "Compute")
        )
    ),
)

VERBS: dict[str, Verb] = {verb.id: verb for verb in _TABLE}
"""Verb id (also the id in a person's keymap) → verb."""


def verb_of(key: str, keys: dict[str, str]) -> Verb | None:
    """Return the verb of a key (Textual's name), None for a key of none; `keys` is the person's keymap."""
    return next(
        (verb for verb in VERBS.values() if key in keys.get(verb.id, verb.keys).split(",")), None
    )
