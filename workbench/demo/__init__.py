"""The demo project: the whole line on real data, made by the services that people's commands call."""
