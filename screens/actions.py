"""The one registry of acts: what can be done where, with which key, in which words, as which command.

A *verb* is a key and its meaning everywhere (tui.md: one letter, one verb). An *act* is a verb done
by one kind of node: a place, a pane, the app. An Actor declares its acts in ACTS and performs each
in three methods named after the last part of the act's id:

    act_stop(self)                       do it (may be async; raise SkipAction to pass the key on)
    why_not_stop(self) -> str            optional: why it cannot be done now, in a sentence; "" = it can
    command_stop(self) -> Sequence[str]  optional: the same act on the command line, after `workbench`

Bindings, footer, `?`, the palette, the `.` menu and `y` are all made from this.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.widget import Widget

from screens.messages import Refused
from screens.verbs import VERBS, Verb

if TYPE_CHECKING:
    from textual.screen import Screen

    # A mixin for nodes. At run time it must not be a node itself: Textual takes styles only from
    # the first base that is one.
    _Node = DOMNode
else:
    _Node = object


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be done somewhere.

    `id` is unique, `PLACE.NAME` (`runs.stop`); `verb` names a key in VERBS, empty for an act that
    is only in the menu and the palette. `label` and `help` default to the verb's. `rank` orders the
    footer (low first); 0 keeps it out of there.
    """

    id: str
    verb: str = ""
    label: str = ""
    help: str = ""
    rank: int = 50

    @property
    def name(self) -> str:
        """The last part of the id, as in the methods' names."""
        return self.id.rpartition(".")[2].replace("-", "_")

    @property
    def shown_verb(self) -> Verb | None:
        """The verb, if a key belongs to this act."""
        return VERBS[self.verb] if self.verb else None

    @property
    def words(self) -> str:
        """The short label."""
        return self.label or VERBS[self.verb].label

    @property
    def sentence(self) -> str:
        """The long help."""
        return self.help or VERBS[self.verb].help


REGISTRY: dict[str, tuple[Act, str]] = {}
"""Act id → the act and the qualified name of the class that declares it; filled as classes are made."""


class Actor(_Node):
    """A node that declares and performs acts. Put it first among the bases of a widget or screen."""

    ACTS: ClassVar[tuple[Act, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        for act in cls.__dict__.get("ACTS", ()):
            _register(act, cls)
        # Textual collects bindings from nodes only: those of a mixin are bound by what it is mixed into.
        kinds = [kind for kind in cls.__mro__ if kind is cls or not issubclass(kind, DOMNode)]
        own = [act for kind in kinds for act in kind.__dict__.get("ACTS", ())]
        made: list[BindingType] = [
            Binding(
                VERBS[act.verb].keys,
                f"act('{act.id}')",
                act.words,
                id=act.verb,
                show=act.rank > 0,
                priority=VERBS[act.verb].priority,
            )
            for act in own
            if act.verb
        ]
        cls.BINDINGS = [*cls.__dict__.get("BINDINGS", ()), *made]
        super().__init_subclass__(**kwargs)

    def acts(self) -> Iterator[Act]:
        """Yield this node's acts, its own class's first."""
        for kind in type(self).__mro__:
            yield from kind.__dict__.get("ACTS", ())

    def offered(self, act: Act) -> bool:
        """Whether `act` belongs here at all; what does not is in no list (its key still says why)."""
        del act
        return True

    def why_not(self, act: Act) -> str:
        """Say why `act` cannot be done now; empty when it can."""
        method = getattr(self, f"why_not_{act.name}", None)
        return str(method()) if method else ""

    def command(self, act: Act) -> tuple[str, ...]:
        """Return `act` as arguments of `workbench`; empty where there is no command for it."""
        method = getattr(self, f"command_{act.name}", None)
        return tuple(method()) if method and not self.why_not(act) else ()

    async def perform(self, act: Act) -> None:
        """Do `act`, or say why it cannot be done."""
        reason = self.why_not(act)
        if reason:
            holds_back = getattr(self.app.screen, "holds_back", None)
            if holds_back is not None and holds_back(self, act):
                return  # a place that has not read its list yet: done when it has
            self.app.post_message(Refused(f"{act.words}: {reason}"))
            return
        done = getattr(self, f"act_{act.name}")()
        if inspect.isawaitable(done):
            await done

    async def action_act(self, act_id: str) -> None:
        """Do the act with this id (what bindings call)."""
        await self.perform(REGISTRY[act_id][0])


def _register(act: Act, owner: type) -> None:
    name = f"{owner.__module__}.{owner.__qualname__}"
    known = REGISTRY.get(act.id)
    if known is not None and known[1] != name:
        raise ValueError(f"the act {act.id} is declared by {known[1]} and by {name}")
    if not callable(getattr(owner, f"act_{act.name}", None)):
        raise TypeError(f"{name} declares the act {act.id} but has no method act_{act.name}")
    REGISTRY[act.id] = (act, name)


@dataclass(frozen=True, slots=True)
class Offer:
    """An act as it stands now: on which node, with which key, and why not, if it cannot be done."""

    act: Act
    node: Actor
    key: str
    reason: str
    near: int
    """How far the node is from the focus: 0 is the focused widget itself."""

    @property
    def everywhere(self) -> bool:
        """Whether it is an act of the app, not of what has the focus."""
        return not isinstance(self.node, Widget)

    @property
    def argv(self) -> tuple[str, ...]:
        """The act as arguments of `workbench`; empty where there is no command for it."""
        return () if self.reason else self.node.command(self.act)


def offers(
    screen: Screen[Any], keys: dict[str, str] | None = None, *, without: Actor | None = None
) -> list[Offer]:
    """Return every act that the focus can reach, nearest first; each key once.

    `keys` is the person's own keymap (verb → keys); a verb that is not in it has its default.
    Acts of `without` (the app, when only what has the focus is meant) are left out.
    """
    found: list[Offer] = []
    taken: set[str] = set()
    start: DOMNode = screen.focused or screen
    for near, node in enumerate(start.ancestors_with_self):
        if isinstance(node, Widget) and not node.is_mounted:
            continue  # it is being made or taken down
        if isinstance(node, Actor) and node is not without:
            for act in node.acts():
                if (act.verb and act.verb in taken) or not node.offered(act):
                    continue
                if act.verb:
                    taken.add(act.verb)
                found.append(_offer(act, node, near, keys or {}))
        if getattr(node, "is_modal", False):
            break
    return found


def _offer(act: Act, node: Actor, near: int, keys: dict[str, str]) -> Offer:
    verb = act.shown_verb
    key = verb.shown(keys.get(verb.id)) if verb else ""
    return Offer(act, node, key, node.why_not(act), near)


def main_offer(found: Sequence[Offer]) -> Offer | None:
    """Return the offer whose command `y` copies: the first with a command, opening before others."""
    able = [offer for offer in found if offer.argv]
    return next((offer for offer in able if offer.act.verb in {"open", "details"}), None) or next(
        iter(able), None
    )
