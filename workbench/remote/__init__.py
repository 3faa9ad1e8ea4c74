"""Targets that are reached over a stream of bytes: an agent at the far end, and the target that asks it."""
