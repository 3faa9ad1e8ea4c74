"""Sent to a machine with systemd by scopes.py: limits that a person's jobs are held to there.

Run: python3 -P scoped.py KIND CODE.ZIP, with KIND `scope` where the person may have a scope, else `watch`.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

MB = 2**20
HOLD = (
    "held = bytearray({size})\n"
    "for at in range(0, len(held), 4096): held[at] = 1\n"
    "import time; time.sleep(600)"
)
HALF = (
    "import time\nbegan, used = time.monotonic(), time.process_time()\n"
    "while time.process_time() - used < 2.0: pass\n"
    "print(time.monotonic() - began)"
)
HIDDEN = """
import os, subprocess, sys, time
hidden = ("import os, time\\n"
          "if os.fork(): os._exit(0)\\n"
          "os.setsid(); print(os.getpid(), flush=True); time.sleep(600)")
subprocess.run([sys.executable, "-c", hidden], env={})
time.sleep(600)
"""
WORK = (
    "import json, pathlib, sys\n"
    "exec(json.loads((pathlib.Path(sys.argv[1]) / 'spec.json').read_bytes())['code'])\n"
)


def main() -> None:
    """Run each kind of job and look at what is left, with the system's own commands."""
    kind, code = sys.argv[1:]
    sys.path.insert(0, code)
    from workbench.compute.holding import way

    assert way().startswith("held" if kind == "scope" else "looked at"), way()
    package = Path.home() / "packages" / "held_job"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").touch()
    (package / "work.py").write_text(WORK)
    path = f"{code}:{package.parent}"
    _memory(path, kind)
    if kind == "scope":
        _cores(path)
        _hidden(path)
    left = _units()
    assert not left, left
    print(f"{kind}: memory, cores and every process are held; nothing is left")


def _memory(path: str, kind: str) -> None:
    folder = _start(path, HOLD.format(size=400 * MB), memory=100 * MB)
    found = _end(folder)
    assert found.reason == "over its memory of 100M", found
    assert found.exit_code == (-9 if kind == "scope" else found.exit_code), found
    assert (folder / "group").exists() == (kind == "scope")


def _cores(path: str) -> None:
    folder = _start(path, HALF, cpus=0.5)
    assert _end(folder).exit_code == 0
    assert float((folder / "log").read_text()) > 3.5


def _hidden(path: str) -> None:
    from workbench.compute import place
    from workbench.compute.folder import read_claim
    from workbench.compute.identity import identify

    folder = _start(path, HIDDEN, memory=200 * MB)
    while not (folder / "log").exists() or not (folder / "log").read_text():
        time.sleep(0.1)
    assert folder.name in _units()
    hidden = identify(int((folder / "log").read_text()))
    os.kill(read_claim(folder).shim.pid, signal.SIGKILL)
    time.sleep(0.5)  # nothing tells when the kernel has let go of it
    place.stop(folder)
    assert identify(hidden.pid) != hidden
    place.remove(folder)


def _start(path: str, code: str, **limits: object) -> Path:
    from workbench.ids import new_ulid

    folder = Path.home() / ".local/state/workbench/jobs" / new_ulid()
    folder.mkdir(parents=True)
    (folder / "spec.json").write_text(json.dumps({"code": code, "limits": limits}))
    subprocess.run(
        [sys.executable, "-P", "-S", "-m", "workbench.compute.shim", str(folder), "held_job.work"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path, "WORKBENCH_JOB": folder.name},
        check=True,
    )
    return folder


def _end(folder: Path) -> object:
    from workbench.compute import place

    while place.find(folder).state != "ended":
        time.sleep(0.1)
    return place.find(folder)


def _units() -> str:
    told = []
    for whose in ([], ["--user"]):
        command = [
            "systemctl",
            *whose,
            "list-units",
            "workbench-*",
            "--all",
            "--no-legend",
            "--full",
        ]
        told.append(subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    find = ["find", "/sys/fs/cgroup", "-name", "workbench-*"]
    told.append(subprocess.run(find, capture_output=True, text=True, check=False).stdout)
    return "".join(told).strip()


if __name__ == "__main__":
    main()
