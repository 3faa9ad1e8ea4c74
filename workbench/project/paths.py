"""Where everything of a project lies, declared once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

SETTINGS_FILE = "workbench.toml"
FOLDER = ".workbench"


@dataclass(frozen=True, slots=True)
class Paths:
    """The places of the project at `root`. Ours are under `.workbench/`, the person's beside it."""

    root: Path

    @property
    def settings(self) -> Path:
        """`workbench.toml`, in git."""
        return self.root / SETTINGS_FILE

    @property
    def experiments(self) -> Path:
        """Problem files, in git."""
        return self.root / "experiments"

    @property
    def own(self) -> Path:
        """`.workbench/`: journal, records and objects, ignored by git."""
        return self.root / FOLDER

    @property
    def journal(self) -> Path:
        """The journal's segments and the side file with its lock."""
        return self.own / "journal"

    @property
    def objects(self) -> Path:
        """The content-addressed store."""
        return self.own / "objects"

    @property
    def jobs(self) -> Path:
        """One folder a job: a byte-exact prefix of what lies on its target."""
        return self.own / "jobs"

    @property
    def deployments(self) -> Path:
        """One folder a deployment: desired state, token, prediction log."""
        return self.own / "deployments"

    @property
    def cache(self) -> Path:
        """What can be computed again: profiles, diffs, code bundles."""
        return self.own / "cache"

    def job(self, job: str) -> Path:
        """The local folder of the job with this ULID."""
        return self.jobs / job

    def deployment(self, deployment: str) -> Path:
        """The folder of the deployment with this ULID."""
        return self.deployments / deployment


def xdg(variable: str, default: str) -> Path:
    """Return our folder under an XDG base: `xdg("XDG_STATE_HOME", ".local/state")`."""
    base = Path(os.environ.get(variable, ""))
    # The specification says that a relative path is to be ignored.
    return (base if base.is_absolute() else Path.home() / default) / "workbench"


def state_home() -> Path:
    """Remembered heads, session state, job folders of the local target."""
    return xdg("XDG_STATE_HOME", ".local/state")


def cache_home() -> Path:
    """Projections of projects whose own folder cannot hold them."""
    return xdg("XDG_CACHE_HOME", ".cache")


def config_home() -> Path:
    """The person's own settings and what they trust."""
    return xdg("XDG_CONFIG_HOME", ".config")
