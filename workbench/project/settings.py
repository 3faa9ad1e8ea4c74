"""What a project is set to: `workbench.toml` (in git), the person's own file and the environment.

Who wins: a flag, then an environment variable, then `~/.config/workbench/config.toml`, then
`workbench.toml`, then the default. What a model may be promoted by (environments and their gates)
is the project's alone: a person's own file cannot loosen it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from workbench.errors import BadInput, NewerFormat, NotFound
from workbench.links import NAME, check_name
from workbench.options import Value
from workbench.project.paths import config_home
from workbench.project.template import TEMPLATE
from workbench.project.toml import edit_toml, line_of, parse_tables, parse_toml, read_toml

FORMAT = 1
"""The format of a project that this version reads and writes."""

CODE = "settings"
GATE = "gate"


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """Where a model version counts.

    `gates` hold the name of a gate under `gate` and its options beside it; `confirm` asks whoever
    promotes to type the model's name.
    """

    gates: tuple[dict[str, Value], ...] = ()
    confirm: bool = False

    def __post_init__(self) -> None:
        """Refuse a gate without its name."""
        for gate in self.gates:
            if not isinstance(gate.get(GATE), str):
                # ValueError: what the reader of TOML turns into a refusal with file and line.
                raise ValueError(  # noqa: TRY004
                    'each gate needs its name: { gate = "threshold" }'
                )


class Runner(msgspec.Struct, frozen=True, kw_only=True):
    """`slots`: how many jobs run at once on this machine; 0 means half of its cores, at least one."""

    slots: int = 0

    def __post_init__(self) -> None:
        """Refuse a number that makes no sense."""
        if not 0 <= self.slots <= 1024:
            raise ValueError("slots: expected 0 to 1024")


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """Where deployments listen: an address, and the first and last port that they may take."""

    host: str = "127.0.0.1"
    ports: tuple[int, int] = (8700, 8799)

    def __post_init__(self) -> None:
        """Refuse ports that are none, or the wrong way round."""
        first, last = self.ports
        if not 1 <= first <= last <= 65535:
            raise ValueError("ports: expected [first, last] from 1 to 65535")


class Models(msgspec.Struct, frozen=True, kw_only=True):
    """`unsafe`: formats that may run code when they are loaded and that may be imported all the same.

    They are listed, scanned and compared, and never loaded here.
    """

    unsafe: tuple[str, ...] = ()


_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[^]]*\])?\s*[^@]*", re.DOTALL)
_PYTHON = re.compile(r"3\.[1-9]\d?")
_OLDEST = 11


class Runtime(msgspec.Struct, frozen=True, kw_only=True):
    """What jobs on other machines run in, beside what the worker needs.

    `packages` are requirements such as `xgboost>=3`; `python` is a version (`3.12`; empty: the one
    that runs here); `index` the address of a package index (empty: as uv is set up).
    """

    packages: tuple[str, ...] = ()
    python: str = ""
    index: str = ""

    def __post_init__(self) -> None:
        """Refuse addresses among the packages, an impossible Python and an index with a password."""
        for package in self.packages:
            if _REQUIREMENT.fullmatch(package) is None or "://" in package:
                raise ValueError(f"packages: {package!r} is not a package of an index")
        if self.python and (
            _PYTHON.fullmatch(self.python) is None or int(self.python[2:]) < _OLDEST
        ):
            raise ValueError(f'python: expected a version such as "3.{_OLDEST}" or newer')
        scheme, mark, rest = self.index.partition("://")
        if self.index and (not mark or scheme not in {"https", "http", "file"}):
            raise ValueError("index: expected an address that starts with https://")
        if "@" in rest.partition("/")[0]:
            # The file is meant for git.
            raise ValueError(
                "index: a password does not belong here; uv reads UV_DEFAULT_INDEX and ~/.netrc"
            )


KIND, SLOTS = "kind", "slots"
LOCAL = "local"
"""The target that is always there: this machine. Its slots are those of `[runner]`."""


def check_targets(targets: Mapping[str, Mapping[str, Value]]) -> None:
    """Refuse names and keys that no target can have; what a kind's own options are is its affair."""
    for name, table in targets.items():
        if NAME.fullmatch(name) is None or name in {LOCAL, "latest"}:
            raise ValueError(f"{name!r} cannot name a target")
        if not isinstance(table.get(KIND), str):
            raise ValueError(f'{name}: a target needs its kind: kind = "ssh"')  # noqa: TRY004  # as above
        slots = table.get(SLOTS, 1)
        if isinstance(slots, bool) or not isinstance(slots, int) or not 1 <= slots <= 1024:
            raise ValueError(f"{name}: slots: expected 1 to 1024")


def default_environments() -> dict[str, Environment]:
    """Return dev, staging and production: free, gated, gated and confirmed by the typed name."""
    threshold: dict[str, Value] = {GATE: "threshold"}
    return {
        "dev": Environment(),
        "staging": Environment(gates=(threshold,)),
        "production": Environment(gates=(threshold,), confirm=True),
    }


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a project is set to. A key that is left out has its default.

    A table of `targets` holds the `kind` of place, its `slots` (how many jobs run there at once,
    default 1) and the options of that kind.
    """

    name: str
    format: int = FORMAT
    environments: dict[str, Environment] = msgspec.field(default_factory=default_environments)
    runner: Runner = Runner()
    serving: Serving = Serving()
    models: Models = Models()
    runtime: Runtime = Runtime()
    targets: dict[str, dict[str, Value]] = {}

    def __post_init__(self) -> None:
        """Refuse names that references cannot carry: an environment name is not a number."""
        check_targets(self.targets)
        for name in self.environments:
            if NAME.fullmatch(name) is None or name == "latest":
                raise ValueError(f"{name!r} cannot name an environment")

    @property
    def slots(self) -> int:
        """How many jobs run at once here."""
        return self.runner.slots or max(1, (os.cpu_count() or 1) // 2)

    def environment(self, name: str) -> Environment:
        """Return the environment, or raise NotFound with those that there are."""
        if name not in self.environments:
            raise NotFound(
                f"There is no environment {name}",
                where=name,
                why="known: " + ", ".join(self.environments),
                fix="Choose one of these, or add it to workbench.toml",
                code="environment",
            )
        return self.environments[name]


class Personal(msgspec.Struct, frozen=True, kw_only=True):
    """`config.toml` of a person: what may differ from the project's, targets, keys (verb → key), theme."""

    runner: Runner | None = None
    serving: Serving | None = None
    targets: dict[str, dict[str, Value]] = {}
    keys: dict[str, str] = {}
    theme: str = ""

    def __post_init__(self) -> None:
        """Refuse targets that cannot be."""
        check_targets(self.targets)


def read_settings(path: Path, *, environ: Mapping[str, str] | None = None) -> Settings:
    """Read a project's `workbench.toml`, and over it the person's own file and the environment.

    Raises BadInput (`settings.syntax`, `.unknown`, `.missing`, `.type`, `.variable`) with file,
    line and key, NewerFormat for a file of a later version, NotFound without a file.
    """
    try:
        settings = _read_project(path)
    except FileNotFoundError:
        raise NotFound(
            "The project has no settings file",
            where=str(path),
            why="there is no such file",
            fix='Restore it from git, or write one that says: name = "NAME"',
            code="settings.none",
        ) from None
    return _from_environment(_over(settings, read_personal()), environ or os.environ)


def _read_project(path: Path) -> Settings:
    text = path.read_text("utf-8", errors="surrogateescape")
    tables = parse_tables(text, where=str(path), code=CODE)
    number = tables.get("format", FORMAT)
    if isinstance(number, int) and number > FORMAT:
        raise NewerFormat(
            "A newer Workbench wrote this project",
            where=f"{path}, line {line_of(text, ('format',))}, key format",
            why=f"its format is {number}, this version reads {FORMAT}",
            fix="Install a newer ml-workbench",
        )
    settings = read_toml(path, Settings, code=CODE)
    known = default_environments()
    # A project that names some environments still has the usual ones, as they are by default.
    return msgspec.structs.replace(settings, environments=known | settings.environments)


def read_personal(path: Path | None = None) -> Personal:
    """Read the person's own settings (default: `~/.config/workbench/config.toml`); none is empty."""
    path = path or config_home() / "config.toml"
    try:
        return read_toml(path, Personal, code=CODE)
    except FileNotFoundError:
        return Personal()


def write_personal(changes: Mapping[tuple[str, ...], Any]) -> None:
    """Change keys of the person's own settings, made when missing; None removes. Comments stay."""
    folder = config_home()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    edit_toml(folder / "config.toml", changes, Personal, code=CODE)


def _over(settings: Settings, personal: Personal) -> Settings:
    changes = {
        part: value
        for part in ("runner", "serving")
        if (value := getattr(personal, part)) is not None
    }
    targets = settings.targets | personal.targets
    return msgspec.structs.replace(settings, **changes, targets=targets)


def _from_environment(settings: Settings, environ: Mapping[str, str]) -> Settings:
    variables = {
        "WORKBENCH_RUNNER_SLOTS": ("runner", "slots"),
        "WORKBENCH_SERVING_HOST": ("serving", "host"),
    }
    for variable, (part, name) in variables.items():
        if not (text := environ.get(variable, "")):
            continue
        try:
            value: Any = int(text) if name == "slots" else text
            changed = msgspec.structs.replace(getattr(settings, part), **{name: value})
        except ValueError:
            raise BadInput(
                f"{variable} cannot be {text}",
                where=f"environment variable {variable}",
                why="expected a whole number from 0 to 1024",
                fix="Change it or unset it",
                code="settings.variable",
            ) from None
        settings = msgspec.structs.replace(settings, **{part: changed})
    return settings


def write_settings(path: Path, changes: Mapping[tuple[str, ...], Any]) -> None:
    """Change keys of `workbench.toml`, `{("runner", "slots"): 4}`; None removes. Comments stay.

    What read_settings would refuse is refused here, and nothing is written.
    """
    edit_toml(path, changes, Settings, code=CODE)


def default_settings_text(name: str) -> str:
    """Return the commented `workbench.toml` that `init` writes for the project `name`."""
    check_name(name, "project's name")
    text = TEMPLATE.replace("NAME", name)
    parse_toml(text, Settings, where="workbench.toml", code=CODE)
    return text
