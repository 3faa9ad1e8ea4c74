"""Kinds of places that tables come from."""
