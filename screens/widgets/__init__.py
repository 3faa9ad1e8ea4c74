"""Widgets that the places are made of."""
