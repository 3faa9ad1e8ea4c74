"""What targets ask of the runner, which has no terminal: told here, answered in the form of a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from screens.actions import Act, Actor
from screens.feed import in_thread
from workbench.errors import WorkbenchError

if TYPE_CHECKING:
    from screens.app import Workbench
    from workbench.compute.asking import OpenQuestion
    from workbench.project.project import Project

ASKING = "asking"
"""The name under which the feed watches what the runner asks."""


class Questions(Actor):
    """The app's part: it knows what is asked, says so once, and opens the form when it is wanted."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act(
            "app.answer",
            label="Answer a target",
            help="Answer what a target asks of the runner, such as the passphrase of a key.",
        ),
    )

    questions: tuple[OpenQuestion, ...] = ()
    """What is asked now."""

    def watch_questions(self) -> None:
        """Look from now on whether the runner asks something."""
        bench = cast("Workbench", self)
        project = bench.project
        bench.feed.watch(ASKING, lambda: _asked(project), seen=())

    def read_questions(self) -> None:
        """Take note of what is asked now; what is new is said."""
        bench = cast("Workbench", self)
        project = bench.project

        def come(found: tuple[OpenQuestion, ...]) -> None:
            before = {each.id for each in self.questions}
            self.questions = found
            for each in found:
                if each.id not in before:
                    bench.say(f"{each.target} asks: . answers it", "warning")
            for place in bench.bars.places():
                place.on_questions()

        in_thread(bench, lambda: _asked(project), come, group="questions")

    def why_not_answer(self) -> str:
        """Something must be asked."""
        return "" if self.questions else "no target asks anything"

    def command_answer(self) -> tuple[str, ...]:
        """`workbench target unlock gpu`."""
        return ("target", "unlock", self.questions[0].target)

    def act_answer(self) -> None:
        """Open the form of the first question, and give the runner the answer."""
        from screens.modals.answer import Answer
        from workbench.compute.contract import Question

        bench, question, argv = cast("Workbench", self), self.questions[0], self.command_answer()
        project = bench.project

        def give(text: str) -> None:
            from workbench.compute.asking import give_answer

            give_answer(project, question, text)

        def given(_: None) -> None:
            bench.did(argv, f"The runner has the answer for {question.target}.")
            self.read_questions()

        def answered(text: str | None) -> None:
            if text is not None:
                in_thread(bench, lambda: give(text), given, group="answer", exclusive=False)

        asked = Question(question.target, question.text, question.secret)
        bench.push_screen(Answer(asked), answered)


def _asked(project: Project) -> tuple[OpenQuestion, ...]:
    from workbench.compute.asking import open_questions

    try:
        return tuple(open_questions(project))
    except WorkbenchError:
        return ()  # no runner, or one of another user: nothing that could be answered from here
