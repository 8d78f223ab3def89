"""Accounts: add, test, rename, new token, remove; errors at their fields, tokens never shown."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.core.errors import OfflineError, SettingsError, StorageError
from crmdesk.core.tasks import TaskScope
from crmdesk.core.vendor import CheckStep
from crmdesk.ui.accounts.page import AccountsPage
from crmdesk.ui.feedback import BannerHost, Feedback
from crmdesk.ui.theme import Theme
from tests.ui import fakes
from tests.ui.fakes import FakeClock, FakeServices

KEYRING = SimpleNamespace(message="The key is in the system's keyring.", keeps_tokens=True)
MEMORY = SimpleNamespace(message="Nothing is kept.", keeps_tokens=False)
TOKEN = "s3cret-token-of-a-hotel"


@pytest.fixture
def services(clock: FakeClock) -> FakeServices:
    return fakes.demo_services(clock)


@pytest.fixture
def page(services: FakeServices, look: Theme, scope: TaskScope, clock: FakeClock, qtbot: QtBot) -> AccountsPage:
    window = QWidget()
    qtbot.addWidget(window)
    feedback = Feedback(window, clock, BannerHost(clock, window))
    made = AccountsPage(services, services.reader, look, scope, feedback, KEYRING)
    made.keep = window  # type: ignore[attr-defined]
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    made.show_accounts(list(services.reader.account_list))
    return made


async def settle() -> None:
    for _ in range(8):
        await asyncio.sleep(0)


def fill(page: AccountsPage, title: str = "Sea View", base_url: str = "", token: str = TOKEN) -> None:
    page.form.title.edit.setText(title)
    if base_url:
        page.form.base_url.edit.setText(base_url)
    page.form.secrets["access_token"].edit.setText(token)


async def answer(page: AccountsPage, name: str) -> None:
    await settle()
    dialog = page.findChild(QDialog, "accounts.removal")
    assert dialog is not None
    dialog.findChild(QAbstractButton, name).click()
    await settle()


async def test_a_new_account_is_added_with_the_vendors_address(page: AccountsPage, services: FakeServices) -> None:
    page.show_new()
    assert page.form.base_url.text() == "https://www.bookingsync.com/api/v3"
    fill(page, token=f"  {TOKEN}\n")
    page.save.click()
    await settle()
    assert services.calls == [
        ("add_account", ("bookingsync", "Sea View", "https://www.bookingsync.com/api/v3", {"access_token": TOKEN}))
    ]
    assert page.saved.word() == "Saved"
    assert page.form.account is not None and page.form.account.title == "Sea View"


async def test_saved_is_said_only_after_the_commit(page: AccountsPage, services: FakeServices) -> None:
    gate = asyncio.Event()
    services.hold["add_account"] = gate.wait
    page.show_new()
    fill(page)
    page.save.click()
    await settle()
    assert page.saved.word() == "Saving…"
    assert not page.save.isEnabled()
    gate.set()
    await settle()
    assert page.saved.word() == "Saved"


async def test_the_token_is_never_shown_again(page: AccountsPage) -> None:
    page.show_new()
    fill(page)
    page.save.click()
    await settle()
    assert not any(TOKEN in edit.text() for edit in page.findChildren(QLineEdit))
    token = page.form.secrets["access_token"]
    assert token.edit.text() == ""
    assert "Stored" in token.edit.placeholderText()


def test_the_token_is_hidden_until_asked(page: AccountsPage) -> None:
    token = page.form.secrets["access_token"]
    assert token.edit.echoMode() == QLineEdit.EchoMode.Password
    token._eye.trigger()  # type: ignore[union-attr]
    assert token.edit.echoMode() == QLineEdit.EchoMode.Normal
    token._eye.trigger()  # type: ignore[union-attr]
    assert token.edit.echoMode() == QLineEdit.EchoMode.Password


async def test_empty_fields_are_marked_where_they_are(page: AccountsPage, services: FakeServices) -> None:
    page.show_new()
    page.save.click()
    await settle()
    assert services.calls == []
    assert page.form.title.error.word() == "Please fill in."
    assert page.form.secrets["access_token"].error.isVisible()
    assert page.form.title.edit.hasFocus()
    page.form.title.edit.setText("S")
    page.form.title.edit.textEdited.emit("S")
    assert not page.form.title.error.isVisible()


async def test_an_address_that_cannot_work_is_refused_at_its_field(page: AccountsPage, services: FakeServices) -> None:
    page.show_new()
    fill(page, base_url="http://evil.example")
    page.save.click()
    await settle()
    assert services.calls == []
    assert "https://" in page.form.base_url.error.word()


async def test_what_the_services_refuse_stands_at_the_field(page: AccountsPage, services: FakeServices) -> None:
    services.fail["add_account"] = SettingsError("This name is taken.", "Choose another.", field="title")
    page.show_new()
    fill(page)
    page.save.click()
    await settle()
    assert page.form.title.error.word() == "This name is taken. Choose another."
    assert page.saved.word() == ""
    assert page.form.secrets["access_token"].text() == TOKEN  # typing is never lost


async def test_a_full_disk_is_told_and_typing_stays(page: AccountsPage, services: FakeServices) -> None:
    services.fail["add_account"] = StorageError("There is no room to save.", "Free some space.")
    page.show_new()
    fill(page)
    page.save.click()
    await settle()
    assert page.error.text() == "There is no room to save. Free some space."
    assert page.error.isVisible()
    assert page.form.title.text() == "Sea View"


async def test_renaming_sends_only_the_name(page: AccountsPage, services: FakeServices) -> None:
    page.open_account(1)
    page.form.title.edit.setText("Sea & Sand")
    page.save.click()
    await settle()
    assert services.calls == [("update_account", (1, "Sea & Sand", None, None))]


async def test_a_new_token_replaces_the_stored_one(page: AccountsPage, services: FakeServices) -> None:
    page.open_account(1)
    page.form.secrets["access_token"].edit.setText(TOKEN)
    page.save.click()
    await settle()
    assert services.calls == [("update_account", (1, None, None, {"access_token": TOKEN}))]


async def test_three_lines_tell_how_the_test_went(page: AccountsPage, services: FakeServices) -> None:
    services.steps = (
        CheckStep("Reachable", True, "The server answers."),
        CheckStep("Sign-in", False, "The token is not accepted."),
        CheckStep("Rights", None, "Not tried."),
    )
    page.open_account(1)
    page.test.click()
    await settle()
    assert services.calls == [("check", ("bookingsync", "https://www.bookingsync.com/api/v3", {}, 1))]
    assert page.steps.texts() == [
        "Reachable: yes. The server answers.",
        "Sign-in: no. The token is not accepted.",
        "Rights: not tried. Not tried.",
    ]
    assert page.test.isEnabled()


async def test_an_error_in_the_test_is_told(page: AccountsPage, services: FakeServices) -> None:
    services.fail["check"] = OfflineError("No connection.", "Check the cable.")
    page.open_account(1)
    page.test.click()
    await settle()
    assert page.error.text() == "No connection. Check the cable."


@pytest.mark.parametrize(("name", "keep"), [("accounts.removal.keep", True), ("accounts.removal.delete", False)])
async def test_removal_asks_what_becomes_of_the_contacts(
    page: AccountsPage, services: FakeServices, name: str, keep: bool
) -> None:
    page.open_account(2)
    page.remove.click()
    await answer(page, name)
    assert services.calls == [("remove_account", (2, keep))]
    assert page.form.account is not None and page.form.account.id == 1


async def test_cancelling_removes_nothing(page: AccountsPage, services: FakeServices) -> None:
    page.open_account(2)
    page.remove.click()
    await answer(page, "accounts.removal.cancel")
    assert services.calls == []


def test_the_question_counts_and_has_hostile_names_as_text(page: AccountsPage) -> None:
    dialog = page.removal_dialog(fakes.account(9, "<i>x</i>", contacts=12903))
    words = [label.text() for label in dialog.findChildren(QWidget) if hasattr(label, "textFormat")]  # type: ignore[attr-defined]
    assert any("“<i>x</i>”" in text for text in words)
    assert any("12,903 contacts" in text for text in words)
    formats = {label.textFormat() for label in dialog.findChildren(QWidget) if hasattr(label, "textFormat")}  # type: ignore[attr-defined]
    assert formats == {Qt.TextFormat.PlainText}


def test_a_kept_account_can_only_be_deleted(page: AccountsPage) -> None:
    page.show_accounts([fakes.account(1, active=False)])
    page.open_account(1)
    assert page.read_only.isVisible()
    assert not page.save.isEnabled()
    assert page.findChild(QAbstractButton, "accounts.remove").isEnabled()
    dialog = page.removal_dialog(fakes.account(1, active=False))
    assert dialog.findChild(QAbstractButton, "accounts.removal.keep") is None


def test_the_page_says_how_secrets_are_kept(page: AccountsPage) -> None:
    assert (page.note.text(), page.note.property("tone")) == ("The key is in the system's keyring.", "ok")
    page.show_key(MEMORY)
    assert (page.note.text(), page.note.property("tone")) == ("Nothing is kept.", "warning")


def test_a_refresh_does_not_take_away_what_is_typed(page: AccountsPage, services: FakeServices) -> None:
    page.open_account(1)
    page.form.title.edit.setText("Half typed")
    page.show_accounts(list(services.reader.account_list))
    assert page.form.title.text() == "Half typed"


def test_labels_belong_to_their_fields(page: AccountsPage) -> None:
    buddies = [label.buddy() for label in page.findChildren(QWidget) if hasattr(label, "buddy") and label.buddy()]  # type: ignore[attr-defined]
    assert {page.form.title.edit, page.form.base_url.edit, page.form.secrets["access_token"].edit} <= set(buddies)
