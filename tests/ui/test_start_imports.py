"""What the first paint does without: each of these modules, and each of these classes of Qt, would make a start slower.

PySide makes a class of Qt, with all its constants, when it is first named; the child process tells which it has made.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]
FIRST_PAINT = """
import json
import sys

from crmdesk.cli import arguments
from crmdesk.cli.sense import senseless

assert not senseless(arguments.parse(["--search", "anna"]))
from crmdesk.ui.start import application
from crmdesk.ui.theme import Theme

app = application(["crmdesk"])
from crmdesk.core.seams import SystemClock
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Account, ContactRow
from crmdesk.settings import Settings
from crmdesk.store.first_rows import FirstRows
from crmdesk.sync.progress import StatusBoard
from crmdesk.ui.main_window import MainWindow

account = Account(1, "bookingsync", "Harbour", "https://vendor.example", {})
told = ("anna@example.org", "+33 1 23", 2, "", "Lyon", "FR", "fr", "guest", "", "", "", "2026-01-05T09:00:00Z", 1)
rows = [ContactRow(number, 1, str(number), f"Guest {number}", *told) for number in range(1, 81)]
look = Theme.install(app, dressed=False)
scope = TaskScope(lambda what, error: None)
window = MainWindow(None, None, Settings(), look, scope, StatusBoard(lambda deliver: deliver()), SystemClock())
window.show_first(FirstRows(rows, 80, [account]))
window.show()
for _ in range(3):
    app.processEvents()
import PySide6.QtCore, PySide6.QtGui, PySide6.QtWidgets
made = {*vars(PySide6.QtCore), *vars(PySide6.QtGui), *vars(PySide6.QtWidgets)}
found = {"modules": sorted(sys.modules), "classes": sorted(made), "styled": bool(app.styleSheet())}
picture = window.contacts.table.grab().toImage()
colours = {picture.pixel(x, y) for x in range(0, picture.width(), 3) for y in range(0, picture.height(), 3)}
print(json.dumps(found | {"colours": len(colours)}))
"""


@pytest.fixture(scope="module")
def start() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT],
        cwd=PROJECT, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_window_is_painted_with_rows(start: dict[str, Any]) -> None:
    assert start["styled"] and start["colours"] > 20  # names, avatars and states are in the picture


@pytest.mark.parametrize(
    "module",
    [
        "asyncio",
        "crmdesk.core.batch",
        "crmdesk.core.filters",
        "crmdesk.core.outbox",
        "crmdesk.core.pin",
        "crmdesk.core.privacy",
        "crmdesk.core.query",
        "crmdesk.core.query_nodes",
        "crmdesk.core.query_parser",
        "crmdesk.core.submission",
        "crmdesk.core.vendor",
        "crmdesk.store.database",
        "crmdesk.sync.services",
        "crmdesk.ui.accounts.page",
        "crmdesk.ui.contacts.filter_editor",
        "crmdesk.ui.contacts.name_dialog",
        "crmdesk.ui.contacts.raw_view",
        "crmdesk.ui.conflicts.page",
        "crmdesk.ui.help",
        "crmdesk.ui.lock.curtain",
        "crmdesk.ui.lock.idle",
        "crmdesk.ui.lock.page",
        "crmdesk.ui.operator_name",
        "crmdesk.ui.outbox.page",
        "crmdesk.ui.outgoing",
        "crmdesk.ui.palette",
        "crmdesk.ui.settings_page",
        "crmdesk.ui.sync_panel",
        "crmdesk.ui.trash.page",
        "crmdesk.ui.undo",
        "crmdesk.ui.unlock",
        "crmdesk.ui.view_actions",
        "crmdesk.ui.welcome",
        "httpx",
        "keyring",
        "logging.handlers",
        "numpy",
        "pycountry",
        "qasync",
        "sqlalchemy",
    ],
)
def test_modules_that_come_after_the_first_paint(start: dict[str, Any], module: str) -> None:
    assert module not in start["modules"]


@pytest.mark.parametrize(
    "name",
    [
        "QAccessible",  # 5 ms; with the first announcement
        "QComboBox",  # with the first filter
        "QDialog",  # with the first question
        "QMessageBox",  # one of all widget classes, which an unknown viewport makes PySide load: 8 ms
        "QStyle",  # 10 ms; named by no palette, delegate or style switch of the first window
        "QTabWidget",  # with the first opened contact
        "QTextCharFormat",  # with the first remark about a search
        "QWizard",  # as QMessageBox
    ],
)
def test_classes_of_qt_that_come_after_the_first_paint(start: dict[str, Any], name: str) -> None:
    assert name not in start["classes"]
