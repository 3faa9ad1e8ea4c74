"""Experiments: problem statements and the runs made for them, live, side by side, on to a model."""

from screens.experiments.place import Experiments

__all__ = ["Experiments"]
