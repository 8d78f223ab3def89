"""The History tab: earlier states on demand, what each changed, and what is said where there are none."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel

from crmdesk.core.errors import OfflineError, ServerFaultError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.revisions import Change
from crmdesk.core.types import Revision
from crmdesk.ui.contacts.history_rows import MOST_CHANGES, MOST_LETTERS, breakable, change_words
from crmdesk.ui.contacts.history_view import AT_ONCE, HistoryView
from crmdesk.ui.contacts.page import ContactsPage
from tests.ui.contacts.conftest import BODY, settle

SPECS = (
    FieldSpec("fullname", "Name"),
    FieldSpec("city", "City"),
    FieldSpec("passport", "Passport", masked=True),
    FieldSpec("notes", "Notes", FieldKind.RECORDS, parts=(FieldSpec("text", "Text"),)),
)
KEPT = (
    Revision(3, "2026-05-06T10:30:00Z", {"fullname": "Cornelia", "city": "Nevers", "passport": "X2", "tier": 2}),
    Revision(2, "2026-05-05T10:30:00Z", {"fullname": "Cornelia", "city": "Lyon", "passport": "X1", "tier": 1}),
    Revision(1, "", {"fullname": "C.", "city": "Lyon", "passport": "X1", "tier": 1}),
)
ISOLATES = str.maketrans("", "", "\u2068\u2069")


@pytest.fixture
async def kept(page: ContactsPage) -> ContactsPage:
    """A vendor that keeps three states of each contact."""
    page.services.vendors = {"bookingsync": replace(page.services.vendors["bookingsync"], fields=SPECS)}
    page.services.kept = KEPT
    page.attach(page.services, page.reader)
    return page


async def opened(page: ContactsPage, row: int = 0) -> HistoryView:
    page.table.choose(row)
    await settle(lambda: page.detail.detail is not None and page.detail.detail.row.id == row + 1)
    await settle()
    return page.detail.history


async def with_history(page: ContactsPage, row: int = 0) -> HistoryView:
    view = await opened(page, row)
    page.detail.tabs.setCurrentWidget(view)
    await settle(lambda: bool(view.cards()))
    return view


async def active(page: ContactsPage) -> None:
    """Only an active window has a focus."""
    page.window().activateWindow()
    await settle(page.window().isActiveWindow)


def said(view: HistoryView) -> list[str]:
    """Every word that can be seen, without direction marks."""
    labels = [label for label in view.findChildren(QLabel) if label.isVisible() and label.text()]
    return [label.text().translate(ISOLATES) for label in labels]


async def test_nobody_is_asked_before_the_tab_is_opened(kept: ContactsPage) -> None:
    await opened(kept)
    assert "revisions" not in kept.services.verbs()
    kept.detail.tabs.setCurrentWidget(kept.detail.history)
    await settle(lambda: ("revisions", (1,)) in kept.services.calls)
    kept.detail.tabs.setCurrentIndex(0)
    kept.detail.tabs.setCurrentWidget(kept.detail.history)
    await settle()
    assert kept.services.verbs().count("revisions") == 1, "once is enough for one contact"


async def test_each_version_says_when_it_was_made_and_what_it_changed(kept: ContactsPage) -> None:
    view = await with_history(kept)
    spoken = [card.accessibleName() for card in view.cards()]
    assert spoken[0].startswith("Version 3. Wednesday, 6 May 2026")
    assert spoken[0].endswith("City: Lyon → Nevers. Passport: hidden → hidden. tier: 1 → 2")
    assert spoken[1].endswith("Name: C. → Cornelia")
    assert spoken[2] == "Version 1. The vendor does not say when. First version"
    words = said(view)
    assert "Lyon → Nevers" in words
    assert "First version" in words
    assert not any("X1" in word or "X2" in word for word in (*words, *spoken))


async def test_the_oldest_of_many_is_not_called_the_first(kept: ContactsPage) -> None:
    kept.services.kept = KEPT[:2]
    view = await with_history(kept)
    assert "The oldest version that BookingSync keeps" in said(view)


async def test_a_version_without_a_visible_change_says_so(kept: ContactsPage) -> None:
    kept.services.kept = (replace(KEPT[0], number=4), KEPT[0])
    view = await with_history(kept)
    assert "Nothing that is shown here changed" in said(view)


async def test_another_contact_and_another_state_are_asked_for_again(kept: ContactsPage) -> None:
    view = await with_history(kept)
    await opened(kept, 1)
    await settle(lambda: ("revisions", (2,)) in kept.services.calls)
    kept.detail.reload()
    await settle()
    assert kept.services.verbs().count("revisions") == 2, "read again, nothing changed"
    kept.reader.body = json.dumps(BODY | {"city": "Paris"})
    kept.detail.reload()
    await settle(lambda: kept.services.verbs().count("revisions") == 3)
    await settle(lambda: bool(view.cards()))


async def test_a_vendor_that_keeps_nothing_says_why_and_is_not_asked(kept: ContactsPage) -> None:
    kept.services.reasons["bookingsync", "history"] = "BookingSync keeps no earlier versions of a contact."
    view = await opened(kept)
    kept.detail.tabs.setCurrentWidget(view)
    await settle()
    assert said(view) == ["No earlier versions", "BookingSync keeps no earlier versions of a contact."]
    assert view.again.isHidden()
    assert "revisions" not in kept.services.verbs()


async def test_a_contact_without_earlier_versions_says_so(kept: ContactsPage) -> None:
    kept.services.kept = ()
    view = await opened(kept)
    kept.detail.tabs.setCurrentWidget(view)
    await settle(lambda: "BookingSync keeps no earlier version of this contact." in said(view))


@pytest.mark.parametrize(
    "error", [OfflineError("You are working offline.", "Switch it off."), ServerFaultError("BookingSync has a fault.")]
)
async def test_what_went_wrong_is_told_and_can_be_tried_again(kept: ContactsPage, error: Exception) -> None:
    kept.services.fail["revisions"] = error
    view = await opened(kept)
    kept.detail.tabs.setCurrentWidget(view)
    await settle(lambda: view.again.isVisible())
    assert str(error) == " ".join(said(view))
    kept.services.fail.clear()
    await active(kept)
    view.again.setFocus()
    QTest.keyClick(view.again, Qt.Key.Key_Space)
    await settle(lambda: bool(view.cards()))
    assert kept.window().focusWidget() is view.cards()[0], "the button is gone, the focus is not"


async def test_a_mistake_of_ours_leaves_a_word_and_goes_into_the_log(kept: ContactsPage, errors: list[Any]) -> None:
    kept.services.fail["revisions"] = ValueError("ours")
    view = await opened(kept)
    kept.detail.tabs.setCurrentWidget(view)
    await settle(lambda: view.again.isVisible())
    assert "Something went wrong inside crmdesk." in said(view)
    assert [what for what, _ in errors] == ["Read history"]
    errors.clear()


async def test_a_slow_answer_can_be_cancelled(kept: ContactsPage) -> None:
    gate = asyncio.Event()
    kept.services.hold["revisions"] = gate.wait
    view = await opened(kept)
    kept.detail.tabs.setCurrentWidget(view)
    await settle()
    assert said(view) == [], "a quick answer needs no sign"
    await settle(lambda: view.busy.isVisible())
    assert view.busy.label.whole() == "Asking BookingSync for earlier versions…"
    view.busy.cancel.click()
    await settle(lambda: view.again.isVisible())
    assert said(view) == ["Stopped", "Earlier versions were not read."]
    gate.set()
    await settle()
    assert view.cards() == []


async def test_a_late_answer_of_another_contact_is_not_shown(kept: ContactsPage) -> None:
    gate = asyncio.Event()
    kept.services.hold["revisions"] = gate.wait
    view = await opened(kept)
    kept.detail.tabs.setCurrentWidget(view)
    await settle()
    kept.detail.tabs.setCurrentIndex(0)
    kept.services.reasons["bookingsync", "history"] = "No history."
    await opened(kept, 1)
    kept.detail.tabs.setCurrentWidget(view)
    gate.set()
    await settle()
    assert said(view) == ["No earlier versions", "No history."]


async def test_many_versions_come_in_portions(kept: ContactsPage) -> None:
    count = 2 * AT_ONCE + 5
    kept.services.kept = tuple(Revision(count - place, "", {"city": str(place)}) for place in range(count))
    view = await with_history(kept)
    assert len(view.cards()) == AT_ONCE
    more = view.findChild(QAbstractButton, "history.more")
    assert more.text() == f"Show {count - AT_ONCE} older versions"
    await active(kept)
    more.setFocus()
    more.click()
    assert len(view.cards()) == 2 * AT_ONCE
    assert kept.window().focusWidget() is view.cards()[AT_ONCE]
    await settle()
    view.findChild(QAbstractButton, "history.more").click()
    assert len(view.cards()) == count
    assert view.cards()[-1].accessibleName().endswith("First version")


async def test_hostile_versions_are_plain_and_bounded(kept: ContactsPage) -> None:
    evil = "<b>x</b>\u202e\x00" + "w" * 100_000
    raw: dict[str, Any] = {f"<i>key {number}</i>": evil for number in range(200)} | {"city": evil, "notes": [[[evil]]]}
    kept.services.kept = (Revision(2, evil, raw), Revision(1, "2026", {"city": 5, "notes": {"text": {"a": evil}}}))
    view = await with_history(kept)
    assert len(view.cards()[0].lines) == MOST_CHANGES
    assert "and 162 more changes" in said(view)
    for label in view.findChildren(QLabel):
        assert label.textFormat() == Qt.TextFormat.PlainText or not label.text()
        assert not set(label.text()) & set("\u202e\x00")
        assert len(label.text()) < 3 * MOST_LETTERS
    assert view.body.minimumSizeHint().width() <= kept.detail.width()


def test_what_came_to_a_list_and_went_from_it_is_said_in_words() -> None:
    notes = SPECS[3]

    def told(was: Any, now: Any) -> str:
        return change_words(Change(notes, was, now))[1].translate(ISOLATES)

    assert told([], [{"text": "one"}]) == "added one"
    assert told([{"text": "one"}, {"text": "two"}], []) == "removed one; two"
    assert told([{"text": "one"}], [{"text": "two"}]) == "one → two"
    assert change_words(Change(SPECS[1], None, "Lyon"))[1].translate(ISOLATES) == "empty → Lyon"
    assert change_words(Change(SPECS[1], "Lyon", None))[1].translate(ISOLATES) == "Lyon → empty"


def test_a_word_that_is_too_long_may_break() -> None:
    assert breakable("short words stay") == "short words stay"
    assert breakable("w" * 15) == f"{'w' * 14}\u200bw"
    assert breakable("w" * 14) == "w" * 14


async def test_f6_and_tab_reach_every_version(kept: ContactsPage) -> None:
    view = await with_history(kept)
    await active(kept)
    kept.detail.tabs.setFocus()
    assert kept.window().focusWidget() is kept.detail.tabs.tabBar()
    way = []
    for _ in range(4):
        QTest.keyClick(kept.window().focusWidget(), Qt.Key.Key_Tab)
        way.append(kept.window().focusWidget().objectName())
    assert way[:3] == ["history.version.3", "history.version.2", "history.version.1"]
    assert view.isVisible()
