"""By keyboard a guest's card is gone through as it is read, and left again."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QWidget

from crmdesk.ui.contacts.page import ContactsPage
from crmdesk.ui.kit import column, scroll
from crmdesk.ui.reading import stops
from tests.ui.contacts.conftest import settle
from tests.ui.guest.conftest import card, deck, open_contact, show_tab
from tests.ui.guest.fake_guests import HOME, FakeGuests, message


def walk(page: ContactsPage, times: int) -> list[str]:
    """Where Tab goes from the line below the name."""
    card(page).line.sign_out.setFocus()
    names = []
    for _ in range(times):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        focus = QApplication.focusWidget()
        names.append(focus.objectName() if page.detail.isAncestorOf(focus) else "elsewhere")
    return names


async def test_tab_goes_down_the_messages_and_out(page: ContactsPage, guests: FakeGuests) -> None:
    guests.messages = [message(1)]
    guests.enter(1)
    await show_tab(page, "Messages")
    await settle(lambda: deck(page).messages.list.isVisible())
    names = [f"guest.messages.{part}" for part in ("unviewed", "archived", "channel", "list")]
    assert walk(page, 6) == ["detail.tabs.bar", *names, "elsewhere"]


async def test_what_a_section_shows_comes_behind_its_heading(page: ContactsPage, guests: FakeGuests) -> None:
    guests.stored = [HOME]
    guests.enter(1)
    await show_tab(page, "More")
    await settle(lambda: "addresses" in guests.verbs())
    deck(page).service.open("privacy")
    await settle()
    names = [f"guest.addresses.{part}" for part in ("fold", "0.change", "0.remove", "add")]
    assert walk(page, 6) == ["detail.tabs.bar", *names, "guest.privacy.fold"]


async def test_the_focus_waits_for_a_contact_that_is_opened(page: ContactsPage) -> None:
    page.window().activateWindow()
    page.detail.setFocus()
    await open_contact(page, 2)
    assert QApplication.focusWidget().objectName() == "detail.field.fullname"


def test_only_what_can_be_used_is_a_stop(qtbot: object) -> None:
    root, inner, side = QWidget(), QWidget(), QHBoxLayout()
    buttons = [QPushButton(str(number)) for number in range(5)]
    late, hidden, off, beside, deep = buttons
    column(inner, deep)
    layout = column(root, hidden, off, scroll(inner, "area"))
    side.addWidget(beside)
    layout.insertLayout(0, side)
    layout.insertWidget(0, late)
    root.show()
    hidden.hide()
    off.setEnabled(False)
    assert [one.text() for one in stops(root) if isinstance(one, QPushButton)] == ["0", "3", "4"]
    root.close()
