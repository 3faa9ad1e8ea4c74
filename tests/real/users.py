"""A user of this machine for the time of a test: with a password and a home, removed afterwards."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Person:
    """Who it is and what lets them in."""

    name: str
    password: str
    home: Path

    def let_in(self, public: Path) -> None:
        """Have `public` be a key of theirs."""
        folder = self.home / ".ssh"
        folder.mkdir(mode=0o755, exist_ok=True)
        keys = folder / "authorized_keys"
        keys.write_text(public.read_text())
        keys.chmod(0o644)


@contextmanager
def person(shell: str = "/bin/sh") -> Iterator[Person]:
    """Make a user (root alone can)."""
    made = Person(f"wb{secrets.token_hex(4)}", secrets.token_urlsafe(12), Path("/var/tmp"))
    home = made.home / made.name
    command = ["useradd", "--create-home", "--home-dir", str(home), "--shell", shell, made.name]
    subprocess.run(command, check=True, capture_output=True)
    try:
        word = f"{made.name}:{made.password}"
        subprocess.run(["chpasswd"], input=word, text=True, check=True, capture_output=True)
        yield Person(made.name, made.password, home)
    finally:
        # Their last session may still be on its way out.
        subprocess.run(
            ["userdel", "--force", "--remove", made.name], check=False, capture_output=True
        )
