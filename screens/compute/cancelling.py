"""Acts on a list of jobs (cancel, sooner, later, its run); the same in the place and the drawer."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from screens.actions import Act, Actor
from screens.compute.rows import state_of
from screens.feed import in_thread
from screens.messages import Did
from screens.modals.confirm import Confirm
from workbench.compute.jobs import Job
from workbench.project.project import Project
from workbench.project.settings import LOCAL
from workbench.text import clean


class ActsOnJobs(Actor):
    """For what has a cursor on a job."""

    ACTS: ClassVar[tuple[Act, ...]] = (
        Act("job.cancel", "stop", label="Cancel", help="End the job and its processes.", rank=30),
        Act("job.forget", label="Forget", help="End it here, where its target is gone for good."),
        Act("job.sooner", "sooner", help="Let the queued job start before others.", rank=0),
        Act("job.later", "later", help="Let the queued job start after others.", rank=0),
        Act("job.run", "details", label="Run", help="Go to the run that the job makes.", rank=35),
    )

    @property
    @abstractmethod
    def job(self) -> Job | None:
        """The job under the cursor."""
        raise NotImplementedError

    @property
    @abstractmethod
    def open_project(self) -> Project:
        """The project whose jobs these are."""
        raise NotImplementedError

    @abstractmethod
    def look_again(self) -> None:
        """Read the jobs again after one was asked to end."""
        raise NotImplementedError

    @abstractmethod
    def go_to(self, noun: str, reference: str) -> None:
        """Go where `reference` is shown."""
        raise NotImplementedError

    def offered(self, act: Act) -> bool:
        """Only what is under the cursor has acts of its own in the lists."""
        if act.id.startswith("job."):
            return self.job is not None
        return super().offered(act)

    def why_not_cancel(self) -> str:
        """Only what has not ended can be cancelled, and once is enough."""
        job = self.job
        if job is None:
            return "there is no job under the cursor"
        if job.ended:
            return f"{job.reference} has ended: it is {job.state}"
        return f"{job.reference} is being stopped already" if job.cancel_requested else ""

    def command_cancel(self) -> tuple[str, ...]:
        """`workbench job cancel j_17`."""
        assert self.job is not None
        return ("job", "cancel", self.job.reference)

    def act_cancel(self) -> None:
        """Ask, then ask for the job's end."""
        job, argv, project = self.job, self.command_cancel(), self.open_project
        assert job is not None

        def cancel() -> Job:
            from workbench.compute.jobs import cancel

            return cancel(project, job.reference)

        def done(asked: Job) -> None:
            self.app.post_message(Did(argv, f"{asked.reference} is asked to stop."))
            self.look_again()

        def answered(yes: bool | None) -> None:
            if yes:
                in_thread(self, cancel, done, group="cancel", exclusive=False)

        changes = [
            f"{job.reference} ({job.title}) is {state_of(job)} on {job.target}.",
            "Every process that it started is ended; its log stays.",
        ]
        if job.run_number is not None:
            changes.append(f"Its run r_{job.run_number} stays in the list as cancelled.")
        title = f"Cancel {job.reference}?"
        question = Confirm(title, changes, verb="Cancel the job", argv=argv, grave=True)
        self.app.push_screen(question, answered)

    def why_not_forget(self) -> str:
        """It must be on a target of which nothing is heard: one that answers ends it in order."""
        job = self.job
        if job is None:
            return "there is no job under the cursor"
        if job.ended:
            return f"{job.reference} has ended: it is {job.state}"
        if job.target == LOCAL:
            return f"{job.reference} is on this machine: x cancels it"
        if job.state == "queued":
            return f"{job.reference} has not been sent anywhere: x cancels it"
        return (
            "" if job.state == "lost" else f"{job.reference} is {job.state}, not lost: x cancels it"
        )

    def command_forget(self) -> tuple[str, ...]:
        """`workbench job cancel j_17 --forget`."""
        assert self.job is not None
        return ("job", "cancel", self.job.reference, "--forget")

    def act_forget(self) -> None:
        """Show what stays behind, then ask for its end here."""
        job, argv, project = self.job, self.command_forget(), self.open_project
        assert job is not None
        target = clean(job.target, 60)

        def forget() -> Job:
            from workbench.compute.forgetting import forget_job

            return forget_job(project, job.id)

        def done(asked: Job) -> None:
            self.app.post_message(Did(argv, f"{asked.reference} ends here; {target} is not asked."))
            self.look_again()

        def answered(yes: bool | None) -> None:
            if yes:
                in_thread(self, forget, done, group="cancel", exclusive=False)

        changes = [
            f"{job.reference} ({job.title}) is {state_of(job)} on {target}.",
            f"{target} is asked once more: if it answers, nothing is forgotten.",
            "It ends here as cancelled; its log up to the last word stays.",
            f"Its processes and its folder stay there. They go if {target} ever answers again; at once:"
            f" target prune {target}.",
        ]
        title = f"Forget {job.reference}?"
        question = Confirm(title, changes, verb="Forget the job", argv=argv, grave=True)
        self.app.push_screen(question, answered)

    def why_not_sooner(self) -> str:
        """Only what is queued has an order."""
        job = self.job
        if job is None:
            return "there is no job under the cursor"
        return (
            "" if job.state == "queued" else f"{job.reference} waits no longer: it is {job.state}"
        )

    def why_not_later(self) -> str:
        """Only what is queued has an order."""
        return self.why_not_sooner()

    def command_sooner(self) -> tuple[str, ...]:
        """`workbench job prioritize j_17 1`."""
        return self._prioritize(1)

    def command_later(self) -> tuple[str, ...]:
        """`workbench job prioritize j_17 -1`."""
        return self._prioritize(-1)

    def _prioritize(self, by: int) -> tuple[str, ...]:
        assert self.job is not None
        return ("job", "prioritize", self.job.reference, str(self.job.priority + by))

    def act_sooner(self) -> None:
        """One up."""
        self._move(1)

    def act_later(self) -> None:
        """One down."""
        self._move(-1)

    def _move(self, by: int) -> None:
        job, argv, project = self.job, self._prioritize(by), self.open_project
        assert job is not None

        def move() -> Job:
            from workbench.compute.jobs import get_job, prioritize

            # As it is now: the key may be pressed faster than the list is read again.
            now = get_job(project, job.id)
            return prioritize(project, job.id, now.priority + by)

        def done(moved: Job) -> None:
            words = f"{moved.reference} has priority {moved.priority}."
            self.app.post_message(Did(argv, words))
            self.look_again()

        in_thread(self, move, done, group="priority", exclusive=False)

    def why_not_run(self) -> str:
        """There must be a run."""
        if self.job is None:
            return "there is no job under the cursor"
        return "" if self.job.run_number is not None else f"{self.job.reference} makes no run"

    def command_run(self) -> tuple[str, ...]:
        """`workbench run show r_142`."""
        assert self.job is not None
        return ("run", "show", f"r_{self.job.run_number}")

    def act_run(self) -> None:
        """Go to the run."""
        assert self.job is not None
        self.go_to("run", f"r_{self.job.run_number}")
