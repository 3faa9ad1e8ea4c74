"""`workbench model`, as a process would meet it: exit statuses, JSON, and the text."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.cli import main
from workbench.models import promotion
from workbench.project.project import Project

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run a command in the project; returns exit status, stdout and stderr."""
    monkeypatch.chdir(project.root)

    def command(*args: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["workbench", *args])
        with pytest.raises(SystemExit) as end:
            main.main()
        captured = capsys.readouterr()
        return int(end.value.code or 0), captured.out, captured.err

    return command


@pytest.fixture
def registered(run: Run, make_run: Callable[..., str]) -> Run:
    for seed, auc in ((1, 0.8), (2, 0.85), (3, 0.6)):
        assert run("model", "register", make_run(seed=seed, roc_auc=auc), "--name", "delay")[0] == 0
    return run


def data(out: str, schema: str) -> Any:
    answer = json.loads(out)
    assert answer["schema"] == f"workbench/{schema}"
    return answer["data"]


def test_register_and_list(registered: Run, make_run: Callable[..., str]) -> None:
    status, out, _ = registered("model", "list", "--json")
    (row,) = data(out, "model.list@1")
    assert (status, row["model"], row["versions"], row["newest"]) == (0, "delay", 3, 3)
    assert "delay@3" in registered("model", "list")[1]
    status, out, err = registered("model", "register", make_run(seed=1), "--name", "delay")
    assert (status, out) == (1, "")
    assert "This model is delay@1 already" in err
    status, out, _ = registered("model", "register", "r_1", "--name", "other", "--json")
    assert data(out, "model.register@1")["number"] == 1


def test_an_empty_list_names_the_next_command(run: Run) -> None:
    assert "workbench model register" in run("model", "list")[1]
    assert data(run("model", "list", "--json")[1], "model.list@1") == []


def test_show(registered: Run) -> None:
    status, out, _ = registered("model", "show", "delay@2")
    assert status == 0
    for part in ("delay@2", "binary", "nowhere", "r_2 of late", "flights@1", "carrier", "0.85"):
        assert part in out
    card = data(registered("model", "show", "delay@2", "--json")[1], "model.show@1")
    assert card["version"]["content"].startswith("m1:")
    assert card["metrics"] == {"roc_auc": 0.85}


def test_gates_exit_with_their_outcome(registered: Run) -> None:
    status, out, _ = registered("model", "gates", "delay@2", "--to", "production", "--quick")
    assert status == 0
    assert "✓ pass  threshold: roc_auc on the test rows 0.85, asked 0.75" in out
    status, out, _ = registered(
        "model", "gates", "delay@3", "--to", "production", "--json", "--quick"
    )
    assert status == 3
    assert data(out, "model.gates@1")["outcome"] == "fail"


def test_promote_roll_back_and_history(registered: Run) -> None:
    to = ("--to", "production", "--reason", "better")
    status, _, err = registered("model", "promote", "delay@1", *to)
    assert (status, "--yes delay@1" in err) == (3, True)
    assert registered("model", "promote", "delay@1", *to, "--yes", "delay@1")[0] == 0
    status, out, _ = registered("model", "promote", "delay@2", *to, "--yes", "delay@2", "--json")
    made = data(out, "model.promote@1")
    assert (status, made["number"], made["gates"][0]["outcome"]) == (0, 2, "pass")
    status, _, err = registered("model", "promote", "delay@3", *to, "--yes", "delay@3")
    assert (status, "0.6 misses at least 0.75" in err) == (3, True)
    back = ("model", "rollback", "delay", "--env", "production", "--reason", "slow")
    status, out, _ = registered(*back)
    assert (status, "Rolled back to delay@1" in out) == (0, True)
    status, _, err = registered(*back)
    assert (status, "nothing to roll back to" in err) == (3, True)
    entries = data(registered("model", "history", "delay", "--json")[1], "model.history@1")
    assert [(e["action"], e["number"]) for e in entries] == [
        ("rollback", 1),
        ("promote", 2),
        ("promote", 1),
    ]
    assert entries[0]["promoted_at"].endswith("Z")
    text = registered("model", "history", "delay", "--env", "production")[1]
    assert text.count("\n") == 4
    assert "promoted, not served" in text
    assert registered("model", "history", "delay", "--env", "dev")[1] == "Nothing was promoted.\n"


def test_history_at_a_moment(registered: Run, project: Project) -> None:
    promotion.promote(project, "delay@1", "dev", "a")
    promotion.promote(project, "delay@2", "staging", "b")
    out = registered("model", "history", "delay", "--at", "now", "--json")[1]
    found = data(out, "model.history_at@1")
    assert found["when"]["start"].endswith("Z")
    assert [
        (then["environment"], [c["promotion"]["number"] for c in then["counted"]])
        for then in found["environments"]
    ] == [("production", []), ("staging", [2]), ("dev", [1])]
    status, out, _ = registered("model", "history", "delay", "--at", "today")
    assert status == 0
    for part in (
        "delay on 20",
        "production: nothing was promoted there by then",
        "staging: delay@2  promoted, not served",
        ": b\n",
        "made by   r_2, trained on flights@1",
        "✓ pass    threshold: roc_auc on the test rows 0.85, asked 0.75",
    ):
        assert part in out
    status, _, err = registered("model", "history", "delay", "--at", "2100-01-01")
    assert (status, "is yet to come" in err) == (1, True)
    status, _, err = registered("model", "history", "delay", "--at", "a while")
    assert (status, "names no day and no moment" in err) == (1, True)


def test_diff(registered: Run) -> None:
    status, out, _ = registered("model", "diff", "delay@1", "delay@2", "--quick", "--json")
    found = data(out, "model.diff@1")
    assert (status, found["before"], found["after"]) == (0, "delay@1", "delay@2")
    (line,) = found["metrics"]
    assert (line["live"], line["candidate"], line["better"]) == (0.8, 0.85, True)
    assert {pair["name"] for pair in found["origin"]} == {"run", "seed"}
    text = registered("model", "diff", "delay@1", "delay@2", "--quick")[1]
    assert "+0.05 better" in text
    assert registered("model", "diff", "delay@1")[0] == 2


def test_import(registered: Run, tmp_path: Path) -> None:
    path = tmp_path / "m.pkl"
    path.write_bytes(b"cos\nsystem\n(S'touch pwned'\ntR.")
    status, out, _ = registered("model", "import", str(path), "--dry-run", "--json")
    seen = data(out, "model.inspect@1")
    assert (status, seen["format"], seen["safe"], seen["allowed"]) == (0, "pickle", False, False)
    assert seen["scan"]["types"] == [{"name": "os.system", "verdict": "dangerous"}]
    text = registered("model", "import", str(path), "--dry-run")[1]
    for part in ("MAY RUN CODE", "dangerous  os.system", "signature  not known", "refused"):
        assert part in text
    status, out, _ = registered("model", "import", str(path), "--name", "m", "--json")
    assert (status, json.loads(out)["error"]["code"]) == (3, "model.not_allowed")
    status, _, err = registered("model", "import", str(path))
    assert (status, "--name" in err) == (2, True)
    assert not Path("pwned").exists()


def test_verify_and_export(registered: Run, project: Project, tmp_path: Path) -> None:
    status, out, _ = registered("model", "verify", "delay@1")
    assert (status, "is what was registered" in out) == (0, True)
    status, _, _ = registered("model", "export", "delay@1", str(tmp_path / "out"))
    assert status == 0
    assert (tmp_path / "out" / "delay-1.skops").is_file()
    row = project.store.one("SELECT object FROM model_versions WHERE number = 1")
    assert row
    path = project.store.objects.path(row["object"])
    path.chmod(0o600)
    path.write_bytes(b"x")
    status, out, _ = registered("model", "verify", "delay@1", "--json")
    assert (status, json.loads(out)["error"]["code"]) == (1, "store.object_changed")


@pytest.mark.parametrize(
    ("args", "status"),
    [
        (("register", "r_1"), 2),
        (("promote", "delay@1"), 2),
        (("promote", "delay@1", "--to", "dev"), 2),
        (("rollback", "delay"), 2),
        (("show", "other"), 1),
        (("show", "delay@0"), 1),
        (("gates", "delay@1", "--to", "mars"), 1),
        (("rollback", "delay", "--env", "dev", "--reason", "x"), 3),
    ],
)
def test_refusals_have_their_status(args: tuple[str, ...], status: int, registered: Run) -> None:
    assert registered("model", *args)[0] == status


def test_hostile_text_is_shown_as_marks(registered: Run, project: Project) -> None:
    promotion.promote(project, "delay@1", "dev", "x\x1b]0;pwned\x07\u202ey[/b]")
    out = registered("model", "history", "delay")[1]
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "\u202e" not in out
