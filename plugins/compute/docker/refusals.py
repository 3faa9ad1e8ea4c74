"""What went wrong with an engine, as one of our errors: each cause its own code and fix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plugins.compute.docker.options import Address
from workbench.errors import TargetError, TargetRefused
from workbench.text import clean

_LONG = 300


def explain(error: BaseException, address: Address, complaint: str) -> TargetError:
    """Return the refusal for what the docker SDK raised; `complaint` is what SSH's client said.

    What may pass by itself is a TargetError, what a person must mend a TargetRefused.
    """
    import docker.errors
    import requests.exceptions

    if isinstance(error, docker.errors.APIError):
        return _answered(error, address)
    if complaint:
        return _of_ssh(complaint, address)
    if isinstance(error, requests.exceptions.SSLError):
        return _of_tls(str(error), address)
    if isinstance(error, requests.exceptions.InvalidJSONError):
        return _no_engine(address, "its answer is not one of an engine")
    for cause in _causes(error):
        if isinstance(cause, PermissionError):
            return _forbidden(address)
        if isinstance(cause, FileNotFoundError | ConnectionRefusedError | NotADirectoryError):
            return _not_running(address)
        if isinstance(cause, TimeoutError | requests.exceptions.Timeout):
            return _silent(address)
    if "certificate" in str(error).lower():  # an alert that came after the handshake
        return _of_tls(str(error), address)
    return _went_away(address, short(error))


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
    return TargetRefused(
        "The disk of the Docker engine is full",
        where=where,
        why=why,
        fix="Free space there (workbench target prune, docker system df), then queue it again",
        code="target.disk",
    )


def too_old(address: Address, found: str, needed: str) -> TargetRefused:
    """Return the refusal for an engine whose API is older than `needed`."""
    return TargetRefused(
        "The Docker engine is too old",
        where=address.shown,
        why=f"it speaks version {clean(found)} of its API, {needed} is needed",
        fix="Upgrade Docker there to 20.10 or later",
        code="target.version",
    )


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
        return TargetRefused(
            "The Docker engine has no GPU for jobs",
            where=address.shown,
            why=said,
            fix="Install the NVIDIA container toolkit there, or leave the option gpus out",
            code="target.gpu",
        )
    return TargetError(
        "The Docker engine refused",
        where=address.shown,
        why=said,
        fix="Correct the cause there",
        code="target.engine",
    )


def _not_running(address: Address) -> TargetError:
    return TargetError(
        "No Docker engine answers",
        where=address.shown,
        why="nothing listens there",
        fix="Start it (systemctl start docker), or correct the target's option engine",
        code="target.connection",
    )


def _forbidden(address: Address) -> TargetRefused:
    return TargetRefused(
        "You may not use the Docker engine",
        where=address.shown,
        why="its socket is closed to your account",
        fix="Have yourself added to its group (sudo usermod -aG docker $USER), then log in again",
        code="target.permission",
    )


def _silent(address: Address) -> TargetError:
    return TargetError(
        "The Docker engine does not answer in time",
        where=address.shown,
        why="the connection timed out",
        fix="See whether the machine is up and reachable; it is tried again by itself",
        code="target.connection",
    )


def _went_away(address: Address, why: str) -> TargetError:
    return TargetError(
        "The connection to the Docker engine broke",
        where=address.shown,
        why=why,
        fix="See that the engine runs; it is tried again by itself",
        code="target.connection",
    )


def _no_engine(address: Address, why: str) -> TargetRefused:
    return TargetRefused(
        "What answers there is not a Docker engine",
        where=address.shown,
        why=why,
        fix="Correct the target's option engine",
        code="target.engine",
    )


def _of_tls(said: str, address: Address) -> TargetRefused:
    why = _tls_reason(said)
    if address.tls is not None and not address.tls.cert and "this side" in why:
        why = "it asks for a certificate of this side"
    return TargetRefused(
        "The Docker engine and this side do not trust each other",
        where=address.shown,
        why=why,
        fix="Correct the target's options tls_ca, tls_cert and tls_key",
        code="target.tls",
    )


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
        return TargetRefused(
            "There is no docker command at the far end",
            where=address.shown,
            why=short(_last(complaint)),
            fix="Install Docker there, with its command line",
            code="target.docker",
        )
    if "permission denied" in text:
        return TargetRefused(
            "SSH does not let you in",
            where=address.shown,
            why=short(_last(complaint)),
            fix="Add your key to the agent (ssh-add FILE), or have it accepted there",
            code="target.login",
        )
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
