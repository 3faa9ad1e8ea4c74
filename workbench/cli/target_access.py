"""`workbench target trust` and `unlock`: who a host is, and what it wants to hear from the person."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from workbench.cli.base import Context, common
from workbench.errors import NotFound, Refused, UsageError
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.compute.asking import OpenQuestion
    from workbench.compute.contract import Ask
    from workbench.compute.trusting import HostKey

AskPerson = Callable[[Context], "Ask | None"]


def add_access(group: click.Group, ask_person: AskPerson) -> None:
    """Give the group `target` its commands `trust` and `unlock`."""

    @group.command()
    @click.argument("target")
    @click.option(
        "--fingerprint",
        metavar="SHA256:...",
        help="Trust this key and no other, without a question.",
    )
    @common
    def trust(context: Context, /, target: str, fingerprint: str | None) -> None:
        """Show the host key of a target and, when you say so, write it into known_hosts."""
        from workbench.compute import trusting

        ask = ask_person(context)
        found = trusting.host_key(context.project, target, ask)
        if found.state == "known":
            words = f"The host key of {_who(found)} is known: {_key(found)} ({clean(found.file)})"
            context.answer("target.trust@1", found, words)
            return
        wanted = fingerprint or _consent(context, found, target)
        done = trusting.trust(context.project, target, wanted, ask)
        words = f"Wrote the host key of {_who(done)} to {clean(done.file)}: {_key(done)}"
        context.answer("target.trust@1", done, words)

    @group.command()
    @click.argument("target")
    @click.option(
        "--stdin", "from_stdin", is_flag=True, help="Read each answer as a line of stdin."
    )
    @common
    def unlock(context: Context, /, target: str, from_stdin: bool) -> None:
        """Answer what a target asks while jobs wait for it: a passphrase, a password, a code."""
        from workbench.compute.asking import give_answer, open_questions
        from workbench.compute.targets import kind_of

        kind_of(context.project, target)  # a wrong name is not a target without questions
        questions = open_questions(context.project, target)
        if not questions:
            raise _asks_nothing(target)
        for question in questions:
            give_answer(context.project, question, _answer(context, question, from_stdin))
        told = "\n".join(f"answered: {clean(each.text, 300)}" for each in questions)
        context.answer("target.unlock@1", questions, told)


def _asks_nothing(target: str) -> NotFound:
    return NotFound(
        f"The target {target} asks nothing",
        where=target,
        why="no job waits for an answer",
        fix=f"See how it is: workbench target check {target}",
        code="target.no_question",
    )


def _consent(context: Context, found: HostKey, target: str) -> str:
    """Return the fingerprint once the person has said yes. Raises Refused without a yes."""
    context.say(f"{_who(found)} shows {_key(found)}")
    if found.state == "unknown":
        context.say(f"No key of it is known. This line would go to {clean(found.file)}:")
        context.say(clean(found.line, 2000))
        if not context.json and sys.stdin.isatty():
            if click.confirm("Is this the fingerprint that its administrator gives?", err=True):
                return found.fingerprint
            raise Refused(
                "The host key is not trusted",
                where=target,
                why="you did not say yes",
                fix="Ask its administrator for the fingerprint",
                code="target.not_trusted",
            )
        raise Refused(
            f"The host key of {found.host} is not known",
            where=found.address,
            why=f"it shows {found.type} {found.fingerprint}",
            fix=f"Compare it, then: workbench target trust {target}"
            f" --fingerprint {found.fingerprint}",
            code="target.host_key_unknown",
        )
    return found.fingerprint  # changed or revoked: the service refuses, and says which line it is


def _answer(context: Context, question: OpenQuestion, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if context.json or not sys.stdin.isatty():
        raise UsageError(
            f"{question.target} asks: {question.text}",
            where=question.target,
            why="stdin is no terminal",
            fix="Give the answer as a line of stdin, with --stdin",
            code="target.question",
        )
    text = f"{clean(question.target, 80)}: {clean(question.text, 400).rstrip(': ')}"
    answer: str = click.prompt(
        text, hide_input=question.secret, default="", show_default=False, err=True
    )
    return answer


def _who(found: HostKey) -> str:
    return f"{clean(found.host, 200)} ({clean(found.address, 200)})"


def _key(found: HostKey) -> str:
    return f"{clean(found.type, 80)} {clean(found.fingerprint, 100)}"
