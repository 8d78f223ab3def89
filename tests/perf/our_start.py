"""The real start as `python -m crmdesk --data FOLDER` does it. Run as a script; prints when its rows were painted and
when the search engine had answered. With a second argument *empty* no rows are expected."""

import sys
import time

stamps: dict[str, float] = {}


def main(folder: str) -> int:
    from crmdesk import qt_preflight
    from crmdesk.cli import arguments

    chosen = arguments.parse(["--data", folder])
    if message := qt_preflight.check():
        sys.exit(message)
    from crmdesk.app import run

    return run(chosen, watch)


def watch(step: str) -> None:
    if step == "painted":
        stamps["painted"] = time.monotonic()
        _watch_search()


def _watch_search() -> None:
    from PySide6.QtWidgets import QApplication

    window = next(widget for widget in QApplication.topLevelWidgets() if widget.objectName() == "window")
    if "empty" not in sys.argv and window.contacts.model.row_at(0) is None:
        sys.exit("the window was painted without rows")

    def answered() -> None:
        if "searched" not in stamps:
            stamps["searched"] = time.monotonic()
            window.close()

    window.contacts.results.shown.connect(answered)


if __name__ == "__main__":
    main(sys.argv[1])
    print(stamps["painted"], stamps["searched"])
