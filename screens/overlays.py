"""The acts of the app that lay something over whichever place is in front."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from screens.actions import Act, Actor, Offer


class Overlays(Actor):
    """Palette, menu, help, and the drawers of jobs and log; each is imported when it is first opened."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("app.commands", "commands", rank=80),
        Act("app.menu", "menu", rank=75),
        Act("app.jobs", "jobs", rank=85),
        Act("app.log", "log", rank=90),
        Act("app.help", "help", rank=99),
        Act("app.keys", label="Change keys", help="The map of keys, and where to change it."),
        Act(
            "app.doctor", label="Doctor", help="What works here and what is missing, with its fix."
        ),
    )

    keys: dict[str, str]
    """The person's own keys, by verb."""

    @abstractmethod
    def offers(self) -> list[Offer]:
        """Return every act within reach of the focus."""
        raise NotImplementedError

    def act_commands(self) -> None:
        """Open the palette."""
        from screens.modals.palette import Palette

        self.app.push_screen(Palette(self.offers()), self._perform)

    def act_menu(self) -> None:
        """Open the menu of the focused thing."""
        from screens.modals.palette import Menu

        self.app.push_screen(Menu(self.offers()), self._perform)

    def act_help(self) -> None:
        """Show the keys in words."""
        from screens.modals.help import Help

        self.app.push_screen(Help(self.offers(), self.keys))

    def act_jobs(self) -> None:
        """Open the jobs."""
        from screens.modals.jobs import Jobs

        self.app.push_screen(Jobs())

    def act_log(self) -> None:
        """Open the log."""
        from screens.modals.log import Log

        self.app.push_screen(Log())

    def act_keys(self) -> None:
        """Open the map of keys."""
        from screens.modals.keys import Keys

        self.app.push_screen(Keys())

    def act_doctor(self) -> None:
        """Look at this machine and the project."""
        from screens.modals.doctor import Doctor

        self.app.push_screen(Doctor())

    def command_doctor(self) -> tuple[str, ...]:
        """The same on the command line."""
        return ("doctor",)

    def _perform(self, offer: Offer | None) -> None:
        if offer is not None:
            self.app.call_later(offer.node.perform, offer.act)
