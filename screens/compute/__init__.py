"""Compute: jobs, the targets they run on, the runner that starts them."""

from screens.compute.place import Compute

__all__ = ["Compute"]
