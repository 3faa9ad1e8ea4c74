"""Pictures of the interface for the README, made by the program itself: see make.py."""
