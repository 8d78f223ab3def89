"""Colours can be read, sizes follow the person, and a change shows at once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetrics, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QTableWidget,
    QWidget,
)
from pytestqt.qtbot import QtBot

from crmdesk.ui.high_contrast import of_palette, plain
from crmdesk.ui.kit import SearchEdit
from crmdesk.ui.theme import ROW_HEIGHTS, Theme, style_sheet, theme
from crmdesk.ui.theme_colors import DARK, LIGHT, SHAPE_PAIRS, SURFACES, TEXT_PAIRS, Tokens, contrast


def system(ground: str, text: str, highlight: str, on: str) -> QPalette:
    """A system's palette, e.g. one of Windows' contrast themes."""
    role, made = QPalette.ColorRole, QPalette()
    colours = {role.Base: ground, role.Window: ground, role.Text: text, role.WindowText: text,
               role.Highlight: highlight, role.HighlightedText: on}  # fmt: skip
    for which, colour in colours.items():
        made.setColor(which, QColor(colour))
    return made


LOOKS = {
    "light": LIGHT,
    "dark": DARK,
    "black on white": plain(dark=False),
    "white on black": plain(dark=True),
    "aquatic": of_palette(system("#202020", "#FFFFFF", "#8EE3F0", "#263B50")),
    "desert": of_palette(system("#FFFAEF", "#3D3D3D", "#903909", "#FFF5E3")),
    "dusk": of_palette(system("#2D3236", "#FFFFFF", "#A1BFDE", "#212D3B")),
    "night sky": of_palette(system("#000000", "#FFFFFF", "#D6B4FD", "#2B2B2B")),
    "pale": of_palette(system("#FFFFFF", "#777777", "#DDDDDD", "#888888")),
}
SCHEMES = pytest.mark.parametrize("tokens", LOOKS.values(), ids=LOOKS)


def too_weak(tokens: Tokens, pairs: Sequence[tuple[str, str]], least: float) -> list[str]:
    found = {pair: contrast(getattr(tokens, pair[0]), getattr(tokens, pair[1])) for pair in pairs}
    return [f"{one} on {on}: {ratio:.2f}" for (one, on), ratio in found.items() if ratio < least]


@SCHEMES
def test_text_can_be_read(tokens: Tokens) -> None:
    """Words of every tone on every ground: rows under the pointer, selected, tinted; disabled ones say their reason."""
    assert too_weak(tokens, TEXT_PAIRS, 4.5) == []
    assert {("muted", "panel"), ("muted", "hover"), ("error", "selected"), ("error", "hover")} <= set(TEXT_PAIRS)


@SCHEMES
def test_shapes_can_be_seen(tokens: Tokens) -> None:
    """Borders, icons, and the ring of the focus against both its neighbours."""
    assert too_weak(tokens, SHAPE_PAIRS, 3) == []


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_how_far_a_piece_of_work_is_can_be_seen(tokens: Tokens) -> None:
    assert contrast(tokens.accent, tokens.hairline) >= 3


@SCHEMES
def test_initials_and_dots_can_be_seen(tokens: Tokens) -> None:
    assert min(contrast(tokens.avatar_text, colour) for colour in tokens.avatar) >= 4.5
    assert min(contrast(colour, getattr(tokens, on)) for colour in tokens.dots for on in SURFACES) >= 3


def test_a_system_with_high_contrast_gives_its_own_colours() -> None:
    tokens = LOOKS["aquatic"]
    assert (tokens.window, tokens.text, tokens.accent) == ("#202020", "#ffffff", "#8ee3f0")
    assert tokens.error == tokens.ok == tokens.text, "nothing is told by colours of ours"
    assert {tokens.tint_error, tokens.tint_ok, tokens.hover} == {tokens.window}
    assert tokens.hairline == tokens.border == tokens.text, "what was parted by tints has lines"
    assert LOOKS["pale"] == plain(dark=False), "colours that cannot be read are not taken"


def test_high_contrast_is_a_choice_and_follows_the_system(qapp: QApplication, look: Theme, qtbot: QtBot) -> None:
    assert not look.high, "the offscreen platform asks for none"
    with qtbot.waitSignal(look.changed):
        look.set_high_contrast("on")
    assert look.tokens == plain(dark=False)
    assert qapp.palette().text().color().name() == "#000000"
    look.set_scheme("dark")
    assert look.tokens == plain(dark=True)
    assert "IconButton, FlatButton, ChipButton { border: 2px solid #FFFFFF; }" in qapp.styleSheet()
    look.set_high_contrast("loud")
    look.set_high_contrast("off")
    assert look.tokens is DARK


def test_where_the_system_asks_for_high_contrast_our_colours_are_off(
    qapp: QApplication, look: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Theme, "_system_high", lambda _self: True)
    look._contrast_changed()
    assert look.high
    assert look.tokens not in (LIGHT, DARK)
    look.set_high_contrast("off")
    assert look.tokens is LIGHT


def test_contrast_counts_as_wcag_does() -> None:
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@SCHEMES
def test_the_style_sheet_is_understood_by_qt(tokens: Tokens, qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.setStyleSheet(style_sheet(tokens))  # Qt would warn "Could not parse", and a warning fails the test
    widget.show()
    assert "{" in widget.styleSheet()
    assert "{{" not in widget.styleSheet()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ticked", [Qt.CheckState.Checked, Qt.CheckState.Unchecked])
def test_boxes_to_tick_in_a_list_can_be_seen(
    qapp: QApplication, look: Theme, qtbot: QtBot, scheme: str, ticked: Qt.CheckState
) -> None:
    look.set_scheme(scheme)
    box = QListWidget()
    qtbot.addWidget(box)
    item = QListWidgetItem("")
    item.setCheckState(ticked)
    box.addItem(item)
    box.show()
    image, row = box.grab().toImage(), box.visualItemRect(item)
    line = {image.pixelColor(x, row.center().y()).name() for x in range(row.left() + 3, row.left() + 26)}
    ground = look.color("window").name()
    assert max(contrast(one, ground) for one in line) >= 3, line


def test_the_scheme_changes_live(qapp: QApplication, look: Theme, qtbot: QtBot) -> None:
    with qtbot.waitSignal(look.changed):
        look.set_scheme("dark")
    assert look.tokens is DARK
    assert qapp.palette().window().color().name().upper() == DARK.window
    assert DARK.panel in qapp.styleSheet()


def test_the_font_scale_is_of_the_systems_font_and_does_not_add_up(qapp: QApplication, look: Theme) -> None:
    plain = qapp.font().pointSizeF()
    look.set_font_scale(200)
    look.set_font_scale(150)
    assert qapp.font().pointSizeF() == pytest.approx(plain * 1.5)
    look.set_font_scale(1000)
    assert look.font_scale == 200
    look.set_font_scale(100)
    assert qapp.font().pointSizeF() == pytest.approx(plain)


@pytest.mark.parametrize(("density", "pixels"), ROW_HEIGHTS.items())
def test_rows_follow_density_and_font(qapp: QApplication, look: Theme, density: str, pixels: int) -> None:
    look.set_density(density)
    assert look.row_height >= pixels
    look.set_font_scale(200)
    assert look.row_height >= max(2 * pixels, QFontMetrics(qapp.font()).height())
    look.set_font_scale(100)


def test_unknown_choices_leave_the_look_alone(look: Theme) -> None:
    look.set_scheme("pink")
    look.set_density("tiny")
    assert (look.scheme, look.density) == ("light", "normal")


def test_colours_of_a_contact_stay(look: Theme) -> None:
    assert look.avatar(7) == look.avatar(7)
    assert len({look.avatar(number).name() for number in range(1, 60)}) > 5


def test_everybody_finds_the_same_theme(look: Theme) -> None:
    assert theme() is look


def test_the_style_sheet_can_wait_for_the_window(qapp: QApplication, look: Theme) -> None:
    qapp.setStyleSheet("")
    late = Theme.install(qapp, "light", dressed=False)
    assert qapp.styleSheet() == ""
    late.dress()
    assert LIGHT.panel in qapp.styleSheet()


@pytest.mark.parametrize("look_of", ["light", "dark"])
def test_the_corner_of_a_table_has_the_colour_of_its_headings(look: Theme, qtbot: QtBot, look_of: str) -> None:
    theme().set_scheme(look_of)
    theme().dress()
    table = QTableWidget(3, 3)
    qtbot.addWidget(table)
    table.resize(400, 200)
    table.show()
    corner = table.findChild(QAbstractButton)
    assert corner is not None and corner.isVisible()
    image = corner.grab().toImage()
    assert image.pixelColor(image.width() // 2, 2).name() == theme().color("window").name()
    theme().set_scheme("light")


def test_a_list_of_choices_shows_its_last_row(look: Theme, qtbot: QtBot) -> None:
    box = QComboBox()
    box.addItems(["BookingSync", "PrioTicket", "Cendyn CRM", "CRM.COM Self-Service", "CRM.COM back office"])
    qtbot.addWidget(box)
    box.show()
    box.showPopup()
    view = box.view()
    qtbot.waitUntil(view.isVisible)
    last = view.visualRect(box.model().index(box.count() - 1, 0))
    assert last.bottom() < view.viewport().height()
    assert last.height() >= 32, "what is pressed"
    box.hidePopup()


@SCHEMES
def test_letters_of_badges_can_be_read(tokens: Tokens) -> None:
    """A vendor's letter stands in its account's colour; a dot is seen below the pointer, too."""
    assert min(contrast(tokens.on_accent, colour) for colour in tokens.dots) >= 4.5
    assert min(contrast(colour, tokens.hover) for colour in tokens.dots) >= 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", [QLineEdit, SearchEdit, QPlainTextEdit])
def test_words_in_an_empty_field_can_be_read(look: Theme, qtbot: QtBot, scheme: str, kind: type[QLineEdit]) -> None:
    look.set_scheme(scheme)
    field = kind()
    qtbot.addWidget(field)
    field.setPlaceholderText("Name, phone, e-mail")
    field.show()
    role = QPalette.ColorRole
    colour = field.palette().color(role.PlaceholderText)
    assert colour.alpha() == 255, "a veil over the ground would make it weaker"
    assert contrast(colour.name(), look.tokens.window) >= 4.5
    assert contrast(colour.name(), look.tokens.panel) >= 4.5
