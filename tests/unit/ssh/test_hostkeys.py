"""known_hosts against the lines that ssh-keygen writes and reads itself."""

import base64
import subprocess
from pathlib import Path

import pytest
from real.sshd import fingerprint as shown_by_ssh
from real.sshd import keygen

from plugins.compute.ssh.hostkeys import fingerprint, judge, known_keys, written


@pytest.fixture
def key(tmp_path: Path) -> tuple[str, bytes, str]:
    path = keygen(tmp_path / "key")
    kind, text, *_ = path.with_suffix(".pub").read_text().split()
    return kind, base64.b64decode(text), shown_by_ssh(path)


def other() -> tuple[str, bytes]:
    return "ssh-rsa", b"another key"


def verdict(lines: str, host: str, port: int, blob: bytes, tmp_path: Path) -> str:
    path = tmp_path / "known_hosts"
    path.write_text(lines)
    return judge(known_keys([tmp_path / "none", path], host, port), blob)[0]


@pytest.mark.real("ssh-keygen")
def test_the_fingerprint_is_the_one_of_ssh_keygen(key: tuple[str, bytes, str]) -> None:
    assert fingerprint(key[1]) == key[2]


@pytest.mark.real("ssh-keygen")
@pytest.mark.parametrize(
    ("host", "port"), [("example.org", 22), ("example.org", 2222), ("::1", 22)]
)
def test_what_is_written_is_known_also_to_ssh_keygen(
    key: tuple[str, bytes, str], tmp_path: Path, host: str, port: int
) -> None:
    line = written(host, port, key[0], key[1])
    assert verdict(line + "\n", host, port, key[1], tmp_path) == "known"
    name = host if port == 22 else f"[{host}]:{port}"
    command = ["ssh-keygen", "-F", name, "-f", str(tmp_path / "known_hosts")]
    assert line in subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.real("ssh-keygen")
@pytest.mark.parametrize("port", [22, 2222])
def test_hashed_names(key: tuple[str, bytes, str], tmp_path: Path, port: int) -> None:
    path = tmp_path / "known_hosts"
    path.write_text(written("example.org", port, key[0], key[1]) + "\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(path)], check=True, capture_output=True)
    text = path.read_text()
    assert "example" not in text
    assert verdict(text, "Example.org", port, key[1], tmp_path) == "known"
    assert verdict(text, "example.com", port, key[1], tmp_path) == "unknown"
    assert verdict(text, "example.org", port, other()[1], tmp_path) == "changed"


KEY, OTHER = b"the key of the host", b"another key"


def line(names: str, blob: bytes = KEY, marker: str = "") -> str:
    return f"{marker}{names} ssh-ed25519 {base64.b64encode(blob).decode()}\n"


CASES = {
    "nothing": ("", 22, "unknown"),
    "comment": ("# " + line("host"), 22, "unknown"),
    "this": (line("host"), 22, "known"),
    "another": (line("host", OTHER), 22, "changed"),
    "one of two": (line("host", OTHER) + line("host"), 22, "known"),
    "list": (line("a,b,host,10.0.0.1"), 22, "known"),
    "pattern": (line("ho?t*"), 22, "known"),
    "excepted": (line("ho*,!host"), 22, "unknown"),
    "excepted before": (line("!host,ho*"), 22, "unknown"),
    "begins like it": (line("hostess"), 22, "unknown"),
    "port": (line("[host]:2222"), 2222, "known"),
    "another port": (line("[host]:2222"), 22, "unknown"),
    "port with another key": (line("[host]:2222", OTHER), 2222, "changed"),
    "bare name vouches": (line("host"), 2222, "known"),
    "bare name speaks not against": (line("host", OTHER), 2222, "unknown"),
    "port pattern": (line("[*]:2222"), 2222, "known"),
    "revoked": (line("host") + line("*", marker="@revoked "), 22, "revoked"),
    "another revoked": (line("host") + line("*", OTHER, marker="@revoked "), 22, "known"),
    "only another revoked": (line("*", OTHER, marker="@revoked "), 22, "unknown"),
    "authority": (line("host", marker="@cert-authority "), 22, "unknown"),
    "not base64": ("host ssh-ed25519 ****\n", 22, "unknown"),
    "too short": ("host ssh-ed25519\nhost\n\n@revoked\n", 22, "unknown"),
    "bad hash": ("|1|AAAA ssh-ed25519 AAAA\n|1|*|* ssh-ed25519 AAAA\n", 22, "unknown"),
    "not UTF-8 elsewhere": ("\udce9 x y\n" + line("host"), 22, "known"),
}


@pytest.mark.parametrize("name", CASES)
def test_verdicts(name: str, tmp_path: Path) -> None:
    text, port, wanted = CASES[name]
    path = tmp_path / "known_hosts"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert judge(known_keys([path], "host", port), KEY)[0] == wanted
