"""Accounts: add, test, rename, new token, remove; errors at their fields, tokens never shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QDialog, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.core.errors import OfflineError, SettingsError, StorageError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import AccountState
from crmdesk.core.vendor import CheckStep, Vendor
from crmdesk.ui.accounts.form import parted
from crmdesk.ui.accounts.inputs import field_of
from crmdesk.ui.accounts.page import AccountsPage
from crmdesk.ui.feedback import BannerHost, Feedback
from crmdesk.ui.theme import Theme
from crmdesk.vendors import VENDORS
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


async def test_what_was_typed_and_not_saved_is_there_again(page: AccountsPage, services: FakeServices) -> None:
    page.show_new()
    fill(page)
    page.open_account(1)
    assert page.form.secrets["access_token"].text() == ""
    page.form.title.edit.setText("Sea & Sand")
    page.show_new()
    assert (page.form.title.text(), page.form.secrets["access_token"].text()) == ("Sea View", TOKEN)
    page.open_account(1)
    assert page.form.title.text() == "Sea & Sand" and page.form.dirty()
    page.show_new()
    page.save.click()
    await settle()
    assert page.saved.word() == "Saved"
    page.show_new()
    assert (page.form.title.text(), page.form.secrets["access_token"].text()) == ("", ""), "it is saved"


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
        "Rights: not tried.",
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


def test_edits_that_would_never_be_sent_are_counted_before_their_account_goes(page: AccountsPage) -> None:
    dialog = page.removal_dialog(fakes.account(1, contacts=3), 2)
    words = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "2 edits that were not sent yet will never be sent." in words


async def test_an_account_without_contacts_has_nothing_to_keep(page: AccountsPage, services: FakeServices) -> None:
    page.show_accounts([fakes.account(1, contacts=0)])
    page.open_account(1)
    page.remove.click()
    await answer(page, "accounts.removal.delete")
    assert services.calls == [("remove_account", (1, False))]


def test_what_cannot_be_fetched_again_is_said_before_it_is_deleted(page: AccountsPage, services: FakeServices) -> None:
    only_copy = "What is deleted here cannot be fetched again."
    for lacks, told in (({}, False), ({"refresh": "No way to read it back."}, True)):
        services.vendors = {"bookingsync": replace(fakes.vendor(), lacks=lacks)}
        dialog = page.removal_dialog(fakes.account(1, contacts=3))
        words = [label.text() for label in dialog.findChildren(QWidget) if hasattr(label, "textFormat")]  # type: ignore[attr-defined]
        assert any(only_copy in text for text in words) is told


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


# -- any vendor's credentials ------------------------------------------------------------------------------------------

EUROPE, AMERICA = "https://eu.loft.example", "https://us.loft.example"
CREDENTIALS = (
    FieldSpec("base_url", "Region", FieldKind.URL, required=True, words=((EUROPE, "Europe"), (AMERICA, "America")),
              hint="Where your account lives."),
    FieldSpec("way", "Sign in with", FieldKind.CHOICE, words=(("name", "Name"), ("key", "Key"))),
    FieldSpec("user", "User name", hint="Not the e-mail."),
    FieldSpec("password", "Password", FieldKind.PASSWORD, required=True),
    FieldSpec("plan", "Plan", FieldKind.CHOICE, words=(("", "As agreed"), ("big", "Big"))),
    FieldSpec("paid", "Check addresses", FieldKind.FLAG, hint="Costs credits."),
    FieldSpec("hook", "Webhook", FieldKind.URL),
)  # fmt: skip


def loft(**changed: object) -> Vendor:
    """A vendor with every kind of credential."""
    made = replace(fakes.vendor("loft", "Loft CRM"), credentials=CREDENTIALS, default_base_url=EUROPE)
    return replace(made, **changed)


@pytest.fixture
def lofty(page: AccountsPage, services: FakeServices, reopen: Callable[[], AccountsPage]) -> AccountsPage:
    """A page that knows Loft as well, with one stored account of it."""
    services.vendors = {"bookingsync": fakes.vendor(), "loft": loft()}
    stored = fakes.account(7, "Attic", vendor="loft", base_url=EUROPE, config={"user": "ana", "cursor": "x"})
    services.reader.account_list.append(stored)
    return reopen()


@pytest.fixture
def reopen(
    services: FakeServices, look: Theme, scope: TaskScope, clock: FakeClock, qtbot: QtBot
) -> Callable[[], AccountsPage]:
    """Makes the page anew, in a window that is active."""

    def make() -> AccountsPage:
        window = QWidget()
        qtbot.addWidget(window)
        made = AccountsPage(
            services, services.reader, look, scope, Feedback(window, clock, BannerHost(clock, window)), KEYRING
        )
        made.keep = window  # type: ignore[attr-defined]
        qtbot.addWidget(made)
        made.resize(900, 600)
        made.show()
        made.activateWindow()
        made.show_accounts(list(services.reader.account_list))
        return made

    return make


def choose_vendor(page: AccountsPage, key: str) -> None:
    page.form.vendor.setCurrentIndex(page.form.vendor.findData(key))


def type_into(page: AccountsPage, path: str, text: str) -> None:
    edit = page.findChild(QWidget, f"accounts.field.{path}")
    edit.setFocus()
    QTest.keyClick(edit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(edit, text)


def choose(page: AccountsPage, path: str, words: str) -> None:
    """By the keyboard, as a person who cannot see the list would."""
    box = page.findChild(QComboBox, f"accounts.field.{path}")
    for _ in range(box.count() + 1):
        if box.currentText() == words:
            return
        QTest.keyClick(box, Qt.Key.Key_Down)
    raise AssertionError(f"{words} is no choice of {path}")


def new_loft(page: AccountsPage) -> None:
    page.show_new()
    choose_vendor(page, "loft")
    page.form.title.edit.setText("Sea View")


def test_what_matters_is_in_sight_and_the_rest_is_folded() -> None:
    shown, folded = parted(CREDENTIALS)
    assert [spec.path for spec in shown] == ["way", "user", "password"]
    assert [spec.path for spec in folded] == ["plan", "paid", "hook"]
    assert parted(fakes.vendor().credentials) == ([fakes.TOKEN], [])


def test_the_form_has_exactly_the_vendors_fields(lofty: AccountsPage) -> None:
    new_loft(lofty)
    paths = ["base_url", *lofty.form.secrets, *lofty.form.settings]
    assert sorted(paths) == sorted(spec.path for spec in CREDENTIALS)
    assert not lofty.findChildren(QLineEdit, "accounts.field.access_token")
    choose_vendor(lofty, "bookingsync")
    assert list(lofty.form.secrets) == ["access_token"]
    assert lofty.form.settings == {}
    assert lofty.form.fold.isHidden()


async def test_settings_and_secrets_are_handed_on_together(lofty: AccountsPage, services: FakeServices) -> None:
    new_loft(lofty)
    choose(lofty, "way", "Key")
    type_into(lofty, "user", " ana ")
    type_into(lofty, "password", " with blanks ")
    lofty.form.fold.button.click()
    QTest.mouseClick(lofty.form.settings["paid"].edit, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    given = {"way": "key", "user": "ana", "plan": "", "paid": "true", "hook": "", "password": " with blanks "}
    lofty.test.click()
    await settle()
    lofty.save.click()
    await settle()
    assert services.calls == [
        ("check", ("loft", EUROPE, given, None)),
        ("add_account", ("loft", "Sea View", EUROPE, given)),
    ]


async def test_only_what_changed_is_stored_also_where_it_is_empty_now(
    lofty: AccountsPage, services: FakeServices
) -> None:
    lofty.open_account(7)
    assert not lofty.form.dirty()
    type_into(lofty, "user", "x")
    QTest.keyClick(lofty.form.settings["user"].edit, Qt.Key.Key_Backspace)
    lofty.form.fold.button.click()
    choose(lofty, "plan", "Big")
    assert lofty.form.dirty()
    lofty.save.click()
    await settle()
    assert services.calls == [("update_account", (7, None, None, {"user": "", "plan": "big"}))]
    assert not lofty.form.dirty()


def test_a_choice_that_nothing_stands_for_is_chosen_by_its_words(lofty: AccountsPage) -> None:
    spec = FieldSpec("way", "Way", FieldKind.CHOICE, words=(("key", "Key"), ("word", "Word")), default="word")
    field = field_of(spec, lofty)
    assert (field.edit.currentText(), field.text(), field.edit.count()) == ("Word", "word", 2)  # type: ignore[attr-defined]
    assert field.is_as("") and field.is_as("word") and not field.is_as("key")
    field.set_text("key")
    assert field.is_as("key") and not field.is_as("")


async def test_the_test_takes_what_is_stored_and_what_is_typed(lofty: AccountsPage, services: FakeServices) -> None:
    lofty.open_account(7)
    type_into(lofty, "user", "eva")
    lofty.test.click()
    await settle()
    assert services.calls == [
        ("check", ("loft", EUROPE, {"way": "", "user": "eva", "plan": "", "paid": "false", "hook": ""}, 7))
    ]


def test_an_unticked_box_is_as_good_as_nothing_stored(lofty: AccountsPage, services: FakeServices) -> None:
    for stored, ticked in (("", False), ("false", False), ("true", True)):
        account = fakes.account(7, "Attic", vendor="loft", base_url=EUROPE, config={"paid": stored})
        lofty.form.show_account(account)
        assert lofty.form.settings["paid"].edit.isChecked() is ticked  # type: ignore[attr-defined]
        assert not lofty.form.dirty()
        assert lofty.form.fold.opened is ticked


def test_a_password_is_masked_as_a_secret_is(lofty: AccountsPage) -> None:
    lofty.open_account(7)
    password = lofty.form.secrets["password"]
    assert password.edit.echoMode() == QLineEdit.EchoMode.Password  # type: ignore[attr-defined]
    assert "Stored" in password.edit.placeholderText()  # type: ignore[attr-defined]
    assert lofty.findChild(QAbstractButton, "accounts.field.password.show.button") is not None


def test_a_known_address_is_chosen_by_its_words_and_any_other_is_typed(lofty: AccountsPage) -> None:
    new_loft(lofty)
    box = lofty.form.base_url.edit
    assert isinstance(box, QComboBox)
    assert [box.itemText(place) for place in range(box.count())] == [f"Europe — {EUROPE}", f"America — {AMERICA}"]
    assert lofty.form.base_url.hint.text() == "Europe. Where your account lives."
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert (lofty.form.base_url.text(), box.currentText()) == (AMERICA, AMERICA)
    assert lofty.form.base_url.hint.text() == "America. Where your account lives."
    type_into(lofty, "base_url", "https://own.loft.example")
    assert lofty.form.base_url.text() == "https://own.loft.example"
    assert lofty.form.base_url.hint.text() == "Where your account lives."


def test_scrolling_over_a_choice_does_not_change_it(lofty: AccountsPage) -> None:
    new_loft(lofty)
    box = lofty.form.settings["way"].edit
    box.setFocus()
    spot = QPointF(5, 5)
    nothing = Qt.MouseButton.NoButton
    turn = QWheelEvent(spot, box.mapToGlobal(spot), QPoint(), QPoint(0, -240), nothing, Qt.KeyboardModifier.NoModifier,
                       Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    QApplication.sendEvent(box, turn)
    assert lofty.form.settings["way"].text() == ""


def test_a_code_that_this_version_does_not_know_is_kept(lofty: AccountsPage) -> None:
    lofty.form.show_account(fakes.account(7, vendor="loft", base_url=EUROPE, config={"plan": "huge"}))
    assert lofty.form.settings["plan"].text() == "huge"
    assert lofty.form.fold.opened
    assert not lofty.form.dirty()


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return])
def test_the_fold_opens_by_keyboard_and_says_so(lofty: AccountsPage, key: Qt.Key) -> None:
    new_loft(lofty)
    fold = lofty.form.fold
    assert not fold.opened
    assert not lofty.form.settings["hook"].isVisible()
    assert fold.button.accessibleName() == "Advanced, closed"
    fold.button.setFocus()
    QTest.keyClick(fold.button, key)
    assert lofty.form.settings["hook"].isVisible()
    assert fold.button.accessibleName() == "Advanced, open"
    QTest.keyClick(fold.button, key)
    assert not fold.opened


async def test_an_error_in_the_fold_opens_it_and_is_scrolled_to(lofty: AccountsPage, services: FakeServices) -> None:
    services.fail["update_account"] = SettingsError("No address.", "Write https://.", field="hook")
    lofty.open_account(7)
    lofty.form.title.edit.setText("Loft")
    lofty.save.click()
    await settle()
    hook = lofty.form.settings["hook"]
    assert hook.error.word() == "No address. Write https://."
    assert hook.edit.hasFocus()
    assert hook.edit.accessibleDescription() == hook.error.word()
    for _ in range(20):
        await asyncio.sleep(0.01)
    spot = hook.edit.mapTo(lofty._area.viewport(), hook.edit.rect().center())
    assert lofty._area.viewport().rect().contains(spot)


async def test_save_stays_in_sight_in_a_small_window(lofty: AccountsPage) -> None:
    new_loft(lofty)
    lofty.form.fold.button.click()
    lofty.resize(660, 330)
    await asyncio.sleep(0.05)
    assert lofty._area.verticalScrollBar().maximum() > 0, "the form is longer than the window"
    for pressed in (lofty.save, lofty.test):
        assert lofty.rect().contains(QRect(pressed.mapTo(lofty, QPoint()), pressed.size()))
        assert pressed.visibleRegion().boundingRect() == pressed.rect(), "nothing lies over it"


async def test_a_required_choice_has_to_be_made(
    services: FakeServices, reopen: Callable[[], AccountsPage], page: AccountsPage
) -> None:
    must = FieldSpec("release", "Release", FieldKind.CHOICE, required=True, words=(("12", "R12"), ("13", "R13")))
    services.vendors = {"loft": loft(credentials=(must,))}
    services.reader.account_list.clear()
    made = reopen()
    made.form.title.edit.setText("Sea View")
    made.save.click()
    await settle()
    assert services.calls == []
    assert made.form.settings["release"].error.word() == "Please fill in."
    choose(made, "release", "R13")
    assert made.form.settings["release"].error.isHidden()
    made.save.click()
    await settle()
    assert services.calls == [("add_account", ("loft", "Sea View", EUROPE, {"release": "13"}))]


def test_another_vendor_swaps_the_form_and_loses_nothing_typed(lofty: AccountsPage) -> None:
    new_loft(lofty)
    type_into(lofty, "user", "ana")
    type_into(lofty, "password", "pw")
    type_into(lofty, "base_url", "https://own.loft.example")
    choose_vendor(lofty, "bookingsync")
    assert lofty.form.title.text() == "Sea View"
    assert lofty.form.base_url.text() == "https://www.bookingsync.com/api/v3"
    choose_vendor(lofty, "loft")
    assert lofty.form.values()[:2] == ("Sea View", "https://own.loft.example")
    assert (lofty.form.settings["user"].text(), lofty.form.secrets["password"].text()) == ("ana", "pw")
    lofty.show_new()
    assert (lofty.form.settings["user"].text(), lofty.form.secrets["password"].text()) == ("ana", "pw")


def test_one_sentence_says_what_an_account_gives(
    services: FakeServices, reopen: Callable[[], AccountsPage], page: AccountsPage
) -> None:
    sentence = "Loft takes events; it has no list of contacts."
    services.vendors = {"bookingsync": fakes.vendor(), "loft": loft(lacks={"pull": sentence})}
    written = fakes.account(7, "Attic", vendor="loft", state=AccountState.NEW, contacts=0)
    services.reader.account_list = [fakes.account(1), written]
    made = reopen()
    made.open_account(1)
    assert made.form.gives.text() == "Contacts are fetched and can be found here."
    assert made.state.word() == "Checked · 31,240 contacts here"
    made.open_account(7)
    assert made.form.gives.text() == sentence
    assert made.state.word() == "Ready"
    spoken = [made.list.item(place).data(Qt.ItemDataRole.AccessibleTextRole) for place in range(made.list.count())]
    assert spoken == ["Seaside Villas, BookingSync, checked", f"Attic, Loft CRM, ready, {sentence}"]
    assert "never checked" not in " ".join(spoken)
    kept = "Loft cannot be read back; what was sent is shown."
    services.vendors = {"loft": loft(lacks={"refresh": kept})}
    assert reopen().form.gives.text() == kept


def test_hostile_titles_are_plain_text_in_the_lists_tooltip(page: AccountsPage) -> None:
    page.show_accounts([fakes.account(1, "<b>x</b>", reason="<img src=x>")])
    assert "&lt;b&gt;x" in page.list.item(0).toolTip()
    assert "<img" not in page.list.item(0).toolTip()


def test_an_account_of_an_unknown_vendor_can_only_be_removed(page: AccountsPage) -> None:
    page.show_accounts([fakes.account(1, "Old", vendor="gone", base_url="https://gone.example")])
    page.open_account(1)
    assert page.form.gives.text().startswith("This version of crmdesk does not know this vendor.")
    assert (page.form.title.text(), page.form.base_url.text()) == ("Old", "https://gone.example")
    assert page.form.vendor.currentText() == ""
    assert not page.save.isEnabled()
    assert not page.test.isEnabled()
    assert page.remove.isEnabled()
    page.show_new()
    assert page.form.vendor.currentText() == "BookingSync"
    assert page.save.isEnabled()


def test_tab_goes_down_the_form_in_reading_order(lofty: AccountsPage) -> None:
    new_loft(lofty)
    lofty.form.fold.button.click()
    lofty.form.vendor.setFocus()
    way = ["accounts.vendor"]
    for _ in range(12):
        QTest.keyClick(lofty.focusWidget(), Qt.Key.Key_Tab)
        way.append(lofty.focusWidget().objectName())
    fields = [f"accounts.field.{name}" for name in ("title", "base_url", "way", "user", "password")]
    folded = [f"accounts.field.{name}" for name in ("plan", "paid", "hook")]
    assert way[:12] == ["accounts.vendor", *fields, "accounts.advanced", *folded, "accounts.save", "accounts.test"]


def test_a_check_that_notes_something_takes_nobodys_focus_away(lofty: AccountsPage, services: FakeServices) -> None:
    lofty.open_account(7)
    lofty.form.secrets["password"].edit.setFocus()
    attic = services.reader.account_list[-1]
    lofty.show_accounts([replace(attic, contacts=12, config={**attic.config, "cursor": "y"})])
    assert lofty.form.secrets["password"].edit.hasFocus()
    lofty.show_accounts([replace(attic, config={"user": "eva"})])
    assert lofty.form.settings["user"].text() == "eva"


async def test_the_focus_is_where_it_was_after_saving(lofty: AccountsPage) -> None:
    lofty.open_account(7)
    lofty.form.settings["user"].edit.setFocus()
    QTest.keyClicks(lofty.form.settings["user"].edit, "x")
    QTest.keyClick(lofty.form.settings["user"].edit, Qt.Key.Key_Return)
    await settle()
    assert lofty.saved.word() == "Saved"
    assert lofty.form.settings["user"].edit.hasFocus()


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.key)
def test_every_vendors_account_can_be_filled_in(
    vendor: Vendor, services: FakeServices, reopen: Callable[[], AccountsPage], page: AccountsPage
) -> None:
    services.vendors = {vendor.key: vendor}
    services.reader.account_list = [fakes.account(1, vendor=vendor.key, base_url=vendor.default_base_url)]
    made = reopen()
    made.open_account(1)
    assert not made.form.dirty()
    assert made.form.gives.text()
    buddies = [label.buddy() for label in made.findChildren(QWidget) if hasattr(label, "buddy") and label.buddy()]  # type: ignore[attr-defined]
    for spec in vendor.credentials:
        edit = made.findChild(QWidget, f"accounts.field.{spec.path}")
        assert edit.accessibleName() == spec.label
        assert edit in buddies
        assert spec.hint in edit.accessibleDescription()
        if spec.kind.secret:
            assert edit.echoMode() == QLineEdit.EchoMode.Password  # type: ignore[attr-defined]
