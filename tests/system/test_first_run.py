"""README's first run in a shell, on the sample data: what a newcomer types works as it stands."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sample_data

README = Path(__file__).parents[2] / "README.md"


def lines() -> list[str]:
    """Return the commands of the first run but the last, which opens the interface."""
    (block,) = re.findall(r"```sh\n(workbench init.*?)```", README.read_text(), re.DOTALL)
    found = block.splitlines()
    assert found[-1].startswith("workbench  ")
    return found[:-1]


@pytest.mark.timeout(600)
def test_the_first_run(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    shutil.copy(sample_data.path("flights_winter"), tmp_path / "lab" / "flights.csv")
    script = (
        "set -ex\n" + "\n".join(lines()) + "\nworkbench deploy stop delay\nworkbench audit verify\n"
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "probability_true" in done.stdout
    assert "(delay@1, request " in done.stdout
    assert done.stdout.splitlines()[-1].startswith("Sound: ")
