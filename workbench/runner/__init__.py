"""The detached process, one a project and person, that starts, follows and ends jobs."""
