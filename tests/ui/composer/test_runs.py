"""The list of bulk events tells who, how many and from which file; what was answered for a row can be copied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.core.submission import Line, RowStage, Submission, SubmissionStage
from crmdesk.ui.composer.ledger_dialog import AnswersDialog
from crmdesk.ui.composer.runs import TITLES, Run, RunsPage
from crmdesk.ui.theme import Theme
from tests.ui.fakes import FakeClock

DISPLAY, SPOKEN = Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole
CONTROL = Qt.KeyboardModifier.ControlModifier


def run(number: int, stage: SubmissionStage, counts: dict[RowStage, int], **more: Any) -> Run:
    one = Submission(number, 1, "achievement", f"Survey {number}", stage=stage, operator="Maria", **more)
    return Run(one, counts, "Achievements", "Resort Loyalty")


@pytest.fixture
def page(qtbot: QtBot, look: Theme, clock: FakeClock) -> Iterator[RunsPage]:
    made = RunsPage(look, clock)
    qtbot.addWidget(made)
    made.resize(1000, 600)
    made.show()
    yield made


def texts(page: RunsPage, row: int) -> dict[str, str]:
    return {title: page.model.index(row, place).data(DISPLAY) for place, title in enumerate(TITLES)}


def test_a_line_says_operator_file_and_counts(page: RunsPage) -> None:
    counts = {RowStage.SENT: 996, RowStage.FAILED: 4, RowStage.LEFT_OUT: 1}
    page.show_runs([run(1, SubmissionStage.ENDED, counts, file="May.csv")])
    shown = texts(page, 0)
    assert (shown["By"], shown["File"]) == ("Maria", "May.csv")
    assert shown["State"] == "4 failed · 996 sent · 1 left out", "what wants somebody comes first: the column is narrow"
    spoken = page.model.index(0, 0).data(SPOKEN)
    assert spoken.startswith("Survey 1, Achievements, Resort Loyalty, May.csv, Maria, 4 failed")


def test_what_is_unknown_comes_first(page: RunsPage) -> None:
    page.show_runs([run(1, SubmissionStage.ENDED, {RowStage.SENT: 800, RowStage.UNKNOWN: 200})])
    assert texts(page, 0)["State"] == "200 unknown · 800 sent"


def test_keys_of_the_list(page: RunsPage) -> None:
    did, wanted = [], []
    page.did.connect(lambda what, number: did.append((what, number)))
    page.newWanted.connect(lambda: wanted.append(1))
    draft, ended = run(1, SubmissionStage.DRAFT, {RowStage.READY: 2}), run(2, SubmissionStage.ENDED, {RowStage.SENT: 1})
    page.show_runs([draft, ended])
    page.table.setFocus()
    page.table.selectRow(0)
    assert page.why_not("delete") is None and page.why_not("failed") == "No row of it failed."
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    page.table.selectRow(1)
    assert page.why_not("delete") == "Only drafts can be deleted: what was sent is kept."
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    QTest.keyClick(page.table, Qt.Key.Key_N, CONTROL)
    page.act("keep")
    assert did == [("delete", 1), ("template", 2)] and wanted == [1]


def test_what_was_answered_is_copied(qtbot: QtBot, clock: FakeClock) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    line = Line(
        1, 1, 1, 1, 1, "achievement", "u", 1, "2026-06-13T10:00:00Z", "Maria", RowStage.FAILED, "number=acr1",
        "NOT_FOUND", "Account not found",
    )  # fmt: skip
    dialog = AnswersDialog(host, [line], clock)
    dialog.show()
    dialog.table.selectRow(0)
    QTest.keyClick(dialog.table, Qt.Key.Key_C, CONTROL)
    assert QGuiApplication.clipboard().text().split("\t")[1:] == [
        "acr1", "Failed", "", "Account not found · NOT_FOUND", "Maria",
    ]  # fmt: skip
    dialog.close()


def test_an_empty_list_names_the_kinds_and_what_to_do(page: RunsPage) -> None:
    page.show_runs([], kinds=("Achievements", "Purchases"))
    said = page.empty.title()
    assert "Drop a file here" in said and "Achievements · Purchases" in said
    assert page.findChild(QPushButton, "events.empty.new") is not None
