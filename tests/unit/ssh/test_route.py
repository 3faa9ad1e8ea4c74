"""What ssh and paramiko make of one file of settings must come to the same way."""

import shutil
from pathlib import Path

import pytest

from plugins.compute.ssh import route
from plugins.compute.ssh.route import Hop, find_route
from plugins.compute.ssh.words import Wanted
from workbench.errors import TargetError

SETTINGS = """
Host there
  HostName 10.1.2.3
  Port 2222
  User anna
  IdentityFile ~/.ssh/%r_at_%h
  IdentitiesOnly yes
  IdentityAgent /run/agent-%r
  UserKnownHostsFile /tmp/known-a /tmp/known-b
  GlobalKnownHostsFile /dev/null
  HostKeyAlias Machine-One
  ConnectTimeout 7
  ServerAliveInterval 5
  ServerAliveCountMax 2
Host behind
  ProxyJump first,bob@there:2022
Host first
  User carl
Host round
  ProxyJump trip
Host trip
  ProxyJump round
Host odd
  HostName -oProxyCommand=id
Host piped
  User dora
  ProxyCommand connect --user=%r %h:%p 100%%
Host *.inner
  ProxyJump gate.inner
"""


@pytest.fixture(params=["ssh", "paramiko"])
def settings(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    path = tmp_path / "config"
    path.write_text(SETTINGS)
    monkeypatch.setenv(route.CONFIG_VARIABLE, str(path))
    if request.param == "paramiko":
        monkeypatch.setenv("PATH", str(tmp_path))  # no ssh in it
        assert shutil.which("ssh") is None
    return path


@pytest.mark.real("ssh")
def test_every_setting_counts(settings: Path) -> None:
    assert find_route(Wanted("there")) == (
        Hop(
            label="there",
            host="10.1.2.3",
            port=2222,
            user="anna",
            known_as="machine-one",
            keys=(Path("~/.ssh/anna_at_10.1.2.3").expanduser(),),
            only_keys=True,
            agent="/run/agent-anna",
            known_hosts=(Path("/tmp/known-a"), Path("/tmp/known-b"), Path("/dev/null")),
            timeout=7,
            alive=5,
            alive_count=2,
        ),
    )


@pytest.mark.real("ssh")
def test_options_of_the_target_win(settings: Path) -> None:
    (hop,) = find_route(Wanted("there", user="eve", port=1, key="/keys/mine"))
    assert (hop.user, hop.port, hop.keys, hop.only_keys) == ("eve", 1, (Path("/keys/mine"),), True)


@pytest.mark.real("ssh")
def test_jump_hosts_come_first_each_with_its_own_settings(settings: Path) -> None:
    hops = find_route(Wanted("behind"))
    assert [(hop.label, hop.user, hop.host, hop.port) for hop in hops[:2]] == [
        ("first", "carl", "first", 22),
        ("there", "bob", "10.1.2.3", 2022),
    ]
    assert hops[2].label == "behind"
    assert [hop.label for hop in find_route(Wanted("behind", jump="there"))] == ["there", "behind"]


@pytest.mark.real("ssh")
@pytest.mark.parametrize("host", ["round", "odd", "a.inner"])
def test_ways_that_are_none(settings: Path, host: str) -> None:
    with pytest.raises(TargetError) as refusal:
        find_route(Wanted(host))
    assert refusal.value.code == "target.settings"


@pytest.mark.real("ssh")
def test_a_proxy_command_is_made_ready(settings: Path) -> None:
    (hop,) = find_route(Wanted("piped"))
    assert hop.command == "connect --user=dora piped:22 100%"


@pytest.mark.real("ssh")
def test_broken_settings_are_named(settings: Path) -> None:
    settings.write_text("Host a\n  Port many\n  Bogus x\n  IdentityFile\n")
    with pytest.raises(TargetError) as refusal:
        find_route(Wanted("a"))
    assert str(settings) in str(refusal.value)
