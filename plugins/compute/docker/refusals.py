"""What went wrong with an engine, as one of our errors: each cause its own code and fix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, NamedTuple, TypeVar

from plugins.compute.docker.options import Address
from workbench.errors import TargetError, TargetRefused
from workbench.text import clean

_LONG = 300


Error = TypeVar("Error", bound=TargetError)


class _Case(NamedTuple, Generic[Error]):
    """A cause as a person reads it; `at` makes it the error of one engine."""

    kind: type[Error]
    what: str
    fix: str
    code: str

    def at(self, where: str, why: str) -> Error:
        """Return the error, to be raised."""
        return self.kind(self.what, where=where, why=why, fix=self.fix, code=self.code)


# What may pass by itself is a TargetError, what a person must mend a TargetRefused.
_FULL_DISK = _Case(
    TargetRefused,
    "The disk of the Docker engine is full",
    fix="Free space there (workbench target prune, docker system df), then queue it again",
    code="target.disk",
)
_TOO_OLD = _Case(
    TargetRefused,
    "The Docker engine is too old",
    fix="Upgrade Docker there to 20.10 or later",
    code="target.version",
)
_NO_GPU = _Case(
    TargetRefused,
    "The Docker engine has no GPU for jobs",
    fix="Install the NVIDIA container toolkit there, or leave the option gpus out",
    code="target.gpu",
)
_REFUSED = _Case(
    TargetError,
    "The Docker engine refused",
    fix="Correct the cause there",
    code="target.engine",
)
_NOT_RUNNING = _Case(
    TargetError,
    "No Docker engine answers",
    fix="Start it (systemctl start docker), or correct the target's option engine",
    code="target.connection",
)
_FORBIDDEN = _Case(
    TargetRefused,
    "You may not use the Docker engine",
    fix="Have yourself added to its group (sudo usermod -aG docker $USER), then log in again",
    code="target.permission",
)
_SILENT = _Case(
    TargetError,
    "The Docker engine does not answer in time",
    fix="See whether the machine is up and reachable; it is tried again by itself",
    code="target.connection",
)
_WENT_AWAY = _Case(
    TargetError,
    "The connection to the Docker engine broke",
    fix="See that the engine runs; it is tried again by itself",
    code="target.connection",
)
_NO_ENGINE = _Case(
    TargetRefused,
    "What answers there is not a Docker engine",
    fix="Correct the target's option engine",
    code="target.engine",
)
_NO_TRUST = _Case(
    TargetRefused,
    "The Docker engine and this side do not trust each other",
    fix="Correct the target's options tls_ca, tls_cert and tls_key",
    code="target.tls",
)
_NO_DOCKER = _Case(
    TargetRefused,
    "There is no docker command at the far end",
    fix="Install Docker there, with its command line",
    code="target.docker",
)
_NO_LOGIN = _Case(
    TargetRefused,
    "SSH does not let you in",
    fix="Add your key to the agent (ssh-add FILE), or have it accepted there",
    code="target.login",
)


def explain(error: BaseException, address: Address, complaint: str) -> TargetError:
    """Return the refusal for what the docker SDK raised; `complaint` is what SSH's client said."""
    import docker.errors
    import requests.exceptions

    if isinstance(error, docker.errors.APIError):
        return _answered(error, address)
    if complaint:
        return _of_ssh(complaint, address)
    if isinstance(error, requests.exceptions.SSLError):
        return _of_tls(str(error), address)
    if isinstance(error, requests.exceptions.InvalidJSONError):
        return _NO_ENGINE.at(address.shown, "its answer is not one of an engine")
    for cause in _causes(error):
        if isinstance(cause, PermissionError):
            return _forbidden(address)
        if isinstance(cause, FileNotFoundError | ConnectionRefusedError | NotADirectoryError):
            return _not_running(address)
        if isinstance(cause, TimeoutError | requests.exceptions.Timeout):
            return _SILENT.at(address.shown, "the connection timed out")
    if "certificate" in str(error).lower():  # an alert that came after the handshake
        return _of_tls(str(error), address)
    return _WENT_AWAY.at(address.shown, short(error))


def missing_image(image: str, address: Address, why: str) -> TargetRefused:
    """Return the refusal for a base image that is not there and cannot be got."""
    return TargetRefused(
        f"The image {image} is not on the Docker engine and cannot be pulled there",
        where=address.shown,
        why=short(why),
        fix=f"Run docker pull {image} there, or set the target's option base to an image that it has",
        code="target.image",
    )


def full_disk(where: str, why: str) -> TargetRefused:
    """Return the refusal for an engine without space."""
    return _FULL_DISK.at(where, why)


def too_old(address: Address, found: str, needed: str) -> TargetRefused:
    """Return the refusal for an engine whose API is older than `needed`."""
    why = f"it speaks version {clean(found)} of its API, {needed} is needed"
    return _TOO_OLD.at(address.shown, why)


def short(text: object) -> str:
    """Return the first line of a message from outside, safe to show, at most 300 characters."""
    lines = [line.strip() for line in str(text).splitlines() if line.strip()]
    return clean(lines[0])[:_LONG] if lines else "no reason was given"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, those that it wraps and those that it came from."""
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        found = waiting.pop(0)
        if isinstance(found, BaseException) and id(found) not in seen:
            seen.add(id(found))
            yield found
            reason = getattr(found, "reason", None)
            waiting += [*found.args, reason, found.__cause__, found.__context__]


def _answered(error: Any, address: Address) -> TargetError:
    """The engine was reached and said no."""
    said = short(error.explanation or error)
    if "http request to an https server" in said.lower():
        return _of_tls(said, address)
    if "no space left on device" in said.lower():
        return full_disk(address.shown, said)
    if (
        "permission denied" in said.lower()
        and error.response is not None
        and error.is_client_error()
    ):
        return _forbidden(address)
    if "could not select device driver" in said.lower():
        return _NO_GPU.at(address.shown, said)
    return _REFUSED.at(address.shown, said)


def _not_running(address: Address) -> TargetError:
    return _NOT_RUNNING.at(address.shown, "nothing listens there")


def _forbidden(address: Address) -> TargetRefused:
    return _FORBIDDEN.at(address.shown, "its socket is closed to your account")


def _of_tls(said: str, address: Address) -> TargetRefused:
    why = _tls_reason(said)
    if address.tls is not None and not address.tls.cert and "this side" in why:
        why = "it asks for a certificate of this side"
    return _NO_TRUST.at(address.shown, why)


def _tls_reason(text: str) -> str:
    reasons = {
        "WRONG_VERSION_NUMBER": "the engine does not speak TLS on that port",
        "HOSTNAME_MISMATCH": "its certificate is for another host",
        "doesn't match": "its certificate is for another host",
        "Hostname mismatch": "its certificate is for another host",
        "has expired": "its certificate has expired",
        "self-signed": "its certificate was not signed by that authority",
        "self signed": "its certificate was not signed by that authority",
        "unable to get local issuer": "its certificate was not signed by that authority",
        "HTTPS server": "the engine speaks TLS on that port, and the target has none",
        "CERTIFICATE_REQUIRED": "it asks for a certificate of this side",
        "BAD_CERTIFICATE": "it does not accept the certificate of this side",
        "UNKNOWN_CA": "it does not accept the certificate of this side",
    }
    for mark, reason in reasons.items():
        if mark.lower().replace("_", " ") in text.lower().replace("_", " "):
            return reason
    return short(text)


def _of_ssh(complaint: str, address: Address) -> TargetError:
    """Turn the last words of OpenSSH's client, or of the shell at the far end, into a refusal."""
    text = complaint.lower()
    if "identification has changed" in text:
        return _host_key(
            address, "its host key is another one than before: it may be another machine"
        )
    if "host key" in text and ("no " in text or "verification failed" in text):
        return _host_key(address, "its host key is not known here")
    if "docker daemon" in text:
        denied = "permission denied" in text
        return _forbidden(address) if denied else _not_running(address)
    if "docker" in text and "not found" in text:
        return _NO_DOCKER.at(address.shown, short(_last(complaint)))
    if "permission denied" in text:
        return _NO_LOGIN.at(address.shown, short(_last(complaint)))
    return TargetError(
        "The machine of the Docker engine is not reached over SSH",
        where=address.shown,
        why=short(_last(complaint)),
        fix=f"Try ssh {address.host}; it is tried again by itself",
        code="target.connection",
    )


def _host_key(address: Address, why: str) -> TargetRefused:
    return TargetRefused(
        "The machine of the Docker engine did not prove who it is",
        where=address.shown,
        why=why,
        fix=f"Compare its fingerprint with its owner's, then accept it: ssh {address.host}",
        code="target.host_key",
    )


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
