"""Parts that were cut with letters of twice the size, each by itself."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QListWidget, QMainWindow, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.core.batch import BatchKind
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.grid_columns import columns_of
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.accounts.inputs import LEAST_FIELD, FormRow, field_of
from crmdesk.ui.backup.dialogs import BackupDialog
from crmdesk.ui.beside import Beside
from crmdesk.ui.commands import Command, Commands
from crmdesk.ui.composer.small_dialogs import ColumnsDialog
from crmdesk.ui.help import KeyHelp
from crmdesk.ui.kit import Card, PlainLabel, column
from crmdesk.ui.rows_table import RowsTable, TitledModel
from crmdesk.ui.theme import Theme
from crmdesk.ui.unlock import UnlockPage
from crmdesk.ui.window_state import fit_dialog

WORDS = "Six rows whose outcome is unknown. The connection broke off before the answer was complete."


@pytest.fixture
def window(qtbot: QtBot, look: Theme) -> QMainWindow:
    look.set_font_scale(200)
    made = QMainWindow()
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    return made


def test_a_button_goes_below_words_that_would_have_no_room_beside_it(window: QMainWindow, qtbot: QtBot) -> None:
    words, pressed = PlainLabel(WORDS, wrap=True), QPushButton("Show 1 that failed")
    both = Beside(PlainLabel("Call 3 of 3"), words, pressed)
    window.setCentralWidget(both)
    qtbot.waitUntil(lambda: both.width() == 900)
    assert pressed.geometry().left() > both.width() // 2, "beside"
    window.resize(both.minimumSizeHint().width(), 600)
    qtbot.waitUntil(lambda: pressed.geometry().top() > words.geometry().bottom())
    assert pressed.width() >= pressed.minimumSizeHint().width()
    assert both.rect().contains(pressed.geometry()), "and nothing lies outside"


def test_a_label_stands_above_its_field_where_both_have_no_room(window: QMainWindow, qtbot: QtBot) -> None:
    words = (("token", "A token that you have already"), ("browser", "In the browser"))
    field = field_of(FieldSpec("sign_in", "How to sign in", FieldKind.CHOICE, words=words, hint=WORDS), window)
    host = FormRow("How somebody signs in at the vendor", field, window)
    host.align(host.wanted())
    window.setCentralWidget(host)
    qtbot.waitUntil(lambda: host.width() == 900)
    assert field.geometry().left() > host.label.geometry().right()
    window.resize(450, 600)
    qtbot.waitUntil(lambda: field.geometry().top() >= host.label.geometry().bottom())
    hint = field.hint
    assert hint.height() >= hint.heightForWidth(hint.width()), "and is read whole, whatever the label's width"
    letters = field.edit.fontMetrics()
    assert field.edit.width() > letters.horizontalAdvance(words[0][1]) + 24, "its words are seen whole"


def test_all_rows_of_a_form_are_arranged_alike(window: QMainWindow, qtbot: QtBot) -> None:
    """Also one that is set in, and narrower for it; and only where it changes anything: that asks for a new layout."""
    form, part = QWidget(), QWidget()
    window.setCentralWidget(form)
    rows = [FormRow("Token", QLineEdit(), form), FormRow("Address of the API", QLineEdit(), form)]
    column(part, rows[1], margins=(60, 0, 0, 0))
    column(form, rows[0], part)
    for made in rows:
        made.align(200)
    needed = 200 + LEAST_FIELD * form.fontMetrics().averageCharWidth()
    for wide, beside in ((needed + 100, True), (needed + 30, True), (needed - 10, False)):
        window.resize(wide, 600)
        qtbot.waitUntil(lambda wide=wide: form.width() == wide)
        QTest.qWait(50)  # laid out
        for made in rows:
            assert (made.field.geometry().left() > made.label.geometry().right()) is beside, (wide, made.label.text())
    asked: list[int] = []
    for made in rows:
        made.updateGeometry = lambda: asked.append(1)  # type: ignore[method-assign]
    window.resize(needed - 40, 600)
    qtbot.waitUntil(lambda: form.width() == needed - 40)
    QTest.qWait(50)
    assert asked == []


def test_both_columns_of_the_key_list_are_read(window: QMainWindow, qtbot: QtBot) -> None:
    commands = Commands(window)
    keys = ("Ctrl+Shift+PgDown", "Ctrl+Shift+PgUp", "Ctrl+Alt+Shift+F12", "Ctrl+Alt+Home")
    commands.add(Command("a", "Go to the next line that is wrong", print, keys))
    shown = KeyHelp(commands, window)
    shown.resize(700, 700)
    shown.show()
    qtbot.waitUntil(shown.isVisible)
    room = shown.tree.viewport().width()
    assert min(shown.tree.columnWidth(0), shown.tree.columnWidth(1)) >= room * 2 // 5
    assert shown.tree.columnWidth(0) + shown.tree.columnWidth(1) <= room, "nothing lies to the side"
    line = shown.tree.topLevelItem(0).child(0)  # type: ignore[union-attr]  # it was added
    qtbot.waitUntil(lambda: shown.tree.visualItemRect(line).height() > 2 * shown.tree.fontMetrics().height())
    shown.close()


async def test_the_first_page_of_a_new_folder_scrolls(window: QMainWindow, scope: TaskScope, qtbot: QtBot) -> None:
    async def nothing(*_: str) -> None: ...

    page = UnlockPage(scope, unlock=nothing, create=nothing, session_only=nothing, retry=nothing)
    window.setCentralWidget(page)
    window.resize(900, 420)
    page.show_first_start()
    area = page.findChild(QScrollArea, "unlock.area")
    assert area is not None
    qtbot.waitUntil(lambda: area.verticalScrollBar().maximum() > 0)
    cut = [
        label.text()
        for label in page.findChildren(PlainLabel)
        if label.isVisible() and label.wordWrap() and label.heightForWidth(label.width()) > label.height() + 1
    ]
    assert cut == []
    assert page.new.edit.height() >= page.new.edit.sizeHint().height()


async def test_faces_of_the_locked_folder_are_as_high_as_they_need(window: QMainWindow, scope: TaskScope) -> None:
    async def nothing(*_: str) -> None: ...

    page = UnlockPage(scope, unlock=nothing, create=nothing, session_only=nothing, retry=nothing)
    window.setCentralWidget(page)
    card = page.findChild(Card)
    assert card is not None
    page.show_first_start()
    QTest.qWait(50)  # laid out
    high = card.height()
    page.show_passphrase()
    QTest.qWait(50)
    assert card.height() < high * 2 // 3, "the other faces leave no gaps in it"


def test_buttons_of_a_dialog_are_as_high_as_their_words_need(
    window: QMainWindow, scope: TaskScope, qtbot: QtBot
) -> None:
    dialog = BackupDialog(window, scope, SimpleNamespace(asks=True), "/backups/" + "a folder with a long name/" * 8)
    fit_dialog(dialog)
    dialog.show()
    qtbot.waitUntil(dialog.isVisible)
    for pressed in (dialog.cancel, dialog.go):
        assert pressed.height() == pressed.sizeHint().height()
    assert dialog.again.height() >= dialog.again.edit.sizeHint().height() - 8
    dialog.reject()


@pytest.mark.parametrize("scale", [100, 200])
def test_ticks_of_columns_do_not_lie_over_each_other(
    window: QMainWindow, look: Theme, qtbot: QtBot, scale: int
) -> None:
    look.set_font_scale(scale)
    fields = (FieldSpec("city", "City"), FieldSpec("code", "Code"), FieldSpec("zip", "Postal code"))
    dialog = ColumnsDialog(window, columns_of(BatchKind("", "", fields)), frozenset())
    dialog.show()
    qtbot.waitUntil(dialog.isVisible)
    QTest.qWait(50)  # laid out
    ticks = dialog.findChild(QListWidget)
    assert ticks is not None
    tops = [ticks.visualItemRect(ticks.item(at)).top() for at in range(3)]
    least = max(32, ticks.fontMetrics().height())  # to be hit with a pointer
    assert min(after - before for before, after in pairwise(tops)) >= least, tops
    dialog.reject()


def test_titles_of_columns_that_are_cut_say_so(window: QMainWindow) -> None:
    class Model(TitledModel):
        titles = ("Outcome", "Message")

    table = RowsTable("some.list", "Some", Model(), (0.1, 0.9))
    window.setCentralWidget(table)
    assert table.horizontalHeader().textElideMode() is Qt.TextElideMode.ElideRight
