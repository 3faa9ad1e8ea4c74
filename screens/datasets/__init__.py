"""Datasets: tables brought in, paged, profiled and held against each other."""

from screens.datasets.place import Datasets

__all__ = ["Datasets"]
