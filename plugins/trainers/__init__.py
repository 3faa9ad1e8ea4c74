"""Trainers: dummy, linear models, nearest neighbours, trees, forests, histogram gradient boosting."""
