"""What the options of a Docker target may say, and where the engine is then."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.compute.docker.dial import ssh_command
from plugins.compute.docker.options import OPTIONS, Address, Tls, read_options
from workbench.errors import BadInput
from workbench.options import settle


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DOCKER_HOST", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (tmp_path / name).touch()
    return tmp_path


def address(**options: object) -> Address:
    return read_options("box", settle(OPTIONS, options, owner="box")).address


def test_the_local_socket_where_nothing_is_said() -> None:
    assert address() == Address("unix", "unix:///var/run/docker.sock", path="/var/run/docker.sock")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("unix:///run/x.sock", ("unix", "/run/x.sock", "", "", None)),
        ("ssh://ann@big", ("ssh", "", "ann", "big", None)),
        ("ssh://big:2222", ("ssh", "", "", "big", 2222)),
        ("tcp://127.0.0.1:2375", ("tcp", "", "", "127.0.0.1", 2375)),
        ("tcp://[::1]:2375", ("tcp", "", "", "::1", 2375)),
    ],
)
def test_addresses(text: str, expected: tuple[object, ...]) -> None:
    found = address(engine=text)
    assert (found.scheme, found.path, found.user, found.host, found.port) == expected
    assert found.shown == text


def test_docker_host_counts_only_where_engine_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "ssh://elsewhere")
    assert address().host == "elsewhere"
    assert address(engine="ssh://here").host == "here"


def test_docker_s_own_variables_name_the_certificates(
    monkeypatch: pytest.MonkeyPatch, files: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://big")
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(files))
    found = address()
    assert found.tls == Tls(*(f"{files}/{name}.pem" for name in ("ca", "cert", "key")))
    assert found.port == 2376


@pytest.mark.parametrize(
    ("options", "where", "why"),
    [
        ({"engine": "tcp://big:2375"}, "engine", "open to everybody"),
        ({"engine": "tcp://127.0.0.1"}, "engine", "open to everybody"),
        ({"engine": "http://big"}, "engine", "none of unix, ssh and tcp"),
        ({"engine": "big"}, "engine", "none of unix, ssh and tcp"),
        ({"engine": "ssh://"}, "engine", "none of unix, ssh and tcp"),
        ({"engine": "ssh://big:none"}, "engine", "no address"),
        ({"engine": "ssh://ann:secret@big"}, "engine", "it holds a password"),
        ({"engine": "tcp://big", "tls_ca": "/no/ca"}, "tls_ca", "there is no file /no/ca"),
        ({"engine": "tcp://big", "tls_cert": "/no/c"}, "tls_cert", "go together"),
        ({"gpus": "some"}, "gpus", "neither all nor a number"),
    ],
)
def test_what_is_refused(options: dict[str, str], where: str, why: str) -> None:
    with pytest.raises(BadInput) as caught:
        address(**options)
    assert caught.value.where == f"targets.box.{where}"
    assert why in caught.value.why
    assert "secret" not in str(caught.value)


def test_what_a_job_gets() -> None:
    given = {"memory": 512, "cpus": 1.5, "pids": 100, "gpus": "2", "network": "bridge"}
    found = read_options("box", settle(OPTIONS, given, owner="box"))
    assert (found.memory, found.cpus, found.pids) == (512 * 1024**2, 1.5, 100)
    assert (found.gpus, found.network) == (2, "bridge")
    plain = read_options("box", settle(OPTIONS, {"gpus": "all"}, owner="box"))
    assert (plain.memory, plain.cpus, plain.gpus, plain.network) == (None, None, -1, "none")


def test_ssh_takes_no_unknown_key_and_asks_nobody() -> None:
    command = ssh_command(address(engine="ssh://ann@big:2222"))
    assert "-oStrictHostKeyChecking=yes" in command
    assert "-oBatchMode=yes" in command
    assert command[-7:] == ["-l", "ann", "-p", "2222", "--", "big", "docker system dial-stdio"]


def test_a_host_cannot_be_an_option() -> None:
    assert ssh_command(address(engine="ssh://-oProxyCommand=x"))[-3] == "--"
