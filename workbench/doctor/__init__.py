"""What works and what is missing on this machine and in this project, each with its fix."""
