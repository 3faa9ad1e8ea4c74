"""What the contract of targets does not say: damaged folders, other machines, restarts, reused pids."""

from __future__ import annotations

import json
import os
import signal
import socket
import zipfile
from pathlib import Path

import pytest

from plugins.compute.local import LocalTarget
from workbench.compute.contract import Bundle, Handle
from workbench.compute.folder import Claim, Exit, claim, read_claim, read_exit, write_exit
from workbench.compute.identity import Identity, boot_id, identify, myself
from workbench.compute.processes import look
from workbench.errors import TargetError, Unavailable
from workbench.ids import new_ulid
from workbench.testing.compute import wait_for
from workbench.testing.work import Sender, write_package


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(write_package(tmp_path / "packages")))
    sender = Sender(LocalTarget(), tmp_path)
    yield sender
    for handle, _ in sender.sent:
        LocalTarget().stop(handle)


def folder_of(handle: Handle) -> Path:
    return Path(handle["folder"])


@pytest.fixture
def made() -> Handle:
    """Return the handle of a job whose folder is there and empty."""
    handle = LocalTarget().prepare(new_ulid())
    folder_of(handle).mkdir(parents=True)
    return handle


ME = myself()
GONE = Identity(ME.pid, ME.start - 1, ME.boot)
BEFORE = ME._replace(boot="an earlier boot")


@pytest.mark.parametrize(
    ("worker", "shim", "state", "reason"),
    [
        (GONE, ME, "running", ""),
        (ME, GONE, "running", "its watcher was killed; the exit status will be lost"),
        (GONE, GONE, "ended", "its processes are gone and left no exit status"),
        (BEFORE, BEFORE, "ended", "the machine was restarted while it ran"),
    ],
    ids=["watched", "unwatched", "pid reused", "restarted"],
)
def test_poll_without_an_exit_status(
    made: Handle, worker: Identity, shim: Identity, state: str, reason: str
) -> None:
    claim(folder_of(made), Claim(worker, shim))
    found = LocalTarget().poll(made)
    assert (found.state, found.exit_code) == (state, None)
    assert found.reason.startswith(reason)


def test_an_exit_status_counts_whoever_has_the_pid_now(made: Handle) -> None:
    claim(folder_of(made), Claim(ME, GONE))
    write_exit(folder_of(made), Exit(0, 1.0))
    assert LocalTarget().poll(made).exit_code == 0


@pytest.mark.parametrize(
    "data", ["", "{", "[]", '{"pid": 3}', '{"pid":1,"start":1,"boot":"","shim":3}']
)
def test_a_damaged_pid_file_is_unknown(made: Handle, data: str) -> None:
    (folder_of(made) / "pid").write_text(data)
    assert LocalTarget().poll(made).state == "unknown"


def test_a_damaged_exit_file_is_unknown(made: Handle) -> None:
    claim(folder_of(made), Claim(GONE, GONE))
    (folder_of(made) / "exit").write_text("{}")
    assert LocalTarget().poll(made).state == "unknown"


def test_only_one_claims(made: Handle) -> None:
    assert claim(folder_of(made), Claim(ME, ME))
    assert not claim(folder_of(made), Claim(GONE, GONE))
    assert read_claim(folder_of(made)) == Claim(ME, ME)
    assert sorted(path.name for path in folder_of(made).iterdir()) == ["pid"]


def test_pid_says_pid_start_and_boot(start: Sender, tmp_path: Path) -> None:
    handle = start(until=str(tmp_path / "never"))
    told = json.loads((folder_of(handle) / "pid").read_bytes())
    who = identify(told["pid"])
    assert who is not None
    assert (told["start"], told["boot"]) == (who.start, boot_id())
    assert told["shim"]["pid"] == os.getsid(told["shim"]["pid"])  # it leads a session of its own
    assert os.getsid(told["pid"]) == told["pid"]


def test_nothing_of_a_job_outlives_it(start: Sender, tmp_path: Path) -> None:
    left, gate = tmp_path / "left", tmp_path / "gate"
    gate.touch()
    handle = start(family=str(left), until=str(gate))
    found = wait_for(lambda: LocalTarget().poll(handle), lambda status: status.state == "ended")
    assert found.exit_code == 0
    assert identify(int(left.read_text())) is None


def test_without_its_shim_a_job_goes_on_and_can_be_stopped(start: Sender, tmp_path: Path) -> None:
    left = tmp_path / "left"
    handle = start(family=str(left), until=str(tmp_path / "never"))
    wait_for(lambda: LocalTarget().read(handle, "log", 0), lambda log: log == b"ready\n")
    found = read_claim(folder_of(handle))
    assert found is not None
    assert found.shim is not None
    assert found.worker is not None
    os.kill(found.shim.pid, signal.SIGKILL)
    wait_for(lambda: look(found.shim), lambda life: life != "alive")
    assert LocalTarget().poll(handle).state == "running"
    grandchild = identify(int(left.read_text()))
    assert grandchild is not None
    with pytest.raises(TargetError) as refusal:
        LocalTarget().remove(handle)
    assert refusal.value.code == "job.alive"
    LocalTarget().stop(handle)
    assert (look(found.worker), look(grandchild)) == ("dead", "dead")
    assert LocalTarget().poll(handle).state == "ended"
    LocalTarget().remove(handle)
    assert not folder_of(handle).exists()


def test_a_worker_that_cannot_be_run_ends_with_a_status(start: Sender, tmp_path: Path) -> None:
    handle = LocalTarget().prepare(new_ulid())
    start()
    code = start.sent[0][1].code
    LocalTarget().submit(handle, Bundle(folder_of(handle).name, code, b"{}", "no_such_module"))
    found = wait_for(lambda: LocalTarget().poll(handle), lambda status: status.state == "ended")
    assert found.exit_code == 1
    assert b"No module named no_such_module" in LocalTarget().read(handle, "log", 0)


def test_a_bundle_that_is_not_there(tmp_path: Path) -> None:
    handle = LocalTarget().prepare(new_ulid())
    with pytest.raises(Unavailable) as refusal:
        LocalTarget().submit(
            handle, Bundle(folder_of(handle).name, tmp_path / "none.zip", b"{}", "x")
        )
    assert refusal.value.code == "job.start"
    assert refusal.value.where == str(tmp_path / "none.zip")
    assert refusal.value.why == "No such file or directory"
    assert LocalTarget().poll(handle).state == "unknown"


def test_a_shim_that_does_not_start_says_why(tmp_path: Path) -> None:
    handle, code = LocalTarget().prepare(new_ulid()), tmp_path / "code.zip"
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("workbench/__init__.py", "raise ImportError('broken code')")
    with pytest.raises(Unavailable) as refusal:
        LocalTarget().submit(handle, Bundle(folder_of(handle).name, code, b"{}", "x"))
    assert (refusal.value.code, refusal.value.why) == ("job.start", "ImportError: broken code")
    assert LocalTarget().poll(handle).state == "unknown"


def test_a_job_of_another_machine_is_not_reached(made: Handle) -> None:
    with pytest.raises(TargetError) as refusal:
        LocalTarget().poll(made | {"host": "elsewhere"})
    assert refusal.value.code == "target.other_host"
    assert refusal.value.why == f"this is {socket.gethostname()}"


@pytest.mark.parametrize(
    "folder",
    [
        "/",
        "/etc",
        "",
        "workbench/jobs/{ulid}",
        "/tmp/{ulid}",
        "/tmp/workbench/jobs/x",
        "/workbench/jobs/..",
    ],
)
def test_a_handle_that_names_no_job_folder_is_refused(folder: str) -> None:
    handle = {"folder": folder.format(ulid=new_ulid()), "host": socket.gethostname()}
    for act in (LocalTarget().remove, LocalTarget().stop, LocalTarget().poll):
        with pytest.raises(TargetError) as refusal:
            act(handle)
        assert refusal.value.code == "target.handle"


def test_probe_tells_a_place_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    probe = LocalTarget().probe()
    assert not probe.ok
    assert [lack.why for lack in probe.missing] == [
        f"{tmp_path}/file/workbench cannot be written: Not a directory"
    ]


def test_a_job_sees_its_mark_its_zip_and_no_stdin(start: Sender, tmp_path: Path) -> None:
    handle = start(until=str(tmp_path / "never"))
    wait_for(lambda: LocalTarget().read(handle, "log", 0), lambda log: log == b"ready\n")
    found = read_claim(folder_of(handle))
    assert found is not None
    assert found.worker is not None
    proc = Path(f"/proc/{found.worker.pid}")
    environ = dict(
        part.partition(b"=")[::2] for part in (proc / "environ").read_bytes().split(b"\0")
    )
    assert environ[b"WORKBENCH_JOB"].decode() == folder_of(handle).name
    assert environ[b"PYTHONPATH"].decode() == str(folder_of(handle) / "code.zip")
    assert (proc / "fd" / "0").readlink() == Path("/dev/null")
    assert (proc / "cwd").readlink() == folder_of(handle)
    assert read_exit(folder_of(handle)) is None
