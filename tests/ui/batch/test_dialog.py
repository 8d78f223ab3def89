"""Batch edit: nothing is done silently for a part, everything is shown before, and all goes in one commit."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from shiboken6 import isValid

from crmdesk.core.errors import StorageError
from crmdesk.core.outbox import FieldChange
from crmdesk.ui.batch.actions import LIMIT
from crmdesk.ui.batch.dialog import BatchDialog
from crmdesk.ui.batch.plan import Way
from crmdesk.ui.batch.preview import AFTER, BEFORE, CONTACT, REMARK
from crmdesk.ui.contacts.page import ContactsPage
from crmdesk.ui.feedback import ask
from crmdesk.ui.theme import theme
from tests.ui.contacts.conftest import settle

RESTRICTED = "Processing of this contact is restricted."


def select(page: ContactsPage, *rows: int) -> None:
    page.table.choose(rows[0])
    for row in rows[1:]:
        index = page.model.index(row, 0)
        page.table.selectionModel().select(
            index, page.table.selectionModel().SelectionFlag.Select | page.table.selectionModel().SelectionFlag.Rows
        )


async def opened(page: ContactsPage, *rows: int) -> BatchDialog:
    select(page, *rows)
    assert page.commands.run("contact.batch")
    await settle(lambda: isinstance(QApplication.activeModalWidget(), BatchDialog))
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, BatchDialog)
    await settle(lambda: dialog.field.count() > 0 or not dialog._scope.running("batch.load"))
    return dialog


async def choose(dialog: BatchDialog, field: str, way: Way = Way.SET, value: Any = None) -> None:
    dialog.field.setCurrentIndex(dialog.field.findText(field))
    dialog.way.setCurrentIndex([dialog.way.itemData(at) for at in range(dialog.way.count())].index(way))
    if value is not None:
        control = dialog._control
        assert control is not None
        control.put(value)
        control.edited.emit(True)
    await settle(lambda: dialog._fresh)


def told(dialog: BatchDialog) -> list[tuple[str, ...]]:
    model = dialog.model
    return [
        tuple(model.data(model.index(row, column)) for column in (CONTACT, BEFORE, AFTER, REMARK))
        for row in range(model.rowCount())
    ]


async def closed(dialog: BatchDialog) -> None:
    dialog.reject()
    await settle(lambda: QApplication.activeModalWidget() is None)


async def test_one_field_of_several_contacts_is_changed_in_one_go(page: ContactsPage) -> None:
    heard: list[Any] = []
    page.saved.connect(heard.append)
    dialog = await opened(page, 0, 2, 4)
    await choose(dialog, "City", value="City 0")
    assert dialog.counts.text() == "2 contacts will change   ·   1 stays as it is"
    assert told(dialog) == [
        ("Person 002", "City 2", "City 0", ""),
        ("Person 004", "City 1", "City 0", ""),
        ("Person 000", "City 0", "=", "Stays as it is"),
    ]
    assert dialog.apply.text() == "Change 2 contacts"
    dialog.apply.click()
    await settle(lambda: bool(heard))
    change = [(3, (FieldChange("city", "City 2", "City 0"),)), (5, (FieldChange("city", "City 1", "City 0"),))]
    assert page.services.edits.calls == [("save_many", (change,))]
    assert len(heard) == 1, "one action, one undo"


async def test_two_vendors_share_what_they_both_have(page: ContactsPage) -> None:
    dialog = await opened(page, 0, 1)
    fields = [dialog.field.itemText(at) for at in range(dialog.field.count())]
    assert "City" in fields and "Languages" not in fields
    await choose(dialog, "City", value="Nantes")
    dialog.apply.click()
    await settle(lambda: bool(page.services.edits.calls))
    [(_, (change,))] = page.services.edits.calls
    assert [one.path for _, (one,) in change] == ["city", "contact_address.city"]


async def test_contacts_that_cannot_be_changed_are_counted_and_left_out_only_when_told(page: ContactsPage) -> None:
    page.services.edits.refused |= {1: RESTRICTED, 3: RESTRICTED}
    dialog = await opened(page, 0, 2, 4, 6)
    assert dialog.barred.text() == f"2 of 4 contacts cannot be changed: {RESTRICTED} (2)"
    await choose(dialog, "City", value="Nantes")
    assert not dialog.apply.isEnabled()
    assert dialog.apply.accessibleDescription() == "Some contacts cannot be changed: say that they are left out."
    assert dialog.leave.text() == "Leave these 2 out"
    dialog.leave.click()
    assert dialog.apply.isEnabled()
    dialog.apply.click()
    await settle(lambda: bool(page.services.edits.calls))
    assert [number for number, _ in page.services.edits.calls[0][1][0]] == [5, 7]


async def test_where_none_can_be_changed_nothing_is_offered(page: ContactsPage) -> None:
    page.services.edits.reasons[1, "edit"] = "This account was removed."
    dialog = await opened(page, 0, 2)
    assert dialog.barred.isVisible() and dialog.leave.isHidden()
    assert not dialog._form.isEnabled() and not dialog.apply.isEnabled()
    await closed(dialog)


async def test_values_that_cannot_be_saved_stop_it_until_they_are_left_out(page: ContactsPage) -> None:
    dialog = await opened(page, 0, 2, 4)
    await choose(dialog, "City", Way.REPLACE)
    dialog.sought.setFocus()
    QTest.keyClicks(dialog.sought, "City 2")
    await settle(lambda: dialog._fresh and len(dialog._results) == 3)
    assert told(dialog)[0][:3] == ("Person 002", "City 2", "(empty)")
    assert not dialog.apply.isEnabled(), "nothing else would change"
    dialog.sought.clear()
    QTest.keyClicks(dialog.sought, "ity")
    await settle(lambda: dialog._fresh and dialog.apply.isEnabled())
    assert {row[2] for row in told(dialog)} == {"C 0", "C 1", "C 2"}
    await closed(dialog)


async def test_one_bad_value_among_good_ones(page: ContactsPage) -> None:
    page.reader.contacts[3] = page.reader.contacts[3].__class__(
        **{
            **{name: getattr(page.reader.contacts[3], name) for name in page.reader.contacts[3].__slots__},
            "email": "x@example.org",
        }
    )
    dialog = await opened(page, 0, 2)
    await choose(dialog, "E-mail", Way.REPLACE)
    QTest.keyClicks(dialog.sought, "x@example.org")
    await settle(lambda: dialog._fresh and bool(dialog._results))
    assert dialog.skip.isHidden() and not dialog.apply.isEnabled()
    dialog.sought.clear()
    QTest.keyClicks(dialog.sought, "cornelia@")
    await settle(lambda: dialog._fresh and bool(dialog._results))
    await closed(dialog)


async def test_languages_are_added(page: ContactsPage) -> None:
    dialog = await opened(page, 0, 2)
    await choose(dialog, "Languages", Way.ADD, ("fr",))
    assert [row[1:3] for row in told(dialog)] == [("English", "English, French")] * 2
    await closed(dialog)
    assert page.services.edits.calls == []


async def test_what_went_wrong_is_told_and_nothing_is_lost(page: ContactsPage) -> None:
    dialog = await opened(page, 0, 2)
    await choose(dialog, "City", value="Nantes")
    page.services.edits.fail = StorageError("The disk is full.", "Make room, then try again.")
    dialog.apply.click()
    await settle(lambda: dialog.problem.isVisible())
    assert dialog.problem.text() == "The disk is full. Make room, then try again. Nothing was changed."
    assert dialog.isVisible()
    await settle(dialog.apply.isEnabled)
    dialog.apply.click()
    await settle(lambda: QApplication.activeModalWidget() is None)
    assert page.services.edits.verbs() == ["save_many", "save_many"]


async def test_a_mistake_of_ours_leaves_a_dialog_that_can_be_closed(page: ContactsPage, errors: list[Any]) -> None:
    dialog = await opened(page, 0, 2)
    await choose(dialog, "City", value="Nantes")
    page.services.edits.fail = ValueError("our mistake")
    dialog.apply.click()
    await settle(lambda: bool(errors))
    assert [str(error) for _, error in errors] == ["our mistake"]
    errors.clear()
    dialog.reject()
    await settle(lambda: QApplication.activeModalWidget() is None)


async def test_many_contacts_show_how_far_it_is(page: ContactsPage) -> None:
    gate = asyncio.Event()
    usual = page.reader.each

    async def each(ids: Any, chunk: int = 500) -> Any:
        async for part in usual(list(ids)[:20], chunk):
            yield part
        await gate.wait()

    page.reader.each = each
    dialog = BatchDialog(page, page.scope, page.reader, page.services.edits, lambda _id: None, list(range(1, 1200)))
    dialog.open()
    await settle(lambda: dialog.busy.isVisible() and dialog.busy.bar.value() == 20)
    assert dialog.busy.bar.maximum() == 1199
    dialog.busy.cancel.click()
    await settle(lambda: not dialog.isVisible())
    gate.set()
    dialog.deleteLater()


async def test_what_it_reads_has_ended_before_it_is_taken_apart(page: ContactsPage) -> None:
    """Closed while it reads: its task has come to its end when nothing of the dialog is left."""
    seen: list[str] = []
    reading = asyncio.Event()
    usual = page.reader.each

    async def each(ids: Any, chunk: int = 500) -> Any:
        async for part in usual(list(ids)[:20], chunk):
            yield part
        reading.set()
        try:
            await asyncio.Event().wait()
        finally:
            seen.append("reading ended" if isValid(dialog) else "too late")

    page.reader.each = each
    dialog = BatchDialog(page, page.scope, page.reader, page.services.edits, lambda _id: None, list(range(1, 1200)))
    asked = asyncio.ensure_future(ask(dialog))
    await settle(lambda: reading.is_set() and dialog.busy.isVisible())
    dialog.reject()
    await asked
    assert seen == ["reading ended"]


async def test_too_many_are_refused_with_the_number(page: ContactsPage) -> None:
    assert page.commands.why_not("contact.batch") == "Select two or more contacts first."
    page.model.set_result(np.arange(1, LIMIT + 2, dtype=np.uint32), page.model.query, (), {})
    page.table.selectAll()
    why = page.commands.why_not("contact.batch")
    assert why == "At most 2,000 contacts can be changed at once; 2,001 are selected."


async def test_everything_in_the_dialog_has_a_name_and_the_keys_work(page: ContactsPage) -> None:
    dialog = await opened(page, 0, 2)
    await choose(dialog, "City", value="Nantes")
    controls = [
        widget
        for widget in dialog.findChildren(QWidget)
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and widget.isVisible()
        and not widget.objectName().startswith("qt_")
    ]
    assert [widget for widget in controls if not widget.objectName()] == []
    QTest.keyClick(dialog.field, Qt.Key.Key_Escape)
    await settle(lambda: QApplication.activeModalWidget() is None)
    assert page.services.edits.calls == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_rows_that_stay_are_paler(page: ContactsPage, scheme: str) -> None:
    theme().set_scheme(scheme)
    dialog = await opened(page, 0, 2)
    await choose(dialog, "City", value="City 0")
    model, colour = dialog.model, Qt.ItemDataRole.ForegroundRole
    assert model.data(model.index(0, CONTACT), colour) is None
    assert model.data(model.index(1, CONTACT), colour) == theme().color("muted")
    assert isinstance(dialog.findChild(QAbstractButton, "batch.apply"), QAbstractButton)
    await closed(dialog)
