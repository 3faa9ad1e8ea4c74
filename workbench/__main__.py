"""The command `workbench`, also as `python -m workbench`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; a shell that asks what may come next is answered without loading it."""
    if sys.argv[1:2] == ["__complete"]:
        from workbench.cli.completing.ask import main as answer

        answer(sys.argv[2:])
    else:
        from workbench.cli.main import main as run

        run()


if __name__ == "__main__":
    main()
