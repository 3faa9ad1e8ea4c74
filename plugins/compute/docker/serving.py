"""Server processes as containers: one for each seat, its files in one volume of the deployment.

The volume has what an agent's folder has on a machine (objects, the deployment's folder); a helper
beside it fills and reads it. How a process is, the engine says. On this machine's engine a server
listens on one port of its own network, which the engine publishes on the loopback; on another it has no
network at all, and each connection is carried to it by the engine (`lane`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from plugins.compute.docker import names
from plugins.compute.docker.containers import Containers, has_status
from plugins.compute.docker.engine import Engine
from plugins.compute.docker.hardening import Mount, allowance, body
from plugins.compute.docker.helper import open_helper
from plugins.compute.docker.lane import Lane
from plugins.compute.docker.options import Wanted
from plugins.compute.docker.runtimes import Runtimes
from workbench.compute.contract import Tell, tell_nobody
from workbench.compute.limits import NO_LIMITS
from workbench.compute.place import digest
from workbench.compute.serving import MODULE, Looked, SeatSeen, Server
from workbench.remote.agent.serving import LOG, MARK
from workbench.remote.bootstrap import command
from workbench.remote.link import Agent
from workbench.remote.pool import Pool
from workbench.remote.serving import OPS, read_looked, send_server

LABEL = "workbench.deployment"
NETWORK = "workbench-serve"
PORT = 8700
"""Where every server listens in its container."""
_EACH = 2
_SIGNALS = 128

T = TypeVar("T")


class DockerServing:
    """See workbench.compute.serving.Serving."""

    needs_runtime = True

    def __init__(
        self, name: str, engine: Engine, runtimes: Runtimes, wanted: Wanted, owner: str
    ) -> None:
        self._name = name
        self._engine = engine
        self._containers = Containers(engine)
        self._runtimes = runtimes
        self._wanted = wanted
        self._owner = owner
        self._lock = threading.Lock()
        self._pools: dict[str, Pool] = {}
        self._lanes: dict[str, Lane] = {}
        self._near = wanted.address.scheme == "unix"

    def fill(self, server: Server, tell: Tell = tell_nobody) -> None:
        """Bring code, model and token into the deployment's volume, then say what is to be served."""
        name = server.deployment
        image = self._runtimes.ensure(server.runtime, tell)
        host = "0.0.0.0" if self._near else "127.0.0.1"  # noqa: S104  # in its own network
        self._containers.add_volume(_name(name), self._labels(name))
        self._use(name, image, lambda agent: send_server(agent, server, tell, host=host, port=PORT))

    def start(self, server: Server, seat: int, tell: Tell = tell_nobody) -> None:
        """Start the container of a seat, unless one runs."""
        name = server.deployment
        found = self._find(name, seat)
        if found is not None and _runs(found):
            return
        image = self._runtimes.ensure(server.runtime, tell)
        self._use(name, image, lambda agent: agent.ask(OPS + "fresh", deployment=name, seat=seat))
        self._containers.remove(_name(name, seat))
        if self._near:
            self._make_network()
        made = self._create(server, seat, image)
        self._containers.start(made)

    def look(self, deployment: str) -> Looked:
        """Say how it is: files by a helper, processes by the engine."""
        if not self._containers.has_volume(_name(deployment)):
            return Looked(time.time())
        found = self._use(
            deployment,
            self._image_beside(deployment),
            lambda agent: agent.ask(OPS + "look", deployment=deployment),
        )
        looked = read_looked(found, self._name)
        seats = [self._seat(deployment, seat) for seat in looked.seats]
        return replace(looked, seats=tuple(seats))

    def read(self, deployment: str, name: str, offset: int) -> bytes:
        """Return what one of its files has from byte `offset` on, at most 1 MiB."""
        return self._use(
            deployment,
            self._image_beside(deployment),
            lambda agent: agent.call(OPS + "read", deployment=deployment, name=name, offset=offset)[
                1
            ],
        )

    def end(self, deployment: str, seat: int, *, now: bool) -> None:
        """Ask the process of a seat to stop, or with `now` kill it."""
        import docker.errors

        with self._engine.use() as client:
            try:
                client.kill(_name(deployment, seat), "SIGKILL" if now else "SIGTERM")
            except docker.errors.APIError as error:
                if not (has_status(error, 404) or has_status(error, 409)):
                    raise  # 409: it does not run

    def forget(self, deployment: str, seat: int) -> None:
        """Remove the container of a process that is gone."""
        found = self._find(deployment, seat)
        if found is not None and not _runs(found):
            self._containers.remove(str(found["Id"]))
        self._drop_lane(_name(deployment, seat))

    def remove(self, deployment: str) -> None:
        """Remove containers and volume."""
        for name in [name for name in self._lanes if name.startswith(f"{_name(deployment)}-")]:
            self._drop_lane(name)
        for found in self._containers.labelled(f"{LABEL}={deployment}", f"{names.ROLE}=server"):
            self._containers.remove(str(found["Id"]))
        with self._lock:
            pool = self._pools.pop(deployment, None)
        if pool is not None:
            pool.close()
        for left in self._containers.labelled(f"{LABEL}={deployment}"):
            self._containers.remove(str(left["Id"]))
        self._containers.drop_volume(_name(deployment))
        if self._near:
            self._drop_network()

    def way(self, deployment: str, seat: int, port: int) -> int:
        """Return the port at which the engine publishes the container's, or which leads into it."""
        del port
        found = self._find(deployment, seat) or {}
        if not self._near:
            return self._lead(_name(deployment, seat), str(found["Id"])) if found else 0
        ports = found.get("NetworkSettings", {}).get("Ports", {}).get(f"{PORT}/tcp") or []
        return int(ports[0]["HostPort"]) if ports else 0

    def close(self) -> None:
        """Let helpers go; servers go on."""
        with self._lock:
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.close()
        for name in list(self._lanes):
            self._drop_lane(name)

    def _lead(self, name: str, container: str) -> int:
        with self._lock:
            lane = self._lanes.get(name)
            if lane is None or lane.container != container:
                if lane is not None:
                    lane.close()
                lane = self._lanes[name] = Lane(self._engine, container, PORT)
            return lane.port

    def _drop_lane(self, name: str) -> None:
        with self._lock:
            lane = self._lanes.pop(name, None)
        if lane is not None:
            lane.close()

    def _labels(self, deployment: str) -> dict[str, str]:
        return {names.OWNER: self._owner, LABEL: deployment}

    def _mount(self, deployment: str) -> Mount:
        return Mount(_name(deployment), names.JOB_MOUNT, self._labels(deployment))

    def _use(self, deployment: str, image: str, work: Callable[[Agent], T]) -> T:
        with self._lock:
            if deployment not in self._pools:
                self._pools[deployment] = Pool(lambda: self._open(deployment, image), _EACH)
            pool = self._pools[deployment]
        return pool.use(work)

    def _open(self, deployment: str, image: str) -> Agent:
        shell = ["/bin/sh", "-c", command()]
        labels, mount = self._labels(deployment), self._mount(deployment)
        stream = open_helper(self._engine, image, shell, labels=labels, mounts=(mount,))
        return Agent(stream, self._name, mount.path)

    def _image_beside(self, deployment: str) -> str:
        found = self._containers.labelled(f"{LABEL}={deployment}")
        return str(found[0]["ImageID"]) if found else self._wanted.base

    def _find(self, deployment: str, seat: int) -> dict[str, Any] | None:
        import docker.errors

        with self._engine.use() as client:
            try:
                found: dict[str, Any] = client.inspect_container(_name(deployment, seat))
            except docker.errors.NotFound:
                return None
            return found

    def _seat(self, deployment: str, seen: SeatSeen) -> SeatSeen:
        """Return a seat as the helper sees its files and the engine its process."""
        found = self._find(deployment, seen.number)
        if found is None or found["State"]["Status"] == "created":
            return replace(seen, process="none", pid=None, exit_code=None, last_line="")
        state = found["State"]
        if _runs(found):
            return replace(seen, process="alive", pid=int(state["Pid"]), exit_code=None)
        code, memory = int(state["ExitCode"]), bool(state["OOMKilled"])
        return replace(
            seen,
            process="dead",
            pid=None,
            exit_code=_SIGNALS - code if code > _SIGNALS else code,
            last_line="out of memory" if memory else seen.last_line,
        )

    def _make_network(self) -> None:
        """Have a network of our own: nothing goes out of it, and containers do not see each other."""
        with self._engine.use() as client:
            if not client.networks(names=[NETWORK]):
                client.create_network(
                    NETWORK,
                    driver="bridge",
                    check_duplicate=True,
                    labels={names.OWNER: self._owner},
                    options={
                        "com.docker.network.bridge.enable_ip_masquerade": "false",
                        "com.docker.network.bridge.enable_icc": "false",
                    },
                )

    def _drop_network(self) -> None:
        """Remove the network once no server is on it; whoever starts one at this moment tries again."""
        import docker.errors

        with self._engine.use() as client:
            try:
                client.remove_network(NETWORK)
            except docker.errors.APIError as error:
                if not (has_status(error, 404) or has_status(error, 403)):
                    raise  # 403: others are on it

    def _create(self, server: Server, seat: int, image: str) -> str:
        name = server.deployment
        folder = f"{names.JOB_MOUNT}/workbench/deployments/{name}"
        # The log is a file like the rest: the engine's own holds little and is not read by offset.
        line = f'exec "$0" "$@" >>{folder}/{LOG} 2>&1'
        run = [names.PYTHON, "-P", "-m", MODULE, folder, str(seat)]
        wanted = body(
            image,
            ["/bin/sh", "-c", line, *run],
            labels=self._labels(name) | {names.ROLE: "server"},
            mounts=(self._mount(name),),
            allowed=replace(
                allowance(self._wanted, NO_LIMITS), network=NETWORK if self._near else "none"
            ),
            environment=_environment(name, f"{folder}/code/{digest(server.code)}.zip"),
        )
        if self._near:
            wanted["ExposedPorts"] = {f"{PORT}/tcp": {}}
            loopback = {"HostIp": "127.0.0.1", "HostPort": ""}
            wanted["HostConfig"]["PortBindings"] = {f"{PORT}/tcp": [loopback]}
        with self._engine.use() as client:
            return str(client.create_container_from_config(wanted, _name(name, seat))["Id"])


def _name(deployment: str, seat: int | None = None) -> str:
    """Return the name of the deployment's volume, or of the container of a seat."""
    return f"workbench-deployment-{deployment}" + ("" if seat is None else f"-{seat}")


def _runs(found: Mapping[str, Any]) -> bool:
    return found["State"]["Status"] in {"running", "paused", "restarting"}


def _environment(deployment: str, code: str) -> dict[str, str]:
    return {
        "PATH": names.PATH,
        "HOME": "/tmp",  # noqa: S108  # inside the container
        "LANG": "C.UTF-8",
        "PYTHONPATH": code,
        "OMP_NUM_THREADS": "1",
        "POLARS_MAX_THREADS": "1",
        MARK: deployment,
    }
