"""Workbench: one terminal workbench for the whole life of a model. See README.md here for the rooms."""

__version__ = "0.1.0"
