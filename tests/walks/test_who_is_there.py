"""Nobody has said yet who is at the desk: what becomes of the first change, by the answer to the question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QLineEdit

from crmdesk.core.outbox import FieldChange, OpState
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.settings import Settings
from crmdesk.vendors.bookingsync import VENDOR
from tests.helpers.house import House, until

SEA, TOKEN = "Seaside Villas", "demo-seaside"


async def connected(house: House, server: LoopbackServer) -> None:
    await house.ready()
    house.click("welcome.connect")
    await house.add_account(SEA, f"{server.base_url}/api/v3", TOKEN, test=False)
    await house.done(SEA)
    house.key("Ctrl+1")
    await until(lambda: house.model.rowCount() > 9, "contacts")
    house.table.setFocus()
    house.table.choose(0)
    await until(lambda: house.window.contacts.detail.detail is not None, "the contact")


async def answer(house: House, key: str) -> None:
    await until(lambda: house.there("operator"), "the question")
    house.key("Esc") if key == "Esc" else house.click(key)
    await until(lambda: not house.there("operator"), "its end")
    house.window.activateWindow()  # a desktop does it by itself
    await until(lambda: QApplication.activeWindow() is house.window, "the window")


async def test_esc_gives_the_deletion_up_and_not_now_goes_on_without_a_name(tmp_path: Path) -> None:
    with LoopbackServer(VENDOR.sandbox(counts=(60, 0))) as server:
        async with House(tmp_path, kept=Settings(file=tmp_path / "settings.json")) as house:
            await connected(house, server)
            before = house.model.rowCount()
            house.key("Del")
            await answer(house, "Esc")
            await until(lambda: house.window.feedback.told, "a word about it")
            assert (house.model.rowCount(), house.window.outgoing.counts.waiting) == (before, 0)
            await until(house.table.hasFocus, "the focus where it was")
            house.key("Del")
            await answer(house, "operator.later")
            await until(lambda: house.model.rowCount() == before - 1, "the deletion")
            house.table.choose(0)
            house.key("Del")
            await until(lambda: house.model.rowCount() == before - 2, "another one, and no question")


@pytest.mark.parametrize("how", ["Ctrl+Return", "Del"])
async def test_esc_leaves_the_editor_open_with_what_was_typed(tmp_path: Path, how: str) -> None:
    with LoopbackServer(VENDOR.sandbox(counts=(60, 0))) as server:
        async with House(tmp_path, kept=Settings(file=tmp_path / "settings.json")) as house:
            await connected(house, server)
            house.key("Ctrl+E")
            await until(lambda: house.there("editor.field.city"), "the editor")
            house.fill("editor.field.city", "Nantes")
            if how == "Del":
                house.table.setFocus()
            house.key(how)
            await answer(house, "Esc")
            await until(lambda: house.find("editor.save").isEnabled(), "an editor that can be used")
            assert house.find("editor.field.city", QLineEdit).text() == "Nantes"
            assert house.window.outgoing.counts.waiting == 0
            house.find("editor.field.city").setFocus()
            house.key("Ctrl+Return")
            await answer(house, "operator.later")
            await until(lambda: not house.there("editor.save"), "saved")


async def _refused(house: House, emulator: Any) -> int:
    """The contact that is open has a change that the vendor did not take."""
    emulator.faults.set("refuse_values", "city", method="PUT", times=1)
    contact_id = house.table.current_id()
    house.services.edits.set_grace(0, 0)
    row = house.window.contacts.detail.detail.row
    signing, house.services.edits.signing = house.services.edits.signing, None
    await house.services.edits.save(contact_id, [FieldChange("city", row.city, "Nirgendwo")])
    house.services.edits.signing = signing
    house.services.edits.set_grace(30, 30)
    await until(lambda: house.window.outgoing.counts.needs_you == 1, "the refusal")
    return contact_id


async def test_who_corrects_a_refused_change_is_asked_for_a_name_and_can_take_it_back(tmp_path: Path) -> None:
    emulator = VENDOR.sandbox(counts=(60, 0))
    with LoopbackServer(emulator) as server:
        async with House(tmp_path, kept=Settings(file=tmp_path / "settings.json")) as house:
            await connected(house, server)
            contact_id = await _refused(house, emulator)
            await until(lambda: house.there("detail.banner.needs_you"), "the banner")
            house.click("detail.banner.needs_you.act")
            await until(lambda: house.there("editor.field.city"), "the editor")
            house.fill("editor.field.city", "Nantes")
            house.key("Ctrl+Return")
            await until(lambda: house.there("operator"), "the question")
            house.find("operator.name.text", QLineEdit).setText("Tom")
            await answer(house, "operator.save")
            await until(lambda: house.there("undo.button"), "the offer to undo")
            (op,) = await house.services.reader.ops("open")
            assert (op.state, op.operator, op.contact_id) == (OpState.PENDING, "Tom", contact_id)
            house.table.setFocus()
            house.key("Ctrl+Z")
            await until(lambda: house.window.outgoing.counts.needs_you == 1, "the refused change again")
            (op,) = await house.services.reader.ops("open")
            assert op.state is OpState.REJECTED and op.changes[0].now == "Nirgendwo" and op.reason is not None
