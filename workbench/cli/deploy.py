"""`workbench deploy`: create, list, show, call, scale, suspend, resume, stop, logs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.base import Context, common, table
from workbench.cli.cancelling import left_words
from workbench.cli.deployed import (
    answered,
    created,
    data_of,
    described,
    merged,
    state,
)
from workbench.errors import BadInput, TargetError
from workbench.text import clean

if TYPE_CHECKING:
    from workbench.serving.deployments import Deployment

LOCAL = "local"
ELSEWHERE_SECONDS = 1800.0
"""How long is waited until a deployment on a target answers."""


@click.group()
def group() -> None:
    """Deployments: a model version that answers over HTTP."""


@group.command()
@click.argument("name")
@click.option(
    "--model",
    required=True,
    metavar="REF",
    help="delay@4 stays fixed; delay@production follows promotions and rollbacks.",
)
@click.option(
    "--target",
    default="local",
    show_default=True,
    help="Where it runs; on another machine a tunnel leads to it.",
)
@click.option("--host", default="", help="The address to listen on here (default: the project's).")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
@click.option("--no-token", is_flag=True, help="Let in whoever reaches the port.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that answer on the port.",
)
@click.option("--detach", is_flag=True, help="Do not wait until it answers.")
@common
def create(
    context: Context,
    name: str,
    model: str,
    target: str,
    host: str,
    port: int,
    no_token: bool,
    workers: int,
    detach: bool,
) -> None:
    """Start an endpoint for a model version, or for whatever is promoted to an environment."""
    from workbench.compute.wake import wake_runner
    from workbench.serving.creating import create as ask_for

    project = context.project
    made = ask_for(
        project,
        name,
        model,
        target=target,
        host=host,
        port=port,
        token=not no_token,
        workers=workers,
    )
    wake_runner(project)
    if detach:
        hint = f"{made.name} is starting. See: workbench deploy show {made.name}"
        context.answer("deploy.create@1", data_of(context, made), hint)
        return
    context.say(f"Starting {made.name} for {made.serves} ...")
    made = _started(context, made, name)
    context.answer("deploy.create@1", data_of(context, made), lambda: created(context, made))


def _started(context: Context, made: Deployment, name: str) -> Deployment:
    """Wait until a deployment answers. Raises TargetError when it does not come to that."""
    from workbench.serving import deployments

    # On a target its packages are brought there first.
    patience = 120.0 if made.target == LOCAL else ELSEWHERE_SECONDS
    made = deployments.wait(context.project, made.id, ["healthy", "lost"], seconds=patience)
    if made.state != "healthy":
        raise TargetError(
            f"{made.name} did not start",
            where=made.name,
            why=made.reason or f"it is {made.state}",
            fix=f"See workbench deploy logs {name}, then workbench deploy stop {name}",
            code="deployment.failed",
        )
    return made


@group.command("list")
@click.option("--all", "all_", is_flag=True, help="The stopped ones too.")
@common
def list_(context: Context, all_: bool) -> None:
    """List deployments, newest first."""
    from workbench.serving import deployments

    found = deployments.list_deployments(context.project, stopped=all_)
    rows = [(item, deployments.observe(context.project, item)) for item in found]

    def human() -> str:
        lines = [
            (
                item.name,
                state(item, seen),
                item.serves,
                item.serving,
                item.url or None,
                seen.told.requests if seen.told else None,
                item.reason or None,
            )
            for item, seen in rows
        ]
        headings = ("NAME", "STATE", "SERVES", "ANSWERS", "URL", "REQUESTS", "REASON")
        none = "No deployments." if all_ else "No deployments. (Stopped ones: --all)"
        return table(headings, lines, right=("REQUESTS",)) if lines else none

    context.answer("deploy.list@1", [merged(item, seen) for item, seen in rows], human)


@group.command()
@click.argument("name")
@click.option("--token", "token_", is_flag=True, help="Print the token too.")
@common
def show(context: Context, name: str, token_: bool) -> None:
    """Show one deployment: what it serves, where, how it goes, and how to call it."""
    from workbench.serving import deployments

    found = deployments.get(context.project, name)
    seen = deployments.observe(context.project, found)
    data = data_of(context, found)
    if token_ and found.token:
        data["secret"] = deployments.token_of(context.project, found)
    context.answer("deploy.show@1", data, lambda: described(context, found, seen, data))


@group.command()
@click.argument("name")
@click.option("--row", "rows", multiple=True, metavar="JSON", help='A row: {"column": value, ...}.')
@click.option(
    "--file",
    "file_",
    type=click.File("rb"),
    help="Rows as JSON: one object, a list of them, or one a line; - is stdin.",
)
@click.option("--dataset", metavar="REF", help="Take rows of a dataset version: flights@3.")
@click.option(
    "--at", type=click.IntRange(0), default=0, help="The first row of the dataset, from 0."
)
@click.option("--count", type=click.IntRange(1, 1000), default=1, help="How many rows of it.")
@common
def call(
    context: Context,
    name: str,
    rows: tuple[str, ...],
    file_: Any,
    dataset: str | None,
    at: int,
    count: int,
) -> None:
    """Ask a deployment for predictions; a column left out of a row is null there."""
    from workbench.serving import calling, deployments

    given = [calling.parse_rows(row.encode(), "--row") for row in rows]
    if file_ is not None:
        given.append(calling.parse_rows(file_.read(), clean(file_.name)))
    if dataset:
        given.append(calling.dataset_rows(context.project, name, dataset, at, count))
    asked = [row for part in given for row in part]
    if not asked:
        raise BadInput(
            "There are no rows to predict",
            where="--row, --file, --dataset",
            why="none of them was given, or what was given is empty",
            fix="""Give one: --row '{"column": 1}' or --dataset NAME@N --at 0""",
            code="call.rows",
        )
    answers = deployments.call(context.project, name, asked)
    context.answer("deploy.call@1", answers, lambda: answered(answers))


@group.command()
@click.argument("name")
@click.argument("workers", type=int)
@common
def scale(context: Context, name: str, workers: int) -> None:
    """Have so many processes answer; none of the requests under way is lost."""
    from workbench.compute.wake import wake_runner
    from workbench.serving import wishes

    found = wishes.scale(context.project, name, workers)
    wake_runner(context.project)
    human = f"{found.name} is to have {workers} {'process' if workers == 1 else 'processes'}."
    context.answer("deploy.scale@1", data_of(context, found), human)


@group.command()
@click.argument("name")
@click.option("--detach", is_flag=True, help="Do not wait until it rests.")
@common
def suspend(context: Context, name: str, detach: bool) -> None:
    """End the processes, keep the rest: its name, port, token and records stay its own."""
    from workbench.compute.wake import wake_runner
    from workbench.serving import deployments, wishes

    found = wishes.suspend(context.project, name)
    wake_runner(context.project)
    if not detach:
        found = deployments.wait(context.project, found.id, ["suspended"])
    human = f"{found.name} is {'asked to rest' if detach else found.state}. Again: deploy resume"
    context.answer("deploy.suspend@1", data_of(context, found), human)


@group.command()
@click.argument("name")
@click.option("--detach", is_flag=True, help="Do not wait until it answers.")
@common
def resume(context: Context, name: str, detach: bool) -> None:
    """Start again what was suspended or failed."""
    from workbench.compute.wake import wake_runner
    from workbench.serving import wishes

    found = wishes.resume(context.project, name)
    wake_runner(context.project)
    if detach:
        hint = f"{found.name} is starting. See: workbench deploy show {found.name}"
        context.answer("deploy.resume@1", data_of(context, found), hint)
        return
    found = _started(context, found, name)
    context.answer("deploy.resume@1", data_of(context, found), lambda: created(context, found))


@group.command()
@click.argument("name")
@click.option("--detach", is_flag=True, help="Do not wait until it has stopped.")
@click.option(
    "--forget",
    "forget_",
    is_flag=True,
    help="Where its target is gone for good: end it here, without asking there.",
)
@common
def stop(context: Context, name: str, detach: bool, forget_: bool) -> None:
    """Stop a deployment: requests under way are answered, its prediction log stays."""
    from workbench.compute.wake import wake_runner
    from workbench.serving import deployments

    if forget_:
        from workbench.cli.target import ask_person
        from workbench.serving.forgetting import forget

        found = forget(context.project, name, ask_person(context))
    else:
        found = deployments.stop(context.project, name)
        wake_runner(context.project)
    if not detach:
        found = deployments.wait(context.project, found.id, ["stopped"], ended=("stopped",))
    human = f"{found.name} is {'asked to stop' if detach else 'stopped'}."
    if found.left_there:
        human += f" {left_words(found.target)}"
    context.answer("deploy.stop@1", data_of(context, found), human)


@group.command()
@click.argument("name")
@click.option("-f", "--follow", is_flag=True, help="Go on until the deployment ends.")
@click.option("--offset", type=click.IntRange(0), default=0, help="Start at this byte.")
@common
def logs(context: Context, name: str, follow: bool, offset: int) -> None:
    """Show what the server process wrote; control characters are shown, not obeyed."""
    from workbench.serving import deployments

    found = deployments.get(context.project, name)
    while True:
        data = deployments.log(context.project, found.id, offset)
        offset += len(data)
        for line in data.decode("utf-8", "replace").splitlines():
            context.line({"line": line}, clean(line))
        if not follow or deployments.get(context.project, found.id).state in deployments.ENDED:
            return
        time.sleep(0.25)
