"""What opens the dialog, and what follows when somebody has signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtWidgets import QAbstractButton, QMainWindow
from shiboken6 import isValid

from crmdesk.core.errors import ForbiddenError
from crmdesk.core.outbox import GUEST_AWAY, NEVER, FieldChange, Op, OpKind, OpState
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import ContactDetail
from crmdesk.sync.login import Step
from crmdesk.ui.accounts.page import AccountsPage
from crmdesk.ui.contacts.detail_banners import away_banner
from crmdesk.ui.feedback import BannerHost, Feedback
from crmdesk.ui.login import entry
from crmdesk.ui.login.desk import SignInDesk
from crmdesk.ui.outbox.offers import Situation, offers
from crmdesk.ui.outbox.verbs import OutboxVerbs
from crmdesk.ui.theme import Theme
from tests.helpers.clock import FakeClock
from tests.ui import fakes
from tests.ui.login.conftest import settle
from tests.ui.login.fakes import ANA, FakeGuests

WAITS = Op(
    5, "u", 1, 7, OpKind.UPDATE, (FieldChange("first_name", "Ana", "Anna"),), reason=GUEST_AWAY, next_at=NEVER
)  # fmt: skip


class Window(QMainWindow):
    """What the desk needs of the main window."""

    def __init__(self, scope: TaskScope, guests: FakeGuests, clock: FakeClock) -> None:
        super().__init__()
        self.attached, self.scope, self.services = True, scope, SimpleNamespace(guests=guests)
        self.feedback = Feedback(self, clock, BannerHost(clock, self))
        self.shown: list[int] = []
        self.outgoing = SimpleNamespace(open_contact=self.shown.append)
        row = fakes.contact(6, name="Ana Ruiz")
        results, nothing = SimpleNamespace(want_id=0), lambda: None
        shown = SimpleNamespace(row=replace(row, account_id=1))
        detail = SimpleNamespace(
            detail=shown, contact_id=7, focus_first=lambda: self.shown.append(0)
        )  # 0: it has the focus
        self.contacts = SimpleNamespace(detail=detail, results=results, show_detail=nothing)


@pytest.fixture
async def window(
    qtbot: Any, scope: TaskScope, guests: FakeGuests, clock: FakeClock, errors: list[Any]
) -> AsyncIterator[Window]:
    made = Window(scope, guests, clock)
    qtbot.addWidget(made)
    made.resize(1200, 800)
    made.show()
    yield made
    await settle()
    await scope.aclose()
    assert errors == []


async def test_opened_twice_the_first_comes_forward(window: Window, guests: FakeGuests) -> None:
    desk = SignInDesk(window)  # type: ignore[arg-type]  # as far as it looks
    desk.open()
    first = desk.dialog
    desk.open(2)
    assert desk.dialog is first
    assert len(guests.sessions) == 1
    desk.open(1, 7)  # somebody else, and nothing was asked yet
    assert desk.dialog is first
    assert guests.sessions[-1].view.values == {"username": "ana.ruiz@example.org"}
    assert first.identify.way_page().form.values() == {"username": "ana.ruiz@example.org"}
    guests.sessions[-1].show(Step.CODE_SENT, asked=True)
    desk.open(1, 8)
    assert len(guests.sessions) == 2
    desk.close()
    await settle(lambda: all(session.closed for session in guests.sessions))
    assert not isValid(first) or first.over


async def test_whoever_signed_in_is_opened_and_told(window: Window, guests: FakeGuests) -> None:
    desk = SignInDesk(window)  # type: ignore[arg-type]
    desk.open(1)
    guests.sessions[-1].show(Step.DONE, guest=ANA, contact_id=7)
    assert (window.shown, window.contacts.results.want_id) == ([7, 0], 7)
    assert [one.text for one in window.feedback.told] == ["Ana Ruiz is signed in."]
    desk.open(1)  # and the next guest
    assert desk.dialog is not None
    assert not desk.dialog.over
    desk.close()


async def test_an_account_that_is_gone_is_told(window: Window, guests: FakeGuests) -> None:
    def gone(*_: object) -> None:
        raise ForbiddenError("Guests cannot sign in at this account.", "Choose another one.")

    guests.begin = gone  # type: ignore[method-assign,assignment]
    desk = SignInDesk(window)  # type: ignore[arg-type]
    desk.open(1)
    assert desk.dialog is None
    assert window.feedback.banners.texts() == ["Guests cannot sign in at this account. Choose another one."]


async def test_the_commands_say_why_not(window: Window, guests: FakeGuests) -> None:
    any_guest, this_guest = entry.commands(window)  # type: ignore[arg-type]
    guests.signed_in = lambda _contact_id: None  # type: ignore[attr-defined]
    assert (any_guest.enabled(), this_guest.enabled()) == (None, None)
    opened: list[tuple[int, ...]] = []
    window.overlays = SimpleNamespace(sign_in=lambda *who: opened.append(who))  # type: ignore[attr-defined]
    any_guest.run()
    this_guest.run()
    assert opened == [(), (1, 7)]
    guests.signed_in = lambda _contact_id: ANA  # type: ignore[attr-defined]
    assert this_guest.enabled() == "This guest is signed in."
    window.contacts.detail.detail.row = replace(window.contacts.detail.detail.row, account_id=9)
    assert this_guest.enabled() == "The guests of this account do not sign in here."
    guests.list = []
    assert any_guest.enabled() == this_guest.enabled() == "No account here lets guests sign in."
    window.attached = False
    assert any_guest.enabled() == "Contacts are still being opened."


async def test_the_accounts_page_offers_it_where_guests_sign_in(
    qtbot: Any, services: fakes.FakeServices, look: Theme, scope: TaskScope, clock: FakeClock
) -> None:
    services.vendors = {
        "a": replace(fakes.vendor("a", "Alpha"), guests=True),
        "b": fakes.vendor("b", "Beta"),
    }
    page = AccountsPage(services, services.reader, look, scope, Feedback(Window(scope, None, clock), clock, None))  # type: ignore[arg-type]
    qtbot.addWidget(page)
    accounts = [fakes.account(1, "One", vendor="a"), fakes.account(2, "Two", vendor="b")]
    wanted: list[int] = []
    page.guestWanted.connect(wanted.append)
    page.show_accounts(accounts)
    assert page.guest.isHidden()  # a new account
    page.open_account(1)
    assert not page.guest.isHidden()
    page.guest.click()
    assert wanted == [1]
    page.open_account(2)
    assert page.guest.isHidden()


def test_the_outbox_offers_it_for_what_waits_for_a_guest() -> None:
    away = offers(OpKind.UPDATE, OpState.PENDING, Situation(away=True))
    assert (away[0].key, away[0].words, away[0].main) == ("sign_in", "Sign in…", True)
    assert all(offer.key != "sign_in" for offer in offers(OpKind.UPDATE, OpState.PENDING, Situation()))


def test_its_button_asks_for_this_guest() -> None:
    wanted: list[tuple[int, int]] = []
    page = SimpleNamespace(
        contactWanted=None, editWanted=None, conflictWanted=None,
        signInWanted=SimpleNamespace(emit=lambda *who: wanted.append(who)),
    )  # fmt: skip
    OutboxVerbs(page).do("sign_in", SimpleNamespace(op=WAITS, draft=None))  # type: ignore[arg-type]
    assert wanted == [(1, 7)]


def test_the_card_offers_it_while_edits_wait(qtbot: Any) -> None:
    row = fakes.contact(6, name="Ana Ruiz")
    detail = ContactDetail(row, "{}", "", ops=(WAITS, replace(WAITS, id=6)))
    asked: list[tuple[str, Op | None]] = []
    banner = away_banner(detail, lambda what, op: asked.append((what, op)))
    assert banner is not None
    qtbot.addWidget(banner)
    assert banner.text() == "2 edits wait until \u2068Ana Ruiz\u2069 signs in."
    banner.findChild(QAbstractButton, "detail.banner.away.act").click()
    assert asked == [("sign in", WAITS)]
    assert away_banner(replace(detail, ops=(replace(WAITS, next_at=""),)), lambda *_: None) is None
