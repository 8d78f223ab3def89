"""A Contacts page with somebody who can sign in, over made-up services."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, TypeVar

import pytest
from PySide6.QtWidgets import QDialog, QMainWindow, QWidget
from shiboken6 import isValid

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.commands import Commands
from crmdesk.ui.contacts.page import ContactsPage
from crmdesk.ui.guest.card import Deck, GuestCard
from crmdesk.ui.theme import theme
from tests.ui import fakes
from tests.ui.contacts.conftest import GateReader, settle
from tests.ui.guest.fake_guests import FakeGuests

W = TypeVar("W", bound=QWidget)
BODY = {"id": "R1", "fullname": "Ana Ruiz", "consent_state": "ACCEPTED", "email_opt_out": True, "sms_opt_out": "false"}
FIELDS = (
    FieldSpec("fullname", "Full name", group="Contact"),
    FieldSpec("consent_state", "Consent", group="Consent"),
    FieldSpec("email_opt_out", "No e-mail wanted", FieldKind.FLAG, "Consent"),
    FieldSpec("sms_opt_out", "No text messages wanted", FieldKind.FLAG, "Consent"),
)


@pytest.fixture
def guests() -> FakeGuests:
    return FakeGuests()


@pytest.fixture
def services(clock: fakes.FakeClock, guests: FakeGuests) -> fakes.FakeServices:
    made = fakes.FakeServices(clock)
    people = [fakes.contact(0, name="Ana Ruiz"), fakes.contact(2, name="Ben Hür"), fakes.contact(1, name="Cleo Else")]
    accounts = [fakes.account(1, "Resort", vendor="guests"), fakes.account(2, "Harbour")]
    made.vendors = {
        "guests": replace(fakes.vendor("guests", "Guest House"), fields=FIELDS, guests=True),
        "bookingsync": fakes.vendor(),
    }
    made.reader = GateReader(people, accounts)
    made.reader.body = json.dumps(BODY)
    made.guests = guests
    return made


@pytest.fixture
def settings() -> Any:
    return fakes.settings(show_empty_fields=False, reduced_motion=False)


@pytest.fixture
async def page(
    qtbot: Any, services: fakes.FakeServices, settings: Any, scope: TaskScope, errors: list[Any]
) -> AsyncIterator[ContactsPage]:
    """Ana Ruiz (contact 1) is open."""
    window = QMainWindow()
    made = ContactsPage(services, services.reader, settings, theme(), scope, Commands(window))
    window.setCentralWidget(made)
    window.resize(1300, 850)
    window.show()
    await settle(lambda: made.results.ready and bool(made.desk.accounts))
    await open_contact(made, 1)
    yield made
    made.detail._rest.stop() if isValid(made.detail._rest) else None
    await scope.aclose()
    if isValid(window):
        window.deleteLater()  # and not by qtbot: it would be gone before its tasks have ended
    assert errors == []


async def open_contact(page: ContactsPage, contact_id: int) -> None:
    page.open_contact(contact_id)
    await settle(lambda: page.detail.detail is not None and page.detail.detail.row.id == contact_id)
    await settle()  # it is shown a turn after it was filled
    await settle()


def card(page: ContactsPage) -> GuestCard:
    assert page.detail.guest is not None
    return page.detail.guest


def deck(page: ContactsPage) -> Deck:
    found = card(page).deck
    assert found is not None
    return found


def tabs(page: ContactsPage) -> list[str]:
    bar = page.detail.tabs
    return [bar.tabText(number) for number in range(bar.count())]


async def show_tab(page: ContactsPage, words: str) -> None:
    page.detail.tabs.setCurrentIndex(tabs(page).index(words))
    await settle()


def find(root: QWidget, name: str, kind: type[W] = QWidget) -> W:  # type: ignore[assignment]
    found = root.findChild(kind, name)
    assert found is not None, f"there is no {name}"
    return found


async def dialog(page: ContactsPage, name: str) -> QDialog:
    """The open dialog with this name."""
    window = page.window()

    def there() -> Any:
        return next((one for one in window.findChildren(QDialog, name) if one.isVisible()), None)

    await settle(lambda: there() is not None)
    found: QDialog = there()
    return found
