"""One-row predictions over HTTP: this server under uvicorn and granian, against bare FastAPI + scikit-learn.

    python tests/bench/bench_serving.py [--clients 32] [--seconds 4] [--rounds 5]

The same fitted pipeline (histogram gradient boosting over six columns of four types, raw values in),
the same rows, one worker process each, the same load generator in a process of its own; the peer is
measured first in every round and the medians of the rounds are compared. Ours has its token and its
prediction log on; the peer has neither. All run with OMP_NUM_THREADS=1 and POLARS_MAX_THREADS=1, as our
server process does: with more, the peer's thread pool and OpenMP's fight for the cores and it answers
ten times slower.

Last figures (2 cores of a shared machine with a load of 11, Python 3.11, medians of 3 rounds of 2 s; the
ratio is what counts, and even that is uncertain by a half; the medians of latency were 5.5 and 13 times
shorter):

    clients     bare FastAPI     uvicorn (ours)          granian (ours)
          1         69 req/s     708 req/s, 10 x        281 req/s, 4.1 x
         32        214 req/s    2364 req/s, 11 x       1518 req/s, 7.1 x
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

COLUMNS = {"n": "int", "x": "float", "y": "float", "flag": "bool", "kind": "str", "place": "str"}
DATATYPES = {"int": "INT64", "float": "FP64", "bool": "BOOL", "str": "BYTES"}
ROW = {"n": 3, "x": 2.5, "y": None, "flag": True, "kind": "b", "place": "p7"}
TOKEN = "T" * 43


def fit(path: Path) -> None:
    """Fit the pipeline and write it as skops."""
    import numpy as np
    import polars as pl
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OrdinalEncoder

    from plugins.formats.skops import FORMAT

    random = np.random.default_rng(0)
    rows = 20_000
    table = pl.DataFrame(
        {
            "n": random.integers(0, 100, rows),
            "x": random.normal(size=rows),
            "y": random.normal(size=rows),
            "flag": random.random(rows) < 0.5,
            "kind": random.choice(["a", "b", "c"], rows).tolist(),
            "place": [f"p{i}" for i in random.integers(0, 50, rows)],
        }
    )
    late = np.where(table["x"].to_numpy() + random.normal(size=rows) > 0, "yes", "no")
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan
    )
    features = ColumnTransformer(
        [("numbers", "passthrough", ["n", "x", "y"]), ("codes", codes, ["flag", "kind", "place"])]
    )
    model = Pipeline([("features", features), ("trees", HistGradientBoostingClassifier())])
    FORMAT.dump(model.fit(table, late), path)


def bare(model_path: str) -> Any:
    """The peer: what a tutorial writes."""
    import polars as pl
    from fastapi import FastAPI
    from pydantic import BaseModel

    from plugins.formats.skops import FORMAT

    model = FORMAT.load(Path(model_path))
    types = {"int": pl.Int64, "float": pl.Float64, "bool": pl.Boolean, "str": pl.String}
    schema = {name: types[kind] for name, kind in COLUMNS.items()}
    app = FastAPI()

    class Row(BaseModel):
        n: int | None
        x: float | None
        y: float | None
        flag: bool | None
        kind: str | None
        place: str | None

    def predict(row: Row) -> dict[str, Any]:
        frame = pl.DataFrame([row.model_dump()], schema=schema)
        return {
            "prediction": model.predict(frame)[0],
            "probability": model.predict_proba(frame)[0].tolist(),
        }

    predict.__annotations__["row"] = Row
    app.post("/predict")(predict)
    return app


def ours(model_path: str, folder: str) -> Any:
    """This server's application with its log, loaded as the server process loads it."""
    import hashlib

    from workbench.serving.app import Application
    from workbench.serving.folder import Desired
    from workbench.serving.http import Door
    from workbench.serving.loading import load
    from workbench.serving.predictions import PredictionLog
    from workbench.training.signature import Field, Signature

    outputs = {"prediction": "str", "probability_no": "float", "probability_yes": "float"}
    signature = Signature(
        task="binary",
        target="late",
        inputs=tuple(Field(name=n, type=t) for n, t in COLUMNS.items()),
        outputs=tuple(Field(name=n, type=t) for n, t in outputs.items()),
        classes=("no", "yes"),
    )
    path = Path(model_path)
    desired = Desired(
        deployment="d",
        name="bench",
        model="late",
        number=1,
        version="v",
        reference="late@1",
        object=hashlib.sha256(path.read_bytes()).hexdigest(),
        content="",
        path=model_path,
        format="plugins.formats.skops:FORMAT",
        signature=signature,
    )
    application = Application(
        "bench", Door(TOKEN, frozenset()), PredictionLog(Path(folder) / f"p{os.getpid()}")
    )
    application.swap(load(desired, 1000))
    sys.setswitchinterval(0.0005)
    return application


def serve(kind: str, port: int, model: str, folder: str) -> None:
    """Run one server in this process until it is ended."""
    if kind == "granian":
        from granian.constants import Interfaces
        from granian.server.embed import Server

        async def main() -> None:
            await Server(
                ours(model, folder), port=port, interface=Interfaces.ASGI, log_enabled=False
            ).serve()

        asyncio.run(main())
    elif kind == "uvicorn":
        from workbench.serving.listening import make_server
        from workbench.serving.ports import listen

        asyncio.run(make_server(ours(model, folder)).serve([listen("127.0.0.1", port, (0, 0))]))
    else:
        import uvicorn

        uvicorn.run(bare(model), port=port, log_level="warning", access_log=False, http="httptools")


def request_bytes(kind: str) -> bytes:
    """The same row as each server takes it, as one HTTP request."""
    if kind == "bare":
        path, body = "/predict", ROW
    else:
        path = "/v2/models/late/infer"
        body = {
            "inputs": [
                {"name": n, "shape": [1], "datatype": DATATYPES[t], "data": [ROW[n]]}
                for n, t in COLUMNS.items()
            ]
        }
    data = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {TOKEN}\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


class Caller(asyncio.Protocol):
    """One keep-alive connection that asks again as soon as it is answered."""

    def __init__(self, request: bytes, times: list[float]) -> None:
        self.request, self.times, self.buffer = request, times, b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        self.began = time.perf_counter()
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, end, body = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        if len(body) < length:
            return
        assert head.startswith(b"HTTP/1.1 200"), self.buffer[:500]
        self.times.append(time.perf_counter() - self.began)
        self.buffer = b""
        self.ask()


def load_of(kind: str, port: int, clients: int, seconds: float) -> tuple[float, float, float]:
    """Return requests a second, median and 99th percentile in milliseconds."""

    async def run() -> list[float]:
        loop = asyncio.get_running_loop()
        times: list[float] = []
        made = [
            await loop.create_connection(
                lambda: Caller(request_bytes(kind), times), "127.0.0.1", port
            )
            for _ in range(clients)
        ]
        await asyncio.sleep(0.5)  # warm
        times.clear()
        await asyncio.sleep(seconds)
        taken = sorted(times)
        for transport, _ in made:
            transport.abort()
        return taken

    times = asyncio.run(run())
    return len(times) / seconds, times[len(times) // 2] * 1000, times[int(len(times) * 0.99)] * 1000


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(kind: str, model: str, folder: str) -> tuple[subprocess.Popen[bytes], int]:
    port = free_port()
    command = [sys.executable, __file__, "--serve", kind, str(port), model, folder]
    process = subprocess.Popen(
        command, env=os.environ | {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    )
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
        else:
            return process, port
    raise SystemExit(f"{kind} did not start")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, nargs="*", default=[1, 32])
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", nargs=4, metavar=("KIND", "PORT", "MODEL", "FOLDER"))
    given = parser.parse_args()
    if given.serve:
        kind, port, model, folder = given.serve
        serve(kind, int(port), model, folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        model = str(Path(folder) / "model.skops")
        fit(Path(model))
        kinds = ["bare", "uvicorn", "granian"]
        servers = {kind: start(kind, model, folder) for kind in kinds}
        try:
            print(f"{'server':<10}{'clients':>8}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'ratio':>8}")
            for clients in given.clients:
                figures: dict[str, list[tuple[float, float, float]]] = {kind: [] for kind in kinds}
                for _ in range(given.rounds):
                    for kind in kinds:
                        with multiprocessing.get_context("spawn").Pool(1) as pool:
                            arguments = (kind, servers[kind][1], clients, given.seconds)
                            figures[kind].append(pool.apply(load_of, arguments))
                medians = {
                    k: [statistics.median(f) for f in zip(*v, strict=True)]
                    for k, v in figures.items()
                }
                for kind, (rate, middle, tail) in medians.items():
                    ratio = rate / medians["bare"][0]
                    print(
                        f"{kind:<10}{clients:>8}{rate:>9.0f}{middle:>9.2f}{tail:>9.2f}{ratio:>8.2f}"
                    )
        finally:
            for process, _ in servers.values():
                process.send_signal(signal.SIGKILL)
                process.wait()


if __name__ == "__main__":
    main()
