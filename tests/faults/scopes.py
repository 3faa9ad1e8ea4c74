"""Limits where systemd manages control groups of version 2: on a whole machine, booted under qemu.

Debian 12 with systemd and sshd, as root alone can make it (mmdebstrap, mke2fs), without network but for
its ssh on the loopback. Three people in turn: one who does not linger, one who does, root. Takes two
minutes. Run, as root, after apt-get install qemu-system-x86 mmdebstrap e2fsprogs openssh-client:

    python tests/faults/scopes.py
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from workbench.compute.bundle import make_bundle

INCLUDED = (
    "systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,udev,"
    "openssh-server,python3,linux-image-cloud-amd64"
)
NETWORK = "[Match]\nName=en*\n[Network]\nDHCP=yes\n"
PERSON = "ana"
BOOT_LIMIT = 300.0


def main() -> None:
    """Make the machine, boot it, run scoped.py there as each of the three, turn it off."""
    with tempfile.TemporaryDirectory(prefix="wbvm") as name:
        folder = Path(name)
        key = folder / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        image = _make(folder, key.with_suffix(".pub"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        machine = _boot(folder, image, port)
        try:
            far = _Far(key, port)
            far.wait(machine)
            code = make_bundle(folder, ())
            for person, kind in ((PERSON, "watch"), (PERSON, "scope"), ("root", "scope")):
                if (person, kind) == (PERSON, "scope"):
                    far.run("root", f"loginctl enable-linger {PERSON}")
                far.send(person, code, Path(__file__).with_name("scoped.py"))
                print(person, far.run(person, f"python3 -P scoped.py {kind} ~/{code.name}"), end="")
        finally:
            machine.kill()
            machine.wait()


def _make(folder: Path, public: Path) -> Path:
    """Return the image of the root file system; kernel and initrd lie beside it."""
    listing = ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages"]
    told = subprocess.run(
        [*listing, "Codename: bookworm"], capture_output=True, text=True, check=True
    ).stdout.split()
    root = folder / "root"
    _run(
        "mmdebstrap", "--quiet", "--variant=minbase", f"--include={INCLUDED}", "bookworm",
        str(root), told[0] if told else "http://deb.debian.org/debian",
    )  # fmt: skip
    _run("chroot", str(root), "useradd", "--create-home", "--shell", "/bin/bash", PERSON)
    for home in (root / "root", root / "home" / PERSON):
        (home / ".ssh").mkdir(mode=0o700, exist_ok=True)
        (home / ".ssh" / "authorized_keys").write_text(public.read_text())
    _run("chroot", str(root), "chown", "-R", f"{PERSON}:{PERSON}", f"/home/{PERSON}")
    (root / "etc/systemd/network/10-all.network").write_text(NETWORK)
    _run("chroot", str(root), "systemctl", "enable", "systemd-networkd", "ssh")
    image = folder / "root.img"
    _run("mke2fs", "-q", "-t", "ext4", "-d", str(root), str(image), "2G")
    return image


def _boot(folder: Path, image: Path, port: int) -> subprocess.Popen[bytes]:
    boot = folder / "root" / "boot"
    [kernel], [initrd] = boot.glob("vmlinuz-*"), boot.glob("initrd.img-*")
    with (folder / "console").open("wb") as console:
        return subprocess.Popen(
            [
                "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2",
                "-m", "2048", "-nographic", "-no-reboot",
                "-kernel", str(kernel), "-initrd", str(initrd),
                "-append", "root=/dev/vda rw console=ttyS0 quiet",
                "-drive", f"file={image},if=virtio,format=raw",
                "-netdev", f"user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22",
                "-device", "virtio-net-pci,netdev=n",
            ],
            stdin=subprocess.DEVNULL, stdout=console, stderr=console,
        )  # fmt: skip


class _Far:
    """The way to the machine."""

    def __init__(self, key: Path, port: int) -> None:
        # Made a minute ago, on our own loopback: there is no host key that anybody could know.
        strict = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR")
        options = [word for option in strict for word in ("-o", option)]
        self._options = ["-i", str(key), "-o", "ConnectTimeout=5", *options]
        self._port = str(port)

    def wait(self, machine: subprocess.Popen[bytes]) -> None:
        """Wait until it lets us in."""
        until = time.monotonic() + BOOT_LIMIT
        while self._try("root", "true").returncode:
            assert machine.poll() is None, "the machine went off"
            assert time.monotonic() < until, "the machine does not answer"
            time.sleep(1.0)

    def run(self, person: str, command: str) -> str:
        """Return what a command prints there."""
        done = self._try(person, command)
        if done.returncode:
            sys.exit(f"{person}: {command}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def send(self, person: str, *files: Path) -> None:
        """Put files into the home there."""
        names = [str(file) for file in files]
        _run("scp", "-q", *self._options, "-P", self._port, *names, f"{person}@127.0.0.1:")

    def _try(self, person: str, command: str) -> subprocess.CompletedProcess[str]:
        whole = ["ssh", *self._options, "-p", self._port, f"{person}@127.0.0.1", command]
        return subprocess.run(whole, capture_output=True, text=True, timeout=300, check=False)


def _run(*command: str) -> None:
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, check=True, env=env, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
