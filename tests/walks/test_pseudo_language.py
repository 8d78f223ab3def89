"""The main screens in a language that nobody speaks: what has no brackets bypasses the catalogues, or is no message
that translators get."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, QRect, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from crmdesk.settings import Settings
from crmdesk.ui import language
from crmdesk.ui.contacts import names
from crmdesk.ui.navigation import Place
from crmdesk.vendors import VENDORS
from tests.helpers.house import House, until
from tests.locale.source import messages

PLACES = ("settings", "accounts", "outbox", "conflicts", "trash", "events")
WORD = re.compile(r"[^\W\d_]{3,}")
OURS = {vendor.title for vendor in VENDORS} | {"crmdesk", *language.OWN_NAMES.values()}


@pytest.fixture(autouse=True)
def english_again(qapp: QApplication) -> Iterator[None]:
    before, direction = QLocale(), qapp.layoutDirection()
    yield
    language.choose("en")
    QLocale.setDefault(before)
    qapp.setLayoutDirection(direction)
    names.forget()


def house_in(folder: Path, lang: str) -> House:
    folder.mkdir()
    return House(folder, Found(key=memory_key()), kept=Settings(), practice=True, lang=lang)


def plain_texts(window: QWidget, data: set[str]) -> set[str]:
    """What can be seen and read, and is neither in brackets nor somebody's data."""
    found: set[str] = set()
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and isinstance(widget, QLabel | QAbstractButton):
            text = widget.text()
            if text and WORD.search(text) and "⟦" not in text and not any(one in text for one in data):
                found.add(f"{widget.objectName() or type(widget).__name__}: {text}")
    return found


@pytest.fixture
def only_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The language knows what the catalogues know."""
    known = messages()

    def gettext(_self: object, message: str) -> str:
        return language.pseudo(message) if message in known else message

    monkeypatch.setattr(language._Pseudo, "gettext", gettext)


@pytest.mark.usefixtures("only_messages")
async def test_every_word_of_the_main_screens_can_be_translated(tmp_path: Path) -> None:
    async with house_in(tmp_path / "data", language.PSEUDO) as house:
        await house.practised()
        data = OURS | {one.split()[0] for one in house.accounts()} | {str(tmp_path)}  # titles may be shortened
        found: set[str] = set()
        for place in PLACES:
            house.window.go(Place(place))
            await until(lambda place=place: not house.window.pages.shows_contacts(), place)
            found |= plain_texts(house.window, data)
        assert found == set()


async def test_the_window_stands_from_right_to_left(qapp: QApplication, tmp_path: Path) -> None:
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    async with house_in(tmp_path / "data", language.PSEUDO) as house:
        await house.practised()
        for place in PLACES:
            house.window.go(Place(place))
            await until(lambda: not house.window.pages.shows_contacts(), place)
            assert not house.window.grab().isNull()
        rows = house.window.navigation.list
        delegate = rows.itemDelegate()
        assert delegate._seen(QRect(0, 0, 20, 20)).right() == rows.viewport().width() - 1
