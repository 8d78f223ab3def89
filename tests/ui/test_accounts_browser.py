"""The account's form with each way to sign in, and the card of the sign-in with the browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.core.errors import OfflineError, SettingsError, SignInNeededError
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import AccountState
from crmdesk.core.vendor import BrowserWay
from crmdesk.net.loopback import Returned
from crmdesk.sync.browser import BrowserSession, BrowserStep
from crmdesk.ui.accounts import browser as card_module
from crmdesk.ui.accounts.browser import open_address
from crmdesk.ui.accounts.page import AccountsPage
from crmdesk.ui.feedback import BannerHost, Feedback
from crmdesk.ui.theme import Theme
from crmdesk.vendors.bookingsync import BASE_URL, VENDOR
from tests.ui import fakes
from tests.ui.fakes import FakeClock, FakeServices

ADDRESS = "https://www.bookingsync.com/oauth/authorize?client_id=app"
KEYRING = SimpleNamespace(message="The key is in the system's keyring.", keeps_tokens=True)
KEYFILE = SimpleNamespace(message="Contacts are encrypted with a key file.", keeps_tokens=False)
SECRET = "canary-secret-of-the-application"


class Vendor:
    """What BookingSync would say; the network thread is this loop."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.hold = asyncio.Event()
        self.hold.set()
        self.codes: list[str] = []

    def address(self, redirect: str, state: str, challenge: str) -> str:
        return ADDRESS

    async def exchange(self, code: str, redirect: str, verifier: str) -> Mapping[str, str]:
        self.codes.append(code)
        await self.hold.wait()
        if self.error is not None:
            raise self.error
        return {"access_token": "a", "refresh_token": "r"}

    async def aclose(self) -> None: ...


class Network:
    async def run(self, factory: Callable[[], Any]) -> Any:
        return await factory()


class Door:
    """In the place of `net.loopback.Loopback`: the browser comes back when the test says so."""

    last: Door

    def __init__(self, path: str, state: str) -> None:
        Door.last, self.back = self, asyncio.get_running_loop().create_future()

    async def open(self) -> str:
        return "http://127.0.0.1:5000/callback"

    async def wait(self, seconds: float) -> Returned:
        return await self.back

    async def aclose(self) -> None: ...


class Desk:
    """`services.browser` over the vendor above."""

    def __init__(self, services: FakeServices) -> None:
        self.services, self.vendor = services, Vendor()
        self.begun: list[tuple[Any, ...]] = []
        self.fail: Exception | None = None
        self.practice = False

    def plays(self, vendor_key: str) -> bool:
        return self.practice

    async def begin(self, vendor_key: str, title: str, base_url: str, credentials: Any, account_id: Any = None) -> Any:
        self.begun.append((vendor_key, title, base_url, dict(credentials), account_id))
        if self.fail is not None:
            raise self.fail

        async def store(kept: Mapping[str, str]) -> int:
            if account_id is None:
                return (await self.services.add_account(vendor_key, title, base_url, credentials)).id
            return int(account_id)

        way = BrowserWay(lambda *_: self.vendor, code_redirect="urn:x")
        host = SimpleNamespace(network=Network())
        return BrowserSession(host, way, lambda: self.vendor, store, self.services.clock)  # type: ignore[arg-type]


@pytest.fixture
def services(clock: FakeClock) -> FakeServices:
    made = fakes.demo_services(clock)
    made.vendors = {VENDOR.key: VENDOR}
    one = fakes.account(1, vendor=VENDOR.key, base_url=BASE_URL, config={"sign_in": "browser", "client_id": "app"})
    two = fakes.account(2, "Harbour", vendor=VENDOR.key, base_url=BASE_URL)
    made.reader.account_list = [one, two]
    made.browser = Desk(made)  # type: ignore[assignment]
    return made


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No test opens a browser or listens for one."""
    monkeypatch.setattr("crmdesk.net.loopback.Loopback", Door)
    found: list[str] = []
    monkeypatch.setattr(card_module, "open_address", lambda address: found.append(address) or True)
    return found


@pytest.fixture
def page(services: FakeServices, look: Theme, scope: TaskScope, clock: FakeClock, qtbot: QtBot) -> AccountsPage:
    window = QWidget()
    qtbot.addWidget(window)
    feedback = Feedback(window, clock, BannerHost(clock, window))
    made = AccountsPage(services, services.reader, look, scope, feedback, KEYRING)
    made.keep = window  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    made.resize(1000, 900)
    made.show()
    made.activateWindow()
    made.show_accounts(list(services.reader.account_list))
    return made


async def settle() -> None:
    for _ in range(12):
        await asyncio.sleep(0)


def choose(page: AccountsPage, path: str, code: str) -> None:
    box = page.findChild(QComboBox, f"accounts.field.{path}")
    box.setCurrentIndex(box.findData(code))
    box.activated.emit(box.currentIndex())


def seen(page: AccountsPage) -> list[str]:
    """The fields in sight, without what every account has."""
    fields = {**page.form.settings, **page.form.secrets}
    return sorted(path for path, field in fields.items() if field.isVisible())


def fill(page: AccountsPage) -> None:
    page.show_new()
    choose(page, "sign_in", "browser")
    page.form.title.edit.setText("Sea View")
    page.form.settings["client_id"].edit.setText("app")
    page.form.secrets["client_secret"].edit.setText(SECRET)


async def waiting(page: AccountsPage) -> None:
    fill(page)
    page.browser.start.click()
    await settle()


def in_sight(page: AccountsPage) -> set[str]:
    card = page.browser
    parts = (card.start, card.by_code, card.again, card.copy, card.stop, card.code, card.waiting.cancel)
    return {part.objectName().rpartition(".")[2] for part in parts if part.isVisible()}


# ── the form ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("way", "fields", "browser"),
    [
        ("token", ["sign_in", "token"], False),
        ("application", ["client_id", "client_secret", "sign_in"], False),
        ("browser", ["client_id", "client_secret", "rights", "sign_in"], True),
    ],
)
async def test_each_way_shows_its_own_fields(page: AccountsPage, way: str, fields: list[str], browser: bool) -> None:
    page.show_new()
    assert seen(page) == ["sign_in", "token"]
    choose(page, "sign_in", way)
    assert seen(page) == fields
    assert page.browser.isVisible() is browser
    assert (page.save.isVisible(), page.test.isVisible()) == (not browser, not browser)


async def test_only_what_is_in_sight_is_required_and_handed_on(page: AccountsPage, services: FakeServices) -> None:
    page.show_new()
    page.form.secrets["token"].edit.setText("typed-before")
    choose(page, "sign_in", "application")
    page.form.title.edit.setText("Sea View")
    page.save.click()
    assert page.form.settings["client_id"].error.word() == "Please fill in."
    page.form.settings["client_id"].edit.setText("app")
    page.form.secrets["client_secret"].edit.setText(SECRET)
    page.save.click()
    await settle()
    given = {"sign_in": "application", "client_id": "app", "client_secret": SECRET}
    assert services.calls == [("add_account", (VENDOR.key, "Sea View", BASE_URL, given))]


async def test_looking_at_another_way_loses_nothing_typed(page: AccountsPage) -> None:
    fill(page)
    choose(page, "sign_in", "token")
    choose(page, "sign_in", "browser")
    assert page.form.values()[2] == {"sign_in": "browser", "client_id": "app", "client_secret": SECRET, "rights": ""}


async def test_a_stored_account_keeps_its_way_and_says_which_secret_it_has(page: AccountsPage) -> None:
    page.open_account(1)
    assert not page.form.dirty()
    assert seen(page) == ["client_id", "client_secret", "rights", "sign_in"]
    assert "Stored" in page.form.secrets["client_secret"].edit.placeholderText()
    assert page.form.secrets["token"].edit.placeholderText() == ""
    assert page.save.isVisible()
    page.form.settings["client_id"].edit.setText("other")
    page.form.settings["client_id"].edited.emit()
    assert not page.save.isVisible()  # nothing to save before somebody has signed in with it
    choose(page, "sign_in", "token")
    page.save.click()
    assert page.form.secrets["token"].error.word() == "Please fill in."


async def test_with_a_key_file_the_form_says_that_sign_ins_are_in_memory_only(page: AccountsPage) -> None:
    assert not page.form.memory.isVisible()
    page.show_key(KEYFILE)
    page.open_account(2)
    assert page.form.memory.isVisible()
    assert "kept in memory only" in page.form.memory.text()
    assert "memory only" in page.form.secrets["token"].edit.placeholderText()


# ── the card ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_from_the_button_to_the_stored_account(
    page: AccountsPage, services: FakeServices, opened: list[str]
) -> None:
    connected: list[int] = []
    page.connected.connect(connected.append)
    await waiting(page)
    assert opened == [ADDRESS]
    assert page.browser.waiting.label.text() == "Waiting for your browser, 5:00 left…"
    assert in_sight(page) == {"by_code", "again", "copy", "cancel"}
    assert page.browser.waiting.cancel.hasFocus()
    assert not page.form.isEnabled()
    Door.last.back.set_result(Returned(code="c0de"))
    await settle()
    typed = {"sign_in": "browser", "client_id": "app", "client_secret": SECRET, "rights": ""}
    assert services.browser.begun == [(VENDOR.key, "Sea View", BASE_URL, typed, None)]
    assert services.verbs() == ["add_account"]
    assert page.saved.word() == "Signed in and saved"
    assert page.form.account is not None
    assert connected == [page.form.account.id]
    assert page.form.isEnabled()
    assert page.form.secrets["client_secret"].text() == ""
    assert not any(SECRET in edit.text() for edit in page.findChildren(QLineEdit))


async def test_what_is_missing_is_marked_before_anything_is_opened(page: AccountsPage, opened: list[str]) -> None:
    fill(page)
    page.form.settings["client_id"].edit.clear()
    page.browser.start.click()
    await settle()
    assert page.form.settings["client_id"].error.word() == "Please fill in."
    assert opened == []


async def test_enter_in_a_field_begins_the_sign_in(page: AccountsPage, opened: list[str]) -> None:
    fill(page)
    QTest.keyClick(page.form.secrets["client_secret"].edit, Qt.Key.Key_Return)
    await settle()
    assert opened == [ADDRESS]
    page.browser.cancel()
    await settle()


async def test_the_time_left_is_counted(page: AccountsPage, clock: FakeClock) -> None:
    await waiting(page)
    clock.forward(28)
    page.browser._count()
    assert page.browser.waiting.label.text() == "Waiting for your browser, 4:32 left…"
    page.browser.cancel()
    await settle()


async def test_cancel_brings_the_form_back_as_it_was(page: AccountsPage, services: FakeServices) -> None:
    await waiting(page)
    page.browser.waiting.cancel.click()
    await settle()
    assert page.form.isEnabled()
    assert in_sight(page) == {"start", "by_code"}
    assert page.browser.problem.text() == "Cancelled. Nothing was stored."
    assert page.form.secrets["client_secret"].text() == SECRET
    assert page.browser.start.hasFocus()
    assert services.calls == []


async def test_a_code_is_pasted_with_the_keyboard_alone(
    page: AccountsPage, services: FakeServices, opened: list[str]
) -> None:
    fill(page)
    page.browser.by_code.setFocus()
    QTest.keyClick(page.browser.by_code, Qt.Key.Key_Space)
    await settle()
    assert opened == [ADDRESS]
    assert in_sight(page) == {"again", "copy", "stop", "code"}
    assert page.browser.code.hasFocus()
    assert not page.browser.go_on.isEnabled()
    QTest.keyClicks(page.browser.code, " c0de-1234 ")
    QTest.keyClick(page.browser.code, Qt.Key.Key_Return)
    await settle()
    assert services.browser.vendor.codes == ["c0de-1234"]
    assert page.saved.word() == "Signed in and saved"
    assert page.browser.code.text() == ""


async def test_a_refused_code_stays_to_be_replaced(page: AccountsPage, services: FakeServices) -> None:
    services.browser.vendor.error = SignInNeededError("BookingSync does not accept this code.", "Get another one.")
    fill(page)
    page.browser.by_code.click()
    await settle()
    page.browser.code.setText("c0de-1234")
    page.browser.go_on.click()
    await settle()
    assert page.browser.problem.text() == "BookingSync does not accept this code. Get another one."
    assert page.browser.code.hasFocus()
    assert page.browser.code.selectedText() == "c0de-1234"
    page.browser.stop.click()
    await settle()
    assert page.browser.code.text() == ""
    assert page.form.isEnabled()


async def test_from_waiting_to_the_code(page: AccountsPage, services: FakeServices) -> None:
    await waiting(page)
    page.browser.by_code.click()
    await settle()
    assert page.browser.session is not None
    assert page.browser.session.view.step is BrowserStep.CODE
    assert not page.form.isEnabled()
    page.browser.code.setText("c0de-1234")
    page.browser.go_on.click()
    await settle()
    assert page.saved.word() == "Signed in and saved"


async def test_a_wrong_secret_is_told_at_its_field(page: AccountsPage, services: FakeServices) -> None:
    services.browser.vendor.error = SettingsError("It does not accept them.", "Copy both.", field="client_secret")
    await waiting(page)
    Door.last.back.set_result(Returned(code="c0de"))
    await settle()
    assert page.form.secrets["client_secret"].error.word() == "It does not accept them. Copy both."
    assert page.form.secrets["client_secret"].edit.hasFocus()
    assert page.browser.problem.isHidden()


async def test_what_keeps_it_from_beginning_is_told(page: AccountsPage, services: FakeServices) -> None:
    services.browser.fail = OfflineError("You are working offline.", "Switch it off.")
    fill(page)
    page.browser.start.click()
    await settle()
    assert page.error.text() == "You are working offline. Switch it off."
    services.browser.fail = SettingsError("This name is taken.", "Choose another.", field="title")
    page.browser.start.click()
    await settle()
    assert page.form.title.error.word() == "This name is taken. Choose another."


async def test_a_strange_answer_is_told_and_can_be_tried_again(page: AccountsPage) -> None:
    await waiting(page)
    Door.last.back.set_result(Returned(strange=True))
    await settle()
    assert "does not belong to this sign-in" in page.browser.problem.text()
    assert in_sight(page) == {"start", "by_code"}
    assert page.form.isEnabled()


async def test_a_browser_that_cannot_be_opened_leaves_its_address_to_copy(
    page: AccountsPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card_module, "open_address", lambda _address: False)
    await waiting(page)
    assert "could not be opened" in page.browser._note.text()
    page.browser.copy.click()
    assert QGuiApplication.clipboard().text() == ADDRESS
    page.browser.cancel()
    await settle()


async def test_another_account_ends_it_and_the_same_one_does_not(page: AccountsPage, services: FakeServices) -> None:
    page.open_account(1)
    page.browser.start.click()
    await settle()
    assert services.browser.begun[0][3:] == ({"sign_in": "browser", "client_id": "app", "rights": ""}, 1)
    page.open_account(1)
    page.show_accounts(list(services.reader.account_list))
    assert page.browser.under_way
    page.open_account(2)
    await settle()
    assert not page.browser.under_way
    assert not page.browser.isVisible()
    assert page.form.isEnabled()


async def test_an_account_that_was_signed_out_opens_at_its_sign_in(page: AccountsPage, services: FakeServices) -> None:
    signed_out = {"vendor": VENDOR.key, "base_url": BASE_URL, "state": AccountState.SIGN_IN}
    refused = [
        fakes.account(1, "House 1", config={"sign_in": "browser", "client_id": "app"}, **signed_out),
        fakes.account(2, "House 2", config={}, **signed_out),
    ]
    page.show_accounts(refused)
    page.open_account(1)
    assert page.browser.start.hasFocus()
    assert page.browser.start.text() == "Sign in again in the browser…"
    page.open_account(2)
    assert page.form.secrets["token"].edit.hasFocus()


async def test_practice_has_no_page_to_sign_in_at(
    page: AccountsPage, services: FakeServices, opened: list[str]
) -> None:
    services.browser.practice = True
    fill(page)
    assert not page.browser.start.isEnabled()
    assert "Practice" in page.browser.text.text()
    QTest.keyClick(page.form.secrets["client_secret"].edit, Qt.Key.Key_Return)
    await settle()
    assert opened == []


async def test_everything_is_named(page: AccountsPage) -> None:
    await waiting(page)
    for part in (page.browser.start, page.browser.by_code, page.browser.again, page.browser.copy, page.browser.stop,
                 page.browser.code, page.browser.go_on, page.browser.waiting.cancel):  # fmt: skip
        assert part.objectName().startswith("accounts.browser.")
    assert page.browser.code.accessibleName() == "Code from the browser"
    page.browser.cancel()
    await settle()


@pytest.mark.parametrize(
    ("address", "opens"),
    [
        ("https://www.bookingsync.com/oauth/authorize?x=1", True),
        ("http://127.0.0.1:8800/oauth/authorize", True),
        ("http://www.bookingsync.com/oauth/authorize", False),
        ("http://127.0.0.1.evil.example/", False),
        ("file:///etc/passwd", False),
        ("javascript:alert(1)", False),
        ("ms-settings:x", False),
        ("", False),
    ],
)
def test_only_web_pages_are_opened(address: str, opens: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: asked.append(url.toString()) or True)
    assert open_address(address) is opens
    assert bool(asked) is opens
