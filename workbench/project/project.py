"""A project: a folder with `workbench.toml` and `.workbench/`; found like git finds its own."""

from __future__ import annotations

import functools
import os
import pwd
import shutil
import socket
from pathlib import Path

from workbench.errors import BadInput, Conflict, NotFound, Unavailable
from workbench.files import write_atomic
from workbench.ids import is_ulid, new_ulid
from workbench.links import NAME
from workbench.project.paths import FOLDER, SETTINGS_FILE, Paths, cache_home, state_home
from workbench.project.settings import Settings, default_settings_text, read_settings
from workbench.records import Who
from workbench.records.project import ProjectCreated
from workbench.store.modes import make_folder
from workbench.store.store import Store

ID_FILE = "project-id"


class Project:
    """An open project. Opening reads one small file; settings and store come when asked for."""

    def __init__(self, root: Path, project: str, via: str) -> None:
        self.root = root
        self.id = project
        self.paths = Paths(root)
        self.via = via

    @functools.cached_property
    def settings(self) -> Settings:
        """What `workbench.toml` says, as of the first look; `fresh_settings` looks again."""
        return read_settings(self.paths.settings)

    def fresh_settings(self) -> Settings:
        """Read `workbench.toml` again. What it refuses leaves the settings as they were."""
        self.__dict__["settings"] = found = read_settings(self.paths.settings)
        return found

    @property
    def name(self) -> str:
        """The project's name in `workbench.toml`."""
        return self.settings.name

    @functools.cached_property
    def store(self) -> Store:
        """The project's records."""
        return Store(
            self.paths.own, self.id, whoami(self.via), state=state_home(), cache=cache_home()
        )


def whoami(via: str) -> Who:
    """Return who is at work: login name (the number where it has none), uid, host and door."""
    uid = os.getuid()
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = str(uid)
    return Who(user=user, uid=uid, host=socket.gethostname(), via=via)


def find_project(start: Path | None = None, *, via: str) -> Project:
    """Open the project in `start` or, without it, in this folder or the nearest one above."""
    if start is not None:
        return open_project(start, via=via)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / SETTINGS_FILE).is_file():
            return open_project(folder, via=via)
    raise NotFound(
        "There is no project here",
        where=str(here),
        why=f"neither this folder nor one above it has a {SETTINGS_FILE}",
        fix="Start one with workbench init, or name one with --project DIR",
        code="project.none",
    )


def open_project(root: Path, *, via: str) -> Project:
    """Open the project at `root`. Raises NotFound, NewerFormat, BadInput."""
    root = root.expanduser().resolve()
    if not (root / SETTINGS_FILE).is_file():
        raise NotFound(
            "There is no project in that folder",
            where=str(root),
            why=f"it has no {SETTINGS_FILE}" if root.is_dir() else "it is not a folder",
            fix=f"Start one with workbench init {root}",
            code="project.none",
        )
    try:
        project = (root / FOLDER / ID_FILE).read_text().strip()
    except FileNotFoundError:
        raise NotFound(
            "This project has no records on this machine",
            where=str(root / FOLDER),
            why=f"{SETTINGS_FILE} is there, {FOLDER} is not (git does not carry it)",
            fix=f"Start its records with workbench init {root}",
            code="project.no_records",
        ) from None
    if not is_ulid(project):
        raise BadInput(
            "The project's identifier is damaged",
            where=str(root / FOLDER / ID_FILE),
            why="it is not a ULID",
            fix="Write the id of the journal's first record into it",
            code="project.id",
        )
    opened = Project(root, project, via)
    _ = opened.settings  # a broken or newer workbench.toml is told here, before anything is done
    return opened


def init_project(
    root: Path, name: str | None = None, *, group: str | None = None, via: str = "cli"
) -> Project:
    """Start a project in `root` and return it open.

    The name is the folder's when it can be one. With `group`, the members of that group share the
    project (setgid 2770, files 0660); else it is private (0700). An existing `workbench.toml` is
    kept. Raises Conflict when there is a project already.
    """
    root = root.expanduser().absolute()
    paths = Paths(root)
    if (paths.own / ID_FILE).exists():
        raise Conflict(
            "There is a project in that folder already",
            where=str(root),
            why=f"it has {FOLDER}/{ID_FILE}",
            fix=f"Open it with workbench ui --project {root}",
            code="project.exists",
        )
    name = _name_for(root, name)
    root.mkdir(parents=True, exist_ok=True)
    fresh = not paths.own.exists()
    try:
        _make_own(paths, group)
        if not paths.settings.exists():
            write_atomic(paths.settings, default_settings_text(name).encode())
        _ignore(root)
        project = Project(root, new_ulid(), via)
        project.store.append(ProjectCreated(id=project.id, name=project.name))
        # Written last: a project without it was not started, and can be started again.
        write_atomic(paths.own / ID_FILE, f"{project.id}\n".encode(), mode=0o644)
    except BaseException:
        if fresh:
            shutil.rmtree(paths.own, ignore_errors=True)
        raise
    return project


def _name_for(root: Path, name: str | None) -> str:
    if name is not None:
        if NAME.fullmatch(name) is None:
            raise BadInput(
                f"{name!r} cannot be the project's name",
                where="--name",
                why="a name starts with a letter a to z and goes on with letters, digits, _ or -",
                fix="Choose another",
                code="name",
            )
        return name
    candidate = "".join(c if c.isalnum() and c.isascii() else "-" for c in root.name.lower())
    candidate = candidate.strip("-")[:63]
    return candidate if NAME.fullmatch(candidate) else "project"


def _make_own(paths: Paths, group: str | None) -> None:
    paths.own.mkdir(exist_ok=True)
    paths.own.chmod(0o700)
    if group is not None:
        try:
            shutil.chown(paths.own, group=group)
        except LookupError:
            raise BadInput(
                f"There is no group {group}",
                where="--shared",
                why="this system does not know it",
                fix="See your groups with id",
                code="project.group",
            ) from None
        except PermissionError as error:
            raise Unavailable(
                f"The project cannot be given to the group {group}",
                where=str(paths.own),
                why=error.strerror or str(error),
                fix="Join the group or ask its owner",
                code="project.group",
            ) from None
        paths.own.chmod(0o2770)
    for folder in (paths.journal, paths.objects, paths.jobs, paths.deployments, paths.cache):
        make_folder(folder)


def _ignore(root: Path) -> None:
    """Keep `.workbench/` out of git without touching a .gitignore that people own."""
    write_atomic(root / FOLDER / ".gitignore", b"*\n", sync=False)
