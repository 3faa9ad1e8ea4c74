"""Deployments in words and as JSON, for `workbench deploy`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.cli.base import Context, table
from workbench.cli.cancelling import left_words
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.serving.client import Answers
    from workbench.serving.deployments import Deployment
    from workbench.serving.observing import Observed


def data_of(context: Context, found: Deployment) -> dict[str, Any]:
    """Return a deployment and what was seen of it, as JSON has it."""
    from workbench.serving import deployments

    return merged(found, deployments.observe(context.project, found))


def merged(found: Deployment, seen: Observed) -> dict[str, Any]:
    """Return a deployment with what was seen of it."""
    import msgspec

    data: dict[str, Any] = msgspec.to_builtins(found)
    return data | {"url": found.url, "observed": msgspec.to_builtins(seen)}


def state(found: Deployment, seen: Observed) -> str:
    """Say the recorded state, and what was found instead where the runner has not noted it yet."""
    from workbench.serving.deployments import ENDED

    if found.state in {*ENDED, "starting", "suspended", "lost"} or seen.process == "alive":
        if found.stop_requested and found.state not in ENDED:
            return f"{found.state} (stopping)"
        resting = found.suspend_requested and found.state not in {*ENDED, "suspended"}
        return f"{found.state} (to be suspended)" if resting else found.state
    return f"{found.state}? ({_PROCESS[seen.process]})"


_PROCESS = {
    "none": "no process",
    "alive": "running",
    "dead": "its process is gone",
    "reused": "its process is gone, the pid is another's",
    "rebooted": "the machine was restarted",
    "unheard": "not heard of lately",
}


def described(context: Context, found: Deployment, seen: Observed, data: dict[str, Any]) -> str:
    """Return all that is known of a deployment, in lines."""
    lines = [
        ("name", found.name),
        ("state", state(found, seen)),
        ("reason", found.reason),
        ("left", left_words(found.target) if found.left_there else ""),
        ("target", "" if found.target == "local" else f"{found.target} {seen.note}".strip()),
        ("serves", found.serves),
        ("answers", found.serving or "nothing yet"),
        ("since", f"{found.serving_since:%Y-%m-%d %H:%M:%S} UTC" if found.serving_since else ""),
        ("url", found.url),
        ("process", f"{_PROCESS[seen.process]}{f', pid {found.pid}' if found.pid else ''}"),
        ("workers", _workers(found, seen)),
        ("created", f"{found.created_at:%Y-%m-%d %H:%M:%S} UTC by {found.created_by}"),
        ("token", data.get("secret", "")),
    ]
    if seen.told:
        told = seen.told
        lines.append(
            ("requests", f"{told.requests} ({told.errors} refused, {told.dropped} not logged)")
        )
        lines.append(("trouble", told.error))
    text = "\n".join(f"{name:<9} {clean(value, 500)}" for name, value in lines if value)
    return text + ("\n" + _how_to_call(context, found) if found.url else "")


def _workers(found: Deployment, seen: Observed) -> str:
    """Say how many processes answer, where that is worth a word."""
    up = [worker.pid for worker in seen.workers if worker.process == "alive"]
    words = f"{len(up)} of {found.workers} up" if found.workers > 1 else ""
    if len(up) > 1:
        words += f", pids {' '.join(map(str, up))}"
    again = f"started again {found.restarts} times" if found.restarts else ""
    return ", ".join(part for part in (words, again) if part)


def created(context: Context, made: Deployment) -> str:
    """Say where a new deployment answers, and how to call it."""
    return f"{made.name} answers with {made.serving} at {made.url}\n{_how_to_call(context, made)}"


def _how_to_call(context: Context, made: Deployment) -> str:
    """Say how to call it; the token by its file, so that it stays out of the screen and the history."""
    import shlex

    from workbench.serving.folder import Folder

    path = Folder(context.project.paths.deployment(made.id)).token
    header = f' -H "Authorization: Bearer $(cat {shlex.quote(clean(path))})"' if made.token else ""
    return (
        f"call it: workbench deploy call {made.name} --row '{{...}}'\n"
        f"    or:  curl{header} {made.url}/v2/models/{made.model}"
    )


def answered(answers: Answers) -> str:
    """Return the answers as a table."""
    headings = list(answers.rows[0])
    lines = [
        [f"{value:.4f}" if isinstance(value, float) else value for value in row.values()]
        for row in answers.rows
    ]
    right = [name for name in headings if name != "prediction"]
    who = f"({answers.model}@{answers.version}, request {clean(answers.id)})"
    return f"{table(headings, lines, right=right)}\n{who}"
