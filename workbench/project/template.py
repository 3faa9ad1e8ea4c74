"""The `workbench.toml` that a new project starts with. NAME stands for its name."""

TEMPLATE = """\
# Settings of this Workbench project. Meant for git; records and objects are in .workbench/ (ignored).
# What is left out has the default shown here.

name = "NAME"
format = 1

# Where a model version counts. Each gate must pass before a version is promoted there;
# `confirm = true` asks whoever promotes to type the model's name.
[environments.dev]
gates = []

[environments.staging]
gates = [{ gate = "threshold" }]

[environments.production]
gates = [{ gate = "threshold" }]
confirm = true

[models]
# Formats of imported models that may run code when somebody loads them, such as "joblib" and "pickle".
# Without their name here they are refused; with it they are kept and looked at, never loaded.
unsafe = []

[runner]
# How many jobs run at once on this machine; 0 means half of its cores, at least one.
slots = 0

[serving]
# Where deployments listen, and the first and last port that they may take.
host = "127.0.0.1"
ports = [8700, 8799]

[runtime]
# Jobs on other machines run with the packages of this installation, locked; here are more of them,
# such as "xgboost>=3". `python` is their Python ("" is the version that runs here), `index` the address of
# a package index ("" is the one that uv is set up for).
packages = []
python = ""
index = ""

# Other places where jobs run; `workbench target add` writes such a table, `workbench target kinds` lists
# what it may hold. One that only you use belongs in ~/.config/workbench/config.toml.
# [targets.gpu]
# kind = "ssh"
# host = "gpu.example.org"
# slots = 2
"""
