"""Predictions off the event loop, requests that wait together answered by one call of the model.

A scikit-learn pipeline spends about as long on one row as on a hundred. So while the model is busy
the requests that arrive gather, and the next call takes all of them; a request that finds the model
idle starts at once, together with those that the same turn of the event loop brought. Nobody waits
for company, and the wait for the call under way is the bound.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from workbench.serving.http import HttpError
from workbench.serving.served import Columns, ServedModel

MOST_ROWS = 4096
"""Requests are put together up to this many rows; a larger one goes alone."""

logger = logging.getLogger("workbench.serving")

Outputs = dict[str, list[Any]]


@dataclass(slots=True)
class _Waiting:
    served: ServedModel
    columns: Columns
    rows: int
    answer: asyncio.Future[Outputs] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Batcher:
    """Feeds one thread that predicts. All methods belong to the event loop's thread."""

    def __init__(self, most_waiting: int) -> None:
        self._most = most_waiting
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="predict")
        self._queue: deque[_Waiting] = deque()
        self._running: asyncio.Task[None] | None = None
        self.calls = 0

    @property
    def waiting(self) -> int:
        """Requests that are not in a call yet."""
        return len(self._queue)

    async def predict(self, served: ServedModel, columns: Columns, rows: int) -> Outputs:
        """Return the outputs for these rows.

        Raises HttpError 503 when too many requests wait, 400 when the model refuses the values.
        """
        if len(self._queue) >= self._most:
            raise HttpError(503, "too many requests are waiting", (b"retry-after", b"1"))
        request = _Waiting(served, columns, rows)
        self._queue.append(request)
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await request.answer

    async def close(self) -> None:
        """Answer what waits, then end the thread."""
        if self._running is not None:
            await self._running
        self._thread.shutdown()

    async def _run(self) -> None:
        """Take together what waits and call the model, until nobody waits."""
        loop = asyncio.get_running_loop()
        try:
            while batch := self._take():
                self.calls += 1
                answers = await loop.run_in_executor(self._thread, _answer, batch)
                for request, answer in zip(batch, answers, strict=True):
                    if request.answer.done():  # it ran out of time, or its client left
                        continue
                    if isinstance(answer, HttpError):
                        request.answer.set_exception(answer)
                    else:
                        request.answer.set_result(answer)
        finally:
            self._running = None

    def _take(self) -> list[_Waiting]:
        """Take the oldest requests of one version, up to MOST_ROWS, leaving out those given up."""
        batch: list[_Waiting] = []
        rows = 0
        while self._queue:
            first = self._queue[0]
            if not first.answer.done():
                if batch and (first.served is not batch[0].served or rows + first.rows > MOST_ROWS):
                    break
                batch.append(first)
                rows += first.rows
            self._queue.popleft()
        return batch


def _answer(batch: list[_Waiting]) -> list[Outputs | HttpError]:
    """Predict a batch in one call; where that fails, each request alone, so that one spoils no other."""
    if len(batch) == 1:
        return [_alone(batch[0])]
    first = batch[0]
    names = first.columns.keys()
    try:
        columns = {n: [v for request in batch for v in request.columns[n]] for n in names}
        outputs = first.served.predict(columns)
    except Exception:  # noqa: BLE001  # a model's code may raise anything; told for each request
        return [_alone(request) for request in batch]
    answers: list[Outputs | HttpError] = []
    start = 0
    for request in batch:
        end = start + request.rows
        answers.append({name: values[start:end] for name, values in outputs.items()})
        start = end
    return answers


def _alone(request: _Waiting) -> Outputs | HttpError:
    try:
        return request.served.predict(request.columns)
    except Exception:  # a model's code may raise anything; the log has what it was
        logger.warning("%s refused a request", request.served.reference, exc_info=True)
        return HttpError(400, f"{request.served.reference} cannot predict from these values")
