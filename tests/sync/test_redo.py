"""Redo: what was undone is done again by the verb that did it, whether or not it had been sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmdesk.core.outbox import OpState
from tests.helpers.front_desk import FrontDesk
from tests.helpers.memory_vendor import MemoryVendor


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


async def test_an_edit_undone_in_time_is_sent_once_after_redo(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        saved = await desk.change("2", city="Nantes")
        await desk.edits.undo(saved)
        again = await desk.edits.redo(saved)
        assert (await desk.row(desk.number("2"))).city == "Nantes"
        await desk.push()
        assert desk.memory.writes == [("2", "city", None, "Nantes")]
        await desk.edits.undo(again)
        assert (await desk.row(desk.number("2"))).city == ""


async def test_an_edit_undone_after_it_was_sent_is_sent_again(path: Path) -> None:
    memory = MemoryVendor(2)
    memory.edit("2", city="Nevers")
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        saved = await desk.change("2", city="Nantes")
        await desk.push()
        await desk.edits.undo(saved)
        await desk.push()
        await desk.edits.redo(saved)
        await desk.push()
        assert memory.contacts["2"]["city"] == "Nantes"


async def test_a_deletion_is_done_again(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        number = desk.number("2")
        saved = await desk.edits.delete([number])
        await desk.edits.undo(saved)
        assert await desk.edits.redo(saved)
        assert [one.contact_id for one in await desk.reader.trash()] == [number]
        await desk.push(20)  # a deletion waits longer
        assert "2" not in desk.memory.contacts


async def test_a_new_contact_comes_out_of_the_trash_again(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        saved = await desk.edits.create(desk.id, {"name": "Ana Ruiz"})
        await desk.edits.undo(saved)
        assert [one.contact_id for one in await desk.reader.trash()] == list(saved.contact_ids)
        await desk.edits.redo(saved)
        assert not await desk.reader.trash()
        await desk.push()
        assert (await desk.the_op()).state is OpState.CONFIRMED


async def test_what_cannot_be_done_again_is_not_taken(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        gone = await desk.edits.discard((await desk.the_op()).id)
        with pytest.raises(ValueError, match="discard"):
            await desk.edits.redo(gone)
