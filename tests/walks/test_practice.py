"""Practice mode as a beginner meets it: guests that need somebody, troubles switched on and off in the panel, somebody
at another desk, and the cards that teach. Through the real window."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox

from crmdesk.core.outbox import FieldChange, OpState
from crmdesk.core.query import parse
from crmdesk.core.submission import RowStage
from crmdesk.core.types import Flag
from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from crmdesk.sandbox import troubles
from crmdesk.settings import Settings
from crmdesk.sync.progress import Connection, Phase
from crmdesk.ui import choosing
from crmdesk.ui.places import EVENTS
from crmdesk.ui.practice.lessons import LINKING
from tests.helpers.house import House, until

SEA, TOURS, PORTAL, REWARDS = "Seaside Villas", "City Tours", "Guest portal", "Rewards office"
LONG = pytest.mark.timeout(180)


@asynccontextmanager
async def practice(folder: Path, **settings: Any) -> AsyncIterator[House]:
    """As `--demo` starts it, with everybody listed."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    kept = Settings(operator="Maria", operators=["Maria"], **settings)
    async with House(data, Found(key=memory_key()), kept=kept, practice=True, cards=folder / "cards.json") as house:
        await house.practised()
        await until(lambda: counts(house).conflicts == 3 and counts(house).needs_you == 4, "what needs somebody")
        yield house


def counts(house: House) -> Any:
    return house.window.outgoing.counts


def side(house: House) -> Any:
    return house.window.findChild(QObject, "practice.side")


def emulator(house: House, vendor: str) -> Any:
    return house.program.emulators[vendor]


def choose_vendor(house: House, key: str) -> None:
    """In the panel; '' for all vendors."""
    box = house.find("practice.vendor", QComboBox)
    box.setCurrentIndex(box.findData(key))


def turn(house: House, name: str, *, on: bool) -> None:
    """With the keyboard, as the area may have to be scrolled for the pointer."""
    switch = house.find(f"practice.{name}", QCheckBox)
    assert switch.isChecked() is not on
    switch.setFocus()
    QTest.keyClick(switch, Qt.Key.Key_Space)
    assert switch.isChecked() is on


async def somebody(house: House, account: str) -> Any:
    """A contact of this account in whose way nothing stands."""
    query = parse("", now=house.window.clock.now())
    hits = await house.services.reader.search(query, account_id=house.accounts()[account])
    odd = Flag.RESTRICTED | Flag.FORGET | Flag.CANCELLED | Flag.NEEDS_YOU | Flag.WAITING
    return next(row for row in hits.first if row.city and row.email and not row.flags & odd)


async def test_it_begins_with_whatever_a_desk_may_meet_and_another_desk_adds_to_it(tmp_path: Path) -> None:
    async with practice(tmp_path, grace_edit_seconds=30) as house:
        await _begun(house)
        await _another_desk(house)


async def _begun(house: House) -> None:
    assert house.window.windowTitle().startswith("Practice"), "a task bar may show the first word only"
    accounts = await house.services.reader.accounts()
    assert len({account.vendor for account in accounts}) == 5
    assert sum(account.contacts for account in accounts) > 200
    await house.search("is:restricted")
    await until(lambda: 0 < house.model.rowCount() < 30, "restricted guests")
    ops = await house.services.reader.ops("open")
    (refused,) = [op for op in ops if op.state is OpState.REJECTED]
    assert refused.reason and refused.operator == "Maria", "who is at the desk has done it, as far as anybody knows"
    assert all(op.state in (OpState.CONFLICT, OpState.REJECTED) for op in ops)
    runs = await house.services.reader.submissions.all()
    tallies = await house.services.reader.submissions.tallies([run.id for run in runs])
    assert any(tally.get(RowStage.FAILED) and tally.get(RowStage.UNKNOWN) for tally in tallies.values())
    assert not any(one.faults.active() for one in house.program.emulators.values()), "and nothing goes wrong now"


async def _another_desk(house: House) -> None:
    """Somebody there changes the contact that is open here."""
    house.window.commands.run("practice.panel")
    assert "Open a contact" in house.words("practice.panel")
    row = await somebody(house, TOURS)
    house.window.contacts.open_contact(row.id)
    await until(lambda: row.name in house.words("practice.panel"), "the contact in the panel")
    box = side(house).panel.another
    assert box.field.currentText() == "City" and box.value.text() == "Lisbon"
    saved = await house.services.edits.save(row.id, [FieldChange("contact_address.city", row.city, "Porto")])
    box.go.click()
    assert "Done at the vendor" in house.words("practice.panel")
    there = emulator(house, "prioticket").contact("city-tours", row.remote_id)
    assert there["contact_address"]["city"] == "Lisbon"
    await house.services.edits.try_now(saved.op_ids[0])
    await until(lambda: counts(house).conflicts == 4, "one conflict more")
    await house.search("is:conflict", hits=4)


@LONG
@pytest.mark.expect_log
async def test_each_trouble_does_what_the_panel_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(troubles, "SLOW_SECONDS", 0.4)
    async with practice(tmp_path, grace_edit_seconds=1) as house:
        house.click("practice.open")
        await until(lambda: house.there("practice.panel"), "the panel")
        await _offline(house)
        await _signed_out(house)
        await _slow(house)
        await _shuffled(house)
        await _refused(house)
        await _lost(house)
        turn(house, "slow", on=True)
        turn(house, "offline", on=True)
        assert house.there("practice.strip.off")
        house.click("practice.strip.off")
        assert not house.there("practice.strip.off")
        assert not any(row.switch.isChecked() for row in side(house).panel.rows.values())
        assert not any(one.faults.active() for one in house.program.emulators.values())


async def _offline(house: House) -> None:
    choose_vendor(house, "bookingsync")
    turn(house, "offline", on=True)
    await until(lambda: house.phase(SEA) is Phase.OFFLINE, "no line to BookingSync")
    assert "Offline: \u2068BookingSync\u2069" in house.words("practice")
    house.open_panel()
    await until(lambda: "No connection" in house.words(f"sync.{house.accounts()[SEA]}"), "why, in the accounts panel")
    house.window.overlays.close_panel()
    assert house.phase(TOURS) is Phase.DONE, "the others go on"
    row = await somebody(house, SEA)
    await house.services.edits.save(row.id, [FieldChange("city", row.city, "Porto")])
    await until(lambda: counts(house).waiting == 1, "an edit that waits")
    turn(house, "offline", on=False)
    await until(lambda: counts(house).waiting == 0 and house.phase(SEA) is Phase.DONE, "the edit was sent")
    assert emulator(house, "bookingsync").contact(71, int(row.remote_id))["city"] == "Porto"
    choose_vendor(house, "")
    turn(house, "offline", on=True)
    await until(lambda: "No connection" in house.banners(), "the banner")
    assert house.board.connection is Connection.OFFLINE
    assert house.there("practice") and "Offline: all vendors" in house.words("practice"), "the frame stays"
    turn(house, "offline", on=False)
    await until(lambda: "No connection" not in house.banners(), "no banner")
    await until(lambda: house.board.connection is Connection.PRACTICE, "practice again")


async def _signed_out(house: House) -> None:
    choose_vendor(house, "")
    turn(house, "sign_out", on=True)
    await until(lambda: {house.phase(one) for one in (SEA, TOURS, PORTAL)} == {Phase.SIGN_IN}, "all signed out")
    await until(lambda: "Signed out of" in house.banners(), "who is signed out")
    turn(house, "sign_out", on=False)
    await until(lambda: {house.phase(one) for one in (SEA, TOURS, PORTAL)} == {Phase.DONE}, "all let in again")
    await until(lambda: "Signed out of" not in house.banners(), "no banner")


async def _slow(house: House) -> None:
    choose_vendor(house, "prioticket")
    before = len(house.told)
    started = house.window.clock.monotonic()
    turn(house, "slow", on=True)
    await house.ended(TOURS, before)
    assert house.window.clock.monotonic() - started > troubles.SLOW_SECONDS
    turn(house, "slow", on=False)


async def _shuffled(house: House) -> None:
    choose_vendor(house, "bookingsync")
    booking = emulator(house, "bookingsync")
    before, cached = booking.ids(71), house.cached(SEA)
    turn(house, "shuffled", on=True)
    await until(lambda: booking.ids(71) != before, "contacts that change places")
    assert (await house.services.pull(house.accounts()[SEA], full=True)).phase is Phase.DONE
    assert sorted(booking.ids(71)) == sorted(before)
    assert house.cached(SEA).keys() == cached.keys(), "nobody is missing"
    turn(house, "shuffled", on=False)


async def _refused(house: House) -> None:
    turn(house, "refuse", on=True)
    row = await somebody(house, SEA)
    before = counts(house).needs_you
    await house.services.edits.save(row.id, [FieldChange("city", row.city, "Genoa")])
    await until(lambda: counts(house).needs_you == before + 1, "a refusal that needs somebody")
    turn(house, "refuse", on=False)


async def _lost(house: House) -> None:
    turn(house, "lost", on=True)
    values = {
        "firstname": "Nora", "lastname": "Lost", "email": "nora@lost.example", "address1": "Quay 1", "city": "Nice",
        "country_code": "FR", "zip": "06000", "spoken_languages": ["fr"],
    }  # fmt: skip
    saved = await house.services.edits.create(house.accounts()[SEA], values)
    await until(lambda: counts(house).unknown == 1, "a contact of unknown outcome")
    booking = emulator(house, "bookingsync")
    assert [one for one in booking.ids(71) if booking.contact(71, one)["lastname"] == "Lost"], "it did arrive"
    turn(house, "lost", on=False)
    await house.services.edits.look_up(saved.op_ids[0])
    await until(lambda: counts(house).unknown == 0, "found by looking")
    assert len([one for one in booking.ids(71) if booking.contact(71, one)["lastname"] == "Lost"]) == 1


# cards


def ticked(house: House, lesson: str) -> int:
    return int(side(house).teacher.done.get(lesson, 0))


def show(house: House, lesson: str) -> None:
    teacher = side(house).teacher
    for _ in teacher.lessons():
        if teacher._at != lesson:
            house.click("practice.card.after")
    assert teacher._at == lesson and house.there("practice.card")


@LONG
@pytest.mark.slow
async def test_searching_editing_offline_and_sending_a_file_tick_their_cards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "my newsletter.csv"

    async def chosen(*_: object) -> str:
        return str(file)

    monkeypatch.setattr(choosing, "choose_place", chosen)
    monkeypatch.setattr(choosing, "choose_file", chosen)
    async with practice(tmp_path, grace_edit_seconds=0) as house:
        await _searched_and_edited(house)
        await _file_sent(house, file)


async def _searched_and_edited(house: House) -> None:
    assert "Learn by doing: Find somebody" in house.words("practice.card")
    await house.search("anna")
    await until(lambda: ticked(house, "search") == 1, "typed")
    house.key("Return")
    await until(lambda: ticked(house, "search") == 2, "opened")
    house.key("Ctrl+F")
    house.key("Esc")
    await until(lambda: "all done" in house.words("practice.card"), "the whole card")
    show(house, "offline")
    house.key("Ctrl+Shift+O")
    await until(lambda: ticked(house, "offline") == 1, "offline")
    assert house.there("practice"), "the frame stays"
    row = await somebody(house, SEA)
    house.window.contacts.open_contact(row.id)
    detail = house.window.contacts.detail
    await until(lambda: detail.detail is not None and detail.detail.row.id == row.id, "the contact")
    house.table.setFocus()
    house.key("Ctrl+E")
    await until(lambda: house.there("editor.field.city"), "the editor")
    house.fill("editor.field.city", "Porto")
    house.key("Ctrl+Return")
    await until(lambda: ticked(house, "offline") == 2, "saved, and waiting")
    house.key("Ctrl+Shift+O")
    await until(lambda: ticked(house, "offline") == 3, "sent")
    assert emulator(house, "bookingsync").contact(71, int(row.remote_id))["city"] == "Porto"


async def _file_sent(house: House, file: Path) -> None:
    show(house, "file")
    house.click("practice.card.save")
    await until(lambda: ticked(house, "file") == 1, "saved")
    assert file.read_text("utf-8").startswith("Account number;")
    assert not house.there("practice.card.save")
    house.key("Ctrl+4")
    await until(lambda: house.there("events.new") and house.find("events.new").isEnabled(), "the list")
    house.click("events.new")
    await until(lambda: house.there("composer.new.go"), "the dialog")
    accounts = house.find("composer.new.account", QComboBox)
    accounts.setCurrentIndex(next(at for at in range(accounts.count()) if REWARDS in accounts.itemText(at)))
    await until(lambda: house.find("composer.new.go").isEnabled(), "its kinds")
    house.click("composer.new.go")
    await until(lambda: house.there("import.go") and house.find("import.go").isEnabled(), "the preview")
    house.click("import.go")
    await until(lambda: ticked(house, "file") == 2, "imported")
    await _sent(house)
    await until(lambda: ticked(house, "file") == 3, "sent")
    made = emulator(house, "crmcom_events").created("achievements")
    assert len(made) >= 8


async def _sent(house: House) -> None:
    await until(lambda: house.there("composer.send") and house.find("composer.send").isEnabled(), "what can be sent")
    card, foot = house.find("practice.card"), house.window.pages.events().composer.foot
    bottom = card.mapToGlobal(card.rect().bottomLeft()).y()
    assert card.isVisible() and bottom < foot.mapToGlobal(foot.rect().topLeft()).y(), "it covers nothing"
    house.click("composer.send")
    await until(lambda: house.there("review.go"), "the review")
    if house.there("review.warned"):
        house.find("review.warned").setChecked(True)
    house.click("review.go")
    await until(lambda: house.there("sending.go_on"), "the pause after the first rows")
    house.click("sending.go_on")


@pytest.mark.slow
async def test_settling_unknown_rows_and_linking_tick_their_cards(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        await _linked(house)
        await _settled(house)


async def _settled(house: House) -> None:
    show(house, "unknown")
    house.window.go(EVENTS)
    page = house.window.pages.events()
    await until(lambda: any(run.one.title == "Breakfast reviews" for run in page.runs.runs), "the list")
    (run,) = [run for run in page.runs.runs if run.one.title == "Breakfast reviews"]
    page.open(run.one.id)
    await until(lambda: ticked(house, "unknown") == 1, "found")
    await until(lambda: house.there("results.look_up") or "Look them up" in house.words(), "a way to look")
    assert not house.services.submissions.looks.running, "people learn to do it"
    await house.services.submissions.look_up(run.one.id)
    await until(lambda: ticked(house, "unknown") == 2, "settled")


async def _linked(house: House) -> None:
    if LINKING not in house.window.commands:
        assert "link" not in [one.id for one in side(house).teacher.lessons()], "nothing is taught that is not there"
        return
    show(house, "link")
    await house.search("vendor:prio")
    await until(lambda: 100 < house.model.rowCount() < 200 and "…" not in house.names(), "contacts of one vendor")
    house.table.setFocus()
    house.table.choose(0)
    house.key("Shift+Down")
    await until(lambda: ticked(house, "link") == 1, "two are selected")
    assert house.window.commands.run(LINKING)
    await until(lambda: ticked(house, "link") == 2, "linked")


@pytest.mark.slow
async def test_a_dismissed_card_stays_away_until_it_is_brought_back(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        all_cards = [one.id for one in side(house).teacher.lessons()]
        assert (all_cards[0] == "search" and "link" in all_cards) or LINKING not in house.window.commands
        _tabbed(house)
        house.click("practice.card.dismiss")
        await until(lambda: "search" not in [one.id for one in side(house).teacher.lessons()], "one card less")
        assert "Learn by doing: Edit without a line" in house.words("practice.card")
        house.click("practice.card.close")
        assert not house.there("practice.card")
    async with practice(tmp_path) as house:
        assert "Learn by doing: Edit without a line" in house.words("practice.card"), "closed is for one session only"
        for _ in all_cards[1:]:
            house.click("practice.card.dismiss")
        assert not house.there("practice.card")
        house.window.commands.run("practice.cards")
        assert "Learn by doing: Find somebody" in house.words("practice.card")
        house.window.setMinimumSize(0, 0)
        house.window.resize(900, 480)
        await until(lambda: house.find("practice.card").folded, "one line in a low window")
        assert "Press Ctrl+F" in house.words("practice.card") and not house.there("practice.card.dismiss")


def _tabbed(house: House) -> None:
    """The card's buttons are come by with Tab, between navigation and page, and each has a name."""
    house.find("search.box").setFocus()
    way: list[str] = []
    for _ in range(8):
        house.key("Shift+Tab")
        widget = house.window.focusWidget()
        assert widget is not None and (widget.accessibleName() or widget.text())
        way.append(widget.objectName())
    buttons = [f"practice.card.{part}" for part in ("before", "after", "dismiss", "fold", "close")]
    assert [name for name in way if name.startswith("practice")] == buttons[::-1]
    assert any(name.startswith("navigation") for name in way)
