"""Find, start and set up a project. See README.md of the folder above for the rooms."""
