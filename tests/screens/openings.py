"""Every modal that can lie over a place: where it is made, and the way to it by acts and keys."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import ops_seed
from modals_seed import Words
from settle import settled, text, until
from textual.pilot import Pilot

from workbench.compute.asking import OpenQuestion
from workbench.compute.contract import Question
from workbench.errors import WorkbenchError

Way = Callable[[Pilot[Any], Words], Awaitable[None]]


@dataclass(frozen=True)
class Opening:
    """A picture: its name, the digit of its place, where its modal is made, the way there.

    `site` is `module:function` under `screens`, of the call that makes it; empty for what is no modal.
    """

    name: str
    digit: str
    site: str
    way: Way


async def act(pilot: Pilot[Any], name: str) -> None:
    """Do an act, whether it has a key or not."""
    bench: Any = pilot.app
    offer = next((offer for offer in bench.offers() if offer.act.id == name), None)
    assert offer is not None, f"{name} is not offered:\n{text(bench)}"
    assert not offer.reason, f"{name}: {offer.reason}"
    await offer.node.perform(offer.act)


def by(*steps: str) -> Way:
    """Do acts by name (`datasets.tag`), press keys (`=enter`) and buttons (`!apply`), type (`~text`).

    `@name` puts the focus on a field, `>name` the cursor of the place on a thing.
    """

    async def go(pilot: Pilot[Any], words: Words) -> None:
        screen: Any
        for step in steps:
            sign, rest = step[0], step[1:]
            screen = pilot.app.screen
            if sign == "=":
                await pilot.press(rest)
            elif sign == "!":
                screen.query_one(f"#{rest}").press()
            elif sign == "~":
                screen.focused.insert_text_at_cursor(rest)
            elif sign == "@":
                screen.query_one(f"#field-{rest}").focus()
            elif sign == ">":
                screen.point_at(
                    rest.format(
                        name=words.name,
                        second=words.second,
                        dataset=words.dataset,
                        endpoint=words.endpoint,
                    )
                )
            else:
                await act(pilot, step)
            await settled(pilot)

    return go


def at_run(state: str, *steps: str) -> Way:
    """The cursor on a run in that state, then the steps."""

    async def go(pilot: Pilot[Any], words: Words) -> None:
        bench: Any = pilot.app
        runs = bench.place.runs
        await until(pilot, lambda: runs.table.count > 0)
        row = bench.project.store.one(
            "SELECT number FROM runs WHERE state = ? ORDER BY number DESC", [state]
        )
        runs.table.select(f"r_{row['number']}")
        await settled(pilot)
        await by(*steps)(pilot, words)

    return go


def at_target(*steps: str) -> Way:
    """The cursor on the target that is reached over SSH, this machine's facts there; then the steps."""

    async def go(pilot: Pilot[Any], words: Words) -> None:
        place: Any = pilot.app.screen
        await until(pilot, lambda: bool(place.loaded.targets) and not place.checker.under_way)
        place.point_at(words.machine)
        await until(pilot, lambda: place.target is not None and place.target.name == words.machine)
        await settled(pilot)
        await by(*steps)(pilot, words)
        await until(pilot, lambda: pilot.app.screen.is_modal)  # a host key comes from a thread

    return go


async def question(pilot: Pilot[Any], words: Words) -> None:
    """A target that the interface itself reaches asks for what only the person knows."""
    bench: Any = pilot.app
    asked = Question(words.machine, words.said, secret=True)
    threading.Thread(target=bench.asker.ask, args=(asked,), daemon=True).start()
    await until(pilot, lambda: bench.screen.is_modal)


async def runners_question(pilot: Pilot[Any], words: Words) -> None:
    """A target that the runner reaches asks."""
    bench: Any = pilot.app
    bench.questions = (OpenQuestion(id="1", target=words.machine, text=words.said, secret=False),)
    await by("app.answer", "~no")(pilot, words)


async def lost_endpoint(pilot: Pilot[Any], words: Words) -> None:
    """An endpoint on a target that does not answer any more."""
    bench: Any = pilot.app
    project, place = bench.project, bench.screen
    made = ops_seed.lost(project, words.machine, words.said)
    await until(pilot, lambda: made in {e.record.id for e in place.loaded.endpoints})
    place.point_at(made)
    await until(pilot, lambda: place.endpoint is not None and place.endpoint.record.id == made)
    await by("endpoint.forget")(pilot, words)


async def lost_job(pilot: Pilot[Any], words: Words) -> None:
    """A job on a target that does not answer any more."""
    bench: Any = pilot.app
    place = bench.screen
    number = ops_seed.lost_job(bench.project, words.machine, words.said)
    await until(pilot, lambda: number in {job.number for job in place.loaded.jobs})
    place.point_at(f"j_{number}")
    await until(pilot, lambda: place.job is not None and place.job.number == number)
    await by("job.forget")(pilot, words)


async def save_log(pilot: Pilot[Any], words: Words) -> None:
    """The log of the job that runs."""
    place: Any = pilot.app.screen
    await until(pilot, lambda: place.loaded.jobs and not place.checker.under_way)
    place.point_at("j_11")
    await until(pilot, lambda: place.job is not None and place.job.reference == "j_11")
    await by("compute.log")(pilot, words)
    await until(pilot, lambda: place.aside.log_view.path is not None)
    place.aside.log_view.focus()
    await settled(pilot)
    await by("logpane.save")(pilot, words)


async def log(pilot: Pilot[Any], words: Words) -> None:
    """A command, a remark and a refusal of the project's own words; the cursor on the last."""
    bench: Any = pilot.app
    bench.did(("model", "promote", f"{words.name}@2", "--reason", words.said), words.said)
    bench.say(words.said, "warning")
    bench.say(str(refusal(words)), "error")
    await by("app.log")(pilot, words)


async def toast(pilot: Pilot[Any], words: Words) -> None:
    """A refusal of the project's own words."""
    bench: Any = pilot.app
    bench.tell(refusal(words))
    await until(pilot, lambda: "Take another" in text(bench))


def refusal(words: Words) -> WorkbenchError:
    return WorkbenchError(
        f"{words.said} cannot be promoted", where=words.name, why=words.said,
        fix="Take another version", code="a.b",
    )  # fmt: skip


async def answer(pilot: Pilot[Any], words: Words) -> None:
    """The console with the answer to its first query."""
    await by(">{dataset}@2", "datasets.query", "=f5")(pilot, words)
    console: Any = pilot.app.screen
    await until(pilot, lambda: console.table.count > 0)


async def keep_answer(pilot: Pilot[Any], words: Words) -> None:
    await answer(pilot, words)
    await by("query.keep")(pilot, words)


async def table_read(pilot: Pilot[Any], words: Words) -> None:
    """The preview of a table before it is brought in."""
    await by("datasets.new", "~tables/", "=down", "=enter")(pilot, words)
    form: Any = pilot.app.screen
    await until(pilot, lambda: form.reading is not None)
    await settled(pilot)


def after_table(*steps: str) -> Way:
    async def go(pilot: Pilot[Any], words: Words) -> None:
        await table_read(pilot, words)
        await by(*steps)(pilot, words)

    return go


async def model_read(pilot: Pilot[Any], words: Words) -> None:
    """The preview of a model file."""
    await by("models.import", "~models/", "=down", "=enter")(pilot, words)
    await until(pilot, lambda: "signature" in text(pilot.app))
    await settled(pilot)


OVERLAYS = (
    Opening("palette", "4", "overlays:Overlays.act_commands", by("app.commands")),
    Opening("menu", "4", "overlays:Overlays.act_menu", by("app.menu")),
    Opening("help", "4", "overlays:Overlays.act_help", by("app.help")),
    Opening("jobs", "0", "overlays:Overlays.act_jobs", by("app.jobs")),
    Opening("log", "0", "overlays:Overlays.act_log", log),
    Opening("toast", "0", "", toast),
    Opening("keys", "0", "overlays:Overlays.act_keys", by("app.keys")),
    Opening("key", "0", "modals.keys:Keys.act_change", by("app.keys", "keys.change")),
    Opening("doctor", "0", "overlays:Overlays.act_doctor", by("app.doctor")),
)
DATASETS = (
    Opening("pick", "1", "datasets.importing:Importer.ask", by("datasets.new")),
    Opening("import", "1", "datasets.importing:Importer._picked", table_read),
    Opening("type", "1", "datasets.importing:ImportTable.act_type", after_table("import.type")),
    Opening("correct", "1", "datasets.reading:correction", after_table("!correct")),
    Opening("export", "1", "datasets.exporting:export_form", by(">{dataset}@2", "datasets.export")),
    Opening("tag", "1", "datasets.tagging:tag_form", by(">{dataset}@2", "datasets.tag")),
    Opening("query", "1", "datasets.place:Datasets.act_query", answer),
    Opening("keep", "1", "datasets.query:keep_form", keep_answer),
)
EXPLORE = (
    Opening("kind", "2", "explore.picks:kind_chooser", by("explore.chart")),
    Opening("group", "2", "explore.picks:column_chooser", by("explore.group")),
    Opening("options", "2", "explore.acts:ChartActs.act_options", by("explore.options")),
)
EXPERIMENTS = (
    Opening("new", "3", "experiments.place:Experiments.act_new", by("experiments.new")),
    Opening(
        "target", "3", "widgets.fields:ChoiceField.act_open",
        by("experiments.new", "@target", "=enter"),
    ),
    Opening("train-what", "3", "experiments.training:Starter.ask", by("experiments.train")),
    Opening(
        "train-with", "3", "experiments.training:Starter._ask_trainer.<locals>.come",
        by("experiments.train", "=enter"),
    ),
    Opening(
        "train", "3", "experiments.training:Starter.ask_values",
        by("experiments.train", "=enter", "=enter"),
    ),
    Opening("tag-run", "3", "experiments.keeping:Keeps.act_tag", at_run("succeeded", "runs.tag")),
    Opening(
        "delete", "3", "experiments.keeping:Keeps.act_delete", at_run("cancelled", "runs.delete")
    ),
    Opening("register", "3", "experiments.runs:Runs.act_register", at_run("succeeded", "runs.register")),
    Opening("end", "3", "experiments.cancelling:ask_cancel", at_run("running", "runs.cancel")),
    Opening("reproduce", "3", "experiments.again:Trains._ask", at_run("succeeded", "runs.reproduce")),
    Opening("columns", "3", "experiments.choosing:Shows.act_columns.<locals>.ask", by("runs.columns")),
)  # fmt: skip
MODELS = (
    Opening(
        "where-to", "4", "models.promoting:which_environment", by(">{name}@2", "models.promote")
    ),
    Opening(
        "promote", "4", "models.promoting:promotion",
        by(">{name}@2", "models.promote", "=G", "=enter"),
    ),
    Opening(
        "refused", "4", "models.promoting:promotion",
        by(">{name}@1", "models.promote", "=G", "=enter"),
    ),
    Opening(
        "back-where", "4", "models.promoting:which_rollback", by(">{name}@1", "models.rollback")
    ),
    Opening(
        "rollback", "4", "models.promoting:rolling_back",
        by(">{name}@1", "models.rollback", "=enter"),
    ),
    Opening("deploy", "4", "models.acts:VersionActs.act_deploy", by(">{name}@2", "models.deploy")),
    Opening("measure", "4", "models.place:Models.act_measure", by(">{second}@1", "models.measure")),
    Opening("pick-model", "4", "models.acts:VersionActs.act_import", by("models.import")),
    Opening(
        "import-model", "4", "models.acts:VersionActs.act_import.<locals>.picked", model_read
    ),
    Opening(
        "diff", "4", "models.acts:VersionActs.act_diff.<locals>.<lambda>",
        by(">{name}@2", "models.diff"),
    ),
    Opening(
        "details", "4", "models.acts:VersionActs.act_details.<locals>.<lambda>",
        by(">{name}@2", "models.details"),
    ),
)  # fmt: skip
DEPLOYMENTS = (
    Opening(
        "create", "5", "deployments.place:Deployments.act_create", by("deployments.create")
    ),
    Opening(
        "call", "5", "deployments.calling:open_call.<locals>.come",
        by(">{endpoint}", "deployments.call"),
    ),
    Opening("stop", "5", "deployments.stopping:ask_stop", by(">{endpoint}", "deployments.stop")),
    Opening("suspend", "5", "deployments.resting:Resting.act_suspend", by(">{endpoint}", "endpoint.suspend")),
    Opening("scale", "5", "deployments.resting:Resting.act_scale", by(">{endpoint}", "endpoint.scale")),
)  # fmt: skip
COMPUTE = (
    Opening("cancel", "0", "compute.cancelling:ActsOnJobs.act_cancel", by("app.jobs", "job.cancel")),
    Opening("kinds", "6", "compute.targetforms:add.<locals>.come", at_target("target.new")),
    Opening("add-target", "6", "compute.targetforms:_add_form", at_target("target.new", "=enter")),
    Opening("edit-target", "6", "compute.targetforms:_edit_form", at_target("target.edit")),
    Opening("remove-target", "6", "compute.targetforms:remove", at_target("target.delete")),
    Opening(
        "trust", "6", "compute.trusting:ask_trust.<locals>.come", at_target("target.trust")
    ),
    Opening("question", "6", "asking:Asker._show", question),
    Opening("answer", "6", "questions:Questions.act_answer", runners_question),
    Opening("save-log", "6", "widgets.logpane:LogPane.act_save", save_log),
)  # fmt: skip

FORGETTING = (
    Opening("forget", "5", "deployments.forgetting:Forgetting.act_forget", lost_endpoint),
    Opening("forget-job", "6", "compute.cancelling:ActsOnJobs.act_forget", lost_job),
)
"""Last: they add to the project."""

OPENINGS = (
    *OVERLAYS, *DATASETS, *EXPLORE, *EXPERIMENTS, *MODELS, *DEPLOYMENTS, *COMPUTE, *FORGETTING
)  # fmt: skip

ONCE = (
    "palette", "menu", "help", "jobs", "log", "toast", "keys", "doctor", "pick", "import", "query",
    "kind", "options", "new", "train", "tag-run", "register", "reproduce", "columns", "promote",
    "deploy", "measure", "import-model", "diff", "details", "create", "call", "scale", "question",
)  # fmt: skip
"""One opening of every class of modal, and the toast."""
