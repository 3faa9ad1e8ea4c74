"""Bad inputs through the real command line: the exact exit status and the exact error of each.

`{tmp}` is a folder of the case's own, `{project}` the project, `{pid}` and `{port}` what a case made.
Nothing may be half stored: the journal's bytes are the same afterwards.
"""
# ruff: noqa: E501  # the table holds sentences as they are told

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import sample_data

if TYPE_CHECKING:
    from conftest import Answer, Run

PENGUINS = str(sample_data.path("penguins"))
NAME_WHY = "a name starts with a letter a to z and goes on with letters, digits, _ or -"


@dataclass(frozen=True)
class Stage:
    """A project with data, two runs, two model versions, a promotion and a deployment that answers."""

    project: Path
    environment: dict[str, str]
    workbench: Run
    said: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str | Path) -> Answer:
        return self.workbench(
            *words, "--project", self.project, cwd=self.project.parent, environment=self.environment
        )

    def object_of(self, version: str) -> Path:
        digest = self.run("model", "show", version).data["version"]["object"]
        return self.project / ".workbench" / "objects" / digest[:2] / digest[2:]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, workbench: Run) -> Iterator[Stage]:
    base = tmp_path_factory.mktemp("stage")
    environment = {f"XDG_{kind}_HOME": str(base / kind) for kind in ("STATE", "CACHE", "CONFIG")}
    stage = Stage(base / "p", environment | {"WORKBENCH_RUNNER_IDLE": "1"}, workbench)
    assert workbench("init", base / "p", environment=environment).status == 0
    tables = {
        "constant": "a,b\n" + "".join(f"{i},1\n" for i in range(100)),
        "nulls": "a,b\n" + "".join(f"{i},\n" for i in range(100)),
        "single": "a,b\n1,2\n",
    }
    made: list[tuple[str | Path, ...]] = [("data", "add", PENGUINS, "--name", "penguins")]
    for name, text in tables.items():
        (base / f"{name}.csv").write_text(text)
        made.append(("data", "add", base / f"{name}.csv", "--name", name))
    made += [
        (
            "experiment",
            "new",
            "species",
            *_problem("penguins", "species", "multiclass"),
            "--threshold",
            "0.9",
        ),
        ("experiment", "new", "absent", *_problem("penguins", "wings", "binary")),
        ("experiment", "new", "constant", *_problem("constant", "b", "binary")),
        ("experiment", "new", "nulls", *_problem("nulls", "b", "binary")),
        ("experiment", "new", "single", *_problem("single", "b", "regression")),
        ("experiment", "new", "text", *_problem("penguins", "island", "regression")),
        ("run", "train", "species", "--trainer", "dummy"),
        ("run", "train", "species", "--trainer", "linear"),
        ("model", "register", "r_1", "--name", "weak"),
        ("model", "register", "r_2", "--name", "strong"),
        ("model", "promote", "strong@1", "--to", "dev", "--reason", "first"),
        ("deploy", "create", "good", "--model", "strong@1"),
        ("deploy", "create", "gone", "--model", "strong@1"),
        ("deploy", "stop", "gone"),
    ]
    for words in made:
        answer = stage.run(*words)
        assert answer.status == 0, (words, answer)
    experiments = base / "p" / "experiments"
    good = (experiments / "species.toml").read_text()
    (experiments / "typo.toml").write_text(good.replace("target =", "targte ="))
    (experiments / "metric.toml").write_text(good.replace('"macro_f1"', '"rmse"'))
    (experiments / "broken.toml").write_text('goal = "x"\ndataset =\n')
    yield stage
    stage.run("deploy", "stop", "good")


def _problem(dataset: str, target: str, task: str) -> tuple[str, ...]:
    return ("--dataset", dataset, "--target", target, "--task", task)


@dataclass(frozen=True)
class Bad:
    """A row: the command, the error it gets, what stands in {tmp} before, its exit status."""

    words: str
    code: str
    what: str
    where: str
    why: str
    fix: str
    status: int = 1
    files: dict[str, bytes] = field(default_factory=dict)
    given: Callable[[Stage, Path], AbstractContextManager[dict[str, str]]] | None = None
    outside: bool = False  # without --project


@contextlib.contextmanager
def settings(stage: Stage, old: str, new: str) -> Iterator[dict[str, str]]:
    path = stage.project / "workbench.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    try:
        yield {}
    finally:
        path.write_text(text)


@contextlib.contextmanager
def listening(stage: Stage, tmp: Path) -> Iterator[dict[str, str]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield {"port": str(server.getsockname()[1])}


@contextlib.contextmanager
def damaged_model(stage: Stage, tmp: Path) -> Iterator[dict[str, str]]:
    path = stage.object_of("weak@1")
    data, mode = path.read_bytes(), path.stat().st_mode
    path.chmod(0o600)
    path.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    try:
        yield {"object": str(path)}
    finally:
        path.write_bytes(data)
        path.chmod(mode)


@contextlib.contextmanager
def stopped_holder(stage: Stage, tmp: Path) -> Iterator[dict[str, str]]:
    lock = stage.project / ".workbench" / "journal" / "lock"
    code = (
        "import fcntl, os, signal, sys; lock = open(sys.argv[1], 'r+');"
        "fcntl.flock(lock, fcntl.LOCK_EX); print('held', flush=True); os.kill(os.getpid(), signal.SIGSTOP)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(lock)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        os.waitpid(holder.pid, os.WUNTRACED)
        try:
            yield {"pid": str(holder.pid), "lock": str(lock)}
        finally:
            holder.send_signal(signal.SIGKILL)


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@contextlib.contextmanager
def read_only(stage: Stage, tmp: Path) -> Iterator[dict[str, str]]:
    with mounted(tmp / "ro", "size=1m,ro"):
        yield {}


@contextlib.contextmanager
def full_disk(stage: Stage, tmp: Path) -> Iterator[dict[str, str]]:
    with mounted(tmp / "full", "size=2m") as folder:
        assert stage.workbench("init", folder / "p", environment=stage.environment).status == 0
        with contextlib.suppress(OSError), (folder / "fill").open("wb", buffering=0) as fill:
            while True:
                fill.write(b"x" * 4096)
        yield {}
        (folder / "fill").unlink()
        assert stage.workbench("data", "list", "--project", folder / "p").data == []
        assert stage.workbench("audit", "verify", "--project", folder / "p").status == 0


AS_IS = "Check how it was written"
ADD = "data add {tmp}/t.csv --name t"
TRAIN = "run train species --trainer"
SELECT = 'Write one SELECT over dataset names, such as SELECT * FROM "flights@3"'
SEE_MODELS = "See them with: workbench model list"

# fmt: off
TABLE = {
    "a missing file": Bad(
        "data add {tmp}/nope.csv --name t",
        "data.missing", "There is no such file", "{tmp}/nope.csv", "nothing has that name", "Check the path",
    ),
    "a folder": Bad(
        "data add {tmp} --name t",
        "data.folder", "A folder is not a table", "{tmp}", "it is a folder", "Name a file in it",
    ),
    "an empty file": Bad(
        ADD,
        "data.empty_file", "The file is empty", "{tmp}/t.csv", "it has no bytes", AS_IS,
        files={"t.csv": b""},
    ),
    "a header and nothing else": Bad(
        ADD,
        "data.no_rows", "The table has no rows", "{tmp}/t.csv", "it has a header and no rows",
        f"{AS_IS}; if the first line is data, give --header false",
        files={"t.csv": b"a,b\n"},
    ),
    "ragged rows": Bad(
        ADD,
        "data.ragged", "The rows of the file do not have the same number of values",
        "{tmp}/t.csv, line 3", "it has 3 and the others 2",
        "Correct the line; if there are lines before the table, leave them out with --skip N",
        files={"t.csv": b"a,b\n1,2\n3,4,5\n"},
    ),
    "bytes that are no text": Bad(
        ADD,
        "data.not_text", "This is not a CSV file", "{tmp}/t.csv",
        "more than one byte in a hundred is NUL", "Name a text file, or its source with --source",
        files={"t.csv": bytes(1000)},
    ),
    "a NUL byte": Bad(
        ADD,
        "data.nul", "The file holds NUL bytes", "{tmp}/t.csv, line 2",
        "no text has them: it may be damaged", "Write it again, or keep them with --nul keep",
        files={"t.csv": b"a,b\n1,\0\n" + b"1,2\n" * 200},
    ),
    "no Parquet": Bad(
        "data add {tmp}/t.parquet --name t",
        "data.damaged", "This is not a Parquet file, or it is damaged", "{tmp}/t.parquet",
        "parquet: File out of specification: A Parquet file must contain a header and footer with at least 12 bytes",
        "Fetch or write it again",
        files={"t.parquet": b"a,b\n1,2\n"},
    ),
    "no JSON Lines": Bad(
        "data add {tmp}/t.jsonl --name t",
        "data.jsonl", "This is not a file of JSON Lines", "{tmp}/t.jsonl, line 2",
        "it is a list, not an object in braces", "Write one object a line, such as with jq -c '.[]' FILE",
        files={"t.jsonl": b'{"a": 1}\n[1]\n'},
    ),
    "nested JSON": Bad(
        "data add {tmp}/t.jsonl --name t",
        "data.nested", "The value of a is no single value", "{tmp}/t.jsonl, line 1",
        "it is an object or a list, and a cell of a table holds one value",
        "Give --nested flatten for columns such as a.b, or --nested text for JSON text",
        files={"t.jsonl": b'{"a": {"b": 1}}\n'},
    ),
    "files that differ": Bad(
        "data add {tmp}/t*.csv --name t",
        "data.columns_differ", "The files do not have the same columns", "{tmp}/t2.csv",
        "it has no b", "Make the columns the same, or name fewer files",
        files={"t1.csv": b"a,b\n1,2\n", "t2.csv": b"a\n1\n"},
    ),
    "a type that does not fit": Bad(
        ADD + " --types b=integer",
        "data.type", "A value of b is no integer", "{tmp}/t.csv, row 2", "it is 'x'",
        "Correct the value, or give the column another of --types",
        files={"t.csv": b"a,b\n1,2\n3,x\n"},
    ),
    "a bad name": Bad(
        "data add {penguins} --name ../x",
        "name", "'../x' cannot be the name of a dataset", "name of a dataset",
        f"{NAME_WHY}, 63 at most", "Choose another",
    ),
    "an unknown source": Bad(
        "data add {penguins} --name t --source avro",
        "plugin.sources", "There is no source named avro", "avro", "known: csv, jsonl, parquet, tsv",
        "Choose one of these or install the package that brings it",
    ),
    "an unknown encoding": Bad(
        "data add {penguins} --name t --encoding klingon",
        "data.encoding_unknown", "There is no encoding klingon", "--encoding",
        "Python knows none of that name",
        "Give utf-8, utf-16, latin-1, cp1252 or another name that Python knows",
    ),
    "an unknown version": Bad(
        "data show penguins@9",
        "data.not_found", "There is no dataset version penguins@9", "penguins@9",
        "penguins has the versions 1", "See workbench data list",
    ),
    "a chart of too few columns": Bad(
        "explore chart scatter penguins body_mass_g",
        "chart.column", "1 column cannot make a chart of the kind scatter", "body_mass_g",
        "it takes X Y", "Name as many columns as it takes, in that order",
    ),
    "a chart of a column that does not fit": Bad(
        "explore chart density penguins island",
        "chart.type", "The column island has no density", "island", "its values are String",
        "Choose a column of numbers or moments",
    ),
    "a chart grouped by numbers": Bad(
        "explore chart box penguins body_mass_g --group bill_depth_mm",
        "chart.group", "Rows cannot be grouped by bill_depth_mm", "bill_depth_mm",
        "it has 80 values on a line, not a few categories",
        "Group by a column of words, or put this one on an axis",
    ),
    "a chart that is not grouped": Bad(
        "explore chart correlation penguins --group island",
        "chart.group", "A chart of the kind correlation is not split by groups", "island",
        "it compares columns with each other, not groups of rows",
        "Leave the group out, or filter by one of its values",
    ),
    "a chart of rows by no condition": Bad(
        "explore chart bar penguins island --where `island =`",
        "data.filter", "The filter is no condition", "the filter",
        'Parser Error: syntax error at or near ")"',
        "Write one like: species IS NOT NULL. Columns: species, island, bill_length_mm, bill_depth_mm, flipper_length_mm, body_mass_g, sex, year",
    ),
    "an axis that begins nowhere": Bad(
        "explore chart histogram penguins body_mass_g -P low=heavy",
        "option.value", "low cannot be heavy", "low", "expected a number",
        "Leave it out for the whole axis",
    ),
    "suggestions for no target": Bad(
        "explore suggest constant --target b",
        "explore.target", "b cannot be a target", "b",
        "its role is constant: there is nothing to be learned of it",
        "Name a column of numbers or of a few categories",
    ),
    "SQL that writes": Bad(
        "data query `DROP TABLE penguins`",
        "query.select_only", "Only one SELECT can be asked", "the query",
        "it is a statement of the kind DROP", SELECT,
    ),
    "SQL of two statements": Bad(
        "data query `SELECT 1; SELECT 2`",
        "query.select_only", "Only one SELECT can be asked", "the query", "it has 2 statements", SELECT,
    ),
    "SQL that reads a file": Bad(
        "data query `SELECT * FROM read_csv('/etc/passwd')`",
        "query.outside", "A query reads datasets and nothing else", "the query",
        'Permission Error: Cannot access file "/etc/passwd" - file system operations are disabled by configuration',
        "Bring the file in with workbench data add, then name its dataset",
    ),
    "a tag that is none": Bad(
        "data tag penguins latest",
        "name", "'latest' cannot be the tag", "tag", "it is reserved", "Choose another",
    ),
    "a tag that is not there": Bad(
        "data tag penguins gold --remove",
        "data.tag_unknown", "penguins@1 has no tag gold", "penguins", "it has none",
        "See workbench data list --versions",
    ),
    "an answer without rows": Bad(
        "data query `SELECT * FROM penguins WHERE year = 1` --name none",
        "data.no_rows", "The answer has no rows", "the query", "no row fits it", "Loosen its conditions",
    ),
    "SQL that is none": Bad(
        "data query `SELEKT 1`",
        "query.syntax", "The query cannot be read", "the query, line 1, column 1",
        'Parser Error: syntax error at or near "SELEKT"', "Correct it; DuckDB's SQL is spoken here",
    ),
    "a run deleted without its name": Bad(
        "run delete r_1",
        "run.delete_unconfirmed", "Runs are deleted only when they are named twice", "--yes",
        "it is not given", 'Add --yes "r_1"', status=2,
    ),
    "a run that a model is made from": Bad(
        "run delete r_2 --yes r_2",
        "run.delete_model", "r_2 cannot be deleted", "r_2", "it is what strong@1 was made from",
        "Archive it instead: workbench run archive r_2",
    ),
    "a tag that is no word": Bad(
        "run tag r_1 `Not a tag`",
        "name", "'Not a tag' cannot be the tag", "tag", f"{NAME_WHY}, 63 at most", "Choose another",
    ),
    "a tag that nobody has": Bad(
        "run untag r_1 old",
        "run.tag", "No such tag: old", "r_1", "none of these runs has it",
        "See their tags: workbench run show RUN",
    ),
    "a group that no run has": Bad(
        "run compare r_1 r_2 --group `the moon`",
        "run.group", "Runs cannot be grouped over the moon", "group",
        "known: experiment, trainer, dataset, seed, target, alpha, c, class_weight, classes, fit_intercept, l1_ratio, max_iter, number, penalty",
        "Choose one of these; as a rule: seed",
    ),
    "a column that is in several names": Bad(
        "run list --columns run,class",
        "run.columns", "class means several", "columns", "param.class_weight, param.classes",
        "Name columns with commas between them, such as run,state,trainer",
    ),
    "a patch where there was none": Bad(
        "run show r_1 --patch",
        "run.no_patch", "r_1 has no patch", "r_1", "there was no git commit",
        "See what is known: workbench run show r_1",
    ),
    "a filter with a state that is none": Bad(
        "run list --filter `dummy state:broken`",
        "run.filter", "broken is no state", "filter, column 13",
        "known: ok, queued, starting, running, succeeded, failed, cancelled, lost", "Choose one of these",
    ),
    "a filter that ends too soon": Bad(
        "run list --filter macro_f1>",
        "run.filter", "After macro_f1> comes a value", "filter, column 10", "nothing stands there",
        'Write it like macro_f1>1, or "" for an empty text',
    ),
    "a target that is absent": Bad(
        "run train absent --trainer linear",
        "experiment.target_absent", "There is no column wings", "penguins@1, key target",
        "near to it: species, island, bill_length_mm, bill_depth_mm, flipper_length_mm, body_mass_g, sex, year",
        "Correct `target` in the problem file or choose another version",
    ),
    "a target that is constant": Bad(
        "run train constant --trainer linear",
        "experiment.target_constant", "The target has one value only", "constant@1, column b",
        "every row has 1", "Choose another target or another version",
    ),
    "a column of nulls": Bad(
        "run train nulls --trainer linear",
        "experiment.target_null", "The target has no value", "nulls@1, column b",
        "all of its cells are null", "Choose another target or another version",
    ),
    "one row": Bad(
        "run train single --trainer linear",
        "experiment.one_row", "The table has one row", "single@1",
        "a model needs rows to learn from and others to be tested on", "Choose a version with more rows",
    ),
    "an unknown trainer": Bad(
        f"{TRAIN} magic",
        "plugin.trainers", "There is no trainer named magic", "magic", "known: dummy, forest, hgb, knn, linear, tree",
        "Choose one of these or install the package that brings it",
    ),
    "a parameter out of range": Bad(
        f"{TRAIN} hgb -P max_iter=0",
        "option.value", "max_iter cannot be 0", "--max-iter", "expected 1 to 100000", "Leave it out for 100",
    ),
    "a parameter of another type": Bad(
        f"{TRAIN} hgb -P max_iter=many",
        "option.value", "max_iter cannot be many", "--max-iter", "expected a whole number", "Leave it out for 100",
    ),
    "an unknown parameter": Bad(
        f"{TRAIN} linear -P speed=1",
        "option.unknown", "The trainer linear has no option speed", "speed",
        "it knows penalty, c, alpha, l1_ratio, max_iter, fit_intercept, class_weight", "Correct the name or leave it out",
    ),
    "an unknown target to run on": Bad(
        f"{TRAIN} dummy --target moon",
        "target.none", "There is no target moon", "{project}/workbench.toml", "known: local",
        "Choose one of these, or add it: workbench target add",
    ),
    "a target of no known kind": Bad(
        "target add moon --kind rocket",
        "plugin.compute", "There is no kind of target named rocket", "rocket", "known: docker, local, ssh",
        "Choose one of these or install the package that brings it",
    ),
    "a target whose host is an option": Bad(
        "target add moon --kind ssh --host=-oProxyCommand=sh",
        "target.option", "The target moon cannot have the host '-oProxyCommand=sh'", "targets.moon.host",
        "expected the name or address of a host", "Correct it in workbench.toml, or in config.toml where it is your own",
    ),
    "an unknown experiment": Bad(
        "run train nothing --trainer hgb",
        "experiment.none", "There is no experiment nothing", "{project}/experiments/nothing.toml",
        "there is no such file",
        "Write it with workbench experiment new, or see workbench experiment list",
    ),
    "an experiment that is there": Bad(
        "experiment new species --dataset penguins --target species --task multiclass",
        "experiment.exists", "There is an experiment species already",
        "{project}/experiments/species.toml", "its problem file is there", "Choose another name, or edit the file",
    ),
    "a guardrail that is none": Bad(
        "experiment new rail --dataset penguins --target species --task multiclass --guardrail f1",
        "experiment.guardrail", "f1 is no guardrail", "--guardrail",
        "expected METRIC=VALUE, such as recall=0.6", "Write it so",
    ),
    "a guardrail of another task": Bad(
        "experiment new rail --dataset penguins --target species --task multiclass --guardrail rmse=1",
        "experiment.metric", "A multiclass problem has no metric rmse", "key guardrail[0].metric",
        "it has macro_f1, log_loss, accuracy, balanced_accuracy", "Choose one of these",
    ),
    "a split by time without its column": Bad(
        "experiment new past --dataset penguins --target species --task multiclass --split time",
        "usage", "--split-column cannot be used", "--split-column",
        "expected one that tells a row's time", "Change it or leave it out", status=2,
    ),
    "a problem file with an unknown key": Bad(
        "run train typo --trainer linear",
        "experiment.unknown", "targte is not a known key",
        "{project}/experiments/typo.toml, line 10, key targte",
        "known here: goal, dataset, target, task, metric, direction, threshold, positive, drop, guardrail, split",
        "Correct the key or remove it",
    ),
    "a problem file with a metric of another task": Bad(
        "run train metric --trainer linear",
        "experiment.metric", "A multiclass problem has no metric rmse",
        "{project}/experiments/metric.toml, line 16, key metric",
        "it has macro_f1, log_loss, accuracy, balanced_accuracy", "Choose one of these",
    ),
    "a problem file that is no TOML": Bad(
        "experiment show broken",
        "experiment.syntax", "broken.toml is not valid TOML",
        "{project}/experiments/broken.toml, line 2", "invalid value", "Correct that line",
    ),
    "an unknown run": Bad(
        "run show r_99",
        "run.none", "There is no run r_99", "r_99", "no run has that number or ULID", "See: workbench run list",
    ),
    "a comparison of one run": Bad(
        "run compare r_1",
        "run.compare", "A comparison needs different runs", "r_1",
        "fewer than two were given, or one of them twice", "Name two or more runs, each once",
    ),
    "a job that has ended": Bad(
        "run cancel r_1",
        "job.ended", "j_1 has ended already", "j_1", "it is succeeded", "Nothing is left to cancel",
    ),
    "an unknown job": Bad(
        "job logs j_99",
        "job.none", "There is no job j_99", "j_99", "no job has that number or ULID", "See: workbench job list",
    ),
    "a bad name for a model": Bad(
        "model register r_1 --name `Bad Name`",
        "name", "'Bad Name' cannot be the model's name", "model's name", f"{NAME_WHY}, 63 at most", "Choose another",
    ),
    "a moment that is none": Bad(
        "model history strong --at whenever",
        "moment", "whenever names no day and no moment", "--at",
        "it is neither a date, a moment nor a length of time",
        "Write 2026-10-01, 2026-10-01 12:30 +02:00, 1 October, yesterday or 3d ago",
    ),
    "a model file that is not there": Bad(
        "model import {tmp}/none.skops --name new",
        "model.missing", "The model file is missing", "{tmp}/none.skops", "there is no such file",
        "Name a file that is there",
    ),
    "a model file of no known format": Bad(
        "model import {tmp}/model.h5 --name new",
        "model.format", "The format of this file is not known by its name", "{tmp}/model.h5",
        "known endings: .joblib, .jbl, .onnx, .pkl, .pickle, .skops",
        "Say it by --format joblib or onnx or pickle or skops", files={"model.h5": b"x"},
    ),
    "a model file that is damaged": Bad(
        "model import {tmp}/model.onnx --name new",
        "model.damaged", "This is not a sound model file", "{tmp}/model.onnx",
        "it is no ONNX model: it has no operator or no output",
        "Take it from where it was made again; `workbench model verify` tells what the record says",
        files={"model.onnx": b"\x08\x0a"},
    ),
    "a pickle where none is allowed": Bad(
        "model import {tmp}/model.pkl --name new",
        "model.not_allowed", "This project takes no pickle files", "{tmp}/model.pkl",
        "loading one may run code of the file",
        'Save it as skops, or allow it in workbench.toml: [models] unsafe = ["pickle"]',
        files={"model.pkl": b"cos\nsystem\n(S'touch pwned'\ntR."}, status=3,
    ),
    "a signature that is no JSON": Bad(
        "model import {tmp}/model.pkl --name new --signature {tmp}/s.json",
        "model.signature", "This signature cannot be used", "{tmp}/s.json", "Input data was truncated",
        "Give it by --signature FILE.json, or by --inputs DATASET --target COLUMN",
        files={"model.pkl": b"N.", "s.json": b"{"},
    ),
    "an unknown version to compare": Bad(
        "model diff strong@1 strong@9",
        "model.version", "There is no version strong@9", "strong@9", "the newest is strong@1", SEE_MODELS,
    ),
    "an unknown model": Bad(
        "model show nothing@1",
        "model.none", "There is no model nothing", "nothing@1", "known: strong, weak",
        "Register a run's model with: workbench model register RUN --name NAME",
    ),
    "a gate that refuses": Bad(
        "model promote weak@1 --to production --reason why --yes weak@1",
        "promotion.gates", "weak@1 does not pass the gates of production", "threshold",
        "macro_f1 on the test rows: 0.20202 misses at least 0.9",
        "Train a better one, or change the gate in workbench.toml",
        status=3,
    ),
    "a name that was not typed": Bad(
        "model promote strong@1 --to production --reason why",
        "promotion.confirm", "A promotion to production asks for the name", "production",
        "it was not typed", "Type it when asked, or give --yes strong@1",
        status=3,
    ),
    "a promotion without a reason": Bad(
        "model promote strong@1 --to staging --reason ``",
        "model.reason", "A reason is required", "--reason", "whoever reads the history wants to know why",
        "Say it in a sentence: --reason '...'",
    ),
    "an unknown environment": Bad(
        "model promote strong@1 --to prod --reason why",
        "environment", "There is no environment prod", "prod", "known: dev, staging, production",
        "Choose one of these, or add it to workbench.toml",
    ),
    "a rollback without a predecessor": Bad(
        "model rollback strong --env dev --reason why",
        "promotion.no_predecessor", "There is nothing to roll back to in strong, dev", "strong, dev",
        "what is there now is the first that counts", "Promote another version instead",
        status=3,
    ),
    "a damaged model file": Bad(
        "model verify weak@1",
        "store.object_changed", "An object is not what was stored", "{object}",
        "its bytes do not have its digest: it was changed or damaged", "Restore the file from a copy",
        given=damaged_model,
    ),
    "a damaged model file, promoted": Bad(
        "model promote weak@1 --to dev --reason why",
        "store.object_changed", "An object is not what was stored", "{object}",
        "its bytes do not have its digest: it was changed or damaged", "Restore the file from a copy",
        given=damaged_model,
    ),
    "a deployment of a missing version": Bad(
        "deploy create new --model strong@7",
        "model.version", "There is no version strong@7", "strong@7", "the newest is strong@1", SEE_MODELS,
    ),
    "a deployment of what is not promoted": Bad(
        "deploy create new --model strong@production",
        "model.not_promoted", "No version of strong is promoted to production", "strong@production",
        "nothing was ever promoted there",
        "Promote one: workbench model promote strong@N --to production --reason ...",
    ),
    "a port in use": Bad(
        "deploy create new --model strong@1 --port {port}",
        "deployment.port", "Port {port} is in use", "127.0.0.1:{port}", "another process listens there",
        "Choose another with --port, or leave it out",
        given=listening,
    ),
    "a deployment that is there": Bad(
        "deploy create good --model strong@1",
        "deployment.name", "There is a deployment good already", "good", "it is healthy",
        "Choose another name, or stop it: workbench deploy stop good",
    ),
    "an unknown input": Bad(
        'deploy call good --row `{"wings": 2}`',
        "call.column", "The model strong has no input wings", "row 1",
        "its inputs are island, bill_length_mm, bill_depth_mm, flipper_length_mm, body_mass_g, sex, year",
        "Leave it out or correct the name",
    ),
    "a row that is no JSON": Bad(
        "deploy call good --row {wings}",
        "call.rows", "These are not rows", "--row", "JSON is malformed: object keys must be strings (byte 1)",
        'A row is a JSON object: {"column": value, ...}',
    ),
    "a deployment that is stopped": Bad(
        "deploy call gone --row {}",
        "deployment.down", "gone does not answer", "gone", "it is stopped", "See workbench deploy logs gone",
    ),
    "an unknown deployment": Bad(
        "deploy stop nothing",
        "deployment.none", "There is no deployment nothing", "nothing", "known: gone, good",
        "See them with workbench deploy list --all",
    ),
    "more processes than there may be": Bad(
        "deploy scale good 65",
        "deployment.workers", "65 is not a number of processes", "--workers", "a deployment has 1 to 64",
        "Choose one for each core that it may use",
    ),
    "as many processes as there are": Bad(
        "deploy scale good 1",
        "deployment.workers", "good has 1 process already", "good", "that is what was asked for",
        "Nothing needs to be done",
    ),
    "a rest for what is stopped": Bad(
        "deploy suspend gone",
        "deployment.state", "gone cannot be suspended", "gone", "it is stopped and asked to stop",
        "See workbench deploy list",
    ),
    "another start of what answers": Bad(
        "deploy resume good",
        "deployment.state", "good cannot be resumed", "good", "it is healthy",
        "Only what is suspended or failed can be resumed",
    ),
    "no project": Bad(
        "data list",
        "project.none", "There is no project here", "{tmp}",
        "neither this folder nor one above it has a workbench.toml",
        "Start one with workbench init, or name one with --project DIR",
        outside=True,
    ),
    "a project that is there": Bad(
        "init {project}",
        "project.exists", "There is a project in that folder already", "{project}",
        "it has .workbench/project-id", "Open it with workbench ui --project {project}",
        outside=True,
    ),
    "a project of a newer version": Bad(
        "data list",
        "store.newer", "A newer Workbench wrote this project",
        "{project}/workbench.toml, line 5, key format", "its format is 2, this version reads 1",
        "Install a newer ml-workbench",
        given=lambda stage, tmp: settings(stage, "format = 1", "format = 2"),
    ),
    "settings with an unknown key": Bad(
        "data list",
        "settings.unknown", "serving.colour is not a known key",
        "{project}/workbench.toml, line 29, key serving.colour", "known here: host, ports",
        "Correct the key or remove it",
        given=lambda stage, tmp: settings(stage, "[serving]\n", "[serving]\ncolour = 1\n"),
    ),
    "settings of another type": Bad(
        "data list",
        "settings.type", "runner.slots cannot be 'two'",
        "{project}/workbench.toml, line 26, key runner.slots", "expected a whole number, got a text",
        "Correct the value",
        given=lambda stage, tmp: settings(stage, "slots = 0", 'slots = "two"'),
    ),
    "a lock held by a stopped process": Bad(
        "experiment new held --dataset penguins --target species --task multiclass",
        "store.locked", "The store is busy", "{lock}", "process {pid} has held its lock for more than 5 s",
        "See what it does (ps -o pid,stat,cmd -p {pid}); continue it if it is stopped, or end it",
        given=stopped_holder,
    ),
    "a read-only folder": Bad(
        "init {tmp}/ro/p",
        "system.erofs", "The system refused a file operation", "{tmp}/ro/p", "Read-only file system",
        "Use a folder that can be written",
        given=read_only, outside=True,
    ),
    "a full disk": Bad(
        "experiment new t --dataset penguins --target species --task binary --project {tmp}/full/p",
        "system.enospc", "The system refused a file operation", "{tmp}/full/p/experiments/t.toml",
        "No space left on device", "Free some space there and run it again",
        given=full_disk, outside=True,
    ),
    "an interface without a terminal": Bad(
        "ui",
        "ui.terminal", "The interface needs a terminal", "workbench ui", "stdin or stdout is none",
        "Start it in a terminal, over ssh with ssh -t; commands work without: workbench --help",
        status=2,
    ),
    "an unknown option": Bad(
        f"{TRAIN} dummy --colour red",
        "usage", "No such option '--colour'.", "workbench run train", "", "See workbench run train --help",
        status=2,
    ),
    "a word that is no UTF-8": Bad(
        "data show caf\udce9",
        "usage.bytes", "A word of the command is not UTF-8", "caf\ufffd", "its bytes have no meaning in it",
        "Write it in UTF-8; a file with such a name can be renamed or linked to",
        status=2,
    ),
    "an unknown command": Bad(
        "fly",
        "usage", "No such command 'fly'.", "workbench", "", "See workbench --help",
        status=2, outside=True,
    ),
}
# fmt: on


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


NEEDS_ROOT = {"a read-only folder", "a full disk"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.root, pytest.mark.real("mount")])
        if name in NEEDS_ROOT
        else name
        for name in TABLE
    ],
)
def test_what_it_gets(name: str, stage: Stage, tmp_path: Path) -> None:
    bad = TABLE[name]
    for file, data in bad.files.items():
        (tmp_path / file).write_bytes(data)
    journal = stage.project / ".workbench" / "journal" / "000001.jsonl"
    before = journal.read_bytes()
    given = bad.given(stage, tmp_path) if bad.given else contextlib.nullcontext({})
    with given as made:
        values = {"tmp": str(tmp_path), "project": str(stage.project), "penguins": PENGUINS, **made}
        words = [_filled(word, values) for word in _split(bad.words)]
        if bad.outside:
            answer = stage.workbench(*words, cwd=tmp_path, environment=stage.environment)
        else:
            answer = stage.run(*words)
    expected = {
        part: _filled(getattr(bad, part), values)
        for part in ("code", "what", "where", "why", "fix")
    }
    assert json.loads(answer.out) == {"error": expected}
    assert answer.status == bad.status
    assert "Traceback" not in answer.err
    assert journal.read_bytes() == before


def _split(words: str) -> list[str]:
    """Split at single spaces; a part in backticks is one word."""
    parts = words.split("`")
    return [
        word
        for position, part in enumerate(parts)
        for word in ([part] if position % 2 else part.split())
    ]


def test_the_table_is_long_enough() -> None:
    assert len(TABLE) >= 25
