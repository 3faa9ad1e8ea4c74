"""What an engine offers to jobs, and what stands in their way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from plugins.compute.docker.agents import facts_of
from plugins.compute.docker.engine import Engine
from plugins.compute.docker.helper import run_once
from plugins.compute.docker.images import Images
from plugins.compute.docker.options import Wanted
from plugins.compute.docker.recipe import Base
from workbench.compute.contract import Lack, Probe
from workbench.errors import WorkbenchError
from workbench.text import clean

_GB = 1024**3
_FREE = ["/bin/sh", "-c", "df -kP /"]
_LEAST_FREE = 2 * _GB


def probe(engine: Engine, images: Images, wanted: Wanted, owner: str) -> Probe:
    """Connect and say what is there. Raises TargetError when the engine cannot be used."""
    with engine.use() as client:
        info: dict[str, Any] = client.info()
        version = str(client.version().get("Version", ""))
    facts = {"engine": f"Docker {version}, API {engine.version}"} | _facts(info)
    lacks = list(_weaknesses(info, wanted))
    base = images.find_base(wanted.base)
    if base is None:
        fix = f"It is pulled for the first job, or run docker pull {wanted.base} there"
        return _probe(
            False, facts, [*lacks, Lack(f"The image {wanted.base} is not there yet", fix)]
        )
    facts["base"] = f"{base.name} ({base.digest or base.image})"
    try:
        facts |= _inside(engine, base, owner)
    except WorkbenchError as error:
        return _probe(
            False, facts, [*lacks, Lack(f"No job can run on {base.name}: {error.why}", error.fix)]
        )
    free = int(facts.pop("free", "0"))
    if free:
        facts["disk"] = f"{free / _GB:.1f} GB free"
    if 0 < free < _LEAST_FREE:
        lacks.append(Lack("The engine's disk is nearly full", "Free space: docker system df"))
    return _probe(True, facts, lacks)


def _probe(ok: bool, facts: Mapping[str, str], lacks: list[Lack]) -> Probe:
    shown = {key: clean(value, 300) for key, value in facts.items()}
    return Probe(ok, shown, tuple(Lack(clean(lack.why, 300), lack.fix) for lack in lacks))


def _facts(info: Mapping[str, Any]) -> dict[str, str]:
    live = "go on" if info.get("LiveRestoreEnabled") else "end (live-restore is off)"
    return {
        "host": str(info.get("Name", "")),
        "system": f"{info.get('OperatingSystem', '')}, {info.get('Architecture', '')}",
        "cores": str(info.get("NCPU", "")),
        "memory": f"{int(info.get('MemTotal') or 0) / _GB:.1f} GB",
        "gpu": "yes" if "nvidia" in (info.get("Runtimes") or {}) else "no",
        "when the engine restarts": f"jobs {live}",
    }


def _weaknesses(info: Mapping[str, Any], wanted: Wanted) -> Iterator[Lack]:
    names = {"MemoryLimit": "memory", "CpuCfsQuota": "cores", "PidsLimit": "processes"}
    for key, name in names.items():
        if not info.get(key):
            yield Lack(f"The engine does not limit {name}", "Turn on cgroups there")
    if wanted.gpus and "nvidia" not in (info.get("Runtimes") or {}):
        yield Lack("The engine has no GPU for jobs", "Install the NVIDIA container toolkit there")


def _inside(engine: Engine, base: Base, owner: str) -> dict[str, str]:
    """Return what a container on the base image sees: its Python, and the space that is free."""
    found = {"python": str(facts_of(engine, base.image, owner)["shown"]["python"])}
    out, _ = run_once(engine, base.image, _FREE, owner)
    rows = [line.split() for line in out.splitlines()]
    if len(rows) > 1 and len(rows[-1]) > 3 and rows[-1][3].isdecimal():
        found["free"] = str(int(rows[-1][3]) * 1024)
    return found
