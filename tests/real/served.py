"""A project with a small model in two versions, to be deployed somewhere, and what tells that it answers."""

from __future__ import annotations

import os
import random
import signal
import socket
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from unit.serving.conftest import Shelf, wait_for

from workbench.compute.identity import identify
from workbench.compute.wake import runner_pid, wake_runner
from workbench.errors import Unavailable
from workbench.ids import new_ulid
from workbench.project.project import Project, init_project, open_project
from workbench.records.models import ModelVersionRegistered, PromotionMade
from workbench.serving import deployments

ROW = {"n": 1, "x": 2.5, "flag": True, "kind": "a", "day": "2024-01-02", "at": None}


def make_project(root: Path, shelf: Shelf, target: str) -> Project:
    """Return a project with late@1 in production, late@2, and the target `there` (lines of TOML)."""
    init_project(root, "line")
    path = root / "workbench.toml"
    first = random.randrange(21_000, 29_000)  # away from everybody else's
    text = path.read_text().replace("ports = [8700, 8799]", f"ports = [{first}, {first + 50}]")
    path.write_text(f"{text}\n[targets.there]\n{target}\n")
    made = open_project(root, via="test")
    for number in (1, 2):
        wanted = shelf.desired(number)
        made.store.append(
            ModelVersionRegistered(
                id=new_ulid(),
                model="late",
                number=number,
                run=new_ulid(),
                object=made.store.objects.put_file(Path(wanted.path)),
                content=wanted.content,
                format="skops",
                bytes=1,
                signature=msgspec.json.encode(wanted.signature).decode(),
            )
        )
    promote(made, 1)
    return made


def close_project(project: Project) -> None:
    """Stop what is deployed, then the runner."""
    for found in deployments.list_deployments(project, stopped=False):
        deployments.stop(project, found.id)
        wake_runner(project)
        deployments.wait(project, found.id, ["stopped"], ended=("stopped",))
    end_runner(project, signal.SIGTERM)


def promote(project: Project, number: int) -> None:
    row = project.store.one("SELECT id FROM model_versions WHERE number = ?", [number])
    assert row is not None
    project.store.append(
        PromotionMade(
            id=new_ulid(),
            model="late",
            version=row["id"],
            number=number,
            environment="production",
            action="promote",
            reason="for the test",
        )
    )


def end_runner(project: Project, number: int) -> None:
    pid = runner_pid(project)
    if pid:
        os.kill(pid, number)
        wait_for(lambda: identify(pid) is None)


def ask(project: Project) -> dict[str, Any] | None:
    """Return the version that answers and its row, None while nothing does."""
    try:
        found = deployments.call(project, "api", [ROW])
    except Unavailable:
        return None
    return {"version": found.version, **found.rows[0]}


def own_answer(shelf: Shelf, number: int) -> dict[str, Any]:
    """Return what the model itself says of ROW."""
    typed = dict(ROW, day=date(2024, 1, 2))
    table = pl.DataFrame([typed], schema_overrides={"at": pl.Datetime("us")})
    model = shelf.models[number]
    no, yes = model.predict_proba(table)[0].tolist()
    return {
        "version": str(number),
        "prediction": model.predict(table)[0],
        "probability_no": no,
        "probability_yes": yes,
    }


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
