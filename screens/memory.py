"""What a person comes back to: the place, cursor, sort, filter and views of before, and what they have seen.

Two files a project in the person's own state, never in the project. What cannot be read, or is of
another version, is as if it were not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from screens.feed import in_thread
from screens.places import PLACES
from screens.widgets.pane import ListPane
from screens.widgets.source import Sort
from screens.widgets.views import Views
from workbench.files import write_atomic
from workbench.project.paths import state_home

if TYPE_CHECKING:
    from screens.app import Workbench
    from screens.place import Place
    from workbench.project.attention import Attention

VERSION = 1
EVERY = 15.0
"""Seconds between two looks at whether something is to be kept: a lost line loses no more than that."""
OLD = 60.0
"""Seconds after which it is written anew that the person is still here."""
_LONGEST = 1000
"""Characters of a filter or a key that are kept."""


class Listed(msgspec.Struct, frozen=True):
    """How a list was left."""

    key: str = ""
    sort: str = ""
    descending: bool = False
    filter: str = ""


class Left(msgspec.Struct, frozen=True):
    """How a place was left: its first list, the view of each that has several, and what is its own."""

    list: Listed = Listed()
    views: tuple[str, ...] = ()
    own: Any = None


class Kept(msgspec.Struct, frozen=True):
    """How a project was left."""

    version: int
    place: str = "home"
    places: dict[str, Left] = {}
    left_at: datetime | None = None


class _Seen(msgspec.Struct, frozen=True):
    version: int
    keys: frozenset[str]


class Memory:
    """What is kept of one project for this person. UI thread only, but for reading and writing."""

    def __init__(self, app: Workbench, *, fresh: bool = False) -> None:
        self._app = app
        self._folder = state_home() / "screens" / app.project.id
        before = read(self._folder / "session.json")
        self.since = before.left_at if before else None
        """When the person was here last; None the first time."""
        self._before = before if before and not fresh else Kept(VERSION)
        self._written = self._before
        self._seen = read_seen(self._folder / "seen.json")

    @property
    def place(self) -> str:
        """The place to begin with."""
        return self._before.place if self._before.place in {p.id for p in PLACES} else "home"

    # The session

    def restore(self, place: Place[Any]) -> None:
        """Give a place that is made back how it was left, before its rows come."""
        left = self._before.places.get(place.NAME)
        if left is None:
            return
        pane = _list(place)
        if pane is not None:
            sort = Sort(left.list.sort, left.list.descending) if left.list.sort else None
            pane.restore(left.list.key, sort, left.list.filter)
        for views, name in zip(place.query(Views), left.views, strict=False):
            if name in views.widgets:
                views.view = name
        if left.own is not None:
            place.take_up(left.own)

    def look(self) -> Kept:
        """Return how everything is now."""
        app = self._app
        places = dict(self._before.places)
        for place in app.bars.places():
            places[place.NAME] = _left(place)
        return Kept(VERSION, str(app.current_mode or "home"), places, app.now())

    def keep(self, *, now: bool = False) -> None:
        """Write how everything is, if it changed; at the very end `now`, else in a thread."""
        kept = self.look()
        same = msgspec.structs.replace(kept, left_at=None) == msgspec.structs.replace(
            self._written, left_at=None
        )
        if same and not now and not self._old(kept):
            return
        self._written = kept
        if now:
            _write(self._folder, "session.json", kept)
        else:
            in_thread(
                self._app,
                lambda: _write(self._folder, "session.json", kept),
                lambda _: None,
                group="memory",
            )

    def _old(self, kept: Kept) -> bool:
        """Whether what was written last tells of too long ago: a terminal may be gone at any moment."""
        written = self._written.left_at
        if self._written is self._before or written is None or kept.left_at is None:
            return True
        return (kept.left_at - written).total_seconds() >= OLD

    # What was seen

    def has_seen(self, item: Attention) -> bool:
        """Tell whether the person has acknowledged this very thing."""
        return item.key in self._seen

    def acknowledge(self, item: Attention, there: Iterable[Attention]) -> None:
        """Remember that it was seen; what is not `there` any more is forgotten."""
        self._seen = (self._seen & {each.key for each in there}) | {item.key}
        in_thread(self._app, self._keep_seen, lambda _: None, group="seen", exclusive=False)

    def unsee(self, item: Attention) -> None:
        """Take that back (in a thread)."""
        self._seen -= {item.key}
        self._keep_seen()

    def _keep_seen(self) -> None:
        _write(self._folder, "seen.json", _Seen(VERSION, self._seen))


def read(path: Path) -> Kept | None:
    """Return what was kept; None where there is nothing that can be used."""
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=Kept)
    except (OSError, msgspec.MsgspecError):
        return None
    # A moment without its zone cannot be compared; only another program writes one.
    zoned = kept.left_at is None or kept.left_at.tzinfo is not None
    return kept if kept.version == VERSION and zoned else None


def read_seen(path: Path) -> frozenset[str]:
    """Return the keys of what was seen; none where there is nothing that can be used."""
    try:
        seen = msgspec.json.decode(path.read_bytes(), type=_Seen)
    except (OSError, msgspec.MsgspecError):
        return frozenset()
    return seen.keys if seen.version == VERSION else frozenset()


def _write(folder: Path, name: str, value: msgspec.Struct) -> None:
    # Where it cannot be written the next session begins afresh: nothing that is worth a word.
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(folder / name, msgspec.json.encode(value), mode=0o600, sync=False)


def _list(place: Place[Any]) -> ListPane | None:
    return next(iter(place.query(ListPane)), None)


def _left(place: Place[Any]) -> Left:
    pane = _list(place)
    views = tuple(views.view for views in place.query(Views))
    if pane is None:
        return Left(views=views, own=place.keepsake())
    table = pane.table
    sort = table.sort
    listed = Listed(
        table.key[:_LONGEST],
        sort.column if sort else "",
        sort.descending if sort else False,
        table.filter_text[:_LONGEST],
    )
    return Left(listed, views, place.keepsake())
