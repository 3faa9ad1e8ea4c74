"""A target behind an agent: what every kind that is reached over a stream does alike."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from workbench.compute.contract import (
    Bundle,
    Handle,
    Lack,
    Probe,
    Pruned,
    Stage,
    Status,
    Surroundings,
    Tell,
    tell_nobody,
)
from workbench.compute.limits import usage_of
from workbench.compute.place import digest
from workbench.errors import TargetError
from workbench.ids import is_ulid
from workbench.remote.builder import Builder
from workbench.remote.inplace import Shared, check_place, find_in_place
from workbench.remote.link import Agent
from workbench.remote.pool import Pool
from workbench.remote.results import fetch_results
from workbench.remote.sending import send_objects
from workbench.remote.serving import RemoteServing
from workbench.remote.stream import Connector
from workbench.runtimes.far import INDEX
from workbench.runtimes.runtime import Runtime
from workbench.text import clean

JOBS = "workbench.remote.agent.jobs."
FACTS = "workbench.remote.agent.facts.facts"
PRUNE = "workbench.runtimes.pruning.prune"


class RemoteTarget:
    """A place reached through `connector`. See workbench.compute.contract.Target for the guarantees.

    `folder` is where things lie there; empty for the usual place. `project_folder` is where the
    project's own folder is seen there; empty: nowhere, all data are sent. A kind that starts work in its
    own way overrides `start_job`, `look`, `end_job` and `clear`.
    """

    needs_runtime = True
    pace = 0.5

    def __init__(
        self,
        name: str,
        connector: Connector,
        around: Surroundings,
        *,
        folder: str = "",
        project_folder: str = "",
    ) -> None:
        self.name = name
        self.around = around
        self.connector = connector
        self.shared = Shared(project_folder, around.project)
        self._folder = folder
        self.agents = Pool(self._open_agent)

    def probe(self) -> Probe:
        """Connect and say what is there. Raises TargetError when it cannot be reached."""
        found = self.agents.use(lambda agent: agent.ask(FACTS, index=self.index()))
        facts = {
            clean(str(key), 40): clean(str(value), 300) for key, value in found["shown"].items()
        }
        lacks = tuple(
            Lack(clean(str(why), 300), clean(str(fix), 300)) for why, fix in found["troubles"]
        )
        ok = not lacks
        if self.shared.folder:
            seen, wrong = self.agents.use(
                lambda agent: check_place(agent, self.shared, self.around.cache)
            )
            facts, lacks = facts | seen, (*lacks, *wrong)
        return Probe(ok, self.connector.facts() | facts, lacks)

    def prepare(self, job: str) -> Handle:
        """Return the job's ULID: its folder there is named by it."""
        return {"job": job}

    def submit(self, handle: Handle, bundle: Bundle, tell: Tell = tell_nobody) -> None:
        """Bring runtime, code and data there as far as they are missing, then start the work."""
        job = job_of(handle)
        tell(Stage("connect"))
        if self.agents.use(lambda agent: agent.ask(JOBS + "claimed", job=job)):
            return
        python = self.ensure_runtime(bundle.runtime, tell)
        self.send(bundle, tell)
        self.start_job(job, bundle, python)

    def poll(self, handle: Handle) -> Status:
        """Say how the job is."""
        return self.look(job_of(handle))

    def read(self, handle: Handle, name: Literal["log", "events.jsonl"], offset: int) -> bytes:
        """Return at most 1 MiB of a file of the job from byte `offset` on."""
        job = job_of(handle)
        return self.agents.use(
            lambda agent: agent.call(JOBS + "read", job=job, name=name, offset=offset)[1]
        )

    def fetch(self, handle: Handle, into: Path, tell: Tell = tell_nobody) -> None:
        """Copy `out/` to `into`: what came before is gone on with, every file is verified."""
        job = job_of(handle)
        self.agents.use(lambda agent: fetch_results(agent, job, into, tell))

    def stop(self, handle: Handle) -> None:
        """End every process of the job, or see to it that it never starts."""
        self.end_job(job_of(handle))

    def remove(self, handle: Handle) -> None:
        """Remove what is left of the job there."""
        self.clear(job_of(handle))

    def serving(self) -> RemoteServing:
        """Return who serves there."""
        return RemoteServing(
            self.name,
            self.agents,
            self.connector,
            self.ensure_runtime,
            needs_runtime=self.needs_runtime,
        )

    def prune(self, older_than: float, *, dry: bool = False) -> tuple[Pruned, ...]:
        """Remove runtimes, objects and what uv left that nobody uses any more."""
        found = self.agents.use(lambda agent: agent.ask(PRUNE, older_than=older_than, dry=dry))
        return tuple(
            Pruned(clean(str(row["kind"]), 40), clean(str(row["name"]), 200), int(row["bytes"]))
            for row in found
        )

    def close(self) -> None:
        """Let connections go; jobs go on."""
        self.agents.close()
        self.connector.close()

    # What a kind may do in its own way.

    def index(self) -> str:
        """Return the package index whose reachability a probe tells."""
        return self.around.index or INDEX

    def ensure_runtime(self, runtime: Runtime | None, tell: Tell) -> str:
        """Return the interpreter there that has the runtime's packages; empty: the agent's own."""
        if runtime is None:
            return ""
        builder = Builder(self.agents, tell)
        return builder.ensure(runtime, self.around.cache, self.around.index)

    def send(self, bundle: Bundle, tell: Tell) -> None:
        """Bring code and data there, and make the job's folder; what is seen there is not sent."""
        code = digest(bundle.code)
        objects = {bundle.digests[name]: path for name, path in bundle.inputs.items()}
        inputs = {name: bundle.digests[name] for name in bundle.inputs}
        names = {digest: name for name, digest in inputs.items()}

        def work(agent: Agent) -> None:
            send_objects(agent, {code: bundle.code}, "code", tell)
            found = find_in_place(agent, self.shared, objects, tell)
            told = found.told(self.shared, names)
            if told:
                tell(Stage("data", note="; ".join(told)))
            rest = {digest: path for digest, path in objects.items() if digest not in found.sizes}
            send_objects(agent, rest, "data", tell, note="; ".join(told))
            agent.ask(
                JOBS + "fill",
                bundle.spec,
                job=bundle.job,
                code=code,
                inputs=inputs,
                shared=self.shared.folder,
                sizes=found.sizes,
                told=told,
            )

        self.agents.use(work)

    def start_job(self, job: str, bundle: Bundle, python: str) -> None:
        """Start the shim there."""
        self.agents.use(
            lambda agent: agent.ask(JOBS + "start", job=job, module=bundle.module, python=python)
        )

    def look(self, job: str) -> Status:
        """Return the far side's word on a job."""
        found = self.agents.use(lambda agent: agent.ask(JOBS + "poll", job=job))
        return _status(found, self.name)

    def end_job(self, job: str) -> None:
        """End the job there."""
        self.agents.use(lambda agent: agent.ask(JOBS + "stop", job=job))

    def clear(self, job: str) -> None:
        """Remove the job's folder there."""
        self.agents.use(lambda agent: agent.ask(JOBS + "remove", job=job))

    def _open_agent(self) -> Agent:
        return Agent(self.connector.open_agent(), self.name, self._folder)


def job_of(handle: Handle) -> str:
    """Return the ULID of the job that a handle names. Raises TargetError (`target.handle`)."""
    job = str(handle.get("job", ""))
    if not is_ulid(job):
        raise TargetError(
            "The record of the job does not name a job",
            where=job[:80],
            why="it holds no ULID",
            fix="See the record: workbench audit show",
            code="target.handle",
        )
    return job


def _status(found: Mapping[str, Any], name: str) -> Status:
    state, code = found.get("state"), found.get("exit_code")
    if state not in {"starting", "running", "ended", "unknown"} or not isinstance(code, int | None):
        raise TargetError(
            "The agent's word on a job cannot be read",
            where=name,
            why=clean(str(found), 200),
            fix="Report it together with what you did",
            code="target.agent",
        )
    return Status(
        state, code, clean(str(found.get("reason", "")), 500), usage_of(found.get("usage"))
    )
