"""Explore: the columns of a version, drawn."""

from screens.explore.place import Explore

__all__ = ["Explore"]
