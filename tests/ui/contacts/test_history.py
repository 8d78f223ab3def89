"""The History tab: earlier states on demand, what each changed, and what is said where there are none."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from crmdesk.core.errors import OfflineError, Problem, RejectedError, ServerFaultError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.outbox import Did, FieldChange, HistoryLine, SentRow
from crmdesk.core.revisions import Change, history
from crmdesk.core.types import Revision
from crmdesk.ui.contacts.history_lines import FOLDED, LOOKS, Sort, change_words, local_lines, merged, vendor_lines
from crmdesk.ui.contacts.history_rows import MOST_CHANGES
from crmdesk.ui.contacts.history_view import AT_ONCE, HistoryView
from crmdesk.ui.contacts.page import ContactsPage
from crmdesk.ui.words import breakable, unbroken
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
    assert spoken[0].startswith("Version 3 at BookingSync. Wednesday, 6 May 2026")
    assert spoken[0].endswith("City: Lyon → Nevers. Passport: hidden → hidden. tier: 1 → 2")
    assert spoken[1].endswith("Name: C. → Cornelia")
    assert spoken[2] == "Version 1 at BookingSync. The vendor does not say when. First version"
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
    await settle(lambda: said(view) == ["No history yet", "BookingSync keeps no earlier versions of a contact."])
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
    await settle(lambda: said(view) == ["No history yet", "No history."])
    await settle()
    assert view.cards() == []


async def test_many_versions_come_in_portions(kept: ContactsPage) -> None:
    count = 2 * AT_ONCE + 5
    kept.services.kept = tuple(Revision(count - place, "", {"city": str(place)}) for place in range(count))
    view = await with_history(kept)
    assert len(view.cards()) == AT_ONCE
    more = view.findChild(QAbstractButton, "history.more")
    assert more.text() == f"Show {count - AT_ONCE} older lines"
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
    assert len(view.cards()[0].shown) == MOST_CHANGES
    assert "and 162 more changes" in said(view)
    for label in view.findChildren(QLabel):
        assert label.textFormat() == Qt.TextFormat.PlainText or not label.text()
        assert not set(label.text()) & set("\u202e\x00")
        assert len(label.text()) < 3 * FOLDED
    assert view.body.minimumSizeHint().width() <= kept.detail.width()


def test_what_came_to_a_list_and_went_from_it_is_said_in_words() -> None:
    notes = SPECS[3]

    def told(was: Any, now: Any) -> str:
        return change_words(Change(notes, was, now)).translate(ISOLATES)

    assert told([], [{"text": "one"}]) == "added one"
    assert told([{"text": "one"}, {"text": "two"}], []) == "removed one; two"
    assert told([{"text": "one"}], [{"text": "two"}]) == "one → two"
    assert change_words(Change(SPECS[1], None, "Lyon")).translate(ISOLATES) == "empty → Lyon"
    assert change_words(Change(SPECS[1], "Lyon", None)).translate(ISOLATES) == "Lyon → empty"


def test_a_word_that_is_too_long_may_break() -> None:
    assert breakable("short words stay") == "short words stay"
    assert breakable("w" * 13) == f"{'w' * 12}\u200bw"
    assert breakable("w" * 12) == "w" * 12
    assert breakable("wwwwwwww-wwwwwwww") == "wwwwwwww-wwwwwwww", "after a hyphen a label breaks by itself"
    parted = breakable("maria.gonzalez@seaside.example")
    assert parted.split("\u200b") == ["maria.", "gonzalez@", "seaside.", "example"], "an address at its signs"
    assert breakable("a.short@b.eu") == "a.short@b.eu"
    assert unbroken(parted) == "maria.gonzalez@seaside.example"


async def test_f6_tab_and_arrows_reach_every_line(kept: ContactsPage) -> None:
    view = await with_history(kept)
    await active(kept)
    kept.detail.tabs.setFocus()
    assert kept.window().focusWidget() is kept.detail.tabs.tabBar()

    def press(key: Qt.Key) -> str:
        QTest.keyClick(kept.window().focusWidget(), key)
        return str(kept.window().focusWidget().objectName())

    assert press(Qt.Key.Key_Tab) == "history.version.3"
    assert press(Qt.Key.Key_Tab) == "history.version.3.restore.city", "what can be done with it is next"
    assert press(Qt.Key.Key_Down) == "history.version.2", "and Down passes it by"
    assert press(Qt.Key.Key_Down) == press(Qt.Key.Key_Down) == "history.version.1"
    assert press(Qt.Key.Key_Up) == "history.version.2"
    assert view.isVisible()


# -- what was done here ------------------------------------------------------------------------------------------------

MINE = (
    HistoryLine(4, 1, 1, "2026-11-22T11:59:00Z", Did.SENT, "", (FieldChange("city", "Nevers", "Nantes"),), op_uid="a"),
    HistoryLine(3, 1, 1, "2026-11-22T11:58:00Z", Did.EDITED, "Maria", (FieldChange("city", "Nevers", "Nantes"),)),
    HistoryLine(2, 1, 1, "2026-05-05T12:00:00Z", Did.CONFLICT, "", (FieldChange("city", "Nice", "Lyon"),)),
    HistoryLine(
        1, 1, 1, "2026-05-01T12:00:00Z", Did.CREATED, "Jonas", (FieldChange("city", None, "Lyon"),), "By hand."
    ),
)


def keys(view: HistoryView) -> list[str]:
    return [card.line.key for card in view.cards()]


async def with_local(page: ContactsPage) -> HistoryView:
    page.reader.lines[1] = list(MINE)
    page.reader.body = json.dumps(BODY | {"city": "Nantes"})
    view = await with_history(page)
    await settle(lambda: "line.1" in keys(view))
    return view


SENT = SentRow(8, 80, "May {kind}", "Back office", "sent", "45", "", "achievements")


def card(view: Any, key: str) -> Any:
    """As it is now: kept over an `await`, it may be one that is gone."""
    return next(one for one in view.cards() if one.line.key == key)


async def test_what_was_sent_in_bulk_is_worded_here_and_leads_to_its_row(kept: ContactsPage) -> None:
    failed = replace(SENT, row_id=81, stage="failed", number="", text="Account is not known.", kind="")
    lines = [
        HistoryLine(
            -9 + place, 1, 1, f"2026-11-22T11:5{place}:00Z", Did.EVENT, "Maria", sent=sent, note=sent.in_english
        )
        for place, sent in enumerate((SENT, failed))
    ]
    kept.reader.lines[1] = lines
    view = await with_history(kept)
    await settle(lambda: "line.-9" in keys(view))
    first, second = card(view, "line.-9"), card(view, "line.-8")
    assert first.line.title == "Bulk event: Achievements"
    assert first.line.note == "May {kind} · Back office · Sent no. 45"
    assert second.line.title == "Bulk event"
    assert second.line.note == "May {kind} · Back office · Failed · Account is not known."
    asked: list[SentRow] = []
    kept.detail.sentAsked.connect(asked.append)
    await active(kept)
    pressed = card(view, "line.-9").findChild(QWidget, "history.line.-9.open")  # the list may be filled again meanwhile
    pressed.setFocus()
    QTest.keyClick(pressed, Qt.Key.Key_Down)
    assert kept.window().focusWidget() is not pressed, "Down goes on to the next line"
    QTest.keyClick(pressed, Qt.Key.Key_Space)
    assert asked == [SENT]


async def test_both_sides_stand_in_one_time_line(kept: ContactsPage) -> None:
    view = await with_local(kept)
    await settle(lambda: "version.3" in keys(view))
    assert keys(view) == ["line.4", "line.3", "version.3", "line.2", "version.2", "line.1", "version.1"]
    spoken = [card.accessibleName() for card in view.cards()]
    assert spoken[0].startswith("Sent to BookingSync. Sunday, 22 November 2026")
    assert spoken[0].endswith("City: Nevers → Nantes")
    assert "Edited here. Maria. " in spoken[1]
    assert spoken[3].endswith("City: here: Lyon; there: Nice")
    assert spoken[5].endswith("By hand.. City: empty → Lyon")
    assert "By hand." in said(view)


async def test_local_lines_need_no_vendor(kept: ContactsPage) -> None:
    kept.services.fail["revisions"] = OfflineError("You are working offline.", "Switch it off.")
    view = await with_local(kept)
    assert keys(view) == ["line.4", "line.3", "line.2", "line.1"]
    await settle(lambda: view.turn.isVisible())
    assert "You are working offline. Switch it off." in said(view)
    kept.services.fail.clear()
    view.turn.click()
    await settle(lambda: "version.1" in keys(view))
    assert view.turn.isHidden()


async def test_a_vendor_without_versions_leaves_a_quiet_word_above_the_local_lines(kept: ContactsPage) -> None:
    kept.services.reasons["bookingsync", "history"] = "BookingSync keeps no earlier versions of a contact."
    kept.reader.lines[1] = list(MINE)
    view = await opened(kept)
    kept.detail.tabs.setCurrentWidget(view)
    await settle(lambda: keys(view) == ["line.4", "line.3", "line.2", "line.1"])
    assert "BookingSync keeps no earlier versions of a contact." in said(view)
    assert view.turn.isHidden()


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.HERE, ["line.3", "line.2", "line.1"]),
        (Sort.THERE, ["version.3", "line.2", "version.2", "version.1"]),
        (Sort.SENDS, ["line.4"]),
        (Sort.ALL, ["line.4", "line.3", "version.3", "line.2", "version.2", "line.1", "version.1"]),
    ],
)
async def test_the_time_line_can_be_narrowed(kept: ContactsPage, sort: Sort, expected: list[str]) -> None:
    view = await with_local(kept)
    await settle(lambda: "version.3" in keys(view))
    view.chips[sort].click()
    assert keys(view) == expected
    assert [known for known, chip in view.chips.items() if chip.isChecked()] == [sort]


async def test_nothing_of_a_sort_is_said(kept: ContactsPage) -> None:
    kept.services.kept = ()
    kept.reader.lines[1] = [MINE[1]]
    view = await opened(kept)
    kept.detail.tabs.setCurrentWidget(view)
    await settle(lambda: keys(view) == ["line.3"])
    view.chips[Sort.SENDS].click()
    await settle(lambda: "Nothing of this sort." in said(view))
    view.chips[Sort.HERE].click()
    assert keys(view) == ["line.3"]


async def test_an_old_value_comes_back_as_a_normal_edit(kept: ContactsPage) -> None:
    heard: list[Any] = []
    kept.detail.saved.connect(heard.append)
    view = await with_local(kept)
    await settle(lambda: "version.2" in keys(view))
    view.findChild(QAbstractButton, "history.line.3.restore.city").click()
    await settle(lambda: bool(heard))
    assert kept.services.edits.calls == [("save", (1, (FieldChange("city", "Nantes", "Nevers"),)))]
    assert heard[0].contact_ids == (1,)
    kept.detail.reload()
    await settle(lambda: keys(view)[0] == "line.5")
    assert view.cards()[0].accessibleName().endswith("City: Nantes → Nevers")


async def test_what_cannot_be_put_back_is_not_offered(kept: ContactsPage) -> None:
    view = await with_local(kept)
    await settle(lambda: "version.2" in keys(view))
    offered = {
        button.objectName() for button in view.findChildren(QAbstractButton) if ".restore." in button.objectName()
    }
    assert "history.line.1.restore.city" not in offered, "there was no value before"
    assert "history.version.3.restore.tier" not in offered, "no field that may be written"
    assert "history.version.3.restore.city" in offered
    kept.services.edits.refused[1] = "This person asked that the data is kept but not used."
    kept.detail.reload()
    await settle(
        lambda: not [b for b in view.findChildren(QAbstractButton) if ".restore." in b.objectName() and b.isVisible()]
    )
    assert keys(view)[0] == "line.4", "the history itself stays"


async def test_a_list_comes_back_whole_though_only_its_entry_is_shown(kept: ContactsPage) -> None:
    both = [{"text": "one"}, {"text": "two"}]
    kept.services.kept = (
        Revision(2, "2026-05-06T10:30:00Z", {"notes": both[:1]}),
        Revision(1, "2026-05-05T10:30:00Z", {"notes": both}),
    )
    view = await with_history(kept)
    assert view.cards()[0].accessibleName().endswith("Notes: removed two")
    view.findChild(QAbstractButton, "history.version.2.restore.notes").click()
    await settle(lambda: bool(kept.services.edits.calls))
    assert kept.services.edits.calls == [("save", (1, (FieldChange("notes", None, both),)))]


async def test_a_refused_restore_says_why_and_changes_nothing(kept: ContactsPage) -> None:
    view = await with_local(kept)
    problem = Problem("city", "required", "City must not be empty.")
    kept.services.edits.fail = RejectedError("This cannot be saved.", problems=(problem,))
    view.findChild(QAbstractButton, "history.line.3.restore.city").click()
    await settle(lambda: view.problem.isVisible())
    assert view.problem.text() == "This cannot be saved. City must not be empty."
    assert keys(view)[0] == "line.4"


async def test_a_line_can_be_copied(kept: ContactsPage) -> None:
    told: list[str] = []
    kept.copied.connect(told.append)
    view = await with_local(kept)
    await active(kept)
    card = view.cards()[1]
    card.setFocus()
    QTest.keyClick(card, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    first, second = QGuiApplication.clipboard().text().splitlines()
    assert first.startswith("Edited here   Maria   Sunday, 22 November 2026")
    assert second == "City: Nevers → Nantes"
    assert told == ["Line copied"]


async def test_a_masked_value_is_never_copied(kept: ContactsPage) -> None:
    view = await with_history(kept)
    view.findChild(QAbstractButton, "history.version.3.copy").click()
    text = QGuiApplication.clipboard().text()
    assert "Passport" in text
    assert "X1" not in text and "X2" not in text


async def test_long_values_are_folded(kept: ContactsPage) -> None:
    long = "word " * 200
    kept.reader.lines[1] = [
        HistoryLine(1, 1, 1, "2026-11-22T11:00:00Z", Did.EDITED, "", (FieldChange("city", "", long),))
    ]
    view = await opened(kept)
    kept.detail.tabs.setCurrentWidget(view)
    await settle(lambda: keys(view)[:1] == ["line.1"])
    more = view.cards()[0].findChild(QAbstractButton, "history.line.1.city.more")  # an earlier card may still be there
    assert sum(len(text) for text in said(view)) < 3 * FOLDED + 1000
    more.click()
    assert any(len(text) > 900 for text in said(view))
    assert more.text() == "Show less"
    more.click()
    assert not any(len(text) > 900 for text in said(view))


async def test_the_place_and_the_focus_stay_when_a_line_comes(kept: ContactsPage) -> None:
    view = await with_local(kept)
    await settle(lambda: "version.2" in keys(view))
    await active(kept)
    view.cards()[2].setFocus()
    kept.reader.lines[1].insert(0, replace(MINE[1], id=9, at="2026-11-22T12:00:00Z"))
    kept.detail.reload()
    await settle(lambda: keys(view)[0] == "line.9")
    assert kept.window().focusWidget().objectName() == "history.version.3"


def test_everything_that_can_happen_has_its_words() -> None:
    assert set(LOOKS) == set(Did)
    for did in Did:
        [line] = local_lines([replace(MINE[1], did=did)], SPECS, "BookingSync")
        assert line.title and line.icon and line.sorts
        assert "{" not in line.title + "".join(told.whole for told in line.told)


def test_a_version_without_a_time_stands_by_its_number() -> None:
    local = local_lines(MINE, SPECS, "B")

    def order(*times: str) -> list[str]:
        count = len(times)
        kept_there = tuple(Revision(count - at, time, {"city": str(at)}) for at, time in enumerate(times))
        return [line.key for line in merged(local, vendor_lines(history(kept_there, SPECS), "B"))]

    mine = ["line.4", "line.3", "line.2", "line.1"]
    assert order("", "") == [*mine, "version.2", "version.1"]
    assert order("", "2026-11-22T11:58:30Z") == ["line.4", "version.2", "version.1", *mine[1:]]
    assert order("2026-11-22T11:58:30Z", "") == ["line.4", "version.2", *mine[1:], "version.1"]
    assert order("2026-11-22T11:58:00Z") == ["line.4", "version.1", *mine[1:]]


def test_a_value_that_looks_like_a_place_for_one_is_left_alone() -> None:
    [line] = local_lines([replace(MINE[2], changes=(FieldChange("city", "{now}", "{was}"),))], SPECS, "B")
    assert line.told[0].text.translate(ISOLATES) == "here: {was}; there: {now}"
