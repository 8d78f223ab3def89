"""The widgets everything is made of."""

from __future__ import annotations

from functools import partial

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QPushButton
from pytestqt.qtbot import QtBot

from crmdesk.ui import kit
from crmdesk.ui.busy import Busy
from crmdesk.ui.confirm import confirm
from crmdesk.ui.icons import icon, pixmap
from crmdesk.ui.paths import resources
from crmdesk.ui.theme import DARK, LIGHT, Theme
from crmdesk.ui.words import ago, clock_time, exact_time, isolated, number, plural, tooltip
from tests.ui.fakes import NOON

HOSTILE = "<b>bold</b><img src='http://evil.example/x.png'> &amp; \u202eevil"


def test_labels_never_take_text_as_markup(qtbot: QtBot) -> None:
    for label in (kit.PlainLabel(HOSTILE), kit.Muted(HOSTILE), kit.Heading(HOSTILE), kit.Badge(HOSTILE)):
        qtbot.addWidget(label)
        assert label.textFormat() == Qt.TextFormat.PlainText
        assert label.text() == HOSTILE


def test_a_banner_shows_hostile_text_as_it_is(qtbot: QtBot) -> None:
    banner = kit.Banner("error", HOSTILE)
    qtbot.addWidget(banner)
    assert banner.text() == HOSTILE
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in banner.findChildren(kit.PlainLabel))


def test_buttons_of_a_narrow_banner_stand_below_its_text(qtbot: QtBot) -> None:
    decide = kit.button("decide", "Zusammenführung rückgängig machen")
    banner = kit.Banner("error", "Hier und beim Anbieter geändert.", (decide,))
    qtbot.addWidget(banner)
    banner.resize(700, 80)
    banner.show()
    text = banner._text
    assert decide.mapTo(banner, decide.rect().topLeft()).x() > text.mapTo(banner, text.rect().topRight()).x()
    assert banner.minimumSizeHint().width() < decide.sizeHint().width() + 60
    narrow = decide.sizeHint().width() + 40
    banner.resize(narrow, 160)
    qtbot.waitUntil(lambda: decide.mapTo(banner, decide.rect().topLeft()).y() > text.height(), timeout=2000)
    assert banner.rect().contains(decide.geometry().translated(decide.parentWidget().pos()))  # type: ignore[union-attr]


def test_tooltips_are_escaped() -> None:
    assert "<b>" not in tooltip("<b>x</b>")
    assert tooltip("") == ""
    assert isolated("אב") == "\u2068אב\u2069"


def test_a_long_text_is_cut_and_whole_in_the_tooltip(qtbot: QtBot) -> None:
    label = kit.ElidedLabel("A very long name of a property by the sea " * 20)
    qtbot.addWidget(label)
    label.resize(120, 30)
    label.show()
    assert label.text().endswith("…")
    assert "by the sea" in label.toolTip()
    label.setText("short")
    assert (label.text(), label.toolTip()) == ("short", "")


def test_a_state_is_shape_and_word(qtbot: QtBot) -> None:
    sign = kit.IconWord("cross", "failed", "error")
    qtbot.addWidget(sign)
    sign.show()
    assert sign.word() == sign.accessibleName() == "failed"
    assert any(not child.pixmap().isNull() for child in sign.findChildren(kit.QLabel) if child.pixmap())


@pytest.mark.parametrize("name", sorted(path.stem for path in (resources() / "icons").glob("*.svg")))
def test_every_icon_can_be_drawn(name: str, look: Theme) -> None:
    image = pixmap(name, size=24).toImage()
    assert any(image.pixelColor(x, y).alpha() > 100 for x in range(24) for y in range(24))


def test_icons_take_the_text_colour_and_grey_when_off(look: Theme) -> None:
    def strongest(picture: QIcon, mode: QIcon.Mode) -> str:
        image = picture.pixmap(24, 24, mode).toImage()
        spots = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
        return max(spots, key=lambda colour: colour.alpha()).name().upper()

    assert strongest(icon("plus", size=24), QIcon.Mode.Normal) == LIGHT.text
    look.set_scheme("dark")
    assert strongest(icon("plus", size=24), QIcon.Mode.Normal) == DARK.text
    assert strongest(icon("plus", size=24), QIcon.Mode.Disabled) == DARK.border


def test_icon_buttons_have_names_and_are_large_enough(qtbot: QtBot) -> None:
    made = kit.IconButton("area.thing", "close", "Close it")
    qtbot.addWidget(made)
    assert (made.objectName(), made.accessibleName(), made.toolTip()) == ("area.thing", "Close it", "Close it")
    assert min(made.minimumWidth(), made.minimumHeight()) >= 24


def test_bars_never_run_backwards(qtbot: QtBot) -> None:
    busy = Busy("x")
    qtbot.addWidget(busy)
    busy.set("Page 5 of 9", 5, 9)
    busy.set("Page 4 of 9", 4, 9)
    assert busy.bar.value() == 5
    busy.set("Page 1 of 9", 1, 9, fresh=True)
    assert busy.bar.value() == 1
    busy.set("Connecting", 0, None)
    assert busy.bar.maximum() == 0


def test_a_question_is_safest_by_default(qtbot: QtBot) -> None:
    owner = QPushButton()
    qtbot.addWidget(owner)
    dialog = confirm(owner, "q", "Remove?", "Really?", [("keep", "Keep", False), ("delete", "Delete", True)])
    dialog.show()
    default = [made.objectName() for made in dialog.findChildren(QPushButton) if made.isDefault()]
    assert default == ["q.cancel"]
    qtbot.mouseClick(dialog.findChild(QPushButton, "q.delete"), Qt.MouseButton.LeftButton)
    assert dialog.result() == 2
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert isinstance(dialog, QDialog)


def test_numbers_are_grouped_and_counts_have_a_plural() -> None:
    assert number(48213) == "48,213"
    assert plural(1, "1 contact", "{n} contacts") == "1 contact"
    assert plural(2431, "1 contact", "{n} contacts") == "2,431 contacts"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-11-22T11:59:40Z", "just now"),
        ("2026-11-22T11:58:00Z", "2 min ago"),
        ("2026-11-22T11:00:00Z", "1 hour ago"),
        ("2026-11-19T12:00:00Z", "3 days ago"),
        ("2026-07-01T12:00:00Z", "4 months ago"),
        ("2020-11-22T12:00:00Z", "6 years ago"),
        ("", ""),
        ("yesterday-ish", ""),
    ],
)
def test_ages_in_words(text: str, words: str) -> None:
    assert ago(text, NOON) == words


def test_times_of_today_are_short_and_odd_ones_empty() -> None:
    assert len(clock_time("2026-11-22T11:58:00Z", NOON)) == 5
    assert "2" in exact_time("2026-11-22T11:58:00Z")
    assert (clock_time("", NOON), exact_time("nonsense")) == ("", "")


def test_a_day_reads_as_one_where_the_desk_has_no_locale() -> None:
    before = QLocale()
    try:
        QLocale.setDefault(QLocale(QLocale.Language.C))
        assert clock_time("2026-11-20T12:00:00Z", NOON).startswith("20 Nov 2026 ")
        QLocale.setDefault(QLocale("de_DE"))
        assert clock_time("2026-11-20T12:00:00Z", NOON).startswith("20.11.26 ")
    finally:
        QLocale.setDefault(before)


@pytest.mark.qt_log_ignore("not accepted", extend=True)  # by whom nothing is wanted
def test_enter_presses_a_button_as_the_space_bar_does(qtbot: QtBot) -> None:
    pressed: list[str] = []
    for made in (kit.button("a", "Word"), kit.FlatButton("b", "Flat"), kit.IconButton("c", "close", "Cross")):
        qtbot.addWidget(made)
        made.show()
        made.clicked.connect(partial(pressed.append, made.objectName()))
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            qtbot.keyClick(made, key)
        qtbot.keyClick(made, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        made.setEnabled(False)
        qtbot.keyClick(made, Qt.Key.Key_Return)
    assert pressed == [name for name in "abc" for _ in range(3)], (
        "Ctrl+Enter is the page's, and nothing turned off acts"
    )
