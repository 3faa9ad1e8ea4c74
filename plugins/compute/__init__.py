"""Targets: the places where jobs run, one module each."""
