"""Kinds of charts."""
