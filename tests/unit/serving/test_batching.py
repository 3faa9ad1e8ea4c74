"""Requests that wait together share a call, in order, and one that the model refuses spoils no other."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from workbench.serving.batching import MOST_ROWS, Batcher
from workbench.serving.http import HttpError


class Doubling:
    """Answers twice each x, refuses -13, notes the size of every call and waits for the gate."""

    reference = "double@1"

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.gate = threading.Event()

    def predict(self, columns: Any) -> dict[str, list[Any]]:
        self.gate.wait(30)
        self.calls.append(len(columns["x"]))
        if -13 in columns["x"]:
            raise ValueError("/some/path: thirteen")
        return {"prediction": [2 * x for x in columns["x"]]}


async def ask(batcher: Batcher, model: Any, *values: int) -> Any:
    return (await batcher.predict(model, {"x": list(values)}, len(values)))["prediction"]


async def until_under_way(batcher: Batcher) -> None:
    while batcher.calls == 0:
        await asyncio.sleep(0)


async def test_waiting_requests_share_one_call() -> None:
    batcher, model = Batcher(100), Doubling()
    first = asyncio.create_task(ask(batcher, model, 1))
    await until_under_way(batcher)
    others = [asyncio.create_task(ask(batcher, model, n, n + 1)) for n in range(20)]
    await asyncio.sleep(0)
    assert batcher.waiting == 20
    model.gate.set()
    assert await first == [2]
    assert await asyncio.gather(*others) == [[2 * n, 2 * n + 2] for n in range(20)]
    assert model.calls == [1, 40]
    await batcher.close()


async def test_a_refused_request_is_alone_in_it() -> None:
    batcher, model = Batcher(100), Doubling()
    model.gate.set()
    asked = [asyncio.create_task(ask(batcher, model, n)) for n in (1, -13, 3)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert (found[0], found[2]) == ([2], [6])
    assert isinstance(found[1], HttpError)
    assert (found[1].status, found[1].what) == (400, "double@1 cannot predict from these values")
    await batcher.close()


async def test_versions_and_large_requests_are_not_mixed() -> None:
    batcher, old, new = Batcher(100), Doubling(), Doubling()
    old.gate.set()
    new.gate.set()
    large = range(MOST_ROWS)
    asked = [
        asyncio.create_task(ask(batcher, model, *values))
        for model, values in ((old, (1,)), (old, (2,)), (new, (3,)), (new, large), (new, (4,)))
    ]
    found = await asyncio.gather(*asked)
    assert [f[0] for f in found] == [2, 4, 6, 0, 8]
    assert (old.calls, new.calls) == ([2], [1, MOST_ROWS, 1])
    await batcher.close()


async def test_too_many_wait_and_who_gave_up_is_not_predicted() -> None:
    batcher, model = Batcher(2), Doubling()
    first = asyncio.create_task(ask(batcher, model, 1))
    await until_under_way(batcher)
    others = [asyncio.create_task(ask(batcher, model, n)) for n in (2, 3)]
    await asyncio.sleep(0)
    with pytest.raises(HttpError) as refused:
        await ask(batcher, model, 4)
    assert refused.value.status == 503
    others[0].cancel()
    await asyncio.sleep(0)
    model.gate.set()
    assert await first == [2]
    assert await others[1] == [6]
    assert model.calls == [1, 1]
    await batcher.close()
