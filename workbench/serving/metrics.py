"""What a deployment has answered, counted: by version and status, with latencies, summed over processes.

Each server process counts for itself and writes its figures to a file of its own, from which the next
process in its seat goes on; whoever asks sums them. Latencies are counted in bins whose bounds are
Renard's R10 series, ten to a decade from 0.1 ms to 63 s, so that a quantile is known to within 13 %.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence

import msgspec

_R10 = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0)
BOUNDS = tuple(round(r * 10.0**e, 9) for e in range(-4, 2) for r in _R10 if r * 10.0**e < 70)
"""Upper bounds of the bins in seconds; what is slower falls into one more."""
SLOT_SECONDS = 5
SLOTS = 120
"""The last ten minutes are kept in slots of five seconds."""
STALE_SECONDS = 10.0
"""A process that has not written for so long is not counted as at work."""


class Series(msgspec.Struct, kw_only=True):
    """What one model version (`delay@4`) answered; `bins` maps the place of a bound to a count."""

    statuses: dict[int, int] = {}
    rows: int = 0
    seconds: float = 0.0
    bins: dict[int, int] = {}

    @property
    def requests(self) -> int:
        """Inference requests, refused and failed ones too."""
        return sum(self.statuses.values())

    @property
    def errors(self) -> int:
        """Those that were not answered with predictions."""
        return self.requests - self.statuses.get(200, 0)

    def add(self, other: Series) -> None:
        """Count what `other` counted, too."""
        _add(self.statuses, other.statuses)
        _add(self.bins, other.bins)
        self.rows += other.rows
        self.seconds += other.seconds


class Metrics(msgspec.Struct, kw_only=True):
    """The figures of one process, or of several together.

    `refused` counts by status what never reached a model (no token, no such path). `slots` maps five
    seconds (Unix time // 5) to what each version answered in them. `expired` counts logged answers that
    were removed from the disk to make room. `at` is when it was written, Unix
    seconds. All but `in_flight` and `workers` count since the deployment was made.
    """

    versions: dict[str, Series] = {}
    refused: dict[int, int] = {}
    logged: int = 0
    dropped: int = 0
    expired: int = 0
    in_flight: int = 0
    workers: int = 1
    slots: dict[int, dict[str, Series]] = {}
    at: float = 0.0

    @property
    def requests(self) -> int:
        """Inference requests to any version."""
        return sum(series.requests for series in self.versions.values())

    @property
    def errors(self) -> int:
        """Those of them that were not answered with predictions."""
        return sum(series.errors for series in self.versions.values())


class Meter:
    """Counts for one process. Belongs to the event loop's thread.

    `before` are the figures of the process that had this seat before, with which it goes on.
    """

    def __init__(self, before: Metrics | None = None) -> None:
        self.metrics = before or Metrics()
        self._logged, self._dropped = self.metrics.logged, self.metrics.dropped
        self._expired = self.metrics.expired
        self.metrics.in_flight = 0

    def count(self, version: str, status: int, rows: int, seconds: float, now: float) -> None:
        """Count one inference request; `now` is Unix time."""
        series = self.metrics.versions.setdefault(version, Series())
        slot = self._slot(now).setdefault(version, Series())
        place = bisect_left(BOUNDS, seconds)
        for counted in (series, slot):
            counted.statuses[status] = counted.statuses.get(status, 0) + 1
            counted.bins[place] = counted.bins.get(place, 0) + 1
            counted.rows += rows
            counted.seconds += seconds

    def refuse(self, status: int) -> None:
        """Count a request that reached no model."""
        self.metrics.refused[status] = self.metrics.refused.get(status, 0) + 1

    def read(self, logged: int, dropped: int, expired: int = 0) -> Metrics:
        """Return the figures as they are now, with those of the prediction log of this process."""
        self.metrics.logged = self._logged + logged
        self.metrics.dropped = self._dropped + dropped
        self.metrics.expired = self._expired + expired
        self.metrics.at = time.time()
        return self.metrics

    def _slot(self, now: float) -> dict[str, Series]:
        key = int(now) // SLOT_SECONDS
        slots = self.metrics.slots
        if key not in slots:
            slots[key] = {}
            for old in [each for each in slots if each <= key - SLOTS]:
                del slots[old]
        return slots[key]


def together(parts: Iterable[Metrics], now: float) -> Metrics:
    """Sum the figures of several processes; those that are silent are not at work."""
    whole = Metrics(workers=0, at=now)
    for part in parts:
        for version, series in part.versions.items():
            whole.versions.setdefault(version, Series()).add(series)
        for key, slot in part.slots.items():
            ours = whole.slots.setdefault(key, {})
            for version, series in slot.items():
                ours.setdefault(version, Series()).add(series)
        _add(whole.refused, part.refused)
        whole.logged += part.logged
        whole.dropped += part.dropped
        whole.expired += part.expired
        if now - part.at <= STALE_SECONDS:
            whole.in_flight += part.in_flight
            whole.workers += part.workers
    return whole


def quantile(bins: Mapping[int, int], share: float) -> float | None:
    """Return the latency in seconds that `share` (0 to 1) of the requests did not exceed.

    Within a bin it is assumed that they are spread evenly. None without requests; what is slower
    than the last bound counts as the last bound.
    """
    total = sum(bins.values())
    if not total:
        return None
    wanted = share * total
    below = 0
    for place in sorted(bins):
        count = bins[place]
        if below + count >= wanted:
            if place >= len(BOUNDS):
                return BOUNDS[-1]
            low = BOUNDS[place - 1] if place else 0.0
            return low + (BOUNDS[place] - low) * max(wanted - below, 0.0) / count
        below += count
    return BOUNDS[-1]


def lately(metrics: Metrics, now: float, seconds: int) -> dict[str, Series]:
    """Return what each version answered in the whole slots of the last `seconds`."""
    found: dict[str, Series] = {}
    for key in _keys(now, seconds):
        for version, series in metrics.slots.get(key, {}).items():
            found.setdefault(version, Series()).add(series)
    return found


def rates(metrics: Metrics, version: str, now: float, seconds: int) -> list[float]:
    """Return the version's requests a second in each slot of the last `seconds`, the oldest first."""
    none = Series()
    return [
        metrics.slots.get(key, {}).get(version, none).requests / SLOT_SECONDS
        for key in _keys(now, seconds)
    ]


def _keys(now: float, seconds: int) -> Sequence[int]:
    """Return the slots that ended within the last `seconds`; the one under way is left out."""
    last = int(now) // SLOT_SECONDS
    return range(last - seconds // SLOT_SECONDS, last)


def _add(ours: dict[int, int], theirs: Mapping[int, int]) -> None:
    for key, count in theirs.items():
        ours[key] = ours.get(key, 0) + count
