"""Deployments: what answers, how it goes, calling it."""

from screens.deployments.place import Deployments

__all__ = ["Deployments"]
