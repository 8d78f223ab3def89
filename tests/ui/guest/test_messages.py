"""The Messages tab."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from unittest.mock import AsyncMock

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from crmdesk.core.errors import OfflineError, ServerFaultError
from crmdesk.ui.contacts.page import ContactsPage
from crmdesk.ui.guest.messages import Messages
from tests.ui.contacts.conftest import settle
from tests.ui.guest.conftest import deck, dialog, find, show_tab
from tests.ui.guest.fake_guests import FakeGuests, message


async def opened(page: ContactsPage, guests: FakeGuests, count: int = 3, **first: Any) -> Messages:
    guests.messages = [message(number) for number in range(1, count + 1)]
    guests.messages[0] = replace(guests.messages[0], **first)
    guests.enter(1)
    await show_tab(page, "Messages")
    part = deck(page).messages
    await settle(lambda: len(part.model.rows) >= min(count, 20))
    return part


async def test_rows_say_mark_channel_subject_plan_state_and_date(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    first, second = part.model.rows[:2]
    assert (first.title, first.fresh, first.state) == ("Message 1", True, "Not viewed")
    assert first.rest == "Text message · Welcome plan · Sent"
    assert first.aside.endswith("10:00")
    assert not second.fresh
    assert second.spoken.startswith("Message 2, In the app, Welcome plan, Sent")


async def test_a_message_without_subject_shows_its_title(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests, subject="", title="Points added")
    assert part.model.rows[0].title == "Points added"


async def test_pages_come_as_the_list_is_scrolled(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests, 90)
    await settle()
    before = len(part.model.rows)
    assert before < 90  # not all at once
    for _ in range(6):
        part.list.scrollToBottom()
        await settle()
        await settle()
    assert len(part.model.rows) == 90
    assert [call[1] for call in guests.calls if call[0] == "communications"] == [1, 2, 3, 4, 5]


async def test_a_page_that_repeats_a_message_shows_it_once(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    part.model.add(part.model.rows[:2])
    assert [row.key for row in part.model.rows] == ["M1", "M2", "M3"]


async def test_filters_ask_the_vendor(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    part.unviewed.click()
    await settle()
    part.channel.setCurrentIndex(part.channel.findData("SMS"))
    part.channel.activated.emit(0)
    await settle()
    part.archived.click()
    await settle()
    asked = [call[1:] for call in guests.calls if call[0] == "communications"]
    assert asked[1:] == [(1, False, False, ""), (1, False, False, "SMS"), (1, True, False, "SMS")]
    assert part.empty.text() == "No message matches these filters."


async def test_reading_marks_viewed_after_two_seconds_in_view(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    part.open("M1")
    await settle(lambda: part.view.text.toPlainText() != "")
    assert part.view.text.toPlainText() == "Hello 1"
    assert (part.view._timer.isActive(), part.view._timer.interval()) == (True, 2000)
    part.back()
    assert not part.view._timer.isActive()  # not in view any more
    part.open("M1")
    await settle(lambda: part.view._timer.isActive())
    part.view._timer.setInterval(0)
    await settle(lambda: ("mark_viewed", "M1") in guests.calls and part.view.viewed.word() == "Viewed")
    assert not part.model.rows[0].fresh


async def test_how_long_that_is_can_be_set_and_zero_is_never(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    for seconds in (9, 0):
        page.settings.viewed_seconds = seconds
        part.open("M1")
        await settle(lambda: part.view.text.toPlainText() == "Hello 1")
        assert (part.view._timer.isActive(), part.view._timer.interval()) == (seconds > 0, 9000)
        part.back()


async def test_the_tooltip_says_why_there_is_no_mark_unviewed(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    assert "Guest House has no way to mark a message as not viewed again." in part.view.viewed.toolTip()


async def test_a_viewed_message_is_not_marked_again(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    part.open("M2")
    await settle(lambda: part.view.text.toPlainText() != "")
    assert not part.view._timer.isActive()


async def test_a_mark_made_offline_says_that_it_waits(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    guests.offline = True
    part.open("M1")
    await settle(lambda: part.view._timer.isActive())
    part.view._timer.setInterval(0)
    await settle(lambda: part.view.viewed.word() == "Viewed here, told when online")
    assert part.model.rows[0].state == "Viewed here, told when online"
    guests.line_is_back()
    assert part.view.viewed.word() == "Viewed"


async def test_archive_waits_for_undo_and_then_leaves(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    part.archive("M1")
    await settle()
    assert [row.key for row in part.model.rows] == ["M2", "M3"]
    assert "archive" not in guests.verbs()
    assert part.strip.text() == "Archived: \u2068Message 1\u2069"
    part.undo.click()
    assert [row.key for row in part.model.rows] == ["M1", "M2", "M3"]
    part.archive("M1")
    part.flush()  # what its timer does
    await settle(lambda: ("archive", "M1") in guests.calls)
    assert guests.messages[0].is_archived
    assert part.strip.isHidden()
    assert part._soon.interval() == 10_000


async def test_archive_offline_is_queued_says_so_and_can_be_undone(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    guests.offline = True
    part.archive("M1")
    part.flush()
    await settle(lambda: part.strip.text().startswith("Will be archived when online"))
    assert guests.marks["M1"].archived
    part.undo.click()
    assert not guests.marks
    assert [row.key for row in part.model.rows] == ["M1", "M2", "M3"]


async def test_archive_that_left_meanwhile_cannot_be_undone(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    guests.offline = True
    part.archive("M1")
    part.flush()
    await settle(lambda: "M1" in guests.marks)
    guests.line_is_back()
    assert part.strip.isHidden()  # nothing is offered that cannot be done


async def test_a_refused_archive_puts_the_message_back(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    guests.faults.append(ServerFaultError("Guest House has a fault on its side (502).", "Try again in a moment."))
    part.archive("M2")
    part.flush()
    await settle(lambda: not part.trouble.isHidden())
    assert [row.key for row in part.model.rows] == ["M1", "M2", "M3"]
    assert "502" in part.trouble.text()


async def test_the_archive_leaves_when_another_card_is_opened(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    part.archive("M1")
    page.open_contact(3)
    await settle(lambda: ("archive", "M1") in guests.calls)


async def test_links_show_their_target_and_ask(
    page: ContactsPage, guests: FakeGuests, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        "crmdesk.ui.contacts.websites.QDesktopServices.openUrl", lambda url: asked.append(url.toString())
    )
    html = (
        "<a href='https://house.example/x'>your bank</a> <a href='javascript:alert(1)'>b</a> <a href='file:///x'>c</a>"
    )
    part = await opened(page, guests, content=html)
    part.open("M1")
    await settle(lambda: part.view.text.toPlainText() != "")
    link = find(part, "guest.messages.message.link.1", QAbstractButton)
    assert "house.example" in link.text()
    assert part.findChild(QAbstractButton, "guest.messages.message.link.2") is None
    assert part.findChild(QAbstractButton, "guest.messages.message.link.3") is None
    link.click()
    question = await dialog(page, "guest.messages.openlink")
    assert asked == []
    find(question, "guest.messages.openlink.cancel", QAbstractButton).click()
    await settle()
    assert asked == []
    link.click()
    question = await dialog(page, "guest.messages.openlink")
    find(question, "guest.messages.openlink.open", QAbstractButton).click()
    await settle(lambda: asked == ["https://house.example/x"])


async def test_offline_says_so_and_try_again_helps(page: ContactsPage, guests: FakeGuests) -> None:
    guests.messages = [message(1)]
    guests.faults.append(OfflineError("No connection.", "Saved data is shown."))
    guests.enter(1)
    await show_tab(page, "Messages")
    part = deck(page).messages
    await settle(lambda: not part.trouble.isHidden())
    assert part.trouble.text() == "No connection. Saved data is shown."
    part.retry.click()
    await settle(lambda: len(part.model.rows) == 1)
    assert part.trouble.isHidden()


async def test_no_messages_is_said(page: ContactsPage, guests: FakeGuests) -> None:
    guests.enter(1)
    await show_tab(page, "Messages")
    await settle(lambda: deck(page).messages.empty.text() == "There are no messages.")


async def test_keys_open_archive_and_go_back(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    part.list.choose("M2")
    QTest.keyClick(part.list, Qt.Key.Key_Return)
    await settle(lambda: part.view.message is not None and part.view.message.id == "M2")
    QTest.keyClick(part.view.text, Qt.Key.Key_Escape)
    await settle()
    assert part.list.current_key() == "M2"
    QTest.keyClick(part.list, Qt.Key.Key_Delete)
    assert [row.key for row in part.model.rows] == ["M1", "M3"]
    assert part.list.current_key() == "M3"


async def test_vendor_text_is_never_markup(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests, subject="<b>bold</b>\n<img src=x>", sender="<i>me</i>")
    assert part.model.rows[0].title == "<b>bold</b> <img src=x>"
    assert "&lt;b&gt;" in part.model.data(part.model.index(0), Qt.ItemDataRole.ToolTipRole)
    part.open("M1")
    await settle(lambda: part.view.text.toPlainText() != "")
    assert part.view.title.textFormat() is Qt.TextFormat.PlainText
    assert "<i>me</i>" in part.view.facts.text()


async def test_a_message_that_is_opened_is_asked_for_since_a_list_leaves_parts_out(
    page: ContactsPage, guests: FakeGuests
) -> None:
    """Its time, title, picture and link come with it alone, also where the list has its words."""
    part = await opened(
        page, guests, title="20% discount", subtitle="For December", link_url="https://house.example/offer",
        image_url="https://house.example/offer.png", viewed_at="2026-11-20T11:30:00Z", language="ENG",
        clicked_at="2026-11-20T12:45:00Z", is_viewed=True,
    )  # fmt: skip
    whole = guests.messages[0]
    part._known["M1"] = replace(
        whole, title="", subtitle="", link_url="", image_url="", created_at="", viewed_at="", clicked_at="", language=""
    )
    part.open("M1")
    await settle(lambda: part.view.text.toPlainText() != "")
    assert part.view.text.toPlainText() == "20% discount\nFor December\n\nHello 1"
    assert find(part, "guest.messages.message.link.1", QAbstractButton).text() == "[1] house.example"
    assert part.view.note.text() == "Its picture is not loaded."
    facts = part.view.facts.text().replace("\u200b", "")
    for words in ("20 November 2026, ", "English", "viewed ", "link opened "):
        assert words in facts
    part.back()
    part.open("M1")
    await settle(lambda: part.view.text.toPlainText() != "")
    assert guests.verbs().count("communication") == 1  # it does not change any more


async def test_a_message_that_a_later_page_lists_again_is_asked_for_again(
    page: ContactsPage, guests: FakeGuests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new one has come meanwhile, and pushes one that was read already onto the next page, without its title."""
    part = await opened(page, guests, 90)
    await settle()
    last = guests.messages[part._page * 20 - 1]
    key, rows = last.id, len(part.model.rows)
    monkeypatch.setattr(guests, "communication", told := AsyncMock(return_value=replace(last, title="A title")))
    part.open(key)
    await settle(lambda: part.view.text.toPlainText().startswith("A title"))
    part.back()
    guests.messages.insert(0, message(99))
    part._next_page()
    await settle(lambda: len(part.model.rows) > rows)
    part.open(key)
    await settle(lambda: part.view.text.toPlainText() != "")
    assert part.view.text.toPlainText().startswith("A title")
    assert told.await_count == 2


async def test_what_the_list_has_is_shown_where_the_rest_cannot_be_asked_for(
    page: ContactsPage, guests: FakeGuests
) -> None:
    part = await opened(page, guests)
    guests.offline = True
    part.open("M1")
    await settle(lambda: part.view.text.toPlainText() == "Hello 1" and not part.trouble.isHidden())
    assert part.trouble.text() == "No connection. Saved data is shown."
    guests.offline = False
    guests.messages[0] = replace(guests.messages[0], title="A title")
    part.retry.click()
    await settle(lambda: part.view.text.toPlainText() == "A title\n\nHello 1")
    assert part.trouble.isHidden()
    part.back()
    guests.offline = True
    part._known["M2"] = replace(part._known["M2"], content="")
    part.open("M2")
    await settle(lambda: not part.trouble.isHidden())
    assert part.view.text.toPlainText() == ""


async def test_pages_that_were_passed_over_are_not_asked_for_again(
    page: ContactsPage, guests: FakeGuests, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A vendor's answer may have come of a later page than the one that was asked for."""
    real = guests.communications

    async def later(contact_id: int, page: int, *args: Any, **more: Any) -> Any:
        return replace(await real(contact_id, page, *args, **more), page=page + 2)

    monkeypatch.setattr(guests, "communications", later)
    part = await opened(page, guests, 90)
    for _ in range(4):
        part.list.scrollToBottom()
        await settle()
        await settle()
    assert [call[1] for call in guests.calls if call[0] == "communications"][:2] == [1, 4]
