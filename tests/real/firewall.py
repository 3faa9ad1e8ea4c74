"""Rules of the kernel's firewall for one port of the loopback, which go with whoever made them."""

from __future__ import annotations

import subprocess
from types import TracebackType
from typing import Literal

How = Literal["drop", "reset"]


class Firewall:
    """Cuts what goes to and from `port` on the loopback, until it is left.

    `drop` swallows every packet both ways without a word, as a line does that breaks far away; `reset`
    answers each with RST, as a host does that lost its memory. The rules are taken away by a process of
    their own, which waits for the end of its stdin: it comes however this process ends.
    """

    def __init__(self, port: int, how: How = "drop") -> None:
        end = "DROP" if how == "drop" else "REJECT --reject-with tcp-reset"
        ends = ("--dport", "--sport") if how == "drop" else ("--dport",)
        self._rules = [f"INPUT -i lo -p tcp {side} {port} -j {end}" for side in ends]
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Firewall:
        away = "; ".join(f"iptables -w -D {rule}" for rule in self._rules)
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", f"PATH=$PATH:/usr/sbin:/sbin; cat >/dev/null; {away}"],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        for rule in self._rules:
            subprocess.run(
                ["/bin/sh", "-c", f"PATH=$PATH:/usr/sbin:/sbin; iptables -w -I {rule}"], check=True
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._guard is not None
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        assert self._guard.wait(60) == 0


def rules(port: int) -> str:
    """Return the rules that name a port, empty where none does."""
    listed = subprocess.run(
        ["/bin/sh", "-c", "PATH=$PATH:/usr/sbin:/sbin; iptables -w -S INPUT"],
        check=True,
        capture_output=True,
        text=True,
    )
    return "\n".join(line for line in listed.stdout.splitlines() if str(port) in line.split())
