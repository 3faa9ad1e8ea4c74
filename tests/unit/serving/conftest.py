"""A small fitted pipeline in every column type, written by the skops format, and folders to serve it from."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from workbench.ids import new_ulid
from workbench.serving.folder import Desired, Folder, Told
from workbench.training.signature import Field, Signature

TYPES = {"n": "int", "x": "float", "flag": "bool", "kind": "str", "day": "date", "at": "datetime"}


def training_table() -> pl.DataFrame:
    """120 rows of all six types; `late` is yes where x is above 1."""
    rows = range(120)
    return pl.DataFrame(
        {
            "n": [i % 7 for i in rows],
            "x": [None if i % 11 == 0 else (i % 13) / 4 for i in rows],
            "flag": [i % 2 == 0 for i in rows],
            "kind": [("a", "b", "c")[i % 3] for i in rows],
            "day": [date(2024, 1, 1 + i % 28) for i in rows],
            "at": [datetime(2024, 1, 1, i % 24, 30) for i in rows],  # noqa: DTZ001  # as tables hold it
            "late": ["yes" if (i % 13) / 4 > 1 else "no" for i in rows],
        },
        schema_overrides={"at": pl.Datetime("us")},
    )


def build_features() -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import OneHotEncoder

    from workbench.training.datetimes import DatetimeParts

    moments = Pipeline([("parts", DatetimeParts()), ("fill", SimpleImputer())])
    return ColumnTransformer(
        [
            ("numbers", SimpleImputer(), ["n", "x"]),
            ("kinds", OneHotEncoder(handle_unknown="ignore"), ["kind"]),
            ("flags", OneHotEncoder(handle_unknown="ignore"), ["flag"]),
            ("moments", moments, ["day", "at"]),
        ]
    )


def fit_classifier(seed: int) -> Any:
    from sklearn.pipeline import Pipeline
    from sklearn.tree import DecisionTreeClassifier

    table = training_table()
    tree = DecisionTreeClassifier(max_depth=1 + seed, random_state=seed)
    return Pipeline([("features", build_features()), ("tree", tree)]).fit(
        table.drop("late"), table["late"].to_list()
    )


def fit_regressor() -> Any:
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import Pipeline

    table = training_table()
    return Pipeline([("features", build_features()), ("line", LinearRegression())]).fit(
        table.drop("late"), [float(n) for n in table["n"]]
    )


def signature(task: str = "binary", required: tuple[str, ...] = ()) -> Signature:
    inputs = tuple(Field(name=n, type=t, required=n in required) for n, t in TYPES.items())
    if task == "regression":
        outputs: tuple[Field, ...] = (Field(name="prediction", type="float", required=True),)
        return Signature(task=task, target="n", inputs=inputs, outputs=outputs)
    names = ("prediction", "probability_no", "probability_yes")
    return Signature(
        task=task,
        target="late",
        inputs=inputs,
        outputs=tuple(
            Field(name=n, type="str" if n == "prediction" else "float", required=True)
            for n in names
        ),
        classes=("no", "yes"),
    )


class Shelf:
    """Stored model files, and what a deployment would be told to serve."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.models = {
            1: fit_classifier(0),
            2: fit_classifier(3),
            3: fit_regressor(),
        }

    def desired(self, number: int, **changes: Any) -> Desired:
        from plugins.formats.skops import FORMAT

        path = self.folder / f"{number}.skops"
        if not path.exists():
            FORMAT.dump(self.models[number], path)
        desired = Desired(
            deployment="01J00000000000000000000000",
            name="late-api",
            model="late",
            number=number,
            version=f"01J0000000000000000000000{number}",
            reference=f"late@{number}",
            object=hashlib.sha256(path.read_bytes()).hexdigest(),
            content=FORMAT.content(path),
            path=str(path),
            format="plugins.formats.skops:FORMAT",
            signature=signature("regression" if number == 3 else "binary"),
        )
        return msgspec.structs.replace(desired, **changes)


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("shelf"))


def wait_for(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Return what `condition` returns once it is true; fails after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {condition}")


class Running:
    """A real server process over a folder."""

    def __init__(self, folder: Folder, desired: Desired) -> None:
        self.folder = folder
        folder.make(token=desired.token)
        folder.write_desired(desired)
        with folder.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "workbench.serving.server", str(folder.root)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def told(self) -> Told:
        found = self.folder.read_told()
        assert found is not None
        return found

    def until(self, condition: Callable[[Told], bool]) -> Told:
        """Wait until what the server tells of itself fulfils `condition`."""

        def look() -> Told | None:
            told = self.folder.read_told()
            return told if told and condition(told) else None

        found: Told = wait_for(look)
        return found

    def stop(self) -> int:
        """Ask it to stop and return its exit status."""
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGTERM)
        return self.process.wait(30)


@pytest.fixture
def run_server(tmp_path: Path) -> Iterator[Callable[[Desired], Running]]:
    started: list[Running] = []

    def run(desired: Desired) -> Running:
        started.append(Running(Folder(tmp_path / new_ulid()), desired))
        return started[-1]

    yield run
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait(30)
