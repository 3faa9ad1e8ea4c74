"""The work that the contract of targets sends: a small package, made here and bundled like any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.compute.bundle import make_bundle
from workbench.compute.contract import Bundle, Handle, Target
from workbench.compute.place import digest
from workbench.compute.spec import JobSpec
from workbench.ids import new_ulid
from workbench.runtimes.runtime import Runtime

PACKAGE = "workbench_contract_job"
WORK = """
import json, os, signal, subprocess, sys, time
from pathlib import Path

folder = Path(sys.argv[1])
work = json.loads((folder / "spec.json").read_bytes())["work"]
os.write(1, work.get("print", "").encode("latin-1"))
os.write(2, work.get("complain", "").encode("latin-1"))
for name in work.get("read", []):
    os.write(1, (folder / "in" / name).read_bytes())
if "write" in work:
    (folder / "out" / "deep").mkdir()
    (folder / "out" / "deep" / "file").write_text(work["write"])
    (folder / "out" / "link").symlink_to("/etc/passwd")
if "failure" in work:
    from workbench.compute.events import EventWriter
    with EventWriter(folder / "events.jsonl") as events:
        events.failure(work["failure"])
if "count" in work:
    with open(work["count"], "a") as stream:
        stream.write("x")
if "family" in work:
    # A child, and a grandchild that leaves session, group, parent and signals behind.
    code = ("import os,signal,sys,time\\n"
            "if os.fork(): os._exit(0)\\n"
            "os.setsid(); signal.signal(signal.SIGTERM, signal.SIG_IGN)\\n"
            "signal.signal(signal.SIGHUP, signal.SIG_IGN)\\n"
            "open(sys.argv[1], 'w').write(str(os.getpid()))\\n"
            "time.sleep(600)")
    subprocess.Popen([sys.executable, "-c", code, work["family"]])
    while not os.path.exists(work["family"]): time.sleep(0.01)
until = work.get("until")
if until:
    print("ready", flush=True)
    while not os.path.exists(until): time.sleep(0.02)
if "signal" in work:
    os.kill(os.getpid(), work["signal"])
sys.exit(work.get("exit", 0))
"""


def write_package(folder: Path) -> Path:
    """Make the package with the contract's work in `folder`, which is to be put on sys.path."""
    package = folder / PACKAGE
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "work.py").write_text(WORK)
    return folder


def work_spec(inputs: dict[str, str] | None = None, **work: Any) -> JobSpec:
    """Return the spec of a job that does the contract's work; `inputs`: name → object digest."""
    return JobSpec(
        job=new_ulid(),
        kind="test",
        title="contract work",
        module=f"{PACKAGE}.work",
        plugins=(f"{PACKAGE}.work:NONE",),
        inputs=inputs or {},
        work=work,
    )


class Sender:
    """Submits the contract's own work, as its keywords describe it."""

    def __init__(self, target: Target, cache: Path, runtime: Runtime | None = None) -> None:
        self.target = target
        self.cache = cache
        self.runtime = runtime
        self.sent: list[tuple[Handle, Bundle]] = []

    def __call__(self, inputs: dict[str, Path] | None = None, **work: Any) -> Handle:
        """Submit a new job and return its handle."""
        digests = {name: digest(path) for name, path in (inputs or {}).items()}
        spec = work_spec(digests, **work)
        code = make_bundle(self.cache, spec.plugins)
        bundle = Bundle(
            spec.job, code, spec.encode(), spec.module, inputs or {}, digests, self.runtime
        )
        handle = self.target.prepare(spec.job)
        self.sent.append((handle, bundle))
        self.target.submit(handle, bundle)
        return handle

    def again(self, handle: Handle) -> None:
        """Submit a job that was submitted before."""
        for sent, bundle in self.sent:
            if sent == handle:
                self.target.submit(handle, bundle)
