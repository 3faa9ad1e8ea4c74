"""One Docker engine, reached when it is first needed, shared by threads."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from plugins.compute.docker.options import Address
from plugins.compute.docker.refusals import explain, too_old

if TYPE_CHECKING:
    from plugins.compute.docker.dial import Dialler

NEEDED: Final = "1.41"
"""The API of Docker 20.10, the oldest engine that the tests meet."""


class Engine:
    """The connection to the engine at `address`.

    A client of the SDK is a session that is not safe to share, so each thread has its own; the pool
    of connections below them is one.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._own = threading.local()
        self._adapter: Any = None
        self._dialler: Dialler | None = None
        self._version = ""
        self._round = 0

    @contextlib.contextmanager
    def use(self) -> Iterator[Any]:
        """Lend this thread's docker.APIClient; what it raises becomes a WorkbenchError.

        Inside, docker.errors.NotFound and the like may be caught before they get here.
        """
        import docker.errors  # 0.24 s with requests and urllib3: only once an engine is used
        import requests.exceptions
        import urllib3.exceptions

        raised = (
            docker.errors.DockerException,
            requests.exceptions.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
        )
        try:
            yield self._client()
        except raised as error:
            complaint = self._dialler.complaint() if self._dialler else ""
            raise explain(error, self.address, complaint) from error

    @property
    def version(self) -> str:
        """The version of the engine's API that is spoken, once it was used."""
        return self._version

    def close(self) -> None:
        """Let connections go; the next use opens them again."""
        with self._lock:
            self._round += 1
            adapter, dialler = self._adapter, self._dialler
            self._adapter = self._dialler = None
        if adapter is not None:
            adapter.close()
        if dialler is not None:
            dialler.close()

    def _client(self) -> Any:
        with self._lock:
            if getattr(self._own, "round", None) != self._round:
                self._own.client = self._open()
                self._own.round = self._round
            return self._own.client

    def _open(self) -> Any:
        import docker

        if self._adapter is None:
            self._make_adapter()
        client: Any = docker.APIClient(**self._where(), version=self._version or NEEDED)
        # Proxies, ~/.netrc and bundles of certificates named in the environment are not for an engine.
        client.trust_env = False
        client.mount("https://" if self._is_tls() else client.base_url, self._adapter)
        if not self._version:
            self._version = self._agree(client)
            client._version = self._version  # else one more client would be made
        return client

    def _agree(self, client: Any) -> str:
        """Return the newest version that both sides speak. Raises TargetError."""
        from docker.constants import DEFAULT_DOCKER_API_VERSION
        from docker.utils import version_lt

        found = str(client.version(api_version=False).get("ApiVersion", "0"))
        if version_lt(found, NEEDED):
            raise too_old(self.address, found, NEEDED)
        newest: str = DEFAULT_DOCKER_API_VERSION
        return found if version_lt(found, newest) else newest

    def _is_tls(self) -> bool:
        return self.address.tls is not None

    def _make_adapter(self) -> None:
        from plugins.compute.docker.dial import DialAdapter, Dialler, tcp_adapter

        if self.address.scheme == "tcp":
            self._adapter = tcp_adapter()
        else:
            self._dialler = Dialler(self.address)
            self._adapter = DialAdapter(self._dialler)

    def _where(self) -> dict[str, Any]:
        """Return how the SDK is told of the address: its own sockets are never opened."""
        import docker

        from plugins.compute.docker.dial import ANSWER_LIMIT

        address, tls = self.address, self.address.tls
        if address.scheme != "tcp":
            return {"base_url": "unix:///engine", "timeout": ANSWER_LIMIT}
        host = f"[{address.host}]" if ":" in address.host else address.host
        if tls is None:
            return {"base_url": f"http://{host}:{address.port}", "timeout": ANSWER_LIMIT}
        config = docker.tls.TLSConfig(
            client_cert=(tls.cert, tls.key) if tls.cert else None,
            ca_cert=tls.ca or None,
            verify=True,
        )
        base = f"https://{host}:{address.port}"
        return {"base_url": base, "timeout": ANSWER_LIMIT, "tls": config}
