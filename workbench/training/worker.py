"""The process that trains: `python -P -m workbench.training.worker FOLDER`, on whichever machine.

Reads `spec.json` and `in/data.parquet`; says what it does in `events.jsonl` (for programs) and on
stdout (for people); leaves in `out/` the model, `report.md`, the predictions of the test rows and,
last of all, `result.json`. Exit status 0, or 1 with a Failure event. It needs no project, no network
and no terminal, and imports msgspec, numpy, polars, scikit-learn, skops and what the trainer names.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
import warnings
from pathlib import Path

from workbench.compute.events import EventWriter
from workbench.errors import WorkbenchError
from workbench.text import clean

USAGE = "usage: python -P -m workbench.training.worker FOLDER"


def main(arguments: list[str]) -> int:
    """Run the job in the folder that is named; return the exit status."""
    if len(arguments) != 1:
        sys.stderr.write(USAGE + "\n")
        return 2
    # Ended at once by SIGTERM, whatever the shim has set: no half file is ever taken for a whole one,
    # since result.json is written last.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # it is a TextIOWrapper here
    # Threads of scikit-learn that wait must sleep, not spin: beside other work on the same cores a fit
    # of 0.5 s took 14 s spinning and 0.9 s sleeping. Read by OpenMP when it is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    folder = Path(arguments[0])
    started = time.monotonic()
    with EventWriter(folder / "events.jsonl") as events:
        log = Log(events)
        try:
            # 1 to 3 s: scikit-learn. Said first, so that the log is never silent for long.
            log.phase("start")
            from workbench.training.job import run_job

            with warnings.catch_warnings():
                warnings.showwarning = log.show_warning
                run_job(folder, log)
        except Exception as error:  # noqa: BLE001  # the top of a process: it reports whatever happened
            traceback.print_exc()
            sys.stderr.flush()
            failure = explain(error)
            log.say(f"failed: {failure['what']}: {failure['why']}")
            events.failure(failure)
            return 1
        log.say(f"done in {time.monotonic() - started:.1f} s")
    return 0


class Log:
    """Says each thing twice: a line on stdout, an event for whoever watches."""

    def __init__(self, events: EventWriter) -> None:
        self.events = events
        self._seen: set[str] = set()

    def say(self, text: str) -> None:
        """Write a line to the log only."""
        sys.stdout.write(clean(text) + "\n")

    def note(self, text: str) -> None:
        """Say a sentence."""
        self.say(text)
        self.events.message(clean(text, 1000))

    def warn(self, text: str) -> None:
        """Say a warning."""
        self.say(f"warning: {text}")
        self.events.message(clean(text, 1000), "warning")

    def phase(self, name: str, done: int = 0, total: int = 0) -> None:
        """Say how far the work is."""
        self.say(f"{name} {done}/{total}" if total else name)
        self.events.phase(name, done, total)

    def metric(self, name: str, value: float, step: int = 0) -> None:
        """Say a figure."""
        self.say(f"  {name} {value:.6g}" + (f" (fold {step})" if step else ""))
        self.events.metric(name, value, step)

    def show_warning(
        self, message: Warning | str, category: type[Warning], *place: object, **more: object
    ) -> None:
        """Turn a library's warning into one of ours, each text once."""
        del place, more
        text = " ".join(str(message).split())
        if text not in self._seen:
            self._seen.add(text)
            self.warn(f"{category.__name__}: {clean(text, 300)}")


def explain(error: Exception) -> dict[str, str]:
    """Return any exception in the four parts of a WorkbenchError."""
    if isinstance(error, WorkbenchError):
        return {key: clean(text, 1000) for key, text in error.as_dict().items()}
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    if isinstance(error, MemoryError):
        return {
            "code": "training.memory",
            "what": "The training ran out of memory",
            "where": place,
            "why": clean(error, 300) or "the machine has no more to give",
            "fix": "Use fewer rows or columns, or a machine with more memory",
        }
    return {
        "code": "training.failed",
        "what": "The training ended in an error",
        "where": place,
        "why": clean(f"{type(error).__name__}: {error}", 1000),
        "fix": "See the traceback in its log",
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
