"""The card of a signed-in guest: line, tabs, what stays when the session ends, signing out."""

from __future__ import annotations

from types import SimpleNamespace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QLabel, QLineEdit

from crmdesk.ui.contacts.page import ContactsPage
from crmdesk.ui.guest import entry
from crmdesk.ui.guest.addresses import Addresses
from crmdesk.ui.guest.card import TOUCH_EVERY
from tests.ui import fakes
from tests.ui.contacts.conftest import settle
from tests.ui.guest.conftest import card, deck, dialog, find, open_contact, show_tab, tabs
from tests.ui.guest.fake_guests import FakeGuests, message

EVERY = ["Overview", "History", "Messages", "Approvals", "More"]


def addresses(page: ContactsPage) -> Addresses:
    found = deck(page).service.part("addresses")
    assert isinstance(found, Addresses)
    return found


async def test_tabs_come_and_go_with_the_session(page: ContactsPage, guests: FakeGuests) -> None:
    assert tabs(page) == EVERY[:2]
    assert card(page).line.words.whole() == "Sign in for messages and more"
    guests.enter(1)
    assert tabs(page) == EVERY
    assert card(page).line.words.whole() == "Signed in: \u2068Ana Ruiz\u2069"
    guests.lose(1)
    assert tabs(page) == EVERY[:2]
    assert card(page).deck is None  # nothing that the vendor told stays in memory


async def test_a_command_goes_to_messages_and_approvals_of_who_is_signed_in(
    page: ContactsPage, guests: FakeGuests
) -> None:
    """Ctrl+2 and Ctrl+3 of the key map."""
    window = SimpleNamespace(attached=True, services=page.services, contacts=page, show_contacts=lambda: None)
    messages, approvals = entry.commands(window)  # type: ignore[arg-type]  # as far as it looks
    assert (messages.keys, approvals.keys) == (("Ctrl+2",), ("Ctrl+3",))
    assert "No guest is signed in" in str(messages.enabled())
    guests.enter(1)
    assert messages.enabled() is None
    messages.run()
    assert tabs(page)[page.detail.tabs.currentIndex()] == "Messages"
    await open_contact(page, 2)
    assert approvals.enabled() is None, "another contact is open, and the guest still signed in"
    approvals.run()
    await settle(lambda: page.detail.detail is not None and page.detail.detail.row.id == 1)
    await settle(lambda: tabs(page)[page.detail.tabs.currentIndex()] == "Approvals")
    await settle(lambda: "approvals" in guests.verbs())


async def test_who_went_elsewhere_meanwhile_is_not_taken_to_messages_later(
    page: ContactsPage, guests: FakeGuests
) -> None:
    window = SimpleNamespace(attached=True, services=page.services, contacts=page, show_contacts=lambda: None)
    messages, _approvals = entry.commands(window)  # type: ignore[arg-type]  # as far as it looks
    guests.enter(1)
    await open_contact(page, 2)
    messages.run()
    await open_contact(page, 3)
    await open_contact(page, 1)
    assert tabs(page)[page.detail.tabs.currentIndex()] == "Overview"


async def test_a_vendor_without_guests_has_no_line(page: ContactsPage, guests: FakeGuests) -> None:
    await open_contact(page, 2)
    assert card(page).line.isHidden()
    await open_contact(page, 1)
    assert not card(page).line.isHidden()


async def test_sign_in_asks_for_the_dialog(page: ContactsPage, guests: FakeGuests) -> None:
    asked: list[str] = []
    page.detail.acted.connect(lambda what, _op: asked.append(what))
    page.detail.acted.disconnect(page.verbs.act)
    card(page).line.sign_in.click()
    assert asked == ["sign in"]


async def test_nobody_is_asked_before_a_tab_is_looked_at(page: ContactsPage, guests: FakeGuests) -> None:
    guests.enter(1)
    await settle()
    assert guests.calls == []
    await show_tab(page, "Messages")
    await settle(lambda: guests.verbs() == ["communications"])
    await show_tab(page, "More")
    await settle(lambda: guests.verbs() == ["communications", "addresses"])


async def test_each_guest_has_tabs_of_their_own(page: ContactsPage, guests: FakeGuests) -> None:
    guests.messages = [message(1)]
    guests.enter(1)
    await show_tab(page, "Messages")
    mine = deck(page)
    await settle(lambda: len(mine.messages.model.rows) == 1)
    await open_contact(page, 2)
    assert tabs(page) == EVERY[:2]
    assert page.detail.tabs.currentIndex() == 0
    await open_contact(page, 1)
    assert deck(page) is mine  # as it was left
    assert len(mine.messages.model.rows) == 1


async def test_what_was_typed_stays_when_the_session_ends(page: ContactsPage, guests: FakeGuests) -> None:
    guests.enter(1)
    await show_tab(page, "More")
    form = addresses(page)
    form.edit(None)
    town = find(form, "guest.addresses.field.town_city", QLineEdit)
    QTest.keyClicks(town, "Paphos")
    guests.lose(1)
    assert tabs(page) == ["Overview", "History", "More"]
    assert town.text() == "Paphos"
    assert form.addresses == []  # what the vendor told is gone
    assert card(page).line.safe.text() == "Signed out. What you typed is safe."
    assert card(page).line.safe.isVisible()
    assert not form.save.isEnabled()
    guests.enter(1)
    assert tabs(page) == EVERY
    assert town.text() == "Paphos"
    assert form.save.isEnabled()
    assert card(page).line.safe.isHidden()


async def test_what_was_typed_waits_beside_another_card(page: ContactsPage, guests: FakeGuests) -> None:
    guests.enter(1)
    await show_tab(page, "More")
    addresses(page).edit(None)
    town = find(deck(page).service, "guest.addresses.field.town_city", QLineEdit)
    QTest.keyClicks(town, "Paphos")
    await open_contact(page, 3)
    guests.lose(1)
    await open_contact(page, 1)
    assert tabs(page) == ["Overview", "History", "More"]
    assert find(deck(page).service, "guest.addresses.field.town_city", QLineEdit).text() == "Paphos"


async def test_a_typed_password_is_not_kept(page: ContactsPage, guests: FakeGuests) -> None:
    guests.enter(1)
    await show_tab(page, "More")
    service = deck(page).service
    addresses(page).edit(None)
    QTest.keyClicks(find(service, "guest.addresses.field.town_city", QLineEdit), "Paphos")
    service.open("password")
    secret = find(service, "guest.password.field.password", QLineEdit)
    secret.setText("canary-secret")
    guests.lose(1)
    assert secret.text() == ""


async def test_the_focus_stays_in_the_pane_when_tabs_go(page: ContactsPage, guests: FakeGuests) -> None:
    guests.messages = [message(1)]
    guests.enter(1)
    await show_tab(page, "Messages")
    await settle(lambda: len(deck(page).messages.model.rows) == 1)
    page.window().activateWindow()
    deck(page).messages.list.setFocus()
    guests.lose(1)
    await settle()
    focus = page.window().focusWidget()
    assert focus is not None
    assert page.detail.isAncestorOf(focus)


async def test_sign_out_removes_unless_it_is_to_be_kept(page: ContactsPage, guests: FakeGuests) -> None:
    guests.enter(1)
    card(page).line.sign_out.click()
    asked = await dialog(page, "guest.sign_out")
    keep = find(asked, "guest.sign_out.keep", QCheckBox)
    assert not keep.isChecked()  # a desk is shared
    yes = find(asked, "guest.sign_out.yes", QAbstractButton)
    assert yes.text() == "Sign out and remove"
    keep.click()
    assert yes.text() == "Sign out"
    yes.click()
    await settle(lambda: ("sign_out", 1, True) in guests.calls)


async def test_sign_out_sends_what_was_archived_first(page: ContactsPage, guests: FakeGuests) -> None:
    guests.messages = [message(1)]
    guests.enter(1)
    await show_tab(page, "Messages")
    await settle(lambda: len(deck(page).messages.model.rows) == 1)
    deck(page).messages.archive("M1")
    card(page).line.sign_out.click()
    asked = await dialog(page, "guest.sign_out")
    find(asked, "guest.sign_out.yes", QAbstractButton).click()
    await settle(lambda: "sign_out" in guests.verbs())
    assert guests.calls[-2:] == [("archive", "M1"), ("sign_out", 1, False)]


async def test_a_vendor_that_could_not_be_told_is_said(page: ContactsPage, guests: FakeGuests) -> None:
    guests.told = False
    guests.enter(1)
    card(page).line.sign_out.click()
    asked = await dialog(page, "guest.sign_out")
    find(asked, "guest.sign_out.yes", QAbstractButton).click()
    await settle(lambda: not card(page).line.remark.isHidden())
    assert card(page).line.remark.text().startswith("Signed out here. Guest House could not be told")


async def test_unsent_changes_are_kept_unless_somebody_says_otherwise(page: ContactsPage, guests: FakeGuests) -> None:
    from crmdesk.ui.guest.sign_out import SignOutDialog

    made = SignOutDialog(page, "Ana", 2, False)
    assert made.keep()
    assert "2 changes are not sent yet." in " ".join(label.text() for label in made.findChildren(QLabel))
    made.deleteLater()


async def test_every_operation_keeps_the_session_alive(page: ContactsPage, guests: FakeGuests) -> None:
    guests.enter(1)
    guests.touched.clear()
    await show_tab(page, "Messages")
    await settle(lambda: "communications" in guests.verbs())
    assert guests.touched
    assert set(guests.touched) == {1}


async def test_keys_in_the_pane_keep_the_session_alive_others_do_not(
    page: ContactsPage, guests: FakeGuests, clock: fakes.FakeClock
) -> None:
    guests.enter(1)
    await settle()
    guests.touched.clear()
    clock.forward(TOUCH_EVERY)
    page.window().activateWindow()
    page.table.setFocus()
    QTest.keyClick(page.window().windowHandle(), Qt.Key.Key_Shift)
    assert guests.touched == []  # somebody works with the list
    page.detail.tabs.tabBar().setFocus()
    QTest.keyClick(page.window().windowHandle(), Qt.Key.Key_Shift)
    assert guests.touched == [1]
    QTest.keyClick(page.window().windowHandle(), Qt.Key.Key_Shift)
    assert guests.touched == [1]  # once a second is enough


async def test_every_control_has_a_name(page: ContactsPage, guests: FakeGuests) -> None:
    from PySide6.QtWidgets import QAbstractItemView, QComboBox, QPlainTextEdit

    guests.enter(1)
    guests.messages = [message(1)]
    for name in ("Messages", "Approvals", "More"):
        await show_tab(page, name)
    for name in deck(page).service.folds:
        deck(page).service.open(name)
    found = [
        widget
        for root in deck(page).every
        for kind in (QAbstractButton, QLineEdit, QComboBox, QPlainTextEdit, QAbstractItemView)
        for widget in root.findChildren(kind)
        if widget.isVisibleTo(root) and widget.focusPolicy() is not Qt.FocusPolicy.NoFocus
    ]
    unnamed = [widget for widget in found if not widget.objectName()]
    mute = [
        widget.objectName()
        for widget in found
        if not (widget.accessibleName() or getattr(widget, "text", str)() or isinstance(widget, QLineEdit))
    ]
    assert unnamed == []
    assert mute == []
    assert len(found) > 20
