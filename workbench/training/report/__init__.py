"""The record of a run for people: what is found out about it, and how that is written and drawn."""
