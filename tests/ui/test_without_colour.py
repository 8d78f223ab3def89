"""Nothing is told by colour alone: with tints and tones taken away, what means something still looks different."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, QRect
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QListWidget,
    QStyle,
    QStyleOptionViewItem,
    QWidget,
)
from pytestqt.qtbot import QtBot

from crmdesk.core.row_checks import Severity
from crmdesk.core.submission import RowStage
from crmdesk.core.types import Consent, State
from crmdesk.ui import phases
from crmdesk.ui.accounts.rows import AccountList, Line
from crmdesk.ui.composer import model as grid_model
from crmdesk.ui.composer import problems, stage_words
from crmdesk.ui.contacts import painter as contacts_painter
from crmdesk.ui.guest.rows import Row, RowsList, RowsModel
from crmdesk.ui.kit import TONE_ICONS, ChipButton
from crmdesk.ui.outbox import speech
from crmdesk.ui.palette import ENTRY_ROLE, Entry, _Delegate
from crmdesk.ui.theme import Theme, style_sheet
from crmdesk.ui.theme_colors import LIGHT

ONE = LIGHT.window
COLOURLESS = replace(
    LIGHT, selected=ONE, hover=ONE, tint_error=ONE, tint_warn=ONE, tint_ok=ONE, tint_unknown=ONE,
    ok=LIGHT.text, warning=LIGHT.text, error=LIGHT.text, unknown=LIGHT.text, muted=LIGHT.text,
)  # fmt: skip


@pytest.fixture
def grey(look: Theme, qapp: QApplication) -> Iterator[Theme]:
    """A look in which every ground is the window's and every tone the text's."""
    look._tokens, look._colors = COLOURLESS, {}
    qapp.setStyleSheet(style_sheet(COLOURLESS))
    look.changed.emit()
    yield look
    look.set_scheme("dark")  # everything is made anew
    look.set_scheme("light")


def seen(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def painted(view: QAbstractItemView, index: QModelIndex, *, selected: bool) -> QImage:
    """A row as its delegate draws it, without the focus."""
    option = QStyleOptionViewItem()
    view.initViewItemOption(option)
    option.rect = QRect(0, 0, 300, 60)
    option.state &= ~QStyle.StateFlag.State_HasFocus
    if selected:
        option.state |= QStyle.StateFlag.State_Selected
    image = QImage(300, 60, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFFFF)
    painter = QPainter(image)
    view.itemDelegate().paint(painter, option, index)
    painter.end()
    return image


def test_a_chosen_command_has_a_bar(grey: Theme, qtbot: QtBot) -> None:
    view = QListWidget()
    qtbot.addWidget(view)
    view.addItem("Export")
    view.item(0).setData(ENTRY_ROLE, Entry("Export", print))
    view.setItemDelegate(_Delegate(view, grey))
    index = view.model().index(0, 0)
    assert painted(view, index, selected=True) != painted(view, index, selected=False)


def test_a_chosen_account_has_a_bar(grey: Theme, qtbot: QtBot) -> None:
    view = AccountList()
    qtbot.addWidget(view)
    view.show_lines([Line(1, "Seaside", "BookingSync", "B", phases.SIGNS[next(iter(phases.SIGNS))])], 1)
    index = view.model().index(0, 0)
    assert painted(view, index, selected=True) != painted(view, index, selected=False)


def test_a_chosen_message_has_a_bar(grey: Theme, qtbot: QtBot) -> None:
    view = RowsList("guest.some", "Some", RowsModel())
    qtbot.addWidget(view)
    view.resize(300, 200)
    view.entries.show([Row("a", "Late check-out"), Row("b", "Towels")])
    before = painted(view, view.model().index(0, 0), selected=False)
    view.setCurrentIndex(view.model().index(0, 0))
    assert painted(view, view.model().index(0, 0), selected=True) != before


def test_a_chosen_line_of_any_list_has_a_bar(grey: Theme, qtbot: QtBot) -> None:
    view = QListWidget()
    qtbot.addWidget(view)
    view.addItems(["Not a date", "Amount missing"])
    view.show()
    before = seen(view.viewport())
    view.item(0).setSelected(True)
    assert seen(view.viewport()) != before


def test_a_filter_that_is_on_has_a_thicker_foot(grey: Theme, qtbot: QtBot) -> None:
    chip = ChipButton("chip", "Failed")
    qtbot.addWidget(chip)
    chip.setCheckable(True)
    chip.show()
    off, size = seen(chip), chip.sizeHint()
    chip.setChecked(True)
    assert seen(chip) != off
    assert chip.sizeHint() == size, "and moves nothing"


def words_of(one: Any) -> str:
    return str(getattr(one, "value", one))


TABLES: Mapping[str, tuple[Any, Mapping[Any, tuple[str, str]]]] = {
    "contacts": ([one for one in State if one is not State.CLEAN], contacts_painter.STATE_LOOK),
    "consent": ([one for one in Consent if one is not Consent.UNKNOWN], contacts_painter.CONSENT_LOOK),
    "what is wrong": (Severity, problems.SIGNS),
    "changes": (speech.SIGNS, speech.SIGNS),
}


@pytest.mark.parametrize("name", TABLES)
def test_every_state_has_a_shape_of_its_own(name: str) -> None:
    states, table = TABLES[name]
    assert set(table) == set(states)
    shapes = [table[one][0] for one in states]
    assert all(shapes)
    by_shape: dict[str, set[str]] = {}
    for one in states:
        by_shape.setdefault(table[one][0], set()).add(table[one][1])
    assert {shape: tones for shape, tones in by_shape.items() if len(tones) > 1} == {}, "one shape, two meanings"


def test_rows_and_messages_have_shapes_and_words() -> None:
    assert set(grid_model._SIGNS) | {RowStage.READY} == set(RowStage) == set(stage_words.WORDS)
    assert len({words_of(stage_words.WORDS[one]) for one in RowStage}) == len(RowStage)
    shapes = {one: grid_model._SIGNS[one][0] for one in (RowStage.SENT, RowStage.FAILED, RowStage.UNKNOWN,
                                                           RowStage.LEFT_OUT, RowStage.SENDING)}  # fmt: skip
    assert len(set(shapes.values())) == len(shapes)
    assert len(set(TONE_ICONS.values())) == len(TONE_ICONS), "banners"
