"""The Duplicates page: pairs in order, one decision for each, what was decided lifted, a scan watched and stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from crmdesk.core.cards import Crowd, Scanned, Verdict
from crmdesk.core.changes import Changes
from crmdesk.core.errors import NotFoundError
from crmdesk.core.match import Trait
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Flag
from crmdesk.settings import Settings
from crmdesk.ui import long_work
from crmdesk.ui.cards import reasons
from crmdesk.ui.cards.desk import CardDesk
from crmdesk.ui.cards.dialogs import LinkDialog, SplitDialog
from crmdesk.ui.cards.page import DuplicatesPage
from crmdesk.ui.contacts.columns import Desk
from crmdesk.ui.feedback import BannerHost, Feedback
from crmdesk.ui.long_work import LongWork
from crmdesk.ui.places import DUPLICATES
from crmdesk.ui.status_bar import StatusBar
from crmdesk.ui.theme import Theme, theme
from crmdesk.ui.undo import NO_MARKS, Undoable
from tests.ui.fake_cards import pair
from tests.ui.fakes import FakeClock, FakeServices, contact, demo_services


async def settle(condition: Callable[[], object] | None = None) -> None:
    for _ in range(400 if condition else 10):
        await asyncio.sleep(0.005 if condition else 0)
        if condition is not None and condition():
            return
    assert condition is None, "what the test waits for did not come"


class Window(QWidget):
    """What a CardDesk needs of its window."""

    def __init__(self, services: FakeServices, scope: TaskScope, clock: FakeClock) -> None:
        super().__init__()
        self.services, self.reader, self.scope, self.clock = services, services.reader, scope, clock
        self.settings = Settings()
        self.banners = BannerHost(clock, self)
        self.feedback = Feedback(self, clock, self.banners)
        accounts = {account.id: account for account in services.reader.account_list}
        desk = Desk(accounts, {"bookingsync": "B"}, clock, titles={"bookingsync": "BookingSync"})
        self.contacts = SimpleNamespace(desk=desk)
        self.done: list[Any] = []
        self.went: list[Any] = []
        self.go = self.went.append
        self.status = StatusBar(theme(), self)
        self.outgoing = SimpleNamespace(done=self.done.append, long_work=LongWork(self.status, self))


def pairs_of(services: FakeServices) -> list[Any]:
    rows = services.reader.contacts
    strong = pair(rows[1], rows[2], 90, contradicting=(Trait.BIRTH,))
    weak = pair(rows[3], rows[5], 55, matched=(Trait.NAME, Trait.ADDRESS))  # one account
    other = pair(rows[4], rows[7], 60, verdict=Verdict.DIFFERENT)
    return [strong, weak, other]


@pytest.fixture
async def page(
    qtbot: QtBot, look: Theme, scope: TaskScope, clock: FakeClock, errors: list[Any]
) -> AsyncIterator[DuplicatesPage]:
    services = demo_services(clock)
    services.reader.pair_list = pairs_of(services)
    window = Window(services, scope, clock)
    qtbot.addWidget(window)
    made = DuplicatesPage(services.reader, CardDesk(window), look, scope)  # type: ignore[arg-type]
    made.window_ = window  # type: ignore[attr-defined]
    made.setParent(window)
    made.desk.changed.connect(made.reload)
    window.resize(1300, 800)
    made.resize(1300, 800)
    window.show()
    await settle(lambda: made.panel.subject is not None)
    yield made
    await scope.aclose()
    assert errors == []


def world(page: DuplicatesPage) -> Window:
    return page.window_  # type: ignore[attr-defined, no-any-return]


def words(root: QWidget) -> str:
    shown = [made.text() for made in root.findChildren(QWidget) if isinstance(made, QLabel | QAbstractButton)
             and made.isVisibleTo(root)]  # fmt: skip
    return "\n".join(shown).translate(str.maketrans("", "", "\u2068\u2069\u200b"))


async def press(page: DuplicatesPage, name: str) -> None:
    made = page.findChild(QAbstractButton, name)
    assert made is not None and made.isEnabled(), name
    QTest.mouseClick(made, Qt.MouseButton.LeftButton)
    await settle()


async def test_pairs_stand_by_score_with_the_reasons_in_words(page: DuplicatesPage) -> None:
    spoken = [page.model.data(page.model.index(row), Qt.ItemDataRole.AccessibleTextRole) for row in range(2)]
    assert page.model.rowCount() == 2
    assert "Hans-Peter Müller" in spoken[0]
    assert "Very likely, 90 of 100" in spoken[0]
    assert "For it: same e-mail, same phone number · Against it: another date of birth" in spoken[0]
    assert "Perhaps, 55 of 100" in spoken[1]
    told = words(page.panel)
    assert "differs" in told and "no such field" in told
    assert "Seaside Villas" in told and "Harbour Tours" in told
    assert [chip.text() for chip in page.chips.values()] == ["To decide  2", "Later", "Different people  1"]


async def test_linked_the_next_one_is_current_and_it_can_be_undone(page: DuplicatesPage) -> None:
    await press(page, "duplicates.link")
    await settle(lambda: page.model.rowCount() == 1)
    assert world(page).services.cards.calls[0] == ("link", ((1, 2),))
    assert page.list.current() is not None and page.list.current().score == 55  # type: ignore[union-attr]
    done = world(page).done[0]
    assert isinstance(done, Undoable)
    assert "No vendor is told" in done.said
    assert await done.take_back() == "Not linked any more."
    await settle(lambda: page.model.rowCount() == 2)


async def test_later_and_different_are_kept_apart_and_lifted(page: DuplicatesPage) -> None:
    await press(page, "duplicates.later")
    await settle(lambda: page.chips[Verdict.LATER].text() == "Later  1")
    await press(page, "duplicates.filter.different")
    await settle(lambda: page.panel.findChild(QWidget, "duplicates.lift") is not None)
    assert page.panel.findChild(QWidget, "duplicates.later") is None
    await press(page, "duplicates.lift")
    await settle(lambda: page.stack.currentWidget() is page.empty)
    assert page.empty.title() == "Nobody was marked as different people."
    assert page.chips[Verdict.OPEN].text() == "To decide  2"
    assert world(page).services.cards.verbs() == ["decide", "decide"]


async def test_one_account_offers_a_merge_and_two_do_not(page: DuplicatesPage) -> None:
    assert page.panel.findChild(QWidget, "duplicates.merge") is None
    page.list.choose(1)
    await settle(lambda: page.panel.findChild(QWidget, "duplicates.merge") is not None)
    refused = dict.fromkeys((3, 5), "Restricted.")
    world(page).services.edits.refused = refused
    page.reload()
    await settle(lambda: not page.panel.findChild(QAbstractButton, "duplicates.merge").isEnabled())
    assert page.panel.findChild(QAbstractButton, "duplicates.merge").accessibleDescription() == "Restricted."


async def test_one_contacts_pairs_alone_also_those_that_are_decided(page: DuplicatesPage) -> None:
    page.show_contact(4)
    await settle(lambda: page.only.isVisibleTo(page))
    assert page.chips[Verdict.DIFFERENT].isChecked(), "it has no other"
    assert page.only.text().translate(NO_MARKS) == "Only possible duplicates of Δημήτρης Παπαδόπουλος."
    await press(page, "duplicates.every")
    await settle(lambda: page.model.rowCount() == 2)
    assert not page.only.isVisibleTo(page)


async def test_a_scan_is_watched_stopped_and_says_what_it_left_out(page: DuplicatesPage) -> None:
    cards = world(page).services.cards
    cards.hold = asyncio.Event()
    cards.found = Scanned(2000, 2, 1, (Crowd(1000, (Trait.PHONE,)),), stopped=True)
    page.scan.again.setFocus()
    page.scan.again.click()
    await settle(lambda: page.desk.scanning.running)
    await settle()
    assert page.scan.busy.label.whole() == "Reading 500 of 2,000 records"
    assert page.desk.scanning.why_not() is not None
    page.scan.busy.cancel.click()
    assert cards.stopped and page.scan.busy.label.whole() == "Stopping…"
    cards.hold.set()
    await settle(lambda: "Stopped" in page.scan.last.text())
    assert "1,000 records were not compared" in page.scan.last.text()
    assert "same phone number" in page.scan.last.text()
    assert page.scan.again.isEnabled() and not page.desk.scanning.running


async def test_a_scan_that_takes_long_is_told_in_the_status_bar(
    page: DuplicatesPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_work, "LONG_MS", 60)
    monkeypatch.setattr(long_work, "AGAIN_MS", 20)
    cards, bar = world(page).services.cards, world(page).status
    page.scan.again.click()
    await settle(lambda: cards.verbs() == ["scan"] and not page.desk.scanning.running)
    assert bar.work.isHidden(), "a short one is nobody's business"
    cards.hold = asyncio.Event()
    page.scan.again.click()
    await settle(lambda: not bar.work.isHidden())
    assert bar.work.text() == "Reading 500 of 2,000 records" == bar.work.accessibleName()
    bar.work.click()
    assert world(page).went == [DUPLICATES]
    page.desk.scanning.stop()
    await settle(lambda: bar.work.text() == "Stopping…")
    cards.hold.set()
    await settle(lambda: bar.work.isHidden())


async def test_of_several_the_one_begun_last_is_told(page: DuplicatesPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_work, "LONG_MS", 1)
    works, bar = world(page).outgoing.long_work, world(page).status
    with works.during(lambda: "One", lambda: None):
        await settle(lambda: bar.work.text() == "One")
        with works.during(lambda: "Two", lambda: None):
            await settle(lambda: bar.work.text() == "Two")
        assert bar.work.text() == "One" and not bar.work.isHidden()
        with pytest.raises(ValueError, match="no"), works.during(lambda: "Three", lambda: None):
            raise ValueError("no")
        assert bar.work.text() == "One"
    assert bar.work.isHidden()


async def test_never_scanned_the_first_visit_begins_one(page: DuplicatesPage) -> None:
    cards = world(page).services.cards
    cards.scanned, world(page).reader.pair_list = "", []
    page.reload()
    await settle(lambda: cards.verbs() == ["scan"])
    await settle(lambda: page.empty.title().startswith("No possible duplicates."))
    page.reload()
    await settle()
    assert cards.verbs() == ["scan"], "one, whatever it found"


async def test_a_refusal_is_told_and_the_list_read_anew(page: DuplicatesPage) -> None:
    world(page).services.cards.fail = NotFoundError("These two records are no pair any more.")
    await press(page, "duplicates.different")
    await settle(lambda: bool(world(page).banners.texts()))
    assert "no pair any more" in world(page).banners.texts()[0]


async def test_keys_alone_decide(page: DuplicatesPage) -> None:
    page.list.setFocus()
    QTest.keyClick(page.list, Qt.Key.Key_Down)
    assert page.list.current().score == 55  # type: ignore[union-attr]
    await settle(lambda: page.panel.subject is not None and page.panel.subject.pair.score == 55)
    QTest.keyClick(page.list, Qt.Key.Key_Return)
    focus = page.window().focusWidget()
    assert focus is not None and focus.objectName() == "duplicates.link"


async def test_it_follows_what_changed_elsewhere(page: DuplicatesPage) -> None:
    reader = world(page).reader
    reader.contacts[1] = replace(reader.contacts[1], city="Zürich")
    page.on_changes(Changes(contacts=frozenset({1})))
    await settle(lambda: "Zürich" in words(page.panel))


def test_the_settings_give_the_weights() -> None:
    made = reasons.weights_of(Settings(match_email=60, match_other_birth_date=10, match_review=90, match_strong=40))
    assert (made.email, made.other_birth, made.review, made.strong) == (60, -10, 90, 90)
    assert reasons.weights_of(Settings(match_review=0)).review == 1


async def test_all_members_are_named_before_a_third_one_joins(page: DuplicatesPage, qtbot: QtBot) -> None:
    sides = await page.desk.sides([1, 2, 3])
    dialog = LinkDialog(page, sides, [1, 2])
    qtbot.addWidget(dialog)
    told = words(dialog)
    assert told.count("linked already") == 2 and told.count("joins") == 1
    assert all(side.name in told for side in sides)


async def test_who_leaves_a_card_is_chosen_and_may_stay_together(page: DuplicatesPage, qtbot: QtBot) -> None:
    dialog = SplitDialog(page, await page.desk.sides([1, 2, 3, 4]), [2])
    qtbot.addWidget(dialog)
    assert dialog.chosen == [2] and not dialog.together
    assert dialog.note.text() == "3 records stay on the card."
    dialog.findChild(QAbstractButton, "cards.split.3").click()
    dialog.findChild(QAbstractButton, "cards.split.together").click()
    assert dialog.chosen == [2, 3] and dialog.together
    for number in (2, 3):
        dialog.findChild(QAbstractButton, f"cards.split.{number}").click()
    assert not dialog.go.isEnabled()


def test_a_linked_row_has_a_badge_for_each_vendor(clock: FakeClock) -> None:
    titles = {"bookingsync": "BookingSync", "prioticket": "PrioTicket"}
    accounts = {account.id: account for account in demo_services(clock).reader.account_list}
    desk = Desk(accounts, {"bookingsync": "B", "prioticket": "P"}, clock, titles=titles)
    row = contact(0, others=("prioticket",), flags=int(Flag.LINKED))
    assert desk.letters_of(row) == ("B1", "P"), "two accounts are BookingSync's"
    assert "Linked with: PrioTicket" in desk.sources(row)


async def test_a_decision_is_about_the_pair_that_the_panel_shows(
    page: DuplicatesPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a decision the next pair is current before it is read: whoever presses again has not seen it."""
    cards, read = world(page).services.cards, asyncio.Event()
    compare = cards.compare

    async def slow(contact_ids: Any) -> Any:
        await read.wait()
        return await compare(contact_ids)

    monkeypatch.setattr(cards, "compare", slow)
    await press(page, "duplicates.different")
    await settle(lambda: page.list.current() is not None and page.list.current().a == 3)
    page.do("different")
    page.do("link")
    await settle()
    assert cards.verbs() == ["decide"] and not page.offers("link")
    read.set()
    await settle(lambda: page.panel.subject.pair.a == 3)
    page.do("different")
    await settle(lambda: cards.verbs() == ["decide", "decide"])
