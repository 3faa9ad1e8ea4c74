"""Models: versions, the evidence for each, and what is live where; promote, roll back, deploy."""

from screens.models.place import Models

__all__ = ["Models"]
