"""`crmdesk` and `python -m crmdesk`: the command line, or the window."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code of the process."""
    if getattr(sys, "frozen", False):
        import os

        from crmdesk.inherited import give_back

        give_back(os.environ)
    given = sys.argv[1:] if argv is None else argv
    if len(given) == 2 and given[0] == "--read-workbook":  # a child of ours, see sync/workbooks.py
        from crmdesk.sync import workbooks

        return workbooks.main(given[1])
    from crmdesk.cli import arguments
    from crmdesk.cli.exits import Exit
    from crmdesk.cli.sense import senseless

    chosen = arguments.parse(argv)
    if wrong := senseless(chosen):
        print(wrong, file=sys.stderr)
        return Exit.USAGE
    if chosen.command == "self-test":
        from crmdesk import selftest

        return selftest.run()
    if chosen.command is not None:
        from crmdesk.cli.commands import run as run_command

        return run_command(chosen)
    from crmdesk import qt_preflight

    if message := qt_preflight.check():
        print(message, file=sys.stderr)
        return 1
    from crmdesk.app import run as run_window

    return run_window(chosen)


if __name__ == "__main__":
    sys.exit(main())
