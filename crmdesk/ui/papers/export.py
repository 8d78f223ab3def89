"""The list, or what is selected in it, as a file."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmdesk.core.errors import CrmDeskError
from crmdesk.core.personal import LIST_COLUMNS, Personal
from crmdesk.core.privacy import Handled
from crmdesk.core.types import ContactRow
from crmdesk.sync import exporting
from crmdesk.sync.exporting import Form, Tally
from crmdesk.ui.contacts import names
from crmdesk.ui.contacts.columns import COLUMNS, KEYS
from crmdesk.ui.contacts.copying import value_of
from crmdesk.ui.feedback import ask
from crmdesk.ui.hiding import hides
from crmdesk.ui.papers.export_dialog import ExportDialog, ExportProgress
from crmdesk.ui.words import plural, tr
from crmdesk.ui.written import place_for, plain_name, tell_written

if TYPE_CHECKING:
    from crmdesk.ui.main_window import MainWindow

log = logging.getLogger(__name__)
Work = Callable[[Path, Tally], bool]


async def export(window: MainWindow) -> None:
    """Asks what and where, then writes it in a thread. What is listed when it is asked for is what is written."""
    page = window.contacts
    listed, chosen = page.model.ids, page.table.selected_ids()
    title = page.title() or tr("Contacts")
    dialog = ExportDialog(window, title, len(listed), len(chosen), masked=hides())
    if not await ask(dialog):
        return
    ids, form, whole = chosen if dialog.selected else listed, dialog.form, dialog.whole
    personal = dialog.personal
    day = window.clock.now().astimezone().date().isoformat()
    place = await place_for(window, plain_name(f"{title} {day}", "contacts"), form.value)
    if place is None:
        return
    form = Form(place.suffix.lower())  # a table's other ending may have been typed
    work, tally = _work(window, form, ids, personal, whole=whole), Tally(len(ids))
    try:
        finished = await _written(window, work, place, tally)
        if finished:
            fields = [group.value for group in Personal if group in personal]
            await window.services.privacy.note(Handled.EXPORTED, contacts=tally.written, fields=fields, note=form.value)
    except CrmDeskError as error:
        window.feedback.show(error, "export")
        return
    if finished:
        log.info("exported %d contacts as %s", tally.written, form.value)
        tell_written(window.feedback, _told(tally), place)
    else:
        window.feedback.notice(tr("The export was stopped. No file was written."))


def _work(window: MainWindow, form: Form, ids: Any, personal: frozenset[Personal], *, whole: bool) -> Work:
    """What the thread does: everything of the window that it needs is taken now."""
    page, reader = window.contacts, window.reader
    desk = page.desk
    if form is not Form.VCARD and not whole:
        keys = [key for key, _, shown in page.table.columns_state() if shown and _wanted(key, personal)]
        if Personal.NAME not in personal:  # else nobody could tell the lines apart
            keys = [*keys, *(key for key in ("account", "remote_id") if key not in keys)]
        titles = [tr(COLUMNS[KEYS.index(key)].title) for key in keys]

        def cells(row: ContactRow) -> list[str]:
            return [value_of(row, key, desk) for key in keys]

        return lambda path, tally: exporting.write_rows(path, reader, ids, tally, titles, cells)
    stored = exporting.Desk(desk.accounts, window.services.vendors, names.country, personal)
    if form is Form.VCARD:
        return lambda path, tally: exporting.write_cards(path, reader, ids, tally, stored.card)
    return lambda path, tally: exporting.write_details(path, reader, ids, tally, stored.titles, stored.cells)


def _wanted(key: str, personal: frozenset[Personal]) -> bool:
    """Whether a column of the list goes along."""
    group = LIST_COLUMNS.get(key)
    return group is None or group in personal


async def _written(window: MainWindow, work: Work, place: Path, tally: Tally) -> bool:
    """False where it was stopped. A closing window waits for the thread, which ends within a chunk."""
    assert window.outgoing is not None  # the data folder is open
    progress = ExportProgress(window, tally, place.name)
    running = asyncio.get_running_loop().run_in_executor(None, partial(work, place, tally))
    try:
        with window.outgoing.long_work.during(progress.words, progress.come_forward):
            return await asyncio.shield(running)
    except asyncio.CancelledError:
        tally.stop = True
        await asyncio.wait([running])
        if not running.cancelled() and (error := running.exception()) is not None:
            log.info("a stopped export ended with %s", type(error).__name__)
        raise
    finally:
        progress.end()


def _told(tally: Tally) -> str:
    words = plural(tally.written, "1 contact written to {name}.", "{n} contacts written to {name}.")
    if tally.left_out:
        left = plural(
            tally.left_out, "1 was left out, as its guest asked.", "{n} were left out, as their guests asked."
        )
        return f"{words} {left}"
    return words
