"""Colours can be read, sizes follow the person, and a change shows at once."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.ui.theme import (
    DARK,
    LIGHT,
    ROW_HEIGHTS,
    SHAPE_PAIRS,
    SURFACES,
    TEXT_PAIRS,
    Theme,
    Tokens,
    contrast,
    style_sheet,
    theme,
)

SCHEMES = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])


@SCHEMES
@pytest.mark.parametrize("pair", TEXT_PAIRS, ids="-on-".join)
def test_text_can_be_read(tokens: Tokens, pair: tuple[str, str]) -> None:
    assert contrast(getattr(tokens, pair[0]), getattr(tokens, pair[1])) >= 4.5


@SCHEMES
@pytest.mark.parametrize("pair", SHAPE_PAIRS, ids="-on-".join)
def test_shapes_can_be_seen(tokens: Tokens, pair: tuple[str, str]) -> None:
    assert contrast(getattr(tokens, pair[0]), getattr(tokens, pair[1])) >= 3


@SCHEMES
def test_initials_and_dots_can_be_seen(tokens: Tokens) -> None:
    assert min(contrast(tokens.avatar_text, colour) for colour in tokens.avatar) >= 4.5
    assert min(contrast(colour, getattr(tokens, on)) for colour in tokens.dots for on in SURFACES) >= 3


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
