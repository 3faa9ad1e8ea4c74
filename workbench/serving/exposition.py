"""The figures of a deployment in Prometheus' text format, version 0.0.4.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from workbench.serving.http import Header
from workbench.serving.metrics import BOUNDS, Metrics, Series

CONTENT_TYPE: Header = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
BUCKETS = tuple(
    at for at, bound in enumerate(BOUNDS) if f"{bound:e}"[:4] in {"1.00", "2.50", "5.00"}
)
"""Three bounds to a decade, out of those that are counted."""

Sample = tuple[str, str, float]
"""Suffix of the name, labels, value."""


def exposition(metrics: Metrics, deployment: str) -> bytes:
    """Return all metrics; `deployment` is its name."""
    own = f'deployment="{_escaped(deployment)}"'
    versions = [
        (f"{own},{_version(name)}", each) for name, each in sorted(metrics.versions.items())
    ]
    families = [
        _family(
            "requests_total",
            "counter",
            "Inference requests by model version and status.",
            [
                ("", f'{labels},status="{status}"', count)
                for labels, series in versions
                for status, count in sorted(series.statuses.items())
            ],
        ),
        _family(
            "request_seconds",
            "histogram",
            "Time from the head of an inference request to its answer.",
            [sample for labels, series in versions for sample in _histogram(labels, series)],
        ),
        _family(
            "rows_total",
            "counter",
            "Rows predicted by model version.",
            [("", labels, series.rows) for labels, series in versions],
        ),
        _family(
            "refused_total",
            "counter",
            "Requests that reached no model, by status.",
            [("", f'{own},status="{s}"', count) for s, count in sorted(metrics.refused.items())],
        ),
    ]
    families += [
        _family(name, kind, meaning, [("", own, value)])
        for name, kind, meaning, value in _single(metrics)
    ]
    return "".join(families).encode()


def _single(metrics: Metrics) -> Sequence[tuple[str, str, str, int]]:
    """Return name, kind, meaning and value of the metrics that have one sample."""
    return (
        (
            "predictions_logged_total",
            "counter",
            "Answers written to the prediction log.",
            metrics.logged,
        ),
        (
            "predictions_dropped_total",
            "counter",
            "Answers that the prediction log had no room for.",
            metrics.dropped,
        ),
        (
            "predictions_expired_total",
            "counter",
            "Logged answers that were removed to make room.",
            metrics.expired,
        ),
        (
            "requests_in_flight",
            "gauge",
            "Inference requests that are being answered.",
            metrics.in_flight,
        ),
        ("workers", "gauge", "Server processes at work.", metrics.workers),
    )


def _histogram(labels: str, series: Series) -> Iterable[Sample]:
    """Yield the cumulative buckets; the counted bins are finer and their bounds include these."""
    for place in BUCKETS:
        below = sum(count for at, count in series.bins.items() if at <= place)
        yield "_bucket", f'{labels},le="{BOUNDS[place]:g}"', below
    total = sum(series.bins.values())
    yield "_bucket", f'{labels},le="+Inf"', total
    yield "_sum", labels, series.seconds
    yield "_count", labels, total


def _family(name: str, kind: str, meaning: str, samples: Sequence[Sample]) -> str:
    full = f"workbench_{name}"
    lines = [f"# HELP {full} {meaning}", f"# TYPE {full} {kind}"]
    lines += [f"{full}{suffix}{{{labels}}} {value}" for suffix, labels, value in samples]
    return "\n".join(lines) + "\n"


def _version(reference: str) -> str:
    model, _, number = reference.partition("@")
    return f'model="{_escaped(model)}",version="{_escaped(number)}"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
