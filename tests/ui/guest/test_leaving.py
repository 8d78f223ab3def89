"""A guest's session belongs to the open card: whoever is left behind is signed out after a notice."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractButton, QWidget

from crmdesk.core.tasks import TaskScope
from crmdesk.ui.feedback import BannerHost, Feedback
from crmdesk.ui.guest.leaving import GuestLeaving
from tests.ui import fakes
from tests.ui.contacts.conftest import settle
from tests.ui.guest.conftest import find
from tests.ui.guest.fake_guests import FakeGuests


class Pane(QWidget):
    turned = Signal()
    contact_id = 0

    def show_contact(self, contact_id: int) -> None:
        self.contact_id = contact_id
        self.turned.emit()


class Window(QWidget):
    """What is needed of the main window."""

    def __init__(self, clock: fakes.FakeClock, scope: TaskScope) -> None:
        super().__init__()
        self.clock, self.scope = clock, scope
        self.banners = BannerHost(clock, self)
        self.feedback = Feedback(self, clock, self.banners)
        self.pane = Pane(self)
        self.gone_back: list[int] = []
        self.contacts = SimpleNamespace(detail=self.pane, open_contact=self.gone_back.append, show_detail=lambda: None)
        self.show_contacts = lambda: None
        self.commands = SimpleNamespace(refresh=lambda: None)


@pytest.fixture
def guests() -> FakeGuests:
    return FakeGuests()


@pytest.fixture
async def window(qtbot: Any, clock: fakes.FakeClock, scope: TaskScope) -> Any:
    made = Window(clock, scope)
    qtbot.addWidget(made)
    made.show()
    yield made
    await scope.aclose()


async def left(window: Window, guests: FakeGuests) -> GuestLeaving:
    """Ana's card was open, another one is now."""
    watch = GuestLeaving(window, guests)  # type: ignore[arg-type]
    window.pane.show_contact(1)
    guests.enter(1)
    window.pane.show_contact(2)
    return watch


async def test_leaving_the_card_gives_notice_and_then_signs_out(
    window: Window, guests: FakeGuests, clock: fakes.FakeClock
) -> None:
    watch = await left(window, guests)
    assert window.banners.texts() == ["\u2068Ana Ruiz\u2069’s card was closed. Signing out in 30 seconds."]
    clock.forward(29)
    watch.tick()
    assert window.banners.texts() == ["\u2068Ana Ruiz\u2069’s card was closed. Signing out in 1 second."]
    assert guests.calls == []
    clock.forward(1)
    watch.tick()
    await settle(lambda: guests.calls == [("sign_out", 1, True)])  # what is saved stays: nobody was asked
    assert window.banners.texts() == []
    assert not watch._timer.isActive()


async def test_coming_back_in_time_keeps_the_session(
    window: Window, guests: FakeGuests, clock: fakes.FakeClock
) -> None:
    watch = await left(window, guests)
    window.pane.show_contact(1)
    assert window.banners.texts() == []
    clock.forward(60)
    watch.tick()
    await settle()
    assert guests.signed_in(1) is not None


async def test_keep_open_keeps_it_until_the_card_is_left_again(
    window: Window, guests: FakeGuests, clock: fakes.FakeClock
) -> None:
    watch = await left(window, guests)
    find(window.banners, "banner.guest.left.1.keep", QAbstractButton).click()
    assert window.banners.texts() == []
    clock.forward(60)
    watch.tick()
    await settle()
    assert guests.signed_in(1) is not None
    window.pane.show_contact(1)
    window.pane.show_contact(3)
    assert len(window.banners.texts()) == 1


async def test_sign_out_now_and_back(window: Window, guests: FakeGuests) -> None:
    await left(window, guests)
    find(window.banners, "banner.guest.left.1.back", QAbstractButton).click()
    assert window.gone_back == [1]
    find(window.banners, "banner.guest.left.1.sign", QAbstractButton).click()
    await settle(lambda: guests.calls == [("sign_out", 1, True)])


async def test_closing_the_pane_leaves_the_card(window: Window, guests: FakeGuests) -> None:
    watch = GuestLeaving(window, guests)  # type: ignore[arg-type]
    window.pane.show_contact(1)
    guests.enter(1)
    window.pane.hide()  # a narrow window went back to its list
    await settle(lambda: len(window.banners.texts()) == 1)
    window.pane.show()
    await settle(lambda: window.banners.texts() == [])
    window.hide()  # another page over both leaves the card open
    await settle()
    assert window.banners.texts() == []
    assert watch._left == {}


async def test_a_session_that_ended_by_itself_needs_no_notice(window: Window, guests: FakeGuests) -> None:
    watch = await left(window, guests)
    guests.lose(1)
    assert window.banners.texts() == []
    assert not watch._timer.isActive()


async def test_somebody_who_has_just_signed_in_is_not_left(window: Window, guests: FakeGuests) -> None:
    """The dialog signs in first and opens the card then."""
    GuestLeaving(window, guests)  # type: ignore[arg-type]
    window.pane.show_contact(2)
    guests.enter(1)
    assert window.banners.texts() == []
    window.pane.show_contact(1)
    assert window.banners.texts() == []


async def test_two_guests_have_a_notice_each(window: Window, guests: FakeGuests) -> None:
    await left(window, guests)
    guests.enter(2, "Ben Hür")
    window.pane.show_contact(3)
    assert len(window.banners.texts()) == 2
