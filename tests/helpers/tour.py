"""All screens of the program, one after the other, in practice mode: pages, panels, and every kind of dialog.

A dialog that belongs to a situation which is long in coming is opened as the program opens it, with made-up content."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QWidget

from crmdesk.core.batch import BatchKind
from crmdesk.core.errors import SecretsError
from crmdesk.core.grid_columns import columns_of
from crmdesk.core.outbox import FieldChange
from crmdesk.core.submission import Line, RowStage
from crmdesk.core.types import OUTBOX_FLAGS, Flag
from crmdesk.early import Found
from crmdesk.net.secrets import memory_key
from crmdesk.settings import Settings
from crmdesk.ui.backup.dialogs import BackupDialog, RestoreDialog
from crmdesk.ui.cards.copy_dialog import CopyDialog
from crmdesk.ui.cards.dialogs import LinkDialog, SplitDialog
from crmdesk.ui.cards.merge_dialog import MergeDialog
from crmdesk.ui.composer.ledger_dialog import AnswersDialog
from crmdesk.ui.composer.review import Plan, ReviewDialog
from crmdesk.ui.composer.rows import GridRow
from crmdesk.ui.composer.runs import Run, Shelf
from crmdesk.ui.composer.small_dialogs import ColumnsDialog, FixDialog, ReasonDialog, ReportDialog
from crmdesk.ui.composer.unknown import AGAIN, DecideDialog, RowByRowDialog
from crmdesk.ui.confirm import confirm
from crmdesk.ui.feedback import ask
from crmdesk.ui.guest.answer_dialog import AnswerDialog
from crmdesk.ui.guest.privacy import LeaveDialog
from crmdesk.ui.guest.sign_out import SignOutDialog
from crmdesk.ui.kit import Popover
from crmdesk.ui.leaving import leaving_dialog
from crmdesk.ui.lock.dialog import PinDialog
from crmdesk.ui.places import ACCOUNTS, CONFLICTS, DUPLICATES, EVENTS, HOME, OUTBOX, SETTINGS, TRASH, Place
from crmdesk.ui.unlock import UnlockPage
from crmdesk.ui.view_actions import NameDialog
from crmdesk.ui.welcome import WelcomePage
from tests.helpers.house import House, until

PAGES = {
    "contacts": HOME, "outbox": OUTBOX, "bulk events": EVENTS, "conflicts": CONFLICTS, "trash": TRASH,
    "duplicates": DUPLICATES, "accounts": ACCOUNTS, "new account": Place("accounts", -1), "settings": SETTINGS,
}  # fmt: skip
SENT = "Breakfast reviews"  # some failed, some are unknown
SUBMISSIONS = ("Bookings of the week", "Restaurant bills", SENT)  # of practice mode: pushed contacts, a draft, sent
FILLED = {  # lists that have lines
    "outbox": "outbox.list", "trash": "trash.list", "bulk events": "events.list", "duplicates": "duplicates.list",
}  # fmt: skip
COMMANDS = (  # whose answer is a dialog, with some contacts selected
    "help", "view.save", "contact.batch", "operator.change", "guest.sign_in", "contact.export", "pack.print",
    "events.of_contacts", "deeds", "notices", "practice.panel", "privacy.record", "events.ledger",
)  # fmt: skip
READY = {"pack.print": "pack.pdf", "events.of_contacts": "composer.new.go", "contact.batch": "batch.field"}
SOME = ("contact.batch", "events.of_contacts")  # of them: what needs more than one contact
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


@asynccontextmanager
async def desk(folder: Path, *, lang: str = "", **settings: Any) -> AsyncIterator[House]:
    """Practice mode with everybody in the list and one contact open. `lang`: '' is as the settings say."""
    kept, more = Settings(operator="Maria", operators=["Maria"], **settings), {"lang": lang} if lang else {}
    async with House(folder, Found(key=memory_key()), kept=kept, practice=True, **more) as house:
        await house.practised()
        house.window.activateWindow()
        house.table.setFocus()
        house.table.choose(0)
        await until(lambda: house.window.contacts.detail.detail is not None, "the contact")
        yield house


async def settled(house: House) -> None:
    """What is shown is read and laid out. Nothing here may call processEvents: a task that Qt wakes up inside another
    one is lost."""
    await asyncio.sleep(0.15)


async def pages(house: House) -> AsyncIterator[tuple[str, QWidget]]:
    """(name, what is new to see) of everything beside the navigation and over the window, in front while it is given.
    A contact was deleted before: outbox and trash have a line."""
    await _sent(house)
    house.services.set_working_offline(True)
    house.table.setFocus()
    assert house.window.commands.run("contact.delete")
    await until(lambda: house.there("status.waiting"), "a deletion that waits")
    house.window.outgoing.undo.bar.close_bar()  # it would lie over what is looked at, for a moment at each page
    for name, place in PAGES.items():
        house.window.go(place)
        await settled(house)
        if name in FILLED:
            lines = house.find(FILLED[name]).model()
            await until(lines.rowCount, f"lines in {name}")
        if name == "duplicates":
            house.find("duplicates.list").setFocus()
            await until(lambda: house.there("duplicates.link"), "two beside each other")
        yield name, house.window.pages.currentWidget()
    async for name, page in submissions(house):
        yield name, page
    async for name, part in panels(house):
        yield name, part


async def submissions(house: House) -> AsyncIterator[tuple[str, QWidget]]:
    """The page of bulk events with each kind of them open."""
    await _sent(house)
    house.window.go(EVENTS)
    page = house.window.pages.events()
    for title in SUBMISSIONS:
        page.open(_submissions(page)[title].one.id)
        await until(lambda: page.composer is not None and page.composer.document.rows, "the composer")
        if title == SENT:
            await until(lambda: house.there("sending.report"), "how sending went")
        await settled(house)
        yield f"events: {title}", page
        page.back()
        await until(lambda: page.composer is None, "the list of events")


async def _sent(house: House) -> None:
    """What practice mode composes and sends is through."""
    house.window.go(EVENTS)
    page = house.window.pages.events()
    await until(lambda: _submissions(page).keys() >= set(SUBMISSIONS), "practice events")
    await until(lambda: _submissions(page)[SENT].shelf is Shelf.ENDED, "what practice mode has sent")
    house.window.go(HOME)


def _submissions(page: Any) -> dict[str, Run]:
    return {run.one.title: run for run in page.runs.runs}


async def panels(house: House) -> AsyncIterator[tuple[str, QWidget]]:
    """What comes in place of a part of the Contacts page, or lies over it."""
    window = house.window
    window.go(HOME)
    house.table.setFocus()
    house.table.choose(0)
    await settled(house)
    window.commands.run("contact.edit")
    await until(lambda: house.there("editor.save"), "the editor")
    await settled(house)
    yield "editor", window.contacts.detail.editor
    window.contacts.detail.editor.discarded.emit()
    await settled(house)
    house.table.setFocus()
    window.commands.run("sync")
    await settled(house)
    yield "sync", window.overlays.panel
    window.overlays.close_panel()
    window.commands.run("view.add_filter")
    await settled(house)
    yield "filter", next(one for one in window.findChildren(Popover) if one.isVisible())
    house.key("Escape")
    await settled(house)
    house.table.setFocus()
    window.commands.run("palette")
    await settled(house)
    yield "palette", window.overlays.palette
    house.key("Escape")
    async with _history(house) as view:
        yield "history", view


@asynccontextmanager
async def _history(house: House) -> AsyncIterator[QWidget]:
    """Of a contact that was changed here."""
    detail = house.window.contacts.detail
    house.table.setFocus()
    house.table.choose(0)
    await until(lambda: detail.contact_id == house.table.current_id() and detail.detail is not None, "the contact")
    was = json.loads(detail.detail.body).get("notes")
    await house.services.edits.save(detail.contact_id, [FieldChange("notes", was, "Quiet room")])
    assert house.window.commands.run("contact.history"), house.window.commands.why_not("contact.history")
    await until(lambda: detail.history.isVisible() and detail.history.cards(), "lines of its history")
    await settled(house)
    yield detail.history
    detail.tabs.setCurrentIndex(0)
    house.table.setFocus()


async def covers(house: House) -> AsyncIterator[tuple[str, QWidget]]:
    """What comes in place of everything else in the window: its first page, the ways to unlock the data folder, and
    the lock with its faces."""
    window = house.window
    welcome = WelcomePage(window.look, lambda: None, lambda: None)
    window.pages.addWidget(welcome)
    window.pages.setCurrentWidget(welcome)
    window.panes.move_focus(None)
    yield "welcome", welcome
    window.go(HOME)
    window.pages.removeWidget(welcome)
    async for name, page in _unlocking(house):
        yield name, page
    async for name, page in _locked(house):
        yield name, page


async def _unlocking(house: House) -> AsyncIterator[tuple[str, QWidget]]:
    """As the program shows it before a data folder can be read."""

    async def nothing(*_: str) -> None: ...

    page = UnlockPage(house.window.scope, unlock=nothing, create=nothing, session_only=nothing, retry=nothing)
    house.window.show_cover(page)
    for name, show in (
        ("passphrase", page.show_passphrase),
        ("first", page.show_first_start),
        ("locked", lambda: page.show_locked(SecretsError("The system keyring is locked.", "Unlock it."))),
    ):
        show()
        await settled(house)
        yield f"unlock: {name}", page
    house.window.hide_cover()


async def _locked(house: House) -> AsyncIterator[tuple[str, QWidget]]:
    """First nobody has a PIN, then Maria."""
    lock = house.window.lock
    lock.now()
    await settled(house)
    yield "lock: free", house.window.cover.currentWidget()
    lock.show_again()
    await house.services.pins.set("Maria", "482915")
    lock.now()
    await settled(house)
    page = house.window.cover.currentWidget()
    for face in ("pin", "forgot"):
        page.show_face(face)
        await settled(house)
        yield f"lock: {face}", page
    await lock.unlock("Maria", "482915")


def _line() -> Line:
    return Line(1, 1, 1, 1, 1, "achievements", "u", 1, NOW.isoformat(), "Maria", RowStage.UNKNOWN, "code=ACR1")


def _made(house: House) -> Iterator[tuple[str, Callable[[], QDialog]]]:
    window: Any = house.window
    asks, plan = SimpleNamespace(asks=True), Plan("Breakfast", "Achievements", "Resort", "Maria", True, 40, warned=3)
    record = SimpleNamespace(made_at=NOW.isoformat(), size=2_000_000)
    rows = [GridRow(), GridRow()]
    fields = tuple(next(iter(house.services.vendors.values())).fields)
    columns = columns_of(BatchKind("", "", fields))
    yield "view.rename", lambda: NameDialog(window, "Guests of June")
    yield "question", lambda: confirm(window, "contact.delete.sure", "Delete 3 contacts?", "3 at BookingSync.",
                                      [("delete", "Delete", True)])  # fmt: skip
    yield "leaving", lambda: leaving_dialog(window)
    yield "pin", lambda: PinDialog(window, window.lock.pins, window.scope, "Maria", "set")
    yield "backup", lambda: BackupDialog(window, window.scope, asks, "/backups/evening.crmdesk")
    yield "restore", lambda: RestoreDialog(window, window.scope, asks, "/backups/evening.crmdesk", record)
    yield "events.fix", lambda: FixDialog(window, "Not a date", "Performed on", "soon")
    yield "events.reason", lambda: ReasonDialog(window, "Allow sending again", "Look at the vendor's system first.")
    yield "events.columns", lambda: ColumnsDialog(window, columns, frozenset())
    yield "events.report", lambda: ReportDialog(window)
    yield "events.send again", lambda: DecideDialog(window, AGAIN, 3)
    yield "events.row by row", lambda: RowByRowDialog(window, rows, ["Ana Ruiz", "Jan Novák"])
    yield "events.review", lambda: ReviewDialog(window, plan)
    yield "events.answers", lambda: AnswersDialog(window, [_line()], window.clock)
    yield "guest.answer", lambda: AnswerDialog(window, "Late check-out", "Ana Ruiz", accept=False, no_comment="")
    yield "guest.leave", lambda: LeaveDialog(window, "Ana Ruiz", ("Resort",))
    yield "guest.sign out", lambda: SignOutDialog(window, "Ana Ruiz", 1, False)


async def _of_cards(house: House) -> list[tuple[str, Callable[[], QDialog]]]:
    """About contacts of one account."""
    window: Any = house.window
    cards = window.outgoing.cards
    rows = await house.services.reader.rows([int(number) for number in house.model.ids[:100]])
    odd = Flag.RESTRICTED | OUTBOX_FLAGS  # such ones cannot be merged; which ones are first depends on the language
    chosen = [row.id for row in rows if row.account_id == rows[0].account_id and not row.flags & odd][:3]
    sides, plan = await cards.sides(chosen), house.services.cards.merge_plan
    words = ("Copy Phone to Ana Ruiz at Seaside?", "Copy to BookingSync", "", "+34 611", "PUT /contacts/1\n\n{}", "")
    return [
        ("cards.link", lambda: LinkDialog(window, sides, chosen[:1])),
        ("cards.split", lambda: SplitDialog(window, sides, chosen[2:])),
        ("cards.copy", lambda: CopyDialog(window, *words)),
        ("cards.merge", lambda: MergeDialog(window, window.scope, plan, (sides[0], sides[1]))),
    ]


async def dialogs(house: House) -> AsyncIterator[tuple[str, QDialog]]:
    """(name, dialog) of each kind, open and with the focus where the program puts it; ended here, if not before."""
    for name in COMMANDS:
        house.window.go(HOME)
        house.table.setFocus()
        house.table.choose(0)
        if name in SOME:
            QTest.keyClick(house.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
        assert house.window.commands.run(name), f"{name}: {house.window.commands.why_not(name)}"
        dialog = await _shown(house, name)
        if name in READY:
            wanted = house.find(READY[name])
            await until(wanted.isEnabled, f"the content of {name}")
        yield name, dialog
        await left(house)
    house.window.go(HOME)
    house.table.setFocus()
    for name, make in (*_made(house), *await _of_cards(house)):
        house.window.scope.start(ask(make()), what=name)
        dialog = await _shown(house, name)
        if isinstance(dialog, MergeDialog):
            await until(partial(getattr, dialog, "current"), "both beside each other")
        yield name, dialog
        await left(house)


async def _shown(house: House, name: str) -> QDialog:
    await until(house.dialogs, f"a dialog for {name}", 10)
    await settled(house)
    return house.dialogs()[-1]


async def left(house: House) -> None:
    """No dialog is open any more."""
    for dialog in reversed(house.dialogs()):
        dialog.reject()
    await until(lambda: not house.dialogs(), "the end of the dialogs")
    house.window.activateWindow()
    await asyncio.sleep(0)
