"""Finding by who changed a contact and by what was sent about it, and from its history to the row that was sent."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QLabel

from crmdesk.core.outbox import FieldChange
from crmdesk.core.query import parse
from crmdesk.core.submission import RowStage, Submission
from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from crmdesk.settings import Settings
from crmdesk.sync.picked import PICKED_COLUMNS
from crmdesk.ui.contacts.columns import KEYS
from tests.helpers.house import House, until

TEN = 10


async def _edit(house: House, query: str, who: str, count: int) -> list[int]:
    """Somebody edits the first contacts that are found."""
    hits = await house.services.reader.search(parse(query, now=house.window.clock.now()))
    house.services.edits.operator = who
    for row in hits.first[:count]:
        await house.services.edits.save(row.id, [FieldChange("city", row.city, f"Town of {who}")])
    return [row.id for row in hits.first[:count]]


async def test_contacts_are_found_by_who_changed_them(tmp_path: Path) -> None:
    kept = Settings(operator="Maria", operators=["Maria"])
    async with House(tmp_path, Found(key=memory_key()), kept=kept, practice=True) as house:
        await house.practised()
        house.services.set_working_offline(True)
        mine = await _edit(house, "vendor:bookingsync", "Maria", 3)
        theirs = await _edit(house, "vendor:bookingsync anna", "Jürgen Groß", 2)
        await house.search("is:pending by:maria", len(set(mine)))
        await house.search("by:jurgen", len(theirs))
        bar = house.window.contacts.view_bar
        await until(lambda: [chip.edit.text() for chip in bar.chips()] == ["Changed by Jurgen"], "the chip")
        await house.search("by:nobody", 0)
        hint = house.find("search.hint", QLabel)
        await until(
            lambda: hint.text() == "by: takes Maria.", "the hint"
        )  # who else works here is known at the next start
        await house.search("by:gross", len(theirs))

        place = KEYS.index("changed_by")
        assert not {key: shown for key, _, shown in house.table.columns_state()}["changed_by"]
        assert {house.model.look(row).text(place) for row in range(len(theirs))} == {"Jürgen Groß"}

        house.key("Ctrl+K")
        house.type("#returning")
        await until(lambda: house.there("palette.input"), "the palette")
        house.key("Return")
        await until(lambda: house.window.contacts.title() == "Returning guests (PrioTicket)", "the view")
        await until(lambda: 5 < house.model.rowCount() < 200, "its guests")
        vendors = {house.model.row_at(row).account_id for row in range(5)}
        assert {account.vendor for account in house.window._accounts if account.id in vendors} == {"prioticket"}


async def test_from_the_history_of_a_contact_to_the_row_that_was_sent(tmp_path: Path) -> None:
    async with House(tmp_path, Found(key=memory_key()), kept=Settings(operator="Maria"), practice=True) as house:
        await house.practised()
        cendyn = next(account for account in house.window._accounts if account.vendor == "cendyn")
        hits = await house.services.reader.search(parse("vendor:bookingsync has:email", now=house.window.clock.now()))
        ids = [row.id for row in hits.first[:TEN]]
        verbs = house.services.submissions
        rows = await verbs.rows_of_contacts(cendyn.id, "contacts", ids)
        made = await verbs.create(Submission(0, cendyn.id, "contacts", "May letter", columns=PICKED_COLUMNS), rows)
        await verbs.send(made.id, "Maria")

        async def left() -> int:
            counts = (await house.services.reader.submissions.tallies([made.id])).get(made.id, {})
            return sum(counts.get(stage, 0) for stage in (RowStage.SENT, RowStage.ACCEPTED))

        while await left() < TEN - 2:  # a guest may have an address that the vendor refuses
            await _pause()
        await house.search("event:contacts", await left())
        wanted = ids[TEN // 2]
        house.window.contacts.open_contact(wanted)
        detail = house.window.contacts.detail
        await until(lambda: detail.detail is not None and detail.detail.row.id == wanted, "the contact")
        house.window.contacts.verbs.show_history()
        await until(lambda: _ways(house), "the line about the letter")
        house.click(_ways(house)[0])
        await until(lambda: house.window.pages.shows("events"), "bulk events")
        page = house.window.pages.events()
        await until(lambda: page.composer is not None, "the submission")
        grid = page.composer.grid
        await until(lambda: grid.currentIndex().row() == TEN // 2, "the row")
        assert page.composer.document.submission.id == made.id


async def _pause() -> None:
    import asyncio

    await asyncio.sleep(0.1)


def _ways(house: House) -> list[str]:
    cards = house.window.contacts.detail.history.cards()
    return [f"history.{card.line.key}.open" for card in cards if card.line.sent is not None]
