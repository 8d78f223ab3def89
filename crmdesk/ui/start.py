"""The QApplication, begun so that the first window is there soon. Each step here was measured (design/performance)."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Sequence

from PySide6.QtWidgets import QApplication

from crmdesk.core.seams import own_program
from crmdesk.ui.theme import STYLED


def application(argv: Sequence[str]) -> QApplication:
    """The QApplication, with our widget style from the beginning. To set it later makes Qt build two, and PySide load
    QStyle with its 600 constants: 10 ms. There can be only one: where it exists already (tests) it stays as it is."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    _plain_imports()
    app = QApplication([*argv[:1], "-style", "fusion"])
    app.setProperty(STYLED, True)
    return app


def _plain_imports() -> None:
    """Give Python its own import statement back. PySide's reads the source text of every module that is imported after
    it, to see whether `__feature__` (snake_case names) may be wanted there, and keeps it in memory. We never want it:
    10 ms to the first paint, 40 ms to the first search."""
    builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)


def again() -> None:
    """The same program once more, e.g. in another language: a setting counts that a `--lang` of this run overruled."""
    from PySide6.QtCore import QProcess

    given = sys.argv[1:]
    if "--lang" in given:
        place = given.index("--lang")
        del given[place : place + 2]
    kept = [word for word in given if not word.startswith("--lang=")]
    program, *arguments = own_program(*kept)
    QProcess.startDetached(program, arguments)
