"""Going about: from place to place by digits, back to the last one, from pane to pane."""

from __future__ import annotations

from functools import partialmethod
from typing import TYPE_CHECKING, ClassVar, cast

from screens.actions import Act, Actor
from screens.places import NOUNS, PLACES

if TYPE_CHECKING:
    from screens.app import Workbench


class Goes(Actor):
    """The app's part that knows where one is, and where one was."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        *(Act(f"app.place-{digit}", f"place-{digit}", rank=0) for digit in range(len(PLACES))),
        Act("app.last", "last", rank=0),
        Act("app.next-pane", "next-pane", rank=0),
        Act("app.previous-pane", "previous-pane", rank=0),
    )

    _last_place = "home"

    def _go(self, name: str) -> None:
        bench = cast("Workbench", self)
        if name != bench.current_mode:
            self._last_place = str(bench.current_mode)
            bench.switch_mode(name)

    def goto(self, noun: str, reference: str) -> None:
        """Go to the place that shows `noun` and put its cursor on `reference`."""
        self._go(NOUNS[noun])
        bench = cast("Workbench", self)
        if bench.place is not None:
            bench.call_after_refresh(bench.place.look_at, reference)

    act_place_0 = partialmethod(_go, PLACES[0].id)
    act_place_1 = partialmethod(_go, PLACES[1].id)
    act_place_2 = partialmethod(_go, PLACES[2].id)
    act_place_3 = partialmethod(_go, PLACES[3].id)
    act_place_4 = partialmethod(_go, PLACES[4].id)
    act_place_5 = partialmethod(_go, PLACES[5].id)
    act_place_6 = partialmethod(_go, PLACES[6].id)

    def act_last(self) -> None:
        """Go to the place before."""
        self._go(self._last_place)

    def act_next_pane(self) -> None:
        """Move the focus on."""
        self.screen.focus_next()

    def act_previous_pane(self) -> None:
        """Move the focus back."""
        self.screen.focus_previous()
