"""Runtimes: the locked packages and the Python that work runs in, the same on every target."""
