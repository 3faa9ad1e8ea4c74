"""The target: jobs in containers of one engine. See workbench.compute.contract.Target."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from plugins.compute.docker import names
from plugins.compute.docker.agents import Agents
from plugins.compute.docker.alone import alone
from plugins.compute.docker.archives import Entry
from plugins.compute.docker.containers import Containers, ImageGone
from plugins.compute.docker.engine import Engine
from plugins.compute.docker.hardening import Allowance, Mount, allowance, body
from plugins.compute.docker.images import Images
from plugins.compute.docker.options import Wanted
from plugins.compute.docker.peeking import peek, peek_usage
from plugins.compute.docker.probing import probe
from plugins.compute.docker.pruning import prune
from plugins.compute.docker.runtimes import Runtimes
from plugins.compute.docker.serving import DockerServing
from plugins.compute.docker.state import Container, decide
from workbench.compute import folder as parts
from workbench.compute.contract import (
    Bundle,
    Handle,
    Probe,
    Pruned,
    Stage,
    Status,
    Surroundings,
    Tell,
    tell_nobody,
)
from workbench.compute.limits import Usage
from workbench.compute.place import READ_CAP, digest
from workbench.compute.shim import STAY
from workbench.errors import TargetError
from workbench.files import inside
from workbench.remote.results import fetch_results
from workbench.remote.target import job_of

SMALL = 256 * 1024
"""A file up to this size is read as a whole from the engine (55 ms); a larger one through an agent."""

USAGE_AGE = 2.0

_READ = "workbench.remote.agent.jobs.read"


class DockerTarget:
    """Jobs in containers. Nothing of the engine's machine is mounted into them but volumes of ours."""

    needs_runtime = True
    pace = 0.5

    def __init__(self, name: str, wanted: Wanted, around: Surroundings) -> None:
        self.name = name
        self._wanted = wanted
        self._owner = around.owner
        self._cache = around.cache
        self._engine = Engine(wanted.address)
        self._containers = Containers(self._engine)
        self._images = Images(self._engine, around.owner)
        self._agents = Agents(self._engine, name, around.owner)
        self._used: dict[str, tuple[float, Usage | None]] = {}
        self._runtimes = Runtimes(self._engine, self._images, around, wanted.base)
        self._serving = DockerServing(name, self._engine, self._runtimes, wanted, around.owner)

    def probe(self) -> Probe:
        """Say what the engine offers, and what is missing there."""
        return probe(self._engine, self._images, self._wanted, self._owner)

    def prepare(self, job: str) -> Handle:
        """Return the job's ULID: its container and its volume are named by it."""
        return {"job": job}

    def submit(self, handle: Handle, bundle: Bundle, tell: Tell = tell_nobody) -> None:
        """Bring runtime, data and code there, then start the container, unless that was done before."""
        job = job_of(handle)
        tell(Stage("connect"))
        with alone(self._cache, job):
            self._submit(job, bundle, tell)

    def _submit(self, job: str, bundle: Bundle, tell: Tell) -> None:
        found = self._containers.find(job)
        if (found is not None and found.has_started) or self._is_stopped(job):
            return
        container = found or self._create(job, bundle, tell)
        if container is None or container.has_started:
            return  # somebody else submits it
        self._send(container, bundle, tell)
        tell(Stage("code"))
        self._containers.fill(container.id, names.JOB_MOUNT, _folder(job, bundle))
        # A stop that came meanwhile has left its mark, or finds the container: one of both is seen.
        if self._is_stopped(job) or not self._containers.start(container.id):
            self._containers.remove(container.id)

    def poll(self, handle: Handle) -> Status:
        """Say how the job is."""
        job = job_of(handle)
        container = self._containers.find(job)
        if container is not None and not (container.is_over or container.state == "created"):
            status = decide(container, None, volume=True, stopped=False)
            return replace(status, usage=self._usage(job, container))
        stopped = self._is_stopped(job)
        volume = container is not None or self._containers.has_volume(names.volume_name(job))
        ended = None
        if volume and (container is None or container.is_over):
            ended = peek(self._containers, self._wanted.base, job, container)
        status = decide(container, ended, volume=volume, stopped=stopped)
        if container is None or not container.is_over:
            return status
        return replace(status, usage=peek_usage(self._containers, job, container))

    def read(self, handle: Handle, name: Literal["log", "events.jsonl"], offset: int) -> bytes:
        """Return at most 1 MiB of a file of the job from byte `offset` on."""
        job = job_of(handle)
        if not self._agents.has(job):
            container = self._containers.find(job)
            if container is None and not self._containers.has_volume(names.volume_name(job)):
                return b""
            if container is not None:
                path = f"{names.job_folder(job)}/{name}"
                size = self._containers.size(container.id, path)
                if size is None or size <= offset:
                    return b""
                whole = self._containers.read(container.id, path, SMALL) if size <= SMALL else None
                if whole is not None:
                    return whole[offset : offset + READ_CAP]
        image = self._image_beside(job)
        return self._agents.use(
            job, image, lambda agent: agent.call(_READ, job=job, name=name, offset=offset)[1]
        )

    def fetch(self, handle: Handle, into: Path, tell: Tell = tell_nobody) -> None:
        """Copy `out/` to `into`: what came before is gone on with, every file is verified."""
        job = job_of(handle)
        if not self._containers.has_volume(names.volume_name(job)):
            return
        image = self._image_beside(job)
        self._agents.use(job, image, lambda agent: fetch_results(agent, job, into, tell))

    def stop(self, handle: Handle) -> None:
        """End every process of the job, or see to it that it never starts."""
        job = job_of(handle)
        self._containers.add_volume(names.stop_name(job), self._labels(job))
        container = self._containers.find(job)
        if container is None or container.is_over:
            return
        if container.state == "created":
            self._containers.remove(container.id)
        else:
            self._containers.stop(container.id)

    def remove(self, handle: Handle) -> None:
        """Remove container and volumes of the job; refused while it runs."""
        job = job_of(handle)
        container = self._containers.find(job)
        if container is not None and not (container.is_over or container.state == "created"):
            raise TargetError(
                "The container of a running job is not removed",
                where=f"{self.name}: {names.container_name(job)}",
                why="processes of the job are alive",
                fix="Cancel the job first",
                code="job.alive",
            )
        self._agents.drop(job)
        self._used.pop(job, None)
        for left in self._containers.labelled(f"{names.JOB}={job}"):
            self._containers.remove(str(left["Id"]))
        for volume in (names.volume_name(job), names.stop_name(job)):
            self._containers.drop_volume(volume)

    def serving(self) -> DockerServing:
        """Return who serves there."""
        return self._serving

    def prune(self, older_than: float = 0.0, *, dry: bool = False) -> tuple[Pruned, ...]:
        """Remove images, objects and helpers of ours that nobody uses."""
        return prune(self._engine, self._owner, older_than, dry=dry)

    def close(self) -> None:
        """Let helpers and connections go; jobs go on."""
        self._serving.close()
        self._agents.close()
        self._engine.close()

    def _is_stopped(self, job: str) -> bool:
        return self._containers.has_volume(names.stop_name(job))

    def _labels(self, job: str) -> dict[str, str]:
        return {names.OWNER: self._owner, names.JOB: job}

    def _usage(self, job: str, container: Container) -> Usage | None:
        """Return what a running job uses, at most USAGE_AGE seconds old: each look costs 55 ms there."""
        now = time.monotonic()
        seen, usage = self._used.get(job, (-math.inf, None))
        if now - seen > USAGE_AGE:
            usage = peek_usage(self._containers, job, container)
            self._used[job] = (now, usage)
        return usage

    def _image_beside(self, job: str) -> str:
        """Return what a helper beside the job's volume runs on: its own image, whatever its name is now."""
        container = self._containers.find(job)
        return container.image if container is not None else self._wanted.base

    def _create(self, job: str, bundle: Bundle, tell: Tell) -> Container | None:
        """Return the job's container, made on its runtime's image; None when it is gone again."""
        image = self._runtimes.ensure(bundle.runtime, tell)
        self._containers.add_volume(names.volume_name(job), self._labels(job))
        try:
            made = self._containers.create(job, self._wish(job, image, bundle))
        except ImageGone:  # pruned by somebody at this moment: once more
            image = self._runtimes.ensure(bundle.runtime, tell)
            made = self._containers.create(job, self._wish(job, image, bundle))
        return made or self._containers.find(job)

    def _wish(self, job: str, image: str, bundle: Bundle) -> dict[str, Any]:
        """Return what the container of a job is to be."""
        mounts = [Mount(names.volume_name(job), names.JOB_MOUNT, self._labels(job))]
        for sha in sorted(set(_inputs(bundle).values())):
            marks = {names.OWNER: self._owner, names.OBJECT: sha}
            where = f"{names.INPUTS_MOUNT}/{sha}"
            mounts.append(Mount(names.object_name(sha), where, marks, writable=False))
        allowed = allowance(self._wanted, bundle.limits)
        shim = ["-P", "-m", "workbench.compute.shim", STAY, names.job_folder(job), bundle.module]
        return body(
            image,
            [names.PYTHON, *shim],
            labels=self._labels(job) | {names.ROLE: "job"},
            mounts=tuple(mounts),
            allowed=allowed,
            environment=_environment(job, allowed),
        )

    def _send(self, container: Container, bundle: Bundle, tell: Tell) -> None:
        """Fill the volumes of the objects that the job reads, as far as they are not filled."""
        sources = {sha: bundle.inputs[name] for name, sha in _inputs(bundle).items()}
        for sha, source in sources.items():
            place = names.object_file(f"{names.INPUTS_MOUNT}/{sha}", sha)
            # It has its name only once it was verified.
            if self._containers.size(container.id, place) is None:
                self._agents.send(container.image, sha, source, tell)


def _folder(job: str, bundle: Bundle) -> list[Entry]:
    """Return the job's folder as it is sent, relative to its volume."""
    above = Path(names.job_folder(job)).relative_to(names.JOB_MOUNT)
    folders = [*[*reversed(above.parents)][1:], above, above / parts.INPUTS]
    links = [
        Entry(
            str(inside(above / parts.INPUTS, name)),
            0o777,
            link=names.object_file(f"{names.INPUTS_MOUNT}/{sha}", sha),
        )
        for name, sha in _inputs(bundle).items()
    ]
    return [
        *(Entry(str(folder), 0o700) for folder in folders),
        Entry(str(above / parts.SPEC), 0o600, data=bundle.spec),
        Entry(str(above / parts.CODE), 0o400, source=bundle.code),
        *links,
    ]


def _inputs(bundle: Bundle) -> dict[str, str]:
    """Return the digest of each input."""
    return {name: bundle.digests.get(name) or digest(path) for name, path in bundle.inputs.items()}


def _environment(job: str, allowed: Allowance) -> dict[str, str]:
    """Return everything that a job finds in its environment beside what its base image says."""
    folder = names.job_folder(job)
    environment = {
        "PATH": names.PATH,
        "HOME": "/tmp",  # noqa: S108  # inside the container
        "LANG": "C.UTF-8",
        "PYTHONPATH": f"{folder}/{parts.CODE}",
        "PYTHONUNBUFFERED": "1",
        parts.MARK: job,
    }
    if allowed.cpus is not None:
        # A quota hides no core: without this each library starts a thread for every one of them.
        threads = str(max(1, math.ceil(allowed.cpus)))
        for name in ("OMP", "OPENBLAS", "MKL"):
            environment[f"{name}_NUM_THREADS"] = threads
        environment["POLARS_MAX_THREADS"] = environment["LOKY_MAX_CPU_COUNT"] = threads
    return environment
