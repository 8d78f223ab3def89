"""A window from right to left: what is written in Latin letters stands at the leading side."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QListWidget, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.ui.cards.compare import _label_width
from crmdesk.ui.conflicts.differences import Piece
from crmdesk.ui.conflicts.marked import MarkedText
from crmdesk.ui.contacts.detail_rows import GrowingText
from crmdesk.ui.kit import IconWord, PlainLabel
from crmdesk.ui.theme import Theme
from crmdesk.ui.words import tr

RIGHT, LEFT = Qt.LayoutDirection.RightToLeft, Qt.LayoutDirection.LeftToRight


@pytest.fixture
def mirrored(qapp: QApplication) -> Iterator[None]:
    qapp.setLayoutDirection(RIGHT)
    yield
    qapp.setLayoutDirection(LEFT)


def ink(widget: QWidget) -> tuple[int, int]:
    """First and last column in which something is written."""
    image = widget.grab().toImage()
    ground = image.pixelColor(0, image.height() - 1)
    columns = [x for x in range(image.width()) if any(image.pixelColor(x, y) != ground for y in range(image.height()))]
    return columns[0], image.width() - 1 - columns[-1]


@pytest.mark.usefixtures("mirrored")
@pytest.mark.parametrize("kind", ["label", "marked"])
def test_latin_text_begins_at_the_right(qtbot: QtBot, kind: str) -> None:
    made = PlainLabel("Nantes") if kind == "label" else MarkedText([Piece("Nantes", False)])
    qtbot.addWidget(made)
    made.resize(300, 40)
    made.show()
    left, right = ink(made)
    assert right < 20 < left


@pytest.mark.parametrize("text", ["Île-de-France", "8d1f384d-e142-11ea-86d2-00012a05f35d", "مريم الأنصاري في باريس"])
def test_a_long_value_begins_beside_its_label_and_is_whole(
    qapp: QApplication, look: Theme, qtbot: QtBot, text: str
) -> None:
    """Of the detail pane; it stood at the far side, and its first letters were cut."""
    try:
        drawn = []
        for direction in (LEFT, RIGHT):
            qapp.setLayoutDirection(direction)
            made = GrowingText("region", "Region", text)
            qtbot.addWidget(made)
            made.resize(180, 60)
            made.show()
            drawn.append(ink(made))
        (near, far), (left, right) = drawn
        assert near < 20 and right < 20, "at the leading side"
        assert abs((180 - near - far) - (180 - left - right)) <= 1, "as wide as ever"
    finally:
        qapp.setLayoutDirection(LEFT)


def test_a_label_follows_its_window(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    label = PlainLabel("Nantes", window)
    centred = PlainLabel("Nantes", window)
    centred.setAlignment(Qt.AlignmentFlag.AlignCenter)
    end = PlainLabel("12", window)
    end.setAlignment(Qt.AlignmentFlag.AlignRight)
    flags = Qt.AlignmentFlag
    for direction, side in ((RIGHT, flags.AlignRight), (LEFT, flags.AlignLeft), (RIGHT, flags.AlignRight)):
        window.setLayoutDirection(direction)
        assert label.alignment() & side
        assert bool(label.alignment() & flags.AlignAbsolute) is (direction is RIGHT)
        assert centred.alignment() == flags.AlignCenter
        assert end.alignment() & (flags.AlignLeft if direction is RIGHT else flags.AlignRight)


def test_the_mark_of_a_difference_has_room_in_any_language(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmdesk.ui.cards.compare.tr", lambda text: "unterscheidet sich hier" if text else tr(text))
    mark = IconWord("arrows", "unterscheidet sich hier", "warning")
    qtbot.addWidget(mark)
    assert mark.sizeHint().width() <= _label_width()


@pytest.mark.usefixtures("mirrored")
def test_the_bar_of_a_chosen_line_is_at_the_leading_side(qapp: QApplication, look: Theme, qtbot: QtBot) -> None:
    """As `painted_list.paint_bar` has it."""
    for direction in (RIGHT, LEFT):
        qapp.setLayoutDirection(direction)
        look.set_scheme("dark")
        look.set_scheme("light")  # everything is made anew
        view = QListWidget()
        qtbot.addWidget(view)
        view.addItem("Nantes")
        view.resize(300, 60)
        view.show()
        view.item(0).setSelected(True)
        image = view.viewport().grab().toImage()
        middle = view.visualItemRect(view.item(0)).center().y()
        accent = [x for x in range(image.width()) if image.pixelColor(x, middle) == look.color("accent")]
        assert accent, "a bar"
        assert (min(accent) > 150) is (direction is RIGHT) and (max(accent) < 150) is (direction is LEFT)
