"""What a job in a container can do, told by the job itself and by Docker's own client."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from real.docker import OWNER, Jobs, docker, left_of, sending

from workbench.compute.limits import Limits

pytestmark = [pytest.mark.real("dockerd"), pytest.mark.timeout(300)]

MB = 1024 * 1024

LOOK = """
import json, os, socket

def attempt(deed):
    try:
        deed()
    except OSError as error:
        return type(error).__name__ + " " + str(error.errno)
    return "done"

status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
print(json.dumps({
    "ids": [os.getuid(), os.geteuid(), os.getgid(), os.getegid()],
    "groups": os.getgroups(),
    "status": {key: value.strip() for key, value in status.items()},
    "interfaces": sorted(os.listdir("/sys/class/net")),
    "connect": attempt(lambda: socket.create_connection(("192.0.2.1", 80), timeout=3)),
    "write": {place: attempt(lambda: open(place + "/probe", "w"))
              for place in ("/", "/usr", "/etc", "/opt/workbench", "/root", "/tmp")},
    "become root": attempt(lambda: os.setuid(0)),
    "make a device": attempt(lambda: os.mknod("/tmp/null", 0o020666, os.makedev(1, 3))),
    "sockets": [name for name in ("/var/run/docker.sock", "/run/docker.sock") if os.path.exists(name)],
    "devices": sorted(os.listdir("/dev")),
    "mounts": open("/proc/self/mountinfo").read().splitlines(),
    "environment": dict(os.environ),
    "first": open("/proc/1/environ").read().split("\\0"),
}))
"""


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    with sending(tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Return what one job saw."""
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        sending(tmp_path_factory.mktemp("seen"), monkeypatch) as jobs,
    ):
        handle = jobs.start(LOOK)
        assert jobs.ended(handle).exit_code == 0, jobs.log(handle)
        yield json.loads(jobs.log(handle))


def test_it_is_nobody_and_stays_so(seen: dict[str, Any]) -> None:
    assert 0 not in (*seen["ids"], *seen["groups"])
    assert seen["become root"] == "PermissionError 1"
    assert seen["status"]["NoNewPrivs"] == "1"
    assert seen["status"]["Seccomp"] == "2"  # a filter is in force


def test_it_has_no_capability(seen: dict[str, Any]) -> None:
    found = {key: value for key, value in seen["status"].items() if key.startswith("Cap")}
    assert sorted(found) == ["CapAmb", "CapBnd", "CapEff", "CapInh", "CapPrm"]
    assert {int(value, 16) for value in found.values()} == {0}
    assert seen["make a device"] == "PermissionError 1"


def test_it_has_no_network(seen: dict[str, Any]) -> None:
    assert seen["interfaces"] == ["lo"]
    assert seen["connect"].startswith("OSError 101")  # ENETUNREACH


def test_it_writes_nowhere_but_to_what_is_its_own(seen: dict[str, Any]) -> None:
    assert seen["write"].pop("/tmp") == "done"
    assert set(seen["write"].values()) <= {"OSError 30", "PermissionError 13"}  # EROFS, EACCES
    assert seen["write"]["/"] == seen["write"]["/usr"] == "OSError 30"


def test_nothing_of_the_machine_is_mounted(seen: dict[str, Any]) -> None:
    """Three files that the engine makes for every container come from its disk, and the volume."""
    kernel = ("proc", "tmpfs", "devpts", "sysfs", "cgroup", "cgroup2", "mqueue", "overlay")
    disk = []
    for line in seen["mounts"]:
        before, _, after = line.partition(" - ")
        if after.split()[0] not in kernel:
            disk.append((before.split()[4], before.split()[3]))
    points = {point for point, _ in disk}
    assert "/job" in points
    assert points <= {"/etc/resolv.conf", "/etc/hostname", "/etc/hosts", "/job"}
    assert all("/containers/" in root or "/volumes/workbench-job-" in root for _, root in disk)
    assert seen["sockets"] == []


def test_it_has_the_devices_of_every_container_and_no_other(seen: dict[str, Any]) -> None:
    assert set(seen["devices"]) <= {
        *("core", "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm"),
        *("stderr", "stdin", "stdout", "tty", "urandom", "zero"),
    }


def test_its_environment_is_what_was_meant(seen: dict[str, Any]) -> None:
    names = {"HOME", "HOSTNAME", "LANG", "PATH", "PYTHONPATH", "PYTHONUNBUFFERED", "WORKBENCH_JOB"}
    assert set(seen["environment"]) <= names | {"LC_CTYPE", "PWD", "SHLVL"}
    assert names - {"HOSTNAME"} <= set(seen["environment"])


def test_memory_is_limited_and_the_end_says_so(jobs: Jobs) -> None:
    handle = jobs.start(
        "import time\nheld = []\nwhile True: held.append(b'x' * 10_000_000)\n",
        limits=Limits(memory=96 * MB),
    )
    status = jobs.ended(handle)
    assert status.exit_code in {-9, -15}  # the kernel, or the shim that looks twice a second
    assert status.reason == "over its memory of 96M"


def test_processes_are_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = """
import os, time
made = 0
try:
    while made < 200:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        made += 1
except BlockingIOError:
    print(made, flush=True)
"""
    with sending(tmp_path, monkeypatch, pids=24) as jobs:
        handle = jobs.start(source)
        assert jobs.ended(handle).exit_code == 0
        assert 15 < int(jobs.log(handle)) < 24


def test_the_smaller_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what the target gives and what the job asks for; and libraries are told of the cores."""
    source = "import os\nprint(os.environ['OMP_NUM_THREADS'], flush=True)\n"
    with sending(tmp_path, monkeypatch, memory=512, cpus=0.5) as jobs:
        handle = jobs.start(source, limits=Limits(memory=128 * MB, cpus=2.0))
        jobs.ended(handle)
        look = "{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.NanoCpus}}"
        found = docker("inspect", "--format", look, f"workbench-job-{handle['job']}")
        assert found == f"{128 * MB} {128 * MB} 500000000"
        assert jobs.log(handle) == b"1\n"


def test_a_secret_of_the_runner_is_nowhere(
    jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one of the environment, nor the proxy's password of Docker's own settings."""
    secret = "s3cr3t-never-to-be-seen"
    settings = tmp_path / "docker"
    settings.mkdir()
    proxy = f"http://user:{secret}@127.0.0.1:3128"
    proxies = {"default": {"httpProxy": proxy, "httpsProxy": proxy}}
    (settings / "config.json").write_text(json.dumps({"proxies": proxies}))
    monkeypatch.setenv("DOCKER_CONFIG", str(settings))
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setenv("DEPLOY_TOKEN", secret)
    (tmp_path / "data").write_bytes(b"data")
    handle = jobs.start(LOOK + "print('here', flush=True)", {"data": tmp_path / "data"})
    jobs.ended(handle)
    jobs.target.probe()
    container = f"workbench-job-{handle['job']}"
    image = docker("inspect", "--format", "{{.Image}}", container)
    told = [
        docker("inspect", container),
        docker("image", "inspect", image),
        docker("history", "--no-trunc", image),
        docker("volume", "inspect", container),
        jobs.log(handle).decode(),
    ]
    assert not [text for text in told if secret in text]
    assert b"here" in jobs.log(handle)  # the search had something to search in
    volume = docker("volume", "inspect", "--format", "{{.Mountpoint}}", container)
    for command in (
        ["grep", "-r", "-l", secret, volume],
        ["sh", "-c", f"docker save {image} | grep -c {secret}"],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.stdout.strip() in {"", "0"}, done.stderr


def test_everything_is_marked(jobs: Jobs) -> None:
    handle = jobs.start("print('x', flush=True)")
    jobs.ended(handle)
    labels = docker(
        "inspect", "--format", "{{json .Config.Labels}}", f"workbench-job-{handle['job']}"
    )
    marks = json.loads(labels)
    assert marks["workbench.job"] == handle["job"]
    assert marks["workbench.owner"] == OWNER
    assert sorted(left_of(handle["job"])) == [f"workbench-job-{handle['job']}"] * 2
