"""Trainers: dummy, linear models, histogram gradient boosting."""
