"""Formats of model files."""
