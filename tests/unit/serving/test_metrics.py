"""Counting: quantiles against NumPy, sums over processes, and what an independent parser reads."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families as parse

from workbench.serving.exposition import exposition
from workbench.serving.metrics import (
    BOUNDS,
    SLOT_SECONDS,
    SLOTS,
    STALE_SECONDS,
    Meter,
    Metrics,
    Series,
    lately,
    quantile,
    rates,
    together,
)

latencies = st.lists(st.floats(1e-4, 60), min_size=1, max_size=60)


def counted(seconds: list[float]) -> Meter:
    meter = Meter()
    for each in seconds:
        meter.count("m@1", 200, 1, each, 1000.0)
    return meter


@given(latencies, st.sampled_from([0.5, 0.95, 0.99, 1.0]))
def test_quantiles_are_in_the_bin_of_numpys(seconds: list[float], share: float) -> None:
    found = quantile(counted(seconds).metrics.versions["m@1"].bins, share)
    exact = float(np.quantile(seconds, share, method="inverted_cdf"))
    assert found is not None
    place = int(np.searchsorted(BOUNDS, exact))
    low = BOUNDS[place - 1] if place else 0.0
    assert low <= found <= BOUNDS[place]


def test_quantiles_of_nothing_and_of_the_very_slow() -> None:
    assert quantile({}, 0.5) is None
    assert quantile(counted([500.0]).metrics.versions["m@1"].bins, 0.5) == BOUNDS[-1]


def test_an_independent_parser_reads_it() -> None:
    meter = Meter()
    seconds = [0.0004, 0.002, 0.002, 0.03, 7.0, 90.0]
    for each in seconds:
        meter.count("late@1", 200, 3, each, 1000.0)
    meter.count("late@2", 400, 0, 0.001, 1000.0)
    meter.refuse(401)
    meter.metrics.in_flight = 2
    text = exposition(meter.read(logged=5, dropped=1, expired=4), 'a"b\\c\nd').decode()
    assert text.endswith("\n")
    families = {family.name: family for family in parse(text)}
    samples = {
        (s.name, s.labels.get("version"), s.labels.get("status") or s.labels.get("le")): s.value
        for family in families.values()
        for s in family.samples
    }
    assert all(s.labels["deployment"] == 'a"b\\c\nd' for f in families.values() for s in f.samples)
    assert {name: family.type for name, family in families.items()} == {
        "workbench_requests": "counter",
        "workbench_request_seconds": "histogram",
        "workbench_rows": "counter",
        "workbench_refused": "counter",
        "workbench_predictions_logged": "counter",
        "workbench_predictions_dropped": "counter",
        "workbench_predictions_expired": "counter",
        "workbench_requests_in_flight": "gauge",
        "workbench_workers": "gauge",
    }
    assert samples["workbench_requests_total", "1", "200"] == 6
    assert samples["workbench_requests_total", "2", "400"] == 1
    assert samples["workbench_refused_total", None, "401"] == 1
    assert samples["workbench_rows_total", "1", None] == 18
    assert samples["workbench_predictions_logged_total", None, None] == 5
    assert samples["workbench_predictions_dropped_total", None, None] == 1
    assert samples["workbench_predictions_expired_total", None, None] == 4
    assert samples["workbench_requests_in_flight", None, None] == 2
    assert samples["workbench_request_seconds_sum", "1", None] == pytest.approx(sum(seconds))
    buckets = {
        le: value
        for (name, version, le), value in samples.items()
        if name == "workbench_request_seconds_bucket" and version == "1"
    }
    assert buckets == {le: sum(each <= float(le) for each in seconds) for le in map(str, buckets)}
    assert buckets["+Inf"] == samples["workbench_request_seconds_count", "1", None] == 6
    assert math.inf in map(float, buckets)


@given(st.lists(latencies, min_size=1, max_size=4))
def test_the_sum_over_processes_is_what_one_would_have_counted(parts: list[list[float]]) -> None:
    found = together([counted(part).read(len(part), 1) for part in parts], 0.0)
    one = counted([each for part in parts for each in part]).metrics.versions["m@1"]
    whole = found.versions["m@1"]
    assert (whole.statuses, whole.bins, whole.rows) == (one.statuses, one.bins, one.rows)
    assert whole.seconds == pytest.approx(one.seconds)
    assert (found.logged, found.dropped, found.workers) == (one.rows, len(parts), len(parts))


def test_the_next_process_in_a_seat_goes_on_and_the_silent_are_not_at_work() -> None:
    first = counted([0.01, 0.02])
    first.metrics.in_flight = 3
    written = msgspec.json.encode(first.read(logged=2, dropped=1))
    heir = Meter(msgspec.json.decode(written, type=Metrics))
    heir.count("m@1", 503, 0, 0.01, 1000.0)
    found = heir.read(logged=4, dropped=0)
    assert (found.requests, found.errors, found.logged, found.dropped) == (3, 1, 6, 1)
    assert found.in_flight == 0
    silent = Metrics(in_flight=7, logged=1, at=found.at - STALE_SECONDS - 1)
    both = together([found, silent], found.at)
    assert (both.in_flight, both.workers, both.logged) == (0, 1, 7)


def test_the_last_minutes() -> None:
    """Ten requests a second for a minute, then silence; the slot under way is left out."""
    meter = Meter()
    for second in range(60):
        for _ in range(10):
            meter.count("m@1", 200, 1, 0.01, 1000.0 + second)
    assert rates(meter.metrics, "m@1", 1060.0, 60) == [10.0] * 12
    assert rates(meter.metrics, "m@1", 1062.0, 10) == [10.0, 10.0]
    assert rates(meter.metrics, "m@1", 1070.0, 20) == [10.0, 10.0, 0.0, 0.0]
    assert rates(meter.metrics, "other@1", 1060.0, 10) == [0.0, 0.0]
    assert lately(meter.metrics, 1060.0, 30)["m@1"].requests == 300
    later = 1060 + SLOT_SECONDS * SLOTS
    meter.count("m@1", 200, 1, 0.01, later)
    assert len(meter.metrics.slots) == 1
    assert meter.metrics.versions["m@1"].requests == 601
    assert Series().errors == 0
