"""Limits as people write them: `--time 2h`, `--memory 4G`, `--cpus 2`; and back into words."""

from __future__ import annotations

import re

from workbench.compute.limits import Limits
from workbench.errors import BadInput

_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_BYTES = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_TIME = re.compile(r"(?:(\d+)d)?\s*(?:(\d+)h)?\s*(?:(\d+)m)?\s*(?:(\d+)s?)?", re.ASCII | re.I)
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:iB|B)?", re.ASCII | re.I)
LONGEST = 366 * 86400.0
LEAST_MEMORY, MOST_MEMORY = 64 * 2**20, 2**60
MOST_CPUS = 4096.0


def parse_limits(time: str = "", memory: str = "", cpus: str = "") -> Limits:
    """Return the limits that these texts say; an empty text is no limit. Raises BadInput."""
    return Limits(parse_time(time), parse_memory(memory), parse_cpus(cpus))


def parse_time(text: str) -> float | None:
    """Read `90`, `45s`, `30m`, `2h`, `1h30m`, `1d` as seconds; None for an empty text."""
    text = text.strip()
    if not text:
        return None
    found = _TIME.fullmatch(text)
    units = zip(found.groups(), _SECONDS.values(), strict=True) if found else ()
    seconds = sum(float(number) * unit for number, unit in units if number)
    if not 1 <= seconds <= LONGEST:
        raise _refuse("time", text, "expected a time from 1s to 366d, like 90s, 30m, 2h or 1h30m")
    return seconds


def parse_memory(text: str) -> int | None:
    """Read `512M`, `4G`, `1.5GiB` as bytes (binary units); None for an empty text."""
    text = text.strip()
    if not text:
        return None
    found = _MEMORY.fullmatch(text)
    octets = float(found[1]) * _BYTES[found[2].upper()] if found else 0.0
    if not LEAST_MEMORY <= octets <= MOST_MEMORY:
        raise _refuse("memory", text, "expected at least 64M, like 512M or 4G")
    return int(octets)


def parse_cpus(text: str) -> float | None:
    """Read `2` or `0.5` as a number of cores; None for an empty text."""
    text = text.strip()
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0.1 <= number <= MOST_CPUS:
        raise _refuse("cpus", text, "expected a number of cores from 0.1 on, like 2 or 0.5")
    return number


def time_text(seconds: float) -> str:
    """Write a time as parse_time reads it: `1h30m`."""
    left, parts = round(seconds), []
    for unit, length in _SECONDS.items():
        if left >= length:
            parts.append(f"{left // length}{unit}")
            left %= length
    return "".join(parts) or "0s"


def memory_text(octets: int) -> str:
    """Write a size as parse_memory reads it, exactly where it is a whole number of a unit: `4G`."""
    for unit in ("T", "G", "M", "K"):
        if octets >= _BYTES[unit]:
            amount = octets / _BYTES[unit]
            return f"{amount:.0f}{unit}" if amount.is_integer() else f"{amount:.1f}{unit}"
    return str(octets)


def limits_text(limits: Limits) -> str:
    """Write limits in one line: `1h30m, 4G memory, 2 cores`; empty without any."""
    parts = [
        "" if limits.time is None else time_text(limits.time),
        "" if limits.memory is None else f"{memory_text(limits.memory)} memory",
        "" if limits.cpus is None else f"{limits.cpus:g} core" + "s" * (limits.cpus != 1),
    ]
    return ", ".join(part for part in parts if part)


def _refuse(name: str, text: str, why: str) -> BadInput:
    return BadInput(
        f"The limit of {name} cannot be {text[:40]!r}",
        where=f"--{name}",
        why=why,
        fix="Change it, or leave it out for no limit",
        code="job.limit",
    )
