"""The main screens in a language that nobody speaks: what has no brackets bypasses the catalogues, or is no message
that translators get."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QLocale, QRect, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QHeaderView, QLabel, QWidget

from crmdesk.core.query import parse
from crmdesk.core.types import OUTBOX_FLAGS, Flag
from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from crmdesk.settings import Settings
from crmdesk.ui import language
from crmdesk.ui.contacts import names
from crmdesk.ui.kit import PlainLabel
from crmdesk.ui.places import DUPLICATES, EVENTS, Place
from crmdesk.vendors import VENDORS
from tests.helpers.house import House, until
from tests.locale.source import messages

PLACES = ("settings", "accounts", "outbox", "conflicts", "trash", "events", "duplicates")
WORD = re.compile(r"[^\W\d_]{3,}")
TITLE = 5  # letters of an account's title that are left where it is shortened in its middle
OURS = {vendor.title for vendor in VENDORS} | {"crmdesk", *language.OWN_NAMES.values()}


def at_the_far_side(window: QWidget) -> list[str]:
    """Labels in sight whose text would begin at the left of a mirrored window."""
    where = Qt.AlignmentFlag
    right = where.AlignRight | where.AlignAbsolute
    return [
        f"{label.objectName()} {label.text()[:30]!r}"
        for label in window.findChildren(PlainLabel)
        if label.isVisible() and label.text()
        and not label.alignment() & where.AlignHCenter and label.alignment() & right != right
    ]  # fmt: skip


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


def among_data(root: QWidget, data: set[str]) -> set[str]:
    """As `plain_texts` where most labels hold somebody's data: of these only what is a message."""
    buttons = {button for button in root.findChildren(QAbstractButton) if button.isVisible()}
    named = {f"{one.objectName() or type(one).__name__}: {one.text()}" for one in buttons}
    return {text for text in plain_texts(root, data) if text in named or text.split(": ", 1)[1] in messages()}


def plain_headings(window: QWidget) -> set[str]:
    """Of the columns in sight."""
    found: set[str] = set()
    for header in window.findChildren(QHeaderView):
        if header.isVisible() and header.orientation() is Qt.Orientation.Horizontal:
            model = header.model()
            texts = [str(model.headerData(place, header.orientation()) or "") for place in range(header.count())]
            found |= {f"{header.objectName()}: {text}" for text in texts if WORD.search(text) and "⟦" not in text}
    return found


async def opened(house: House, title: str) -> Any:
    """The composer with this submission of practice mode."""
    page = house.window.pages.events()
    numbers = {run.one.title: run.one.id for run in page.runs.model.rows}
    page.open(numbers[title])
    await until(lambda: page.composer is not None and page.composer.isVisible(), title)
    await until(lambda: not page.composer.document.busy, "its rows")
    return page


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
        data = OURS | {one[:TITLE] for one in house.accounts()} | {str(tmp_path)}
        found: set[str] = set()
        for place in PLACES:
            house.window.go(Place(place))
            await until(lambda place=place: not house.window.pages.shows_contacts(), place)
            found |= plain_texts(house.window, data) | plain_headings(house.window)
        assert found == set()


@pytest.mark.usefixtures("only_messages")
async def test_bulk_events_and_duplicates_can_be_translated_too(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    kept = Settings(operator="Maria", operators=["Maria"])
    found: set[str] = set()
    async with House(
        tmp_path / "data", Found(key=memory_key()), kept=kept, practice=True, cards=tmp_path / "cards.json",
        lang=language.PSEUDO,
    ) as house:  # fmt: skip
        await house.practised()
        house.window.overlays.close_panel()
        house.window.go(EVENTS)
        wanted = {"Restaurant bills", "Bookings of the week"}
        page = house.window.pages.events()
        await until(lambda: wanted <= {run.one.title for run in page.runs.model.rows}, "practice events")
        data = OURS | {one[:TITLE] for one in house.accounts()} | {"Maria", "Practice desk"}
        for title in wanted:
            page = await opened(house, title)
            composer = page.composer
            rows = {text for row in composer.document.rows for text in map(str, row.values.values()) if text}
            found |= plain_headings(composer) | plain_texts(composer, data | rows | {".csv", ".xlsx"})
            page.back()
            await until(lambda page=page: page.composer is None, "the list")
        house.window.go(DUPLICATES)
        await until(lambda: house.window.pages.duplicates().panel.table.rows, "a pair")
        await asyncio.sleep(0.5)
        found |= among_data(house.window.pages.currentWidget(), data | {"United States"})
        found |= await of_merging(house, data)
    assert found == set()


async def of_merging(house: House, data: set[str]) -> set[str]:
    """The dialog that makes one of two contacts of an account."""
    account = house.accounts()["Seaside Villas"]
    hits = await house.services.reader.search(parse("", now=house.window.clock.now()), account_id=account)
    odd = OUTBOX_FLAGS | Flag.RESTRICTED | Flag.FORGET | Flag.CANCELLED
    one, other = [row for row in hits.first if row.city and row.email and not row.flags & odd][:2]
    house.window.outgoing.cards.merge(one.id, other.id)
    await until(house.dialogs, "the question")
    dialog = house.dialogs()[-1]
    await until(lambda: dialog.current is not None, "the comparison")
    found = among_data(dialog, data | {one.name, other.name, "United States"})
    dialog.reject()
    await until(lambda: not house.dialogs(), "its end")
    return found


async def test_the_window_stands_from_right_to_left(qapp: QApplication, tmp_path: Path) -> None:
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    async with house_in(tmp_path / "data", language.PSEUDO) as house:
        await house.practised()
        for place in PLACES:
            house.window.go(Place(place))
            await until(lambda: not house.window.pages.shows_contacts(), place)
            assert not house.window.grab().isNull()
            await asyncio.sleep(0.2)
            assert at_the_far_side(house.window) == []
        rows = house.window.navigation.list
        delegate = rows.itemDelegate()
        assert delegate._seen(QRect(0, 0, 20, 20)).right() == rows.viewport().width() - 1
