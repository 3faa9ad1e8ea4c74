"""Figures about figures: intervals and distances, by numpy alone."""
