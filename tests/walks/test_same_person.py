"""Walk-through 5: the same person twice. A pair in Duplicates, linked, a phone number copied across, undone, unlinked;
with the keyboard, through the real window. What the vendors were sent is read from their emulators' own logs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QWidget

from crmdesk.core.types import Flag
from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from crmdesk.settings import Settings
from tests.helpers.house import House, until

CLIENT, TOURS, SEA = "city-tours", "City Tours", "Seaside Villas"
WRITES = ("PUT", "POST", "PATCH", "DELETE")


@asynccontextmanager
async def practice(folder: Path, grace: int) -> AsyncIterator[House]:
    kept = Settings(operator="Maria", operators=["Maria"], grace_edit_seconds=grace)
    async with House(folder, Found(key=memory_key()), kept=kept, practice=True) as house:
        await house.practised()
        yield house


def tours(house: House) -> Any:
    return house.program.emulators["prioticket"]


def writes(house: House) -> list[tuple[str, str]]:
    """Every request so far that alters a contact, whatever vendor it went to."""
    seen = [request for emulator in house.program.emulators.values() for request in emulator.requests]
    asked = ((one.method, one.path) for one in seen if one.method in WRITES and "contact" in one.path)
    return [(method, path) for method, path in asked if not path.endswith("/authenticate")]


def same_but_for_its_version(one: dict[str, Any], other: dict[str, Any]) -> bool:
    moving = ("contact_version", "contact_modified")
    return {key: value for key, value in one.items() if key not in moving} == {
        key: value for key, value in other.items() if key not in moving
    }


async def twice(house: House) -> str:
    """Somebody is at BookingSync with two numbers and at PrioTicket with one of them and under another name, so that
    e-mail and phone alone tell who it is. Its id at PrioTicket."""
    emulator = tours(house)
    at_sea = {raw["email"]: raw for raw in house.cached(SEA).values() if len(raw["phones"] or ()) > 1}
    uid = next(
        uid
        for uid in emulator.uids(CLIENT)
        if (known := at_sea.get(emulator.contact(CLIENT, uid).get("contact_email")))
        and emulator.contact(CLIENT, uid).get("contact_mobile") == known["phones"][0]["number"]
        and not emulator.contact(CLIENT, uid).get("contact_phone")
    )
    emulator.edit(CLIENT, uid, contact_name_first="Zora", contact_name_last="Zanzibar")
    await house.check_now(TOURS)
    house.key("Esc")
    return str(uid)


async def active(house: House) -> None:
    """A dialog that closes gives the offscreen window no activation back."""
    house.window.activateWindow()
    await until(lambda: QApplication.activeWindow() is house.window, "the window in front")


async def chosen_pair(house: House, name: str) -> None:
    """In Duplicates, by the arrow keys."""
    house.key("Ctrl+6")
    await until(lambda: house.there("duplicates.list"), "pairs: the first visit has begun a scan")
    pairs = house.window.pages.duplicates().list
    await until(lambda: not house.window.outgoing.cards.scanning.running, "the end of the scan")
    await until(lambda: any(name in pair.other.name + pair.one.name for pair in pairs.pairs.pairs), f"a pair of {name}")
    pairs.setFocus()
    house.key("Home")
    for _ in range(pairs.pairs.rowCount()):
        if name in pairs.current().one.name + pairs.current().other.name:
            break
        house.key("Down")
    await until(lambda: name in house.words("duplicates.panel"), "the pair beside the list")


async def linked(house: House) -> tuple[int, int]:
    """Enter goes to the decision, the space bar takes it; then the BookingSync record is open. Ids of both."""
    pair = house.window.pages.duplicates().list.current()
    house.key("Return")
    assert house.window.focusWidget().objectName() == "duplicates.link"
    house.key("Space")
    await until(lambda: "Linked as one person" in house.words("undo"), "what was done, with its undo")
    house.key("Ctrl+1")
    await house.search("is:linked", hits=2)
    house.table.setFocus()
    house.table.choose(house.model.position(pair.a))
    await until(lambda: house.there("detail.card"), "the other record below the fields")
    return pair.a, pair.b


async def copied(house: House) -> str:
    """The phones, to the other record; what the dialog showed."""
    house.find("detail.card.fields.phone.copy.0").setFocus()
    house.key("Space")
    await until(lambda: house.there("cards.copy"), "the question")
    shown = house.words("cards.copy") + house.find("outbox.request", QPlainTextEdit).toPlainText()
    house.key("Return")
    await until(lambda: not house.there("cards.copy"), "the end of the question")
    await active(house)
    return shown


async def undone(house: House) -> None:
    await until(lambda: house.window.outgoing.undo.why_not() is None, "something to undo")
    house.key("Ctrl+Z")


def flags(house: House) -> list[int]:
    rows = [house.model.row_at(row) for row in range(house.model.rowCount())]
    return [row.flags for row in rows if row is not None]


def linked_rows(house: House) -> int:
    """How many of those in the list are linked."""
    return sum(bool(bits & Flag.LINKED) for bits in flags(house))


async def test_link_copy_undo_unlink(tmp_path: Path) -> None:
    """Undone in time nothing is sent; else exactly the copy and its opposite. Afterwards both records and the list are
    as they were before they were linked."""
    async with practice(tmp_path, grace=30) as house:
        uid = await twice(house)
        before, asked = tours(house).contact(CLIENT, uid), len(writes(house))
        everything = {title: house.cached(title) for title in (SEA, TOURS)}
        await chosen_pair(house, "Zanzibar")
        told = house.words("duplicates.panel")
        assert "Very likely, 80 of 100" in told
        assert "For it: same e-mail, same phone number" in told
        assert "differs" in told
        await linked(house)
        assert "also at PrioTicket" in house.words("detail.pane")
        shown = await copied(house)
        assert "PUT" in shown and uid in shown, "the exact request is looked at before"
        await until(lambda: house.there("status.waiting"), "one edit that waits")
        await undone(house)
        await until(lambda: house.find("status.waiting").isHidden(), "taken back")
        assert {title: house.cached(title) for title in (SEA, TOURS)} == everything
        assert len(writes(house)) == asked
        house.services.edits.set_grace(0, 0)
        await until(lambda: house.there("detail.card.fields.phone.copy.0"), "phones that differ again")
        await copied(house)
        await until(lambda: len(writes(house)) == asked + 1, "the copy at the vendor")
        assert tours(house).contact(CLIENT, uid)["contact_phone"]
        await until(lambda: house.find("status.waiting").isHidden(), "sent")
        await undone(house)
        await until(lambda: len(writes(house)) == asked + 2, "its opposite")
        await until(lambda: house.find("status.waiting").isHidden(), "sent, too")
        house.key("Ctrl+Shift+K")
        await until(
            lambda: linked_rows(house) == 0, "nobody linked; the rows stay, greyed, until another list is asked for"
        )
        sent = writes(house)[asked:]
        assert [method for method, _ in sent] == ["PUT", "PUT"], sent
        assert all(uid in path for _, path in sent)
        assert same_but_for_its_version(tours(house).contact(CLIENT, uid), before)
        await house.search("is:duplicate zanzibar", hits=1)  # a question again
        assert all(not bits & Flag.LINKED for bits in flags(house))


async def merged(house: House, one: int, other: int) -> None:
    """Two contacts of one account become one: two edits that stand in the outbox, taken back one by one."""
    house.window.outgoing.cards.merge(one, other)
    await until(lambda: house.there("merge.go") and house.find("merge.go").isEnabled(), "what becomes of both")
    house.find("merge.delete").setFocus()
    house.key("Space")
    assert "would be in no contact any more" in house.words("merge"), "names differ"
    house.click("merge.go")
    await until(lambda: "2 waiting" in house.words(house.window.status), "the edit and the deletion")
    await active(house)
    house.table.setFocus()  # a text field would take Ctrl+Z for itself
    await undone(house)
    await until(lambda: "1 waiting" in house.words(house.window.status), "not deleted")
    await undone(house)
    await until(lambda: house.find("status.waiting").isHidden(), "not changed")
    assert [one for one in writes(house) if one[0] != "GET"] == [], "all of it in time"


@pytest.mark.slow
async def test_a_third_record_joins_after_all_were_shown_and_one_leaves_again(tmp_path: Path) -> None:
    """In the list: two ticked records; with the mouse from there on."""
    async with practice(tmp_path, grace=30) as house:
        first, second, third = (house.model.id_at(row) for row in (3, 5, 8))
        house.table.choose(3)
        house.table.setFocus()
        assert house.window.commands.why_not("contact.link") == "Select two or more contacts first."
        await house.services.cards.link([first, second])
        await house.search("is:linked", hits=2)
        house.window.outgoing.cards.link([first, third])
        await until(lambda: house.there("cards.link"), "all who will be on the card")
        assert house.words("cards.link").count("linked already") == 2
        house.click("cards.link.go")
        await until(lambda: linked_rows(house) == 3, "three of them")
        house.table.setFocus()
        house.table.choose(house.model.position(third))
        await until(lambda: house.there("detail.card"), "the card")
        await until(lambda: "3 records of this person" in house.words("detail.card"), "everybody on it")
        house.click("detail.card.unlink")
        await until(lambda: house.there("cards.split"), "who leaves")
        assert house.find(f"cards.split.{third}", QWidget).isChecked()  # type: ignore[attr-defined]
        house.click("cards.split.go")
        await until(lambda: linked_rows(house) == 2, "two of them")
        await active(house)
        await undone(house)
        await until(lambda: linked_rows(house) == 3, "all three again")
        sea = house.accounts()[SEA]
        await house.search("an")
        await until(lambda: 5 < house.model.rowCount() < 300 and "…" not in house.names(99), "some of them")
        rows = [house.model.row_at(row) for row in range(house.model.rowCount())]
        free = [row.id for row in rows if row.account_id == sea and not row.flags & (Flag.RESTRICTED | Flag.FORGET)]
        await merged(house, free[0], free[-1])
