"""The seven places: digit, name, where the class is. A place is imported when it is first entered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from textual.screen import Screen


@dataclass(frozen=True, slots=True)
class PlaceInfo:
    """One of the seven: its id (also the mode's name), its name on screen, `module:Class`."""

    id: str
    title: str
    target: str


PLACES = (
    PlaceInfo("home", "Home", "screens.home:Home"),
    PlaceInfo("datasets", "Datasets", "screens.datasets:Datasets"),
    PlaceInfo("explore", "Explore", "screens.explore:Explore"),
    PlaceInfo("experiments", "Experiments", "screens.experiments:Experiments"),
    PlaceInfo("models", "Models", "screens.models:Models"),
    PlaceInfo("deployments", "Deployments", "screens.deployments:Deployments"),
    PlaceInfo("compute", "Compute", "screens.compute:Compute"),
)
"""In the order of their digits, which is the order of the work."""


def make(place: PlaceInfo) -> Screen[Any]:
    """Import and make the screen of a place."""
    module, _, name = place.target.partition(":")
    screen: Screen[Any] = getattr(import_module(module), name)()
    return screen


def modes() -> dict[str, str | Callable[[], Screen[Any]]]:
    """Return what `App.MODES` wants."""
    return {place.id: partial(make, place) for place in PLACES}


NOUNS = {
    "dataset": "datasets",
    "experiment": "experiments",
    "run": "experiments",
    "model": "models",
    "deployment": "deployments",
    "job": "compute",
    "target": "compute",
}
"""What a reference names → the place that shows it."""
