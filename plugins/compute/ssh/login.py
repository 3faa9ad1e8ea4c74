"""Who the person is to a server: keys first, then what the server asks for, also one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from plugins.compute.ssh.answers import Answers, Unanswered
from plugins.compute.ssh.keys import offers
from plugins.compute.ssh.route import Hop
from workbench.errors import TargetRefused
from workbench.text import clean

if TYPE_CHECKING:
    import paramiko

_ANSWER_PATIENCE = 120.0  # sshd's LoginGraceTime
_ROUNDS = 4


def log_in(transport: paramiko.Transport, hop: Hop, answers: Answers) -> None:
    """Log in to the server at the other end.

    Raises TargetRefused `target.login` when nothing was accepted, Unanswered (`target.passphrase`,
    `target.question`) when the person has to say something first.
    """
    import paramiko

    try:
        transport.auth_none(hop.user)
    except paramiko.BadAuthenticationType as refusal:
        wanted = list(refusal.allowed_types)
    else:
        return
    tried: list[str] = []
    open_question: Unanswered | None = None
    for _ in range(_ROUNDS):  # a server may want a key and then a code
        further: list[str] | None = None
        if "publickey" in wanted:
            try:
                further = _by_key(transport, hop, answers, tried)
            except Unanswered as error:
                open_question = error
        if further is None:
            further = _by_answer(transport, hop, answers, wanted, open_question)
        if further is None:
            raise open_question or _refused(hop, wanted, tried)
        if not further:
            return
        wanted = further
    raise _refused(hop, wanted, tried)


def _by_key(
    transport: paramiko.Transport, hop: Hop, answers: Answers, tried: list[str]
) -> list[str] | None:
    """Offer one key after the other; return what else is wanted, None when none was accepted."""
    import paramiko

    for offer in offers(hop, answers):
        try:
            return list(transport.auth_publickey(hop.user, offer.key))
        except paramiko.AuthenticationException:
            tried.append(offer.told)
        except paramiko.SSHException as error:
            # An agent that is gone, a key of a kind that is not signed with any more.
            tried.append(f"{offer.told} ({clean(error, 100)})")
        if not transport.is_active():
            raise _refused(hop, ["fewer keys"], tried)
    return None


def _by_answer(
    transport: paramiko.Transport,
    hop: Hop,
    answers: Answers,
    wanted: Sequence[str],
    before: Unanswered | None,
) -> list[str] | None:
    """Let the person answer; return what else is wanted, None where that is no way or was refused.

    A question of a key (`before`) that is open stands first: it is answered, not passed over.
    """
    import paramiko

    if before is not None and "keyboard-interactive" not in wanted and "password" not in wanted:
        return None
    patience, transport.auth_timeout = transport.auth_timeout, _ANSWER_PATIENCE
    try:
        if "keyboard-interactive" in wanted:
            return list(transport.auth_interactive(hop.user, _Prompts(hop, answers)))
        if "password" in wanted:
            word = _Prompts(hop, answers).ask(f"Password of {hop.user}@{hop.label}: ", secret=True)
            return list(transport.auth_password(hop.user, word, fallback=False))
    except Unanswered as error:
        raise before or error from None
    except paramiko.AuthenticationException:
        answers.refused()
    finally:
        transport.auth_timeout = patience
    return None


class _Prompts:
    """Answers a server's prompts (RFC 4256) by asking the person."""

    def __init__(self, hop: Hop, answers: Answers) -> None:
        self._hop = hop
        self._answers = answers

    def __call__(self, title: str, instructions: str, prompts: list[tuple[str, bool]]) -> list[str]:
        return [
            self.ask(f"{self._hop.user}@{self._hop.label}: {text}", secret=not shown)
            for text, shown in prompts
        ]

    def ask(self, text: str, *, secret: bool) -> str:
        answer = self._answers.get(text, secret=secret)
        if answer is not None:
            return answer
        question = self._answers.question(text, secret=secret)
        raise Unanswered(
            question,
            f"{self._hop.label} wants an answer: {question.text}",
            where=self._hop.label,
            why="nobody is here to be asked",
            fix=f"Answer it: workbench target unlock {self._answers.target} – or log in by key",
            code="target.question",
        )


def _refused(hop: Hop, wanted: Sequence[str], tried: Sequence[str]) -> TargetRefused:
    offered = ", ".join(tried) or "there is no key to offer"
    return TargetRefused(
        f"{hop.label} does not let {hop.user} in",
        where=f"{hop.user}@{hop.host}, port {hop.port}",
        why=f"it wants {' or '.join(wanted) or 'nothing known'}; refused: {clean(offered, 400)}",
        fix=f"Put your key into ~/.ssh/authorized_keys there (ssh-copy-id {hop.label}),"
        " or name another with the option key",
        code="target.login",
    )
