"""The detail pane: every field, its age, hostile values."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QLocale, QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialog, QLabel, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.core.errors import OfflineError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.seams import iso
from crmdesk.core.types import ContactDetail, Flag
from crmdesk.sync.accepted import Rules
from crmdesk.ui import language
from crmdesk.ui.contacts.detail_accepted import with_accepted
from crmdesk.ui.contacts.detail_fields import (
    DOTS,
    MAX_ENTRIES,
    MAX_VALUE,
    Entry,
    Group,
    groups,
    read_body,
    state_time,
    words_in_line,
)
from crmdesk.ui.contacts.detail_parts import ValueLabel
from crmdesk.ui.contacts.detail_rows import FieldRow, GrowingText, field_card, host_of, web_address
from crmdesk.ui.contacts.local_time import time_there
from crmdesk.ui.contacts.page import ContactsPage
from crmdesk.ui.contacts.raw_view import MAX_SHOWN, pretty, veiled
from crmdesk.ui.kit import Banner
from crmdesk.ui.theme import theme
from crmdesk.ui.words import unbroken
from crmdesk.vendors import VENDORS
from crmdesk.vendors.bookingsync.fields import FIELDS
from tests.ui import fakes
from tests.ui.contacts.conftest import BODY, at_rest, settle


async def opened(page: ContactsPage, row: int = 0) -> None:
    page.table.choose(row)
    await settle(lambda: page.detail.detail is not None and page.detail.detail.row.id == row + 1)
    await settle()


def rows_of(page: ContactsPage) -> list[FieldRow]:
    return page.detail.overview.body.findChildren(FieldRow)


def shown(page: ContactsPage) -> dict[str, str]:
    return {row.entry.label: row.entry.text for row in rows_of(page) if row.isVisibleTo(page)}


async def test_every_filled_field_is_shown_in_words(page: ContactsPage) -> None:
    await opened(page)
    fields = shown(page)
    assert fields["E-mail"] == "cornelia@nienow.co.uk"
    assert fields["Country"] == "France"
    assert fields["Languages"] == "Portuguese, Serbian, Chinese (Taiwan)"
    assert fields["Gender"] == "Female"
    assert fields["Private notes"] == "Late arrival.\nAsks for a cot."
    assert fields["vip_level"] == "3"
    assert "State or region" not in fields
    phones = [row.entry.text for row in rows_of(page) if row.entry.path.startswith("phones")]
    assert phones == ["+33 6 12 31 23 12   (Mobile)", "+33 1 55 50 10 10   (Fax)"]


async def test_its_widgets_come_over_several_turns_and_go_on_where_they_were_stopped(page: ContactsPage) -> None:
    """Made at once they held the window up for 136 ms: when the first contact came, or was opened first."""
    turns = 0

    async def beat() -> None:
        nonlocal turns
        while not page.detail._built:
            await asyncio.sleep(0)
            turns += 1

    stopped = asyncio.ensure_future(page.detail._build())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    stopped.cancel()
    with suppress(asyncio.CancelledError):
        await stopped
    assert not page.detail._built
    beating = asyncio.ensure_future(beat())
    await opened(page, 3)
    await beating
    assert turns >= 3
    assert (page.detail.tabs.count(), page.detail.stack.currentIndex()) == (2, 1)


async def test_a_warning_that_the_vendor_has_refuted_stands_below_its_value(page: ContactsPage) -> None:
    page.reader.body = json.dumps({**BODY, "email": "ana@guest.local"})  # a name that the standards reserve
    await opened(page)
    email = page.detail.findChild(FieldRow, "detail.field.email")
    assert email is not None and not email.entry.remark, "nothing is known of it, and old records are not judged"
    page.services.accepted = frozenset({"email email_form"})
    page.detail.reload()
    said = "BookingSync has accepted such a value before."
    await settle(lambda: said in page.detail.findChild(FieldRow, "detail.field.email").entry.remark)
    email = page.detail.findChild(FieldRow, "detail.field.email")
    assert said in email.accessibleDescription()
    assert [label.text() for label in email.findChildren(QLabel) if said in label.text()] == [email.entry.remark]
    others = [row.entry.path for row in rows_of(page) if row.entry.remark]
    assert others == ["email"]


def test_what_is_veiled_says_nothing_of_itself() -> None:
    spec = FieldSpec("email", "E-mail", FieldKind.EMAIL)
    rules = Rules("BookingSync", frozenset({"email email_form"}), date(2026, 11, 28))
    raw = {"email": "ana@guest.local"}
    for veil, said in (("", True), (DOTS, False)):
        group = Group("", (Entry("email", "E-mail", "ana@guest.local", veil=veil),))
        (found,) = with_accepted([group], raw, [spec], rules)
        assert bool(found.entries[0].remark) is said


def test_kinds_of_phones_are_said_in_the_language() -> None:
    spec = next(spec for spec in FIELDS if spec.kind is FieldKind.PHONES)
    numbers = [{"label": "Mobile", "number": "1"}, {"label": "home", "number": "2"}, {"label": "Büro", "number": "3"}]
    before = QLocale()
    language.choose("de")
    try:
        told = words_in_line(spec, numbers, veiled=False)
    finally:
        language.choose("en")
        QLocale.setDefault(before)
    assert told == "1   (Mobil); 2   (Privat); 3   (Büro)", "what somebody typed stays"


def test_an_address_breaks_at_its_signs_and_is_copied_whole(qtbot: QtBot) -> None:
    address = "maria.gonzalez@seaside-rentals.example"
    box = GrowingText("email", "E-mail", address)
    qtbot.addWidget(box)
    assert unbroken(box.toPlainText()) == address != box.toPlainText()
    box.selectAll()
    box.copy()
    assert QGuiApplication.clipboard().text() == address


async def test_empty_fields_can_be_shown(page: ContactsPage, settings: Any) -> None:
    await opened(page)
    kept: list[bool] = []
    page.settingsChanged.connect(lambda: kept.append(settings.show_empty_fields))
    page.detail.findChild(QAbstractButton, "detail.empty").click()
    await settle()
    assert shown(page)["State or region"] == ""
    assert kept == [True]


async def test_restricted_and_to_be_forgotten_say_so_above_everything(page: ContactsPage) -> None:
    page.reader.contacts[1] = fakes.contact(0, flags=int(Flag.RESTRICTED | Flag.FORGET))
    page.reader.body = json.dumps(BODY | {"forget_me_at": "2026-12-24T00:00:00Z"})
    await opened(page)
    texts = [banner.text() for banner in page.detail.overview.body.findChildren(Banner) if banner.isVisible()]
    assert texts[0].startswith("Restricted since ")
    assert "2026" in texts[0]
    assert texts[1].startswith("To be forgotten on ")
    acted: list[str] = []
    page.detail.acted.disconnect(page.verbs.act)  # what it starts belongs to the window
    page.detail.acted.connect(lambda what, _op: acted.append(what))
    for name, words in (("restrict", "Extract…"), ("forget", "Erase here…")):
        button = page.detail.findChild(QAbstractButton, f"detail.banner.{name}.act")
        assert button.text() == words
        button.click()
    assert acted == ["extract", "erase"], "UX-DET-09: each has one thing to do about it"


async def test_age_and_check_now(page: ContactsPage, clock: fakes.FakeClock) -> None:
    page.reader.contacts[1] = fakes.contact(0, fetched_at=iso(fakes.NOON - timedelta(hours=3)))
    await opened(page)
    assert page.detail.overview.as_of.text().startswith("As of ")
    assert page.detail.overview.as_of.text().endswith("3 hours ago")
    assert page.detail.overview.old.isHidden()
    clock.forward(3 * 86_400)
    page.detail.refresh_age()
    assert not page.detail.overview.old.isHidden()
    assert page.detail.overview.old.word() == "old"
    page.detail.findChild(QAbstractButton, "detail.check").click()
    await settle(lambda: ("refresh_contact", (1,)) in page.services.calls)


async def test_a_failed_check_says_why_beside_the_button(page: ContactsPage) -> None:
    page.services.fail["refresh_contact"] = OfflineError("No connection.", "Saved data is shown.")
    await opened(page)
    page.detail.check_now()
    await settle(lambda: page.detail.overview.problem.isVisibleTo(page))
    assert page.detail.overview.problem.text() == "No connection. Saved data is shown."
    assert page.detail.findChild(QAbstractButton, "detail.check").isEnabled()


async def test_a_window_that_gets_narrow_while_the_pane_is_made_has_the_way_back(page: ContactsPage) -> None:
    for _ in page.detail._unbuilt:
        if hasattr(page.detail, "header"):
            page.detail.set_narrow(True)
    assert page.detail.header._back.isVisibleTo(page.detail.header)


async def test_what_is_read_after_a_check_is_not_older_than_what_is_shown(
    page: ContactsPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check's own change reads the contact, too, and somebody may save while that is done."""
    await opened(page)
    read, held = page.reader.detail, asyncio.Event()

    async def slow(contact_id: int) -> ContactDetail | None:
        found = await read(contact_id)
        await held.wait()
        return found

    monkeypatch.setattr(page.reader, "detail", slow)
    page.detail.check_now()
    await settle(lambda: page.reader.opened == [1, 1])
    monkeypatch.setattr(page.reader, "detail", read)
    page.reader.contacts[1] = replace(page.reader.contacts[1], name="Saved Since")
    page.detail.reload()
    await settle(lambda: page.detail.header.name.text() == "Saved Since")
    held.set()
    await at_rest(page)
    assert page.detail.header.name.text() == "Saved Since"
    assert page.detail.findChild(QAbstractButton, "detail.check").isEnabled()


async def test_holding_down_opens_only_where_it_rests(page: ContactsPage) -> None:
    page.detail._rest.setInterval(700)  # a busy machine may take long from key to key
    for row in range(20):
        page.table.choose(row)
        await settle()
    await settle(lambda: page.detail.detail is not None and page.detail.detail.row.id == 20)
    assert page.reader.opened == [20]


async def test_copy_takes_the_vendors_value(page: ContactsPage) -> None:
    await opened(page)
    page.detail.findChild(QAbstractButton, "detail.copy.phones.0").click()
    assert QApplication.clipboard().text() == "+33 6 12 31 23 12"
    row = page.detail.overview.body.findChild(FieldRow, "detail.field.country_code")
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
    for row in rows_of(page):
        assert len(row.entry.text) <= MAX_VALUE
        assert row.height() < 400
    assert page.detail.header.name.text() == "<b>Ana</b>"


def test_a_long_word_in_a_few_pixels_is_no_work(qtbot: QtBot) -> None:
    """Processor time in units of what the same text takes in a usual width: it was 20 times as much."""
    box = GrowingText("notes", "Notes", "w" * MAX_VALUE)
    qtbot.addWidget(box)
    box.resize(300, 100)
    box.show()

    def seconds(width: int) -> float:
        started = time.thread_time()
        box.resize(width, 100)
        return time.thread_time() - started

    usual = min(seconds(width) for width in (290, 300, 310))
    squeezed = min(seconds(width) for width in (9, 11, 13))
    assert squeezed < 3 * usual
    box.resize(200, 100)
    assert box.document().firstBlock().layout().lineCount() > 10, "and a usual width is laid out anew"


async def test_a_long_name_and_a_long_account_stay_within_the_pane(page: ContactsPage) -> None:
    name = "Κώστας Παπαδοπούλου-Χατζηγεωργίου von und zu Oberdonaudampfschifffahrtsgesellschaft"
    await opened(page)
    header = page.detail.header
    row = replace(page.detail.detail.row, name=name)
    place = "BookingSync · Apartments of the Harbour Company, second floor, rear building, and the boat"
    assert header.show_row(row, place, fakes.NOON) == name
    await settle()
    label = header.name
    assert label.height() >= label.heightForWidth(label.width()), "no line of the name is cut off"
    assert header.width() <= page.detail.width()
    assert header.vendor.text().endswith("…")
    header.show_row(row, "BookingSync · Harbour", fakes.NOON)
    await settle()
    assert header.vendor.text() == "BookingSync · Harbour", "whole where there is room"
    header.show_row(row, place, fakes.NOON)
    await settle()
    assert (header.vendor.accessibleName(), header.vendor.whole()) == (place, place)


@pytest.fixture
def at_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the desk's zone cannot be set here")
@pytest.mark.usefixtures("at_berlin")
@pytest.mark.parametrize(
    ("country", "words"),
    [
        ("JP", "01:30 there"),
        ("IN", "22:00 there"),
        ("PT", "15:30 or 16:30 there"),  # the Azores
        ("FR", ""),  # as at the desk
        ("ES", ""),  # mostly so
        ("US", ""),
        ("XX", ""),
        ("Elsewhere", ""),
        ("", ""),
    ],
)
def test_what_time_it_is_where_the_guest_lives(country: str, words: str) -> None:
    """UX-DET header: as far as the country tells it."""
    assert time_there(country, datetime(2026, 11, 22, 16, 30, tzinfo=UTC)) == words


async def test_the_line_below_the_name_says_what_kind_where_and_what_time(page: ContactsPage) -> None:
    await opened(page)
    header, row = page.detail.header, replace(page.detail.detail.row, kind="TOUR_GUIDE", city="Osaka", country="JP")
    header.show_row(row, "PrioTicket", fakes.NOON)
    words = time_there("JP", fakes.NOON)
    assert words.endswith(" there")
    assert unbroken(header.second.text()).replace("\u00a0", " ") == f"Tour guide · Osaka, Japan · {words}"
    header.show_time(fakes.NOON + timedelta(hours=1))
    assert words[:5] not in header.second.text(), "time goes on"


@pytest.mark.parametrize(
    "body", ["", "null", "[1,2]", "{", "[" * 100_000, '{"email": 5, "phones": {"a": 1}, "links": 7}']
)
async def test_any_stored_text_gives_a_page(page: ContactsPage, body: str) -> None:
    page.reader.body = body
    await opened(page)
    assert page.detail.stack.currentIndex() == 1


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
    monkeypatch.setattr(
        "crmdesk.ui.contacts.websites.QDesktopServices.openUrl", lambda url: asked.append(url.toString())
    )
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
    assert page.detail.tabs.count() == 2
    page.commands.run("detail.show_raw")
    await settle(lambda: page.detail.tabs.count() == 3)
    raw = page.detail._raw_view
    await settle(lambda: '"fullname": "Cornelia Nienow"' in raw.text.toPlainText())
    raw.find_box.setText("Nilsa")
    assert raw.text.textCursor().selectedText() == "Nilsa"
    QTest.keyClick(raw.find_box, Qt.Key.Key_Return)
    assert raw.text.textCursor().selectedText() == "Nilsa", "the search goes round"
    raw.find_box.setText("nowhere to be found")
    assert raw.result.text() == "Not found"
    page.commands.run("detail.show_raw")
    await settle(lambda: page.detail.tabs.count() == 2)


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


# -- kinds of values ---------------------------------------------------------------------------------------------------

NOTE = FieldSpec(
    "notes",
    "Notes",
    FieldKind.RECORDS,
    parts=(
        FieldSpec("text", "Text", FieldKind.LINES),
        FieldSpec("kind", "For", FieldKind.CHOICE, words=(("GUEST", "Guest"),)),
        FieldSpec("at", "Written", FieldKind.DATE),
    ),
)
PAPERS = FieldSpec(
    "papers",
    "Papers",
    FieldKind.RECORDS,
    parts=(FieldSpec("kind", "Kind"), FieldSpec("number", "Number", masked=True)),
)
PASSPORT = FieldSpec("passport", "Passport", masked=True)


def entries(spec: FieldSpec, value: Any) -> list[Entry]:
    (group,) = groups({spec.path: value}, [spec], fakes.NOON)
    return list(group.entries)


def text_of(kind: FieldKind, value: Any, **more: Any) -> str:
    return entries(FieldSpec("field", "Field", kind, **more), value)[0].text


@pytest.mark.parametrize(
    "value", ["1985-03-01", "1985-03-01T23:30:00-05:00", 478483200, "478483200", {"year": 1985, "month": "3", "day": 1}]
)
def test_a_date_is_a_day_however_it_is_written(value: Any) -> None:
    assert text_of(FieldKind.DATE, value) == "Friday, 1 March 1985"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"year": 1985, "month": 3}, "March 1985"),
        ({"month": 3, "day": 1}, "1 March"),
        ("--03-01", "1 March"),
        ("--02-30", "--02-30"),
        ({"year": 1985, "month": 2, "day": 30}, '{"year": 1985, "month": 2, "day": 30}'),
        ({"year": 1985}, '{"year": 1985}'),
        ("1985-13-01", "1985-13-01"),
        ("soon", "soon"),
        (-86400, "Wednesday, 31 December 1969"),
    ],
)
def test_half_a_date_shows_what_there_is_and_no_date_stays_as_it_came(value: Any, text: str) -> None:
    assert text_of(FieldKind.DATE, value) == text


@pytest.mark.parametrize("value", ["2021-01-22T08:40:20Z", 1611304820, "1611304820", 1611304820.0, "1611304820000"])
def test_a_time_is_read_from_iso_text_and_from_seconds(value: Any) -> None:
    assert "22 January 2021" in text_of(FieldKind.TIME, value)
    assert text_of(FieldKind.TIME, value).endswith("(5 years ago)")


def test_digits_are_never_a_year_of_long_ago() -> None:
    assert "2021" in text_of(FieldKind.TIME, "1612121212345")  # as ISO text it would be the year 1612


@pytest.mark.parametrize(
    ("value", "text"),
    [("false", "No"), (False, "No"), ("true", "Yes"), (True, "Yes"), ("0", "No"), ("perhaps", "perhaps"), (None, "")],
)
def test_the_text_false_is_no(value: Any, text: str) -> None:
    assert text_of(FieldKind.FLAG, value) == text


def test_codes_are_words_with_the_code_in_the_tooltip() -> None:
    words = (("VIP", "Very important"), ("STAFF", "Staff"))
    one = entries(FieldSpec("field", "Field", FieldKind.CHOICE, words=words), "VIP")[0]
    assert (one.text, one.hint, one.copy) == ("Very important", "VIP", "VIP")
    several = entries(FieldSpec("field", "Field", FieldKind.CHOICES, words=words), ["STAFF", "NEW", 3])[0]
    assert (several.text, several.hint) == ("Staff, NEW, 3", "STAFF, NEW, 3")
    assert text_of(FieldKind.CHOICES, "STAFF", words=words) == "Staff"


@pytest.mark.parametrize(
    ("value", "text"), [("FR", "France"), ("FRA", "France"), ("XXX", "XXX"), ("Kosovo", "Kosovo"), (7, "7")]
)
def test_a_country_is_named_whether_its_code_has_two_letters_or_three(value: Any, text: str) -> None:
    assert text_of(FieldKind.COUNTRY, value) == text


def test_what_a_vendor_says_of_a_number_stands_behind_it_in_words() -> None:
    parts = (
        FieldSpec("type", "Type", FieldKind.CHOICE, words=(("MOBILE", "mobile"),)),
        FieldSpec("country", "Country", FieldKind.COUNTRY),
        FieldSpec("number", "Number"),
    )
    phones = FieldSpec("phones", "Phones", FieldKind.PHONES, parts=parts)
    told = [{"type": "MOBILE", "country": "SWE", "number": "074-138"}, {"number": "1", "type": "FAX"}, "2", {"x": 1}]
    assert [entry.text for entry in entries(phones, told)] == ["074-138   (mobile, Sweden)", "1   (FAX)", "2", ""]
    (one,) = entries(phones, told[0])
    assert (one.text, one.copy) == ("074-138   (mobile, Sweden)", "074-138")
    (plain,) = entries(FieldSpec("phone", "Phone", FieldKind.PHONES), "0099")
    assert (plain.text, plain.copy, plain.kind) == ("0099", "0099", FieldKind.PHONES)


async def test_a_name_that_runs_the_other_way_begins_where_the_label_does(page: ContactsPage) -> None:
    label = ValueLabel("عبد الرحمن")
    absolute, side = Qt.AlignmentFlag.AlignAbsolute, Qt.AlignmentFlag
    assert label.alignment() & absolute and label.alignment() & side.AlignLeft
    label.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert label.alignment() & absolute and label.alignment() & side.AlignRight


async def test_labels_have_room_in_every_size_of_the_letters(page: ContactsPage) -> None:
    await opened(page)
    for scale in (150, 100):
        theme().set_font_scale(scale)
        await settle()
        labels = [label for row in rows_of(page) for label in row.findChildren(QLabel) if label.text() == "Languages"]
        assert labels
        for label in labels:
            assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width(), scale


def test_a_thing_with_several_names_is_empty_once() -> None:
    specs = [
        FieldSpec("email", "E-mail"),
        FieldSpec("mail", "E-mail"),
        FieldSpec("fax", "Fax"),
        FieldSpec("tel", "Fax"),
    ]

    def shown_of(raw: dict[str, str]) -> list[str]:
        (group,) = groups(raw, specs, fakes.NOON)
        card = field_card(group, empty=True, copy=lambda _: None, open_link=lambda _: None, revealed=set())
        assert card is not None
        return [row.entry.path for row in card.findChildren(FieldRow)]

    assert shown_of({"mail": "a@b.example"}) == ["mail", "fax"]
    assert shown_of({"email": "a@b.example", "mail": "c@d.example", "tel": "1"}) == ["email", "mail", "tel"]


def test_amounts_keep_their_zeros() -> None:
    raw = read_body('{"amount": 12.50, "list": [1.10, 2], "big": 12345678901234567890.10, "deep": [{"a": 1.50}]}')
    specs = [FieldSpec("amount", "Amount", FieldKind.NUMBER)]
    shown = {entry.path: entry.text for group in groups(raw, specs, fakes.NOON) for entry in group.entries}
    assert shown == {
        "amount": "12.50",
        "list": "1.10, 2",
        "big": "12345678901234567890.10",
        "deep": '[{"a": "1.50"}]',
    }
    assert raw["amount"] == Decimal("12.50")


def test_each_record_is_a_small_block() -> None:
    long = "Late arrival, asks for a cot and a quiet room"
    notes = [{"text": long, "kind": "GUEST", "at": "2026-05-06"}, {"kind": "GUEST", "extra": "x"}, "odd", {}]
    shown = entries(NOTE, notes)
    assert [entry.text for entry in shown] == [
        f"{long}\nFor: Guest   ·   Written: Wednesday, 6 May 2026",
        "Guest   ·   extra: x",
        "odd",
        "",
    ]
    assert shown[0].path == "notes.0"
    assert entries(NOTE, {"text": "alone"})[0].text == "alone"
    assert [entry.text for entry in entries(NOTE, [])] == [""]


def test_of_many_records_the_first_are_shown_and_the_others_counted() -> None:
    shown = entries(NOTE, [{"text": f"note {number}"} for number in range(MAX_ENTRIES + 3)])
    assert len(shown) == MAX_ENTRIES + 1
    assert shown[-1].text == "and 3 more"


def test_masked_values_are_dots_until_asked_for() -> None:
    assert (entries(PASSPORT, "X123")[0].veil, entries(PASSPORT, "X123")[0].text) == (DOTS, "X123")
    assert entries(PASSPORT, None)[0].veil == ""
    paper = entries(PAPERS, [{"kind": "ID", "number": "N-77"}])[0]
    assert paper.veil == f"ID   ·   Number: {DOTS}"
    assert paper.text == "ID   ·   Number: N-77"
    assert entries(PAPERS, [{"kind": "ID"}])[0].veil == ""


def test_when_a_state_began_is_found_in_any_spelling() -> None:
    specs = [FieldSpec("forget_on", "Forget", FieldKind.DATE), FieldSpec("restricted", "R", FieldKind.TIME)]
    assert state_time({"forget_on": "2026-12-24"}, specs, "forget") == "Thursday, 24 December 2026"
    assert "22 January 2021" in state_time({"restricted": 1611304820}, specs, "restrict")
    assert state_time({}, specs, "cancel") == ""


VALUES = [5, 1.5, Decimal("1.50"), Decimal("1e400"), float("inf"), True, None, [], {}, [1, "x"], {"a": {"b": 1}},
          "x", "\ud800", [[["x"]]], {"year": "x", "month": None}, 10**30, -(10**17), "9" * 18,
          [None, {"text": [1]}]]  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in FieldKind if not kind.secret])
def test_any_value_of_any_kind_becomes_text(kind: FieldKind) -> None:
    for value in VALUES:
        for masked in (False, True):
            spec = FieldSpec("a.field", "Field", kind, parts=NOTE.parts, masked=masked)
            for group in groups({"a": {"field": value}}, [spec], fakes.NOON):
                for entry in group.entries:
                    entry.text.encode("utf-8")
                    assert bool(entry.veil) is (masked and bool(entry.text) and entry.path != "a.field.more")


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.key)
def test_any_value_in_any_field_of_any_vendor_becomes_text(vendor: Any) -> None:
    for value in VALUES:
        raw: dict[str, Any] = {}
        for spec in vendor.fields:
            *above, last = spec.path.split(".")
            holder = raw
            for key in above:
                holder = holder.setdefault(key, {})
            holder[last] = value
        for group in groups(raw, vendor.fields, fakes.NOON):
            for entry in group.entries:
                entry.text.encode("utf-8")


# -- the block of any vendor -------------------------------------------------------------------------------------------


def headings(page: ContactsPage) -> list[str]:
    found = page.detail.overview.body.findChildren(QLabel, "detail.block")
    return [label.text() for label in found if label.isVisibleTo(page)]


def as_vendor(page: ContactsPage, **changed: Any) -> None:
    """The accounts' vendor is like this; known to the page as after a start."""
    page.services.vendors = {"bookingsync": replace(page.services.vendors["bookingsync"], **changed)}
    page.attach(page.services, page.reader)


async def test_the_block_says_whose_contact_it_is(page: ContactsPage) -> None:
    await opened(page)
    assert headings(page) == ["BookingSync contact"]
    as_vendor(page, record="What we sent to BookingSync")
    page.detail.reload()
    await settle(lambda: headings(page) == ["What we sent to BookingSync"])


async def test_a_contact_that_cannot_be_read_back_says_so(page: ContactsPage) -> None:
    reason = "Cendyn has no way to <read> a contact back."
    page.services.reasons["bookingsync", "refresh"] = reason
    await opened(page)
    button = page.detail.findChild(QAbstractButton, "detail.check")
    assert not button.isEnabled()
    assert "&lt;read&gt;" in button.toolTip()
    assert button.accessibleDescription() == reason
    page.detail.check_now()  # F5
    await settle()
    assert page.detail.overview.problem.text() == reason
    assert "refresh_contact" not in page.services.verbs()


async def test_a_contact_of_a_removed_account_cannot_be_checked(page: ContactsPage) -> None:
    page.reader.account_list = [replace(account, active=False) for account in page.reader.account_list]
    await page.load_accounts()
    await opened(page)
    button = page.detail.findChild(QAbstractButton, "detail.check")
    assert not button.isEnabled()
    assert "removed" in button.accessibleDescription()


async def with_papers(page: ContactsPage) -> None:
    as_vendor(page, fields=(FieldSpec("fullname", "Name"), PASSPORT, PAPERS))
    page.reader.body = json.dumps(
        {"fullname": "Cornelia", "passport": "X-123", "papers": [{"kind": "ID", "number": "N-77"}]}
    )
    await opened(page)


def whole_text(root: QWidget) -> str:
    """Whatever leaves the pane: words, tooltips, what a screen reader is told."""
    found: list[str] = []
    for widget in root.findChildren(QWidget):
        found += [widget.toolTip(), widget.accessibleName(), widget.accessibleDescription(), widget.whatsThis()]
        for read in ("text", "toPlainText"):
            if callable(getattr(widget, read, None)):
                found.append(str(getattr(widget, read)()))
    return "\n".join(found)


async def test_a_masked_value_is_nowhere_before_it_is_asked_for(page: ContactsPage) -> None:
    QApplication.clipboard().setText("before")
    await with_papers(page)
    seen = whole_text(page.detail)
    assert DOTS in seen
    assert "X-123" not in seen
    assert "N-77" not in seen
    assert "Passport: hidden" in seen
    row = page.detail.findChild(FieldRow, "detail.field.passport")
    page.window().activateWindow()
    row.setFocus()
    assert page.detail.findChild(QAbstractButton, "detail.copy.passport").isHidden()
    page.commands.run("detail.copy_field")
    assert QApplication.clipboard().text() == "before"
    assert page.detail.overview.problem.text() == "Show this field first, then copy it."


async def test_each_masked_field_is_shown_and_hidden_by_itself(page: ContactsPage) -> None:
    await with_papers(page)
    eye = page.detail.findChild(QAbstractButton, "detail.show.passport")
    assert eye.accessibleName() == "Show Passport"
    eye.click()
    row = page.detail.findChild(FieldRow, "detail.field.passport")
    assert (row.accessibleName(), eye.accessibleName()) == ("Passport: X-123", "Hide Passport")
    assert "N-77" not in whole_text(page.detail)
    page.window().activateWindow()
    row.setFocus()
    assert page.detail.copy_focused()
    assert QApplication.clipboard().text() == "X-123"
    read = len(page.reader.opened)
    page.detail.reload()
    await settle(lambda: len(page.reader.opened) > read)
    await settle()
    assert "X-123" in whole_text(page.detail.overview.body), "the same contact, read again"
    page.detail.findChild(QAbstractButton, "detail.show.passport").click()
    assert page.detail.findChild(FieldRow, "detail.field.passport").accessibleName() == "Passport: hidden"


async def test_another_contact_begins_masked(page: ContactsPage) -> None:
    await with_papers(page)
    page.detail.findChild(QAbstractButton, "detail.show.passport").click()
    await opened(page, 1)
    assert page.detail.findChild(FieldRow, "detail.field.passport").accessibleName() == "Passport: hidden"


async def test_the_stored_answer_is_masked_as_well(page: ContactsPage, settings: Any) -> None:
    settings.show_raw = True
    await with_papers(page)
    raw = page.detail._raw_view
    await settle(lambda: DOTS in raw.text.toPlainText())
    assert "X-123" not in whole_text(page.detail)
    raw.findChild(QAbstractButton, "raw.copy").click()
    assert "X-123" not in QApplication.clipboard().text()
    raw.reveal.click()
    assert "X-123" in raw.text.toPlainText()
    assert "N-77" in raw.text.toPlainText()
    raw.findChild(QAbstractButton, "raw.copy").click()
    assert QApplication.clipboard().text() == page.reader.body
    await opened(page, 1)
    await settle(lambda: DOTS in raw.text.toPlainText())


def test_only_masked_fields_are_veiled_in_the_stored_answer() -> None:
    specs = (PASSPORT, PAPERS, FieldSpec("a.b", "B", masked=True), FieldSpec("c", "C", FieldKind.RECORDS, masked=True))
    body = {"passport": "X", "papers": {"number": 7, "kind": "ID"}, "a": {"b": [1], "x": "stays"}, "c": [{"d": 1}]}
    assert json.loads(veiled(json.dumps(body), specs)) == {
        "passport": DOTS,
        "papers": {"number": DOTS, "kind": "ID"},
        "a": {"b": DOTS, "x": "stays"},
        "c": DOTS,
    }
    for untouched in ('{"x":  1.50}', "no json", "[1]", '{"passport": null}', '{"papers": ["x", 5, null]}', "[" * 9999):
        assert veiled(untouched, specs) == untouched
    assert veiled('{"passport":  "X"}', FIELDS) == '{"passport":  "X"}'


async def test_entries_of_one_field_have_one_label_to_see_and_each_one_to_hear(page: ContactsPage) -> None:
    await opened(page)
    rows = [row for row in rows_of(page) if row.entry.path.startswith("phones")]
    labels = [next(label.text() for label in row.findChildren(QLabel)) for row in rows]
    assert labels == ["Phone", ""]
    assert [row.accessibleName().split(":")[0] for row in rows] == ["Phone", "Phone"]


def test_how_high_a_long_word_is_is_known_before_it_is_laid_out(qtbot: Any) -> None:
    """A box that grew only after it was resized made Qt lay it out for ever (and crash) where it fitted without the
    scroll bar beside it and not with it."""
    group = groups({"name": "Zimmermann-Papadopoulou"}, [FieldSpec("name", "Name")], fakes.NOON)[0]
    card = field_card(group, empty=False, copy=print, open_link=print, revealed=set())
    assert card is not None
    qtbot.addWidget(card)
    assert card.layout().heightForWidth(250) > card.layout().heightForWidth(500)
    box = card.findChild(GrowingText)
    card.show()
    for width in (500, 250, 330, 250):
        card.resize(width, card.layout().heightForWidth(width))
        card.layout().activate()
        needed = box.lines(box.width()) * box.fontMetrics().lineSpacing()
        assert needed <= box.height() < 2 * needed, "at once, with nothing to come"
