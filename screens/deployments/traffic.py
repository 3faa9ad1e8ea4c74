"""How an endpoint answers: rate, latency and errors of each version, over the last minutes and in all."""

from __future__ import annotations

from collections.abc import Sequence

from screens.text import Styled, Tone, count, number, plural
from screens.widgets.detail import Section
from screens.widgets.source import Cell
from workbench.serving.metrics import Metrics, Series, lately, quantile, rates
from workbench.serving.observing import Worker

MINUTES = 5
"""What "lately" is."""
POINTS = 20
"""Cells of a sparkline: a quarter of a minute each."""
BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], points: int) -> str:
    """Draw values as `points` blocks, each the mean of its share; the highest is full, 0 the lowest."""
    each = len(values) // points
    means = [sum(values[at * each : (at + 1) * each]) / each for at in range(points)]
    top = max(means, default=0.0)
    if not top:
        return BLOCKS[0] * points
    return "".join(BLOCKS[round(mean / top * (len(BLOCKS) - 1))] for mean in means)


def figure(value: float) -> str:
    """Write a rate or a latency: two digits below ten, whole from there on."""
    return count(round(value)) if value >= 9.95 else number(value, 2)


def sections(metrics: Metrics | None, answers: str, now: float) -> list[Section]:
    """Return the traffic of every version, the one that `answers` first; `now` in Unix seconds."""
    if metrics is None or not (metrics.versions or metrics.refused):
        return [Section(notes=[Styled("Nobody has asked it anything yet. w calls it.", "muted")])]
    recent = lately(metrics, now, MINUTES * 60)
    names = sorted(metrics.versions, key=lambda name: (name != answers, name not in recent, name))
    found = [_version(metrics, name, answers, recent.get(name, Series()), now) for name in names]
    return [*found, _whole(metrics)]


def _version(metrics: Metrics, name: str, answers: str, recent: Series, now: float) -> Section:
    whole = metrics.versions[name]
    facts: list[tuple[str, Cell]] = []
    if recent.requests:
        points = rates(metrics, name, now, MINUTES * 60)
        last = rates(metrics, name, now, 30)
        facts = [
            ("Now", f"{figure(sum(last) / len(last))} requests/s"),
            (f"Last {MINUTES} min", Styled(sparkline(points, POINTS), "busy")),
            (
                "",
                Styled(
                    f"{plural(recent.requests, 'request')}, top {figure(max(points))}/s", "muted"
                ),
            ),
            ("Latency, ms", _latency(recent)),
            ("Errors", _errors(recent)),
        ]
    else:
        facts.append((f"Last {MINUTES} min", Styled("no requests", "muted")))
    facts.append(("In all", f"{plural(whole.requests, 'request')}, {plural(whole.rows, 'row')}"))
    if not recent.requests and whole.requests:
        facts += [("Latency, ms", _latency(whole)), ("Errors", _errors(whole))]
    return Section(f"{name} answers" if name == answers else name, facts)


def _latency(series: Series) -> str:
    """Write `p50 2.1  p95 8  p99 31`, in milliseconds."""
    shares = ((share, quantile(series.bins, share / 100)) for share in (50, 95, 99))
    return "  ".join(f"p{s} {figure(v * 1000)}" for s, v in shares if v is not None)


def _errors(series: Series) -> Cell:
    if not series.errors:
        return "none"
    kinds = ", ".join(
        f"{many} × {status}" for status, many in sorted(series.statuses.items()) if status != 200
    )
    share = series.errors / series.requests
    tone: Tone = "bad" if any(status >= 500 for status in series.statuses) else "warn"
    return Styled(f"{share:.1%}: {kinds}", tone)


def _whole(metrics: Metrics) -> Section:
    facts: list[tuple[str, Cell]] = [("In flight", count(metrics.in_flight))]
    if metrics.refused:
        kinds = ", ".join(f"{many} × {status}" for status, many in sorted(metrics.refused.items()))
        facts.append(("Turned away", Styled(kinds, "warn")))
    facts.append(("Logged", count(metrics.logged)))
    tone: Tone = "bad" if metrics.dropped else "plain"
    facts.append(("Not logged", Styled(count(metrics.dropped), tone)))
    if metrics.expired:
        facts.append(("Removed", Styled(f"{count(metrics.expired)} of the log, for room", "muted")))
    return Section("All versions", facts)


def processes(workers: Sequence[Worker], wanted: int, restarts: int) -> list[tuple[str, Cell]]:
    """Return the facts of the processes, where there is more to say than that there is one."""
    up = [worker for worker in workers if worker.process == "alive"]
    facts: list[tuple[str, Cell]] = []
    if wanted > 1:
        tone: Tone = "plain" if len(up) == wanted else "warn"
        facts.append(("Workers", Styled(f"{len(up)} of {wanted} up", tone)))
    if restarts:
        times = "once" if restarts == 1 else f"{count(restarts)} times"
        facts.append(("Restarted", Styled(f"{times}, after it ended by itself", "warn")))
    return facts
