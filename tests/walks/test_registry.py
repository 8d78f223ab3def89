"""What can be done on a page stands in menus, palette and key list: enabled where it works, else with the reason."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton

from crmdesk.core.outbox import FieldChange, OpState
from crmdesk.core.submission import NewRow, Submission
from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from crmdesk.settings import Settings
from crmdesk.ui.composer.acts import NOT_OFFERED
from crmdesk.ui.outbox.offers import offers
from crmdesk.ui.palette import command_entries
from crmdesk.ui.places import CONFLICTS, EVENTS, OUTBOX, TRASH
from tests.helpers.house import House, until

ACCOUNT, TEXT = "accounts_receivable_identifier.number", "description"
LOYALTY = "crmcom_events"
# buttons of the open submission whose command has another name
NAMES = {"composer.find.open": "composer.find", "composer.problems.fix": "composer.fix", "composer.problems.out":
         "composer.out", "composer.bad": "composer.next", "composer.problems.all": "composer.show.all"}  # fmt: skip
FIND_BAR = "composer.find."
FIELDS = ("composer.fill", "composer.request")


@asynccontextmanager
async def practice(folder: Path) -> AsyncIterator[House]:
    kept = Settings(operator="Maria", operators=["Maria"])
    async with House(folder, Found(key=memory_key()), kept=kept, practice=True) as house:
        await house.practised()
        house.window.activateWindow()
        yield house


def why(house: House, command_id: str) -> str | None:
    reason: str | None = house.window.commands.why_not(command_id)
    return reason


async def opened(house: House, rows: int) -> Any:
    """An open draft with rows; its composer."""
    verbs = house.services.submissions
    accounts = await house.services.reader.accounts()
    account = next(one for one in accounts if one.vendor == LOYALTY)
    kind = (await verbs.kinds(account.id))[0]
    values = [NewRow({ACCOUNT: f"ACR{number}", TEXT: f"text {number}"}) for number in range(rows)]
    made = await verbs.create(Submission(0, account.id, kind.key, "Survey"), values)
    house.window.go(EVENTS)
    page = house.window.pages.events()
    page.open(made.id)
    await until(lambda: page.composer is not None and page.composer.isVisible(), "the composer")
    composer = page.composer
    await until(lambda: bool(composer.document.groups), "the check")
    return composer


def first_group(house: House) -> list[str]:
    """What the key list shows first, and closes it."""
    house.key("F1")
    tree = house.find("help.keys")
    group = tree.topLevelItem(0)
    found = [group.text(0), *(group.child(place).text(0) for place in range(group.childCount()))]
    for dialog in house.dialogs():
        dialog.close()
    house.window.activateWindow()
    return found


async def test_bulk_events_by_menu_palette_and_keys(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        assert why(house, "grid.fill_down") == "Open bulk events first."
        assert why(house, "composer.import") == "Open bulk events first."
        assert "Ctrl+." in house.window.commands.action("composer.stop").text()
        composer = await opened(house, 3)
        await until(lambda: house.window.isActiveWindow() and composer.grid.hasFocus(), "the grid")
        _buttons_have_commands(house, composer)
        _told(house, composer)
        await _keys(house, composer)
        group = first_group(house)
        assert group[0] == "In open bulk events" and "Review and send" in group
        composer.grid.setFocus()
        await _sheet(house, composer)
        house.key("Escape")
        await until(lambda: house.window.pages.events().composer is None, "the list")
        await _list(house)


def _buttons_have_commands(house: House, composer: Any) -> None:
    """No button of an open submission, in sight or not, that menus and palette do not know."""
    known = {command.id for command in house.window.commands}
    listed = {entry.text for entry, _ in command_entries(house.window.commands)}
    for made in composer.findChildren(QPushButton):
        name = made.objectName()
        if name.startswith(FIELDS) or (name.startswith(FIND_BAR) and name not in NAMES):
            continue  # fields, and the parts of what *Find and replace* opens
        command = NAMES.get(name) or name.replace("composer.filter.", "composer.show.").replace("sending.", "composer.")
        if name != "sending.call.show":  # of one call: *All rows* and the like show the rest
            assert command.replace("composer.call.", "composer.") in known, name
    assert {"Fill down", "Import file", "Find and replace", "Stop after this call"} <= listed
    assert {f"composer.{verb}" for verb in NOT_OFFERED} <= known


def _told(house: House, composer: Any) -> None:
    """Why not, in words; a key that cannot be used now says it at the foot."""
    assert why(house, "grid.fill_down") is None and why(house, "composer.find") is None
    assert why(house, "composer.retry") == "No row failed."
    assert why(house, "composer.show.failed") == "There are no such rows."
    assert why(house, "composer.send") == "No row is ready to be sent."
    house.key("Ctrl+.")
    assert composer.told.text() == "Nothing is being sent."
    house.key("Ctrl+Shift+R")
    assert composer.told.text() == "No row failed."
    house.window.menus["Bulk events"].aboutToShow.emit()
    assert house.window.commands.action("composer.retry").toolTip() == "No row failed."


async def _keys(house: House, composer: Any) -> None:
    """Each says what it does, and does it, by key and by menu."""
    grid, document, commands = composer.grid, composer.document, house.window.commands
    column = grid.rows.columns.index(TEXT)
    grid.go(0, column)
    grid.selectionModel().select(grid.rows.index(2, column), grid.selectionModel().SelectionFlag.Select)
    grid.selectionModel().select(grid.rows.index(1, column), grid.selectionModel().SelectionFlag.Select)
    house.key("Ctrl+D")
    assert [row.values[TEXT] for row in document.rows] == ["text 0"] * 3
    assert commands.run("grid.undo")
    assert document.rows[2].values[TEXT] == "text 2"
    house.key("Ctrl+Y")
    assert document.rows[2].values[TEXT] == "text 0"
    QGuiApplication.clipboard().setText("pasted")
    grid.go(1, column)
    assert commands.run("grid.put")
    assert document.rows[1].values[TEXT] == "pasted"
    house.key("Ctrl+F")
    assert composer.find_bar.isVisible() and not house.window.contacts.isVisible()
    house.key("Escape")
    house.key("F8")
    assert composer.told.text() not in ("", "Nothing needs you.")


async def _sheet(house: House, composer: Any) -> None:
    """Ctrl+Enter from within a cell takes what is typed, and reviews."""
    document, grid = composer.document, composer.grid
    place = grid.rows.columns.index(TEXT)
    for spec in document.kind.fields:  # what an achievement must have
        text = {"performed_on": "2026-06-13 13:00"}.get(spec.path, "Admin Unit" if "unit" in spec.path else "Feedback")
        column = document.column(spec.path)
        if column is not None and column.essential and spec.path != ACCOUNT:
            document.set_cells([(0, spec.path, text)], "Typing")
    grid.go(0, place)
    house.key("F2")
    await until(lambda: house.there("composer.cell"), "the cell's editor")
    house.type("!")
    await document.check()
    house.key("Ctrl+Return")
    assert document.rows[0].values[TEXT].endswith("!") and grid.currentIndex().row() == 0, "it does not go down"
    await until(lambda: house.there("review.go"), f"the review: {composer.told.text()}")
    assert document.rows[0].values[TEXT].endswith("!")
    house.click("review.cancel")
    await until(lambda: not house.there("review.go"), "the grid again")
    house.window.activateWindow()  # the offscreen platform does not by itself
    grid.setFocus()
    await until(lambda: house.window.isActiveWindow() and grid.hasFocus(), "the grid")


async def _list(house: House) -> None:
    runs = house.window.pages.events().runs
    await until(lambda: runs.model.rowCount() > 0, "the list")
    house.window.activateWindow()
    await until(house.window.isActiveWindow, "the window")
    runs.table.setFocus()
    assert first_group(house)[0] == "In the list of bulk events"
    runs.table.selectRow(0)
    assert why(house, "events.failed") == "No row of it failed."
    assert house.window.commands.run("events.show.ended") and runs._shelf.name == "ENDED"
    assert house.window.commands.run("events.show.all")
    runs.table.selectRow(0)
    assert why(house, "events.copy") is None and why(house, "grid.copy") == "Open bulk events first."
    runs.table.setFocus()
    house.key("Ctrl+N")
    await until(lambda: house.there("composer.new.go"), "the question for a new one")
    house.key("Escape")
    await until(lambda: not house.there("composer.new.go"), "the list")


@pytest.mark.slow
async def test_outbox_and_trash_by_menu_and_keys(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        commands, reader = house.window.commands, house.services.reader
        assert why(house, "outbox.hold") == "Open the Outbox first."
        assert why(house, "trash.restore") == "Open the Trash first."
        house.services.set_working_offline(True)
        row = next(
            row for row in map(house.model.row_at, range(60)) if house.services.edits.why_not(row, "edit") is None
        )
        await house.services.edits.save(row.id, [FieldChange("city", row.city or None, "Nantes")])
        house.window.go(OUTBOX)
        page = house.window.pages.outbox()
        await until(lambda: any(line.op and line.op.contact_id == row.id for line in page.model.lines), "the edit")
        page.show_op(next(line.op.id for line in page.model.lines if line.op and line.op.contact_id == row.id))
        await until(lambda: why(house, "outbox.hold") is None, "the edit to be chosen")
        _as_the_panel(house, page)
        assert commands.run("outbox.hold")
        await until(lambda: why(house, "outbox.hold") == "This edit does not need it now.", "it is held")
        assert commands.run("outbox.show.drafts") and page._shown.name == "DRAFTS"
        assert commands.run("outbox.show.all")
        await until(lambda: why(house, "outbox.request") is None, "the edit again")
        assert commands.run("outbox.request")
        await until(lambda: page.panel.request is not None and page.panel.request.isVisible(), "its request")
        assert first_group(house)[0] == "In the Outbox"
        page.list.setFocus()
        house.key("Del")
        open_ops = reader.ops
        await until(lambda: why(house, "outbox.release") is not None, "it is discarded")
        assert all(op.state is not OpState.HELD for op in await open_ops("open"))
        await _conflict(house)
        house.window.go(TRASH)
        await until(lambda: house.there("trash.list") or house.there("trash.count") or True, "the trash")
        assert why(house, "outbox.hold") == "Open the Outbox first."
        assert first_group(house)[0] == "In the Trash"


async def _conflict(house: House) -> None:
    assert why(house, "conflict.mine") == "Open the page Conflicts first."
    house.window.go(CONFLICTS)
    await until(lambda: house.there("conflict.empty.back"), "the empty page")
    assert why(house, "conflict.mine") == "No conflicts."
    assert first_group(house)[0] != "In the Outbox"


def _as_the_panel(house: House, page: Any) -> None:
    """Every button of the panel has a command that can be used when it can."""
    line = page.model.line(page.list.current_key())
    for offer in offers(line.op.kind, line.op.state, page._situation(line)):
        assert (why(house, f"outbox.{offer.key}") is None) == (offer.why is None), offer.key
    assert why(house, "outbox.resolve") == "This edit does not need it now."
