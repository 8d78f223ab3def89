"""The real start of practice mode, as `python -m crmdesk --demo` does it. Run as a script; prints when 200 guests were
listed, and when every account was checked and what needs somebody was there."""

import sys
import time

stamps: dict[str, float] = {}
GUESTS = 200


def main() -> int:
    from crmdesk.app import run
    from crmdesk.cli import arguments

    return run(arguments.parse(["--demo"]), watch)


def watch(step: str) -> None:
    if step == "painted":
        _watch_list()


def _watch_list() -> None:
    from PySide6.QtWidgets import QApplication

    window = next(widget for widget in QApplication.topLevelWidgets() if widget.objectName() == "window")

    def look(*_counts: int) -> None:
        if window.contacts.model.rowCount() >= GUESTS:
            stamps.setdefault("listed", time.monotonic())
        counts = window.outgoing.counts if window.outgoing is not None else None
        if "listed" in stamps and counts is not None and counts.conflicts and counts.needs_you > counts.conflicts:
            stamps.setdefault("whole", time.monotonic())
            window.close()

    window.contacts.countChanged.connect(look)
    window.commands.refreshed.connect(look)


if __name__ == "__main__":
    main()
    if len(stamps) < 2:
        sys.exit(f"practice began without its guests: {sorted(stamps)}")
    print(stamps["listed"], stamps["whole"])
