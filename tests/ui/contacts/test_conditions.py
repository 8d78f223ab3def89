"""Conditions over all vendors: the builder, the chips in words, views with type and consent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from crmdesk.core.changes import Changes
from crmdesk.core.filters import Filter
from crmdesk.core.query import Op
from crmdesk.core.types import Flag, SavedView, Sort
from crmdesk.ui.contacts.filter_editor import FilterEditor
from crmdesk.ui.contacts.listing import of_text
from crmdesk.ui.contacts.page import ContactsPage
from crmdesk.ui.contacts.painter import CONSENT_LOOK
from tests.helpers.house import until
from tests.ui import fakes
from tests.ui.contacts.conftest import settle

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform on every popup


def shows(page: ContactsPage, column: str) -> bool:
    return {key: shown for key, _, shown in page.table.columns_state()}[column]


@pytest.mark.parametrize(
    ("field", "set_up", "text"),
    [
        ("is", lambda e: e.tick("restricted"), "is:restricted"),
        ("no", lambda e: e.tick("phone"), "no:phone"),
        ("has", lambda e: e.tick("phone", "email"), "has:email,phone"),
        ("consent", lambda e: e.tick("no", "never"), "consent:no,never"),
        ("type", lambda e: e.text.setText("Guest, Tour guide"), 'type:Guest,"Tour guide"'),
        ("updated", lambda e: e.amount.setValue(3), "updated:3d"),
        ("vendor", lambda e: e.tick("bookingsync"), "vendor:bookingsync"),
        ("account", lambda e: e.tick("Harbour Tours"), 'account:"Harbour Tours"'),
        ("by", lambda e: e.tick("Maria", "Tom Smith"), 'by:Maria,"Tom Smith"'),
        ("event", lambda e: e.text.setText("45, achievements"), "event:45,achievements"),
    ],
)
async def test_the_builder_offers_values_by_kind(page: ContactsPage, field: str, set_up: Any, text: str) -> None:
    editor = FilterEditor(page, page.verbs._choices())
    editor.field.setCurrentIndex(editor.field.findData(field))
    set_up(editor)
    one = editor.filter()
    assert one is not None
    assert page.listing.with_chip(None, one, *page.words()).query_text == text
    again = FilterEditor(page, page.verbs._choices())
    again.edit(one)
    assert again.filter() == one


async def test_people_and_kinds_of_events_are_known_to_builder_chips_and_hints(page: ContactsPage) -> None:
    page.settings.operators = ["Zoe"]
    await until(lambda: "Tom" in page.known_names.people())
    editor = FilterEditor(page, page.verbs._choices())
    editor.field.setCurrentIndex(editor.field.findData("by"))
    assert [editor.choice.item(place).text() for place in range(editor.choice.count())] == ["Zoe", "Maria", "Tom"]
    page.set_listing(of_text(page.listing, "event:social by:tom", *page.words()))
    assert [chip.edit.text() for chip in page.view_bar.chips()] == ["Event sent: Social media", "Changed by Tom"]
    page.search_box.line.setText("by:bob event:wedding")
    await until(lambda: not page.search_box.hint.isHidden())
    assert page.search_box.hint.text() == (
        "by: takes Zoe, Maria or Tom.  event: takes a number, or achievements, social media or web visits."
    )
    page.set_listing(of_text(page.listing, 'event:"web visits"', *page.words()))
    assert [chip.edit.text() for chip in page.view_bar.chips()] == ["Event sent: Web visits"], "as its vendor calls it"
    assert "Choice(field='event', value='web')" in repr(page.query())
    page.settings.operators = []


async def test_the_builder_names_vendors_and_answers_in_words(page: ContactsPage) -> None:
    editor = FilterEditor(page, page.verbs._choices())
    editor.field.setCurrentIndex(editor.field.findData("vendor"))
    assert [editor.choice.item(0).text(), editor.choice.count()] == ["BookingSync", 1]
    assert not editor.apply.isEnabled(), "nothing is ticked"
    editor.choice.setFocus()
    editor.choice.item(0).setCheckState(Qt.CheckState.Checked)
    assert editor.apply.isEnabled()
    editor.field.setCurrentIndex(editor.field.findData("consent"))
    assert [editor.choice.item(place).text() for place in range(3)] == ["Yes", "No", "Never asked"]
    assert editor.ticked() == ()


async def test_a_value_that_is_no_longer_offered_stays_in_the_builder(page: ContactsPage) -> None:
    one = Filter("account", Op.IS, ("Sold last year", "Harbour Tours"))
    editor = FilterEditor(page, page.verbs._choices())
    editor.edit(one)
    made = editor.filter()
    assert made is not None
    assert set(made.values) == {"Sold last year", "Harbour Tours"}


async def test_the_builder_is_only_as_high_as_its_values(page: ContactsPage) -> None:
    editor = FilterEditor(page, page.verbs._choices())
    editor.open_below(page.view_bar.add)
    heights = []
    for field in ("city", "no", "updated", "city"):
        editor.field.setCurrentIndex(editor.field.findData(field))
        await settle()
        heights.append(editor.height())
    assert heights[0] == heights[3] < heights[1]
    editor.close()


@pytest.mark.parametrize(
    ("typed", "chips"),
    [
        ("consent:yes", ["Consent is yes"]),
        ("-consent:never", ["Consent is not “never asked”"]),
        ("type:guest", ["Type is Guest"]),
        ("vendor:prio", ["Vendor is PrioTicket"]),
        ("vendor:crm", ["Vendor is CRM.COM Self-Service or CRM.COM back office"]),
        ("vendor:book vendor:nobody", ["Vendor is BookingSync", "Vendor is nobody"]),
    ],
)
async def test_conditions_over_all_vendors_are_sentences(
    page: ContactsPage, services: fakes.FakeServices, typed: str, chips: list[str]
) -> None:
    titles = {"prioticket": "PrioTicket", "crmcom": "CRM.COM Self-Service", "events": "CRM.COM back office"}
    services.vendors = {**services.vendors, **{key: fakes.vendor(key, title) for key, title in titles.items()}}
    page.attach(services, services.reader)
    QTest.keyClicks(page.search_box.line, typed)
    await settle(lambda: not page._describe.isActive())
    assert [chip.edit.text() for chip in page.view_bar.chips()] == chips


async def test_a_view_over_all_vendors_is_saved_with_its_columns_and_sort(page: ContactsPage) -> None:
    page.search("vendor:bookingsync consent:yes type:guest")
    for key in ("type", "consent"):
        page.table.columns.show_column(key, True)
    page.set_listing(replace(page.listing, sort=(Sort("consent"), Sort("type"))))
    await settle(lambda: "by Consent, yes first, then Type, A–Z" in page.view_bar.count.text())
    await page.verbs._store(SavedView(0, "May be written to", ""))
    saved = page.services.calls[-1][1][0]
    assert (saved.query, saved.sort) == ("vendor:bookingsync consent:yes type:guest", (Sort("consent"), Sort("type")))
    assert {"type", "consent"} <= set(saved.columns)
    page.set_account(1)
    assert not shows(page, "consent")
    page.set_view(saved)
    assert shows(page, "consent")
    assert shows(page, "type")


async def test_consents_are_painted_as_picture_and_word_where_they_are_shown(page: ContactsPage) -> None:
    rows = page.reader.contacts
    for number, bits in enumerate((Flag.CONSENT_YES, Flag.CONSENT_NO, Flag.CONSENT_NEVER), 1):
        rows[number] = replace(rows[number], flags=int(bits))
    page.on_changes(Changes(contacts=frozenset({1, 2, 3})))
    await settle(lambda: page.model.row_at(2).flags == Flag.CONSENT_NEVER)
    painter = page.table.painter
    wanted = {("icon", name, tone, 14) for name, tone in CONSENT_LOOK.values()}
    page.table.grab()
    assert not wanted & set(painter._pixmaps), "nobody looks at them"
    page.table.columns.show_column("consent", True)
    for key in ("email", "phone", "country"):
        page.table.columns.show_column(key, False)
    page.table.grab()
    assert wanted <= set(painter._pixmaps)
