"""The Approvals tab: nothing is answered unasked, and nothing that was answered offline is sent on blindly."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QAbstractButton, QDialog, QLineEdit
from shiboken6 import isValid

from crmdesk.core.errors import InDoubtError, RejectedError
from crmdesk.ui.contacts.page import ContactsPage
from crmdesk.ui.guest.approvals import Approvals
from tests.ui import fakes
from tests.ui.contacts.conftest import settle
from tests.ui.guest.conftest import deck, dialog, find, open_contact, show_tab
from tests.ui.guest.fake_guests import FakeGuests, approval


async def opened(page: ContactsPage, guests: FakeGuests, count: int = 2) -> Approvals:
    guests.requests = [approval(number) for number in range(1, count + 1)]
    guests.enter(1)
    await show_tab(page, "Approvals")
    part = deck(page).approvals
    await settle(lambda: len(part.model.rows) == count)
    return part


async def answer(page: ContactsPage, part: Approvals, press: str, **typed: str) -> QDialog:
    find(part, f"guest.approvals.{press}", QAbstractButton).click()
    asked = await dialog(page, "guest.answer")
    for name, text in typed.items():
        find(asked, f"guest.answer.{name}", QLineEdit).setText(text)
    find(asked, "guest.answer.yes", QAbstractButton).click()
    await settle()
    return asked


async def test_rows_name_entity_reference_state_and_age(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    row = part.model.rows[0]
    assert (row.title, row.state, row.rest) == ("Order 4701", "Waiting for an answer", "date unknown")
    assert guests.calls[-1] == ("approvals", 1, "PENDING")


async def test_each_answer_asks_once_with_the_entity_named(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    part.approve.click()
    asked = await dialog(page, "guest.answer")
    assert "Approve Order 4701?" in " ".join(label.text() for label in asked.findChildren(type(part.what)))
    find(asked, "guest.answer.cancel", QAbstractButton).click()
    await settle()
    assert "answer_approval" not in guests.verbs()  # a question is no answer
    await answer(page, part, "approve")
    await settle(lambda: ("answer_approval", "P1", True, "") in guests.calls)
    assert part.result.text() == "Approved: \u2068Order 4701\u2069"
    assert part.model.rows[0].state == "Approved"
    assert not part.approve.isEnabled()


async def test_reject_takes_a_local_note_and_a_comment(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    await answer(page, part, "reject", note="called at noon", comment="too late")
    await settle(lambda: ("answer_approval", "P1", False, "too late") in guests.calls)
    assert "called at noon" in part.note.text()
    assert "called at noon" not in str(guests.calls)  # of this desk alone


async def test_where_the_api_takes_no_comment_it_says_so(page: ContactsPage, guests: FakeGuests) -> None:
    guests.lacks["comments"] = "Version 1 takes no comment with an answer."
    part = await opened(page, guests)
    part.reject.click()
    asked = await dialog(page, "guest.answer")
    line = find(asked, "guest.answer.comment", QLineEdit)
    assert not line.isEnabled()
    assert "Version 1 takes no comment" in line.toolTip()
    asked.reject()
    await settle()


async def test_already_answered_elsewhere_is_a_result_and_no_error(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    guests.requests[0] = approval(1, state="APPROVED")
    await answer(page, part, "reject")
    await settle(lambda: not part.result.isHidden())
    assert part.result.text() == "Already approved elsewhere: \u2068Order 4701\u2069"
    assert part.result.property("tone") == "info"
    assert part.trouble.isHidden()
    assert part.model.rows[0].state == "Approved"


async def test_offline_an_answer_is_held_and_says_so(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    guests.offline = True
    await answer(page, part, "approve")
    await settle(lambda: not part.waiting.isHidden())
    assert "Will be answered when online. Still right?" in part.waiting.text()
    assert part.model.rows[0].state == "Approve when online"
    guests.offline = False
    part.send_held()  # what its timer does
    await settle(lambda: guests.requests[0].state == "APPROVED")
    await settle(lambda: part.waiting.isHidden())


async def test_a_held_answer_older_than_an_hour_must_be_confirmed(
    page: ContactsPage, guests: FakeGuests, clock: fakes.FakeClock
) -> None:
    part = await opened(page, guests)
    guests.offline = True
    await answer(page, part, "approve")
    await settle(lambda: not part.waiting.isHidden())
    tried = guests.verbs().count("answer_approval")
    clock.forward(3_601)
    guests.offline = False
    part.send_held()
    await settle()
    assert guests.verbs().count("answer_approval") == tried  # nobody said that it is still right
    assert "said 1 hour ago" in part.waiting.text()
    assert part.yes.text() == "Still right"
    part.yes.click()
    await settle(lambda: guests.requests[0].state == "APPROVED")


async def test_a_clock_that_was_put_back_makes_nothing_certain(
    page: ContactsPage, guests: FakeGuests, clock: fakes.FakeClock
) -> None:
    part = await opened(page, guests)
    guests.offline = True
    await answer(page, part, "approve")
    clock.forward(-7_200)
    assert part.held.certain(clock.now()) == []


async def test_a_held_answer_can_be_taken_back(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    guests.offline = True
    await answer(page, part, "approve")
    await settle(lambda: not part.waiting.isHidden())
    part.no.click()
    assert part.waiting.isHidden()
    assert part.model.rows[0].state == "Waiting for an answer"
    guests.offline = False
    part.send_held()
    await settle()
    assert guests.requests[0].state == "PENDING"


async def test_held_answers_survive_the_session_and_wait_for_the_guest(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    guests.offline = True
    await answer(page, part, "approve")
    await settle(lambda: not part.waiting.isHidden())
    guests.lose(1)
    assert deck(page).approvals is part
    assert [row.key for row in part.model.rows] == ["P1"]  # what the vendor told besides is gone
    guests.offline = False
    part.send_held()
    await settle()
    assert guests.requests[0].state == "PENDING"
    guests.enter(1)
    await settle(lambda: guests.requests[0].state == "APPROVED")


async def test_trying_again_keeps_no_session_alive(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    guests.offline = True
    await answer(page, part, "approve")
    await settle(lambda: not part.waiting.isHidden())
    before = len(guests.touched)
    part.send_held()
    await settle()
    assert len(guests.touched) == before


async def test_a_lost_answer_is_looked_up(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    guests.faults.append(InDoubtError("The line broke.", "It may or may not have been answered."))
    await answer(page, part, "approve")
    await settle(lambda: guests.verbs().count("approvals") == 2)
    assert not part.held  # never sent a second time by itself


async def test_a_refusal_stays_on_screen(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    guests.faults.append(RejectedError("The vendor refused this.", "Ask at the office."))
    await answer(page, part, "approve")
    await settle(lambda: not part.trouble.isHidden())
    assert part.trouble.text() == "The vendor refused this. Ask at the office."
    assert part.model.rows[0].state == "Waiting for an answer"


async def test_nothing_waits(page: ContactsPage, guests: FakeGuests) -> None:
    guests.enter(1)
    await show_tab(page, "Approvals")
    await settle(lambda: deck(page).approvals.empty.text() == "Nothing waits for an answer.")
    assert deck(page).approvals.foot.isHidden()


async def test_answers_of_two_guests_stay_apart(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    guests.enter(3, "Ben Hür")
    await open_contact(page, 3)
    assert deck(page).approvals is not part
    await open_contact(page, 1)
    assert deck(page).approvals is part


def test_dialog_notes_are_one_line(qtbot: Any) -> None:
    from PySide6.QtWidgets import QWidget

    from crmdesk.ui.guest.answer_dialog import AnswerDialog

    parent = QWidget()
    qtbot.addWidget(parent)
    made = AnswerDialog(parent, "Order 1", "Ana", accept=False, no_comment="")
    find(made, "guest.answer.note", QLineEdit).setText("  a\u202eb  ")
    assert made.note() == "ab"


async def test_a_question_that_is_open_ends_with_the_session(page: ContactsPage, guests: FakeGuests) -> None:
    """Whoever is there next would answer in the guest's name, and it would go with the next sign-in."""
    part = await opened(page, guests)
    part.approve.click()
    asked = await dialog(page, "guest.answer")
    guests.lose(1)
    await settle(lambda: not isValid(asked) or not asked.isVisible())
    assert not part.held and "answer_approval" not in guests.verbs()


async def test_only_the_guest_says_that_an_answer_is_still_right(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    guests.offline = True
    await answer(page, part, "approve")
    await settle(lambda: not part.waiting.isHidden())
    assert part.yes.isEnabled()
    guests.lose(1)
    assert not part.yes.isEnabled() and part.no.isEnabled()


async def test_requests_that_come_meanwhile_are_looked_for_quietly(page: ContactsPage, guests: FakeGuests) -> None:
    part = await opened(page, guests)
    arrived: list[int] = []
    part.door.arrived = arrived.append
    touched = guests.verbs().count("touch")
    part.look()
    await settle(lambda: guests.calls[-1] == ("approvals", 1, "PENDING") and not part.scope.running(part.key("look")))
    assert arrived == []
    guests.requests.append(approval(9))
    part.look()
    await settle(lambda: bool(arrived))
    assert (arrived, len(part.model.rows), part.model.rows[0].key) == ([1], 3, "P9")
    part.look()
    await settle(lambda: not part.scope.running(part.key("look")))
    assert arrived == [1], "each is told once"
    guests.offline = True
    part.look()
    await settle(lambda: not part.scope.running(part.key("look")))
    assert part.trouble.isHidden(), "a line that is gone is told elsewhere"
    assert guests.verbs().count("touch") == touched, "it keeps no session alive"
    assert part._looks.isActive()
    part.forget()
    assert not part._looks.isActive()
