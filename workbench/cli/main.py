"""The command `workbench`: nouns loaded only when named, errors told in one line, exit statuses."""

from __future__ import annotations

import io
import sys
from importlib import import_module

import click

from workbench.cli.base import show_traceback, tell_error
from workbench.errors import Unavailable, UsageError, WorkbenchError
from workbench.text import clean, whole

COMMANDS = {
    "init": ("workbench.cli.init:init", "Start a project in a folder."),
    "demo": ("workbench.cli.demo:demo", "Build the demo project from sample data, end to end."),
    "status": ("workbench.cli.status:status", "What is there and what needs attention."),
    "ui": ("workbench.cli.ui:ui", "Open the terminal interface (also: workbench alone)."),
    "data": ("workbench.cli.data:group", "Datasets: add, list, show, profile, diff, query."),
    "explore": ("workbench.cli.explore:group", "Charts of a dataset."),
    "experiment": ("workbench.cli.experiment:group", "Problem statements: new, list, show."),
    "run": ("workbench.cli.run:group", "Runs: train, list, show, compare, report, logs, cancel."),
    "model": ("workbench.cli.model:group", "Models: register, gates, promote, rollback, history."),
    "deploy": ("workbench.cli.deploy:group", "Deployments: create, list, show, call, stop."),
    "job": ("workbench.cli.job:group", "Jobs: list, show, logs, attach, prioritize, cancel."),
    "target": (
        "workbench.cli.target:group",
        "Places where work runs: list, check, add, edit, remove.",
    ),
    "plugin": ("workbench.cli.plugin:group", "Plugins: list."),
    "audit": ("workbench.cli.audit:group", "The journal: show, verify."),
    "doctor": ("workbench.cli.doctor:doctor", "What works here and what is missing, with its fix."),
    "completion": ("workbench.cli.completion:completion", "Completion for bash, zsh or fish."),
    "runner": ("workbench.cli.runner:runner", "Run this project's runner in the foreground."),
}
"""Command → where it is and its line in the help; nothing is imported to show the help."""


class LazyCommands(click.Group):
    """A group whose commands are imported when they are run (start-up is most of a short command)."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the nouns in the order of the work, not of the alphabet."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of `cmd_name`."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands from COMMANDS, importing none of them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyCommands, invoke_without_command=True)
@click.version_option(package_name="ml-workbench", prog_name="workbench")
@click.option("--project", metavar="DIR", help="The project's folder, for whatever follows.")
@click.pass_context
def workbench(ctx: click.Context, project: str | None) -> None:
    """One terminal workbench for the whole life of a model. Alone: the terminal interface."""
    ctx.obj = project
    if ctx.invoked_subcommand is None:
        from workbench.cli.ui import ui

        ctx.invoke(ui)


def main() -> None:
    """Run the command line and exit with the contract's status."""
    from workbench.store import stops

    stops.install()
    try:
        _check_words(sys.argv[1:])
        status = workbench.main(prog_name="workbench", standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except click.exceptions.Abort:
        click.echo("Interrupted.", err=True)
        sys.exit(130)
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        sys.exit(130)
    except click.ClickException as usage:
        if "--json" in sys.argv:
            sys.exit(tell_error(_from_click(usage)))
        _show_usage(usage)
        sys.exit(2)
    except WorkbenchError as refusal:
        sys.exit(tell_error(refusal))
    except BrokenPipeError:
        # The reader went away (`| head`): nobody is left to tell. Keep Python from trying again at exit.
        sys.stdout = None
        sys.exit(0)
    except OSError as error:
        sys.exit(tell_error(_from_system(error)))
    except Exception as error:  # noqa: BLE001  # the top of the process: told in one line, too
        if "--debug" in sys.argv:
            show_traceback()
        sys.exit(tell_error(_from_bug(error)))


def _check_words(words: list[str]) -> None:
    """Refuse words that are no UTF-8: no record, answer or problem file could carry them."""
    for word in words:
        if whole(word) != word:
            raise UsageError(
                "A word of the command is not UTF-8",
                where=whole(word),
                why="its bytes have no meaning in it",
                fix="Write it in UTF-8; a file with such a name can be renamed or linked to",
                code="usage.bytes",
            )


def _show_usage(error: click.ClickException) -> None:
    """Write what click says; some of its messages quote words as they are."""
    told = io.StringIO()
    error.show(told)
    click.echo(clean(told.getvalue(), lines=True), nl=False, err=True)


def _from_click(error: click.ClickException) -> UsageError:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "workbench"
    return UsageError(error.format_message(), where=command, fix=f"See {command} --help")


def _from_bug(error: Exception) -> WorkbenchError:
    return WorkbenchError(
        "Workbench itself has failed",
        where=type(error).__name__,
        why=" ".join(str(error).split()),
        fix="Run it again with --debug, and report what it shows",
        code="internal",
    )


def _from_system(error: OSError) -> WorkbenchError:
    import errno

    fixes = {
        errno.ENOSPC: "Free some space there and run it again",
        errno.EDQUOT: "Free some of your quota and run it again",
        errno.EACCES: "Check who owns it and its mode",
        errno.EROFS: "Use a folder that can be written",
    }
    return Unavailable(
        "The system refused a file operation",
        where=str(error.filename or ""),
        why=error.strerror or str(error),
        fix=fixes.get(error.errno or 0, "See the reason; --debug shows where"),
        code="system." + errno.errorcode.get(error.errno or 0, "error").lower(),
    )


if __name__ == "__main__":
    main()
