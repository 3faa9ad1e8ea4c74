"""Keys act in the order in which they were pressed, however fast they come.

Textual hands a key to whatever has the focus when the key arrives, but a key that moves the focus
(Tab, Enter in a field, one that opens a form) acts only once it has bubbled up to where it is bound.
On a slow line keys come in bursts, and what was typed after Tab would go into the field before it.
So each key waits until the one before it has acted: a message sent after a key, by the same way,
comes back to the app behind everything that the key set off.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from textual import events
from textual.app import App
from textual.message import Message

from screens.timers import after

ROUNDS = 4
"""What a key sets off may post more: Enter is a binding (1), which submits the field (2), whose form
gives the focus away (3), which Textual puts off once more (4). A round takes well under a millisecond."""

PATIENCE = 0.5
"""Seconds after which a key is held to have acted: its widget may be gone, or at work."""


class Acted(Message):
    """Comes back to the app behind the key that it was sent after."""

    def __init__(self, ticket: int, rounds: int) -> None:
        super().__init__()
        self.ticket = ticket
        self.rounds = rounds


class TypeAhead(App[None]):
    """An app whose keys wait for each other. Put it before App among the bases."""

    _ticket = 0
    _in_flight = False

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._typed: deque[events.Key] = deque()

    async def on_event(self, event: events.Event) -> None:
        """Hold a key back while the one before it has not acted yet."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
        elif self._in_flight:
            self._typed.append(event)
        else:
            await self._hand_on(event)

    async def _hand_on(self, event: events.Key) -> None:
        self._in_flight = True
        self._ticket += 1
        ticket = self._ticket
        await super().on_event(event)
        after(self, PATIENCE, lambda: self._next(ticket))
        await self._follow(Acted(ticket, ROUNDS))

    async def _follow(self, message: Acted) -> None:
        """Send `message` by the way that a key takes."""
        target = self.focused or self.screen
        if not target.post_message(message):
            await self._next(message.ticket)

    async def on_acted(self, message: Acted) -> None:
        """Send it once more, or let the next key act."""
        message.stop()
        if message.ticket == self._ticket and message.rounds > 1:
            await self._follow(Acted(message.ticket, message.rounds - 1))
        else:
            await self._next(message.ticket)

    async def _next(self, ticket: int) -> None:
        if ticket != self._ticket or not self._in_flight:
            return
        self._in_flight = False
        if self._typed:
            await self._hand_on(self._typed.popleft())
