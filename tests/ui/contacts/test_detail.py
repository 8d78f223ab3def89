"""The detail pane: every field, its age, hostile values."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLabel, QPlainTextEdit, QWidget

from crmdesk.core.errors import OfflineError
from crmdesk.core.seams import iso
from crmdesk.core.types import Flag
from crmdesk.ui.contacts.detail_fields import MAX_VALUE, groups, read_body
from crmdesk.ui.contacts.detail_rows import FieldRow, host_of, web_address
from crmdesk.ui.contacts.page import ContactsPage
from crmdesk.ui.contacts.raw_view import MAX_SHOWN, pretty
from crmdesk.ui.kit import Banner
from crmdesk.vendors.bookingsync.fields import FIELDS
from tests.ui import fakes
from tests.ui.contacts.conftest import BODY, settle


async def opened(page: ContactsPage, row: int = 0) -> None:
    page.table.choose(row)
    await settle(lambda: page.detail.detail is not None and page.detail.detail.row.id == row + 1)
    await settle()


def shown(page: ContactsPage) -> dict[str, str]:
    return {
        row.entry.label: row.entry.text for row in page.detail._body.findChildren(FieldRow) if row.isVisibleTo(page)
    }


async def test_every_filled_field_is_shown_in_words(page: ContactsPage) -> None:
    await opened(page)
    fields = shown(page)
    assert fields["E-mail"] == "cornelia@nienow.co.uk"
    assert fields["Country"] == "France (FR)"
    assert fields["Languages"] == "Portuguese, Serbian, Chinese (Taiwan)"
    assert fields["Gender"] == "Female"
    assert fields["Private notes"] == "Late arrival.\nAsks for a cot."
    assert fields["vip_level"] == "3"
    assert "State or region" not in fields
    phones = [row.entry.text for row in page.detail._body.findChildren(FieldRow) if row.entry.path.startswith("phones")]
    assert phones == ["+33 6 12 31 23 12   (mobile)", "+33 1 55 50 10 10   (fax)"]


async def test_empty_fields_can_be_shown(page: ContactsPage, settings: Any) -> None:
    await opened(page)
    page.detail.findChild(QAbstractButton, "detail.empty").click()
    await settle()
    assert shown(page)["State or region"] == ""
    assert settings.show_empty_fields
    assert settings.saved


async def test_restricted_and_to_be_forgotten_say_so_above_everything(page: ContactsPage) -> None:
    page.reader.contacts[1] = fakes.contact(0, flags=int(Flag.RESTRICTED | Flag.FORGET))
    page.reader.body = json.dumps(BODY | {"forget_me_at": "2026-12-24T00:00:00Z"})
    await opened(page)
    texts = [banner.text() for banner in page.detail._body.findChildren(Banner) if banner.isVisible()]
    assert texts[0].startswith("Restricted since ")
    assert "2026" in texts[0]
    assert texts[1].startswith("To be forgotten on ")


async def test_age_and_check_now(page: ContactsPage, clock: fakes.FakeClock) -> None:
    page.reader.contacts[1] = fakes.contact(0, fetched_at=iso(fakes.NOON - timedelta(hours=3)))
    await opened(page)
    assert page.detail._as_of.text().startswith("As of ")
    assert page.detail._as_of.text().endswith("3 hours ago")
    assert page.detail._old.isHidden()
    clock.forward(3 * 86_400)
    page.detail.refresh_age()
    assert not page.detail._old.isHidden()
    assert page.detail._old.word() == "old"
    page.detail.findChild(QAbstractButton, "detail.check").click()
    await settle(lambda: ("refresh_contact", (1,)) in page.services.calls)


async def test_a_failed_check_says_why_beside_the_button(page: ContactsPage) -> None:
    page.services.fail["refresh_contact"] = OfflineError("No connection.", "Saved data is shown.")
    await opened(page)
    page.detail.check_now()
    await settle(lambda: page.detail._problem.isVisibleTo(page))
    assert page.detail._problem.text() == "No connection. Saved data is shown."
    assert page.detail.findChild(QAbstractButton, "detail.check").isEnabled()


async def test_holding_down_opens_only_where_it_rests(page: ContactsPage) -> None:
    for row in range(20):
        page.table.choose(row)
        await settle()
    await settle(lambda: page.detail.detail is not None and page.detail.detail.row.id == 20)
    assert page.reader.opened == [20]


async def test_copy_takes_the_vendors_value(page: ContactsPage) -> None:
    await opened(page)
    page.detail.findChild(QAbstractButton, "detail.copy.phones.0").click()
    assert QApplication.clipboard().text() == "+33 6 12 31 23 12"
    row = page.detail._body.findChild(FieldRow, "detail.field.country_code")
    page.window().activateWindow()
    row.setFocus()
    assert page.detail.copy_focused()
    assert QApplication.clipboard().text() == "FR"


async def test_the_next_contact_can_be_opened_without_leaving_the_pane(page: ContactsPage) -> None:
    await opened(page)
    page.commands.run("detail.next")
    await settle(lambda: page.detail.detail.row.id == 2)


EVIL = "<img src=x onerror=alert(1)> <b>bold</b> \u202edrowssap\u2066 \x00\x07 " + "w" * 10_000


async def test_hostile_values_are_plain_and_bounded(page: ContactsPage) -> None:
    evil = {key: EVIL for key in BODY if key not in ("id",)}
    page.reader.body = json.dumps(evil | {"\u202ekey": {"a": [1, {"b": EVIL}]}, "deep": [[[[]]]]})
    page.reader.contacts[1] = fakes.contact(0, name="<b>Ana</b>", city="<i>Nevers</i>")
    await opened(page)
    for label in page.detail.findChildren(QLabel):
        assert label.textFormat() == Qt.TextFormat.PlainText or not label.text(), label.text()[:50]
        assert not set(label.text()) & set("\u202e\u2066\x00\x07")
        assert "<b>" not in label.toolTip()
    for box in page.detail.findChildren(QPlainTextEdit):
        assert box.height() < 400
    for row in page.detail._body.findChildren(FieldRow):
        assert len(row.entry.text) <= MAX_VALUE
        assert row.height() < 400
    assert page.detail._name.text() == "<b>Ana</b>"


@pytest.mark.parametrize(
    "body", ["", "null", "[1,2]", "{", "[" * 100_000, '{"email": 5, "phones": {"a": 1}, "links": 7}']
)
async def test_any_stored_text_gives_a_page(page: ContactsPage, body: str) -> None:
    page.reader.body = body
    await opened(page)
    assert page.detail._stack.currentIndex() == 1


@pytest.mark.parametrize("value", [5, 1.5, True, None, [], {}, [1, "x"], {"a": {"b": 1}}, "x", "\ud800", [[["x"]]]])
def test_any_value_in_any_field_becomes_text(value: Any) -> None:
    raw = {spec.path.split(".")[0]: value for spec in FIELDS}
    for group in groups(raw, FIELDS, fakes.NOON):
        for entry in group.entries:
            entry.text.encode("utf-8")


def test_a_body_that_is_no_object_reads_as_nothing() -> None:
    assert read_body("[]") == {}
    assert read_body("{") == {}


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("https://example.com/a?b=c", True),
        ("http://example.com", True),
        ("javascript:alert(1)", False),
        ("file:///etc/passwd", False),
        ("https://user:pw@example.com", False),
        ("https://example.com\n.evil.com", False),
        ("https://exa mple.com", False),
        ("//example.com", False),
        ("https://[bad", False),
        ("https://localhost", False),
        ("ftp://example.com", False),
        ("", False),
    ],
)
def test_only_plain_web_addresses_can_be_opened(text: str, opens: bool) -> None:
    assert bool(web_address(text)) is opens


def test_a_look_alike_host_is_shown_as_it_will_be_asked() -> None:
    assert host_of("https://аpple.com/x").startswith("xn--")


async def test_a_website_opens_only_after_a_question_with_its_host(
    page: ContactsPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("crmdesk.ui.contacts.detail.QDesktopServices.openUrl", lambda url: asked.append(url.toString()))
    await opened(page)
    page.detail.findChild(QAbstractButton, "detail.open.website").click()
    await settle(lambda: page.detail.findChild(QDialog, "detail.openlink") is not None)
    dialog = page.detail.findChild(QDialog, "detail.openlink")
    assert any("nienow.example.com" in label.text() for label in dialog.findChildren(QLabel))
    assert asked == []
    dialog.done(1)
    await settle(lambda: asked == ["https://nienow.example.com/about"])


async def test_raw_exists_only_where_the_setting_allows_it(page: ContactsPage, settings: Any) -> None:
    await opened(page)
    assert page.detail.tabs.count() == 1
    page.commands.run("detail.show_raw")
    await settle(lambda: page.detail.tabs.count() == 2)
    raw = page.detail._raw_view
    await settle(lambda: '"fullname": "Cornelia Nienow"' in raw.text.toPlainText())
    raw.find_box.setText("Nilsa")
    assert raw.text.textCursor().selectedText() == "Nilsa"
    QTest.keyClick(raw.find_box, Qt.Key.Key_Return)
    assert raw.text.textCursor().selectedText() == "Nilsa", "the search goes round"
    raw.find_box.setText("nowhere to be found")
    assert raw.result.text() == "Not found"
    page.commands.run("detail.show_raw")
    await settle(lambda: page.detail.tabs.count() == 1)


def test_a_megabyte_body_is_cut_for_the_screen_and_says_so() -> None:
    text, cut = pretty(json.dumps({"a": "x" * 1_000_000}))
    assert cut
    assert len(text) <= MAX_SHOWN
    assert max(map(len, text.splitlines())) < 3000
    assert pretty('{"a": "\u202e"}') == ('{\n  "a": "\\u202e"\n}', False)
    assert pretty("no json") == ("no json", False)


async def test_nothing_selected_shows_the_most_useful_keys(page: ContactsPage) -> None:
    texts = [label.text() for label in page.detail.findChildren(QLabel) if label.isVisible()]
    assert "Ctrl+F" in texts


async def test_a_contact_that_is_gone_says_so(page: ContactsPage) -> None:
    await opened(page)
    del page.reader.contacts[1]
    page.detail.reload()
    await settle(lambda: page.detail.detail is None)
    assert any(label.text() == "This contact is no longer here." for label in page.detail.findChildren(QLabel))


class WindowWatch(QObject):
    """Notes every widget that is shown as a window of its own, however briefly."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(watched.objectName())
        return False


async def test_a_narrow_window_opens_no_window_of_its_own(page: ContactsPage) -> None:
    watch = WindowWatch()
    QApplication.instance().installEventFilter(watch)
    page.set_narrow(True)
    await opened(page)
    QApplication.instance().removeEventFilter(watch)
    assert watch.seen == []
    assert page.detail.findChild(QAbstractButton, "detail.back") is not None
