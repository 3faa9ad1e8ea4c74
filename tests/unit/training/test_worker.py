from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest

from workbench.compute.events import EventReader, Failure, Message, Metric, Phase
from workbench.compute.spec import JobSpec
from workbench.ids import new_ulid
from workbench.options import settle
from workbench.plugins import load_reference
from workbench.training.result import RunResult
from workbench.training.signature import Signature
from workbench.training.work import Problem, Split, TrainWork
from workbench.training.worker import explain

HOSTILE = "\x1b]0;owned\x07[/x]|`x`\u202e"


def make_job(folder: Path, table: pl.DataFrame, trainer: str = "linear", **problem: Any) -> Path:
    """A job folder as the runner makes it."""
    reference = f"plugins.trainers.{trainer}:TRAINER" if ":" not in trainer else trainer
    plugin = load_reference(reference) if ":" not in trainer else None
    asked = {
        "goal": "Know [it](x)", "dataset": "d", "target": "y", "task": "binary", "metric": "roc_auc",
        "direction": "maximize", "split": Split(folds=3),
    } | problem  # fmt: skip
    work = TrainWork(
        run=new_ulid(),
        experiment="late",
        problem=Problem(**asked),
        dataset="d@1",
        content="c1:0",
        trainer=reference,
        format="plugins.formats.skops:FORMAT",
        params=settle(plugin.options, {}, owner=trainer) if plugin else {},
        seed=5,
    )
    spec = JobSpec(
        job=new_ulid(),
        kind="train",
        module="workbench.training.worker",
        work=msgspec.to_builtins(work),
    )
    (folder / "in").mkdir(parents=True)
    (folder / "spec.json").write_bytes(spec.encode())
    table.write_parquet(folder / "in" / "data.parquet")
    return folder


def run_worker(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "workbench.training.worker", str(folder)],
        capture_output=True, text=True, check=False, env=os.environ | environment,
    )  # fmt: skip


@pytest.fixture
def table() -> pl.DataFrame:
    rows = range(120)
    return pl.DataFrame(
        {
            "x": [float((i * 37) % 101) for i in rows],
            HOSTILE: [None if i % 5 == 0 else HOSTILE if i % 3 else "plain" for i in rows],
            "same": [1] * 120,
            "y": [
                None if i == 7 else f"yes{HOSTILE}" if (i * 37) % 101 > 50 else "no" for i in rows
            ],
        }
    )


def test_a_job_from_folder_to_result(tmp_path: Path, table: pl.DataFrame) -> None:
    folder = make_job(tmp_path / "job", table)
    done = run_worker(folder)
    assert done.returncode == 0, done.stderr
    result = msgspec.json.decode((folder / "out" / "result.json").read_bytes(), type=RunResult)
    events = EventReader(folder / "events.jsonl").read()

    phases = [event.name for event in events if isinstance(event, Phase) and not event.done]
    assert phases == [
        "start",
        "read",
        "prepare",
        "folds",
        "fit",
        "test",
        "intervals",
        "explain",
        "save",
    ]
    counted = [(e.done, e.total) for e in events if isinstance(e, Phase) and e.name == "folds"]
    assert counted == [(0, 3), (1, 3), (2, 3), (3, 3)]
    live = {e.step: e.value for e in events if isinstance(e, Metric) and e.name == "cv.roc_auc"}
    assert sorted(live) == [1, 2, 3]
    folds = result.metrics["cv.roc_auc"]
    assert folds.last == pytest.approx(sum(live.values()) / 3)
    assert (folds.min, folds.max) == (min(live.values()), max(live.values()))
    notes = [event.text for event in events if isinstance(event, Message)]
    assert any("1 of 120 rows have no target" in note for note in notes)
    assert any("column same is left out" in note for note in notes)

    # The recorded figures are those of the predictions that are kept, by scikit-learn's own word.
    kept = pl.read_parquet(folder / "out" / "predictions.parquet")
    assert kept.height == 24
    from sklearn.metrics import accuracy_score, roc_auc_score

    positive = [name for name in kept.columns if name.startswith("probability_yes")][0]  # noqa: RUF015
    assert result.metrics["roc_auc"].last == pytest.approx(
        roc_auc_score((kept["truth"] != "no").to_numpy(), kept[positive].to_numpy())
    )
    assert result.metrics["low.roc_auc"].last <= result.metrics["roc_auc"].last
    assert result.metrics["roc_auc"].last <= result.metrics["high.roc_auc"].last
    assert result.metrics["accuracy"].last == accuracy_score(kept["truth"], kept["prediction"])

    # The model that was written predicts what was recorded for the test rows.
    assert result.model is not None
    signature = msgspec.json.decode(result.model.signature, type=Signature)
    assert [field.name for field in signature.inputs] == ["x", HOSTILE]
    assert signature.outputs[0].name == "prediction"
    model = load_reference("plugins.formats.skops:FORMAT").load(folder / "out" / result.model.file)
    known = table.filter(pl.col("y").is_not_null())[kept["row"].to_numpy()]
    assert model.predict(known).tolist() == kept["prediction"].to_list()
    assert list(model.classes_) == list(signature.classes)


def test_nothing_planted_comes_through(tmp_path: Path, table: pl.DataFrame) -> None:
    folder = make_job(
        tmp_path / "job", table, goal=f"g{HOSTILE}\n# fake", metric="f1", threshold=0.5
    )
    done = run_worker(folder)
    assert done.returncode == 0, done.stderr
    report = (folder / "out" / "report.md").read_text()
    for text in (done.stdout, done.stderr, report):
        assert not set("\x1b\x07\u202e") & set(text)
    assert report.count("\n# ") == 0
    assert "## Result" in report
    assert "| Baseline |" in report
    assert "| `same` | left out: it has one value only |" in report
    assert "| f1 ≥ 0.5 \\(threshold\\) |" in report
    # Each line of the confusion matrix has as many cells as its head: no cell breaks out.
    lines = [line for line in report.splitlines() if line.startswith("| `")][:2]
    assert all(line.count("|") == 4 for line in lines)


def test_numbers_are_reported_by_quantiles(tmp_path: Path, table: pl.DataFrame) -> None:
    wanted = {"task": "regression", "metric": "rmse", "direction": "minimize", "target": "x"}
    folder = make_job(tmp_path / "job", table, "dummy", **wanted)
    assert run_worker(folder).returncode == 0
    kept = pl.read_parquet(folder / "out" / "predictions.parquet")
    low = (kept["truth"] - kept["prediction"]).min()
    assert f"| {low:.4g} |" in (folder / "out" / "report.md").read_text()


def test_the_same_job_twice_is_the_same_model(tmp_path: Path, table: pl.DataFrame) -> None:
    made = []
    for name in ("one", "two"):
        folder = make_job(tmp_path / name, table, "hgb")
        assert run_worker(folder).returncode == 0
        result = msgspec.json.decode((folder / "out" / "result.json").read_bytes(), type=RunResult)
        made.append((result.metrics, result.model and result.model.content))
    assert made[0] == made[1]


def failure(folder: Path) -> dict[str, str]:
    found = [e for e in EventReader(folder / "events.jsonl").read() if isinstance(e, Failure)]
    assert len(found) == 1
    return found[0].error


def test_a_refusal_is_told_in_four_parts(tmp_path: Path, table: pl.DataFrame) -> None:
    folder = make_job(tmp_path / "job", table, target="absent")
    done = run_worker(folder)
    assert done.returncode == 1
    told = failure(folder)
    assert told["code"] == "experiment.target_absent"
    assert all(told[part] for part in ("what", "where", "why", "fix"))
    assert "failed: There is no column absent" in done.stdout
    assert not (folder / "out" / "result.json").exists()


def test_a_trainer_that_raises_is_told_with_its_traceback(
    tmp_path: Path, table: pl.DataFrame
) -> None:
    (tmp_path / "broken.py").write_text(
        "from plugins.trainers.dummy import Dummy\n"
        "class Broken(Dummy):\n"
        "    def build(self, *a):\n"
        "        raise ZeroDivisionError('no \\x1b[2J luck')\n"
        "TRAINER = Broken()\n"
    )
    folder = make_job(tmp_path / "job", table, "broken:TRAINER")
    done = run_worker(folder, PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    told = failure(folder)
    assert told["code"] == "training.failed"
    assert told["where"] == "broken.py, line 4"
    assert "ZeroDivisionError: no" in told["why"]
    assert "\x1b" not in json.dumps(told)
    assert "Traceback" in done.stderr


def test_a_trainer_that_is_not_there(tmp_path: Path, table: pl.DataFrame) -> None:
    folder = make_job(tmp_path / "job", table, "nowhere.at_all:TRAINER")
    assert run_worker(folder).returncode == 1
    assert failure(folder)["code"] == "plugin"


def test_a_spec_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "spec.json").write_text("{")
    assert run_worker(tmp_path).returncode == 1
    assert failure(tmp_path)["code"] == "job.spec"


def test_running_out_of_memory_is_told() -> None:
    told = explain(MemoryError())
    assert told["code"] == "training.memory"
    assert all(told[part] for part in ("what", "why", "fix"))


def test_usage() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "workbench.training.worker"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "FOLDER" in done.stderr


def test_sigterm_ends_it_at_once(tmp_path: Path, table: pl.DataFrame) -> None:
    (tmp_path / "slow.py").write_text(
        "import time\n"
        "from plugins.trainers.dummy import Dummy\n"
        "class Slow(Dummy):\n"
        "    def build(self, *a):\n"
        "        print('fitting', flush=True)\n"
        "        time.sleep(600)\n"
        "TRAINER = Slow()\n"
    )
    folder = make_job(tmp_path / "job", table, "slow:TRAINER")
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "workbench.training.worker", str(folder)],
        stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert process.stdout is not None
    with process.stdout as lines:
        assert any(line == "fitting\n" for line in lines)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == -signal.SIGTERM
    assert not (folder / "out" / "result.json").exists()


WITHOUT = """
import importlib.abc, sys
MISSING = "duckdb pyarrow pandas click textual rich psutil tomlkit docker paramiko".split()
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
from workbench.training.worker import main
sys.exit(main(sys.argv[1:]))
"""


def test_it_needs_only_what_a_target_has(tmp_path: Path, table: pl.DataFrame) -> None:
    """It runs where nothing is installed but what the contract lists."""
    folder = make_job(tmp_path / "job", table)
    done = subprocess.run(
        [sys.executable, "-P", "-c", WITHOUT, str(folder)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert (folder / "out" / "result.json").exists()
