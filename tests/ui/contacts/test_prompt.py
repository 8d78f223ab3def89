"""What a person did is shown before all else; what nobody looks at is not made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from crmdesk.core.changes import PERSON, Changes
from crmdesk.core.outbox import FieldChange, Op, OpKind, OpState
from crmdesk.core.types import ContactRow
from crmdesk.ui.contacts import vector
from crmdesk.ui.contacts.detail_rows import FieldRow, WaitingNote
from crmdesk.ui.contacts.page import ContactsPage
from tests.ui import fakes
from tests.ui.contacts.conftest import GateReader, at_rest, settle


class AtOnce:
    """A read that is there as soon as it is asked for."""

    def __init__(self, found: Any, ask: Callable[[], Awaitable[Any]]) -> None:
        self._found, self._ask = found, ask

    def wait(self, _seconds: float) -> Any:
        return self._found

    async def result(self) -> Any:
        return await self._ask()

    def cancel(self) -> None:
        """It is over."""


class QuickReader(GateReader):
    """Searches and pages are there at once, unless a test says otherwise."""

    slow_rows = False

    def begin_search(self, query: Any, *, keep: frozenset[int] = frozenset(), **more: Any) -> Any:
        rows = sorted(self.contacts.values(), key=lambda row: row.name)
        ids = np.array([row.id for row in rows], np.uint32)
        hits = fakes.FakeHits(ids, len(ids), rows[: more["first"]], query)
        return AtOnce(hits, lambda: self.search(query, **more))

    def begin_rows(self, ids: Sequence[int], query: Any = None) -> Any:
        rows: list[ContactRow] = [self.contacts[int(number)] for number in ids]
        return AtOnce(None if self.slow_rows else rows, lambda: self.rows(ids, query))


@pytest.fixture
def services(clock: fakes.FakeClock, people: list[ContactRow]) -> fakes.FakeServices:
    made = fakes.demo_services(clock)
    made.reader = QuickReader(people, made.reader.account_list)
    return made


class Paints(QObject):
    """Names at the top of the list whenever it is painted."""

    def __init__(self, page: ContactsPage) -> None:
        super().__init__()
        self.page, self.seen = page, []
        page.table.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and (row := self.page.model.row_at(0)) is not None:
            self.seen.append(row.name)
        return False


def rename(page: ContactsPage, contact_id: int, name: str, **origin: Any) -> None:
    reader = page.reader
    reader.contacts[contact_id] = replace(reader.contacts[contact_id], name=name)
    page.on_changes(Changes(contacts=frozenset({contact_id}), listing=True, **origin))


async def test_a_save_is_painted_before_anything_else_happens(page: ContactsPage) -> None:
    rename(page, 200, "Person 200b")  # something of a check: for a second from now no refresh is due
    await settle()
    paints = Paints(page)
    rename(page, 250, "Aaron", origin=PERSON)
    assert paints.seen[-1:] == ["Aaron"], "on screen when the change has been told"
    assert page.model.position(250) == 0
    rename(page, 251, "Aachen")
    assert page.model.position(251) > 0, "a check does not hold up the window"
    await at_rest(page)


async def test_a_save_keeps_row_and_scroll_position(page: ContactsPage) -> None:
    page.table.choose(150)
    await settle(lambda: page.model.row_at(150) is not None)
    top = page.table.rowViewportPosition(150)
    rename(page, 250, "Aaron", origin=PERSON)
    assert page.table.current_id() == 151
    assert page.table.rowViewportPosition(151) == top
    assert page.model.row_at(151) is not None, "its neighbours are there too"
    await at_rest(page)


async def test_a_save_that_moves_the_row_takes_the_eye_along(page: ContactsPage) -> None:
    page.table.choose(150)
    await settle(lambda: page.model.row_at(150) is not None)
    top = page.table.rowViewportPosition(150)
    rename(page, 151, "Person 250b", origin=PERSON)
    row = page.table.currentIndex().row()
    assert (page.table.current_id(), row) == (151, 250)
    assert page.table.rowViewportPosition(row) == top
    shown = page.model.row_at(row)
    assert shown is not None and shown.name == "Person 250b"
    await at_rest(page)


async def test_rows_that_are_late_are_not_waited_for(page: ContactsPage) -> None:
    page.reader.slow_rows = True
    rename(page, 250, "Aaron", origin=PERSON)
    assert page.model.position(250) != 0
    await settle(lambda: page.model.position(250) == 0)
    await at_rest(page)


@pytest.mark.parametrize("place", [0, 6, 7, 8, 20])
def test_a_contact_is_found_in_any_part_of_the_vector(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector, "_BLOCK", 7)
    ids = np.arange(100, 121, dtype=np.uint32)
    assert vector.position(ids, 100 + place) == place
    assert vector.position(ids, 99) == vector.position(ids[:0], 100) == -1


# -- the detail pane ---------------------------------------------------------------------------------------------------


async def opened(page: ContactsPage) -> dict[str, FieldRow]:
    page.table.choose(0)
    await settle(lambda: page.detail.detail is not None)
    await settle()
    await at_rest(page)
    return rows_of(page)


def rows_of(page: ContactsPage) -> dict[str, FieldRow]:
    return {row.entry.path: row for row in page.detail.overview.body.findChildren(FieldRow)}


def waiting(city: str) -> Op:
    return Op(1, "u", 1, 1, OpKind.UPDATE, state=OpState.PENDING, changes=(FieldChange("city", "Nevers", city),))


async def changed(page: ContactsPage) -> None:
    page.on_changes(Changes(contacts=frozenset({1}), outbox=True))
    await settle(lambda: len(page.reader.opened) > 0)
    await settle()
    await at_rest(page)


async def test_only_the_row_that_changed_is_made_anew(page: ContactsPage, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = await opened(page)
    page.detail.overview.area.verticalScrollBar().setValue(40)
    rows["city"].setFocus()
    monkeypatch.setattr(page.reader, "ops_of", lambda _id: (waiting("Nantes"),))
    await changed(page)
    await settle(lambda: rows["city"].entry.text == "Nantes")
    assert rows_of(page) == rows, "the same widgets"
    notes = rows["city"].findChildren(WaitingNote)
    assert len(notes) == 1 and notes[0].isVisibleTo(page)
    assert rows["city"].accessibleName() == "City: Nantes"
    assert rows["city"].accessibleDescription().startswith("was: Nevers")
    assert page.detail.overview.area.verticalScrollBar().value() == 40
    monkeypatch.setattr(page.reader, "ops_of", lambda _id: ())
    await changed(page)
    await settle(lambda: rows["city"].entry.text == "Nevers")
    assert not any(note.isVisibleTo(page) for note in rows["city"].findChildren(WaitingNote))
    assert rows["city"].accessibleDescription() == ""
    await at_rest(page)


async def test_what_is_copied_follows_the_value(page: ContactsPage, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = await opened(page)
    monkeypatch.setattr(page.reader, "ops_of", lambda _id: (waiting("Nantes"),))
    await changed(page)
    await settle(lambda: rows["city"].entry.text == "Nantes")
    copied: list[str] = []
    monkeypatch.setattr("crmdesk.ui.contacts.detail.copy_text", copied.append)
    button: Any = rows["city"].findChild(QWidget, "detail.copy.city")
    button.click()
    assert copied == ["Nantes"]
    await at_rest(page)


async def test_a_field_that_comes_or_goes_gets_its_place(page: ContactsPage) -> None:
    before = await opened(page)
    page.reader.body = page.reader.body.replace('"city": "Nevers", ', "").replace('"state": null', '"state": "Nièvre"')
    await changed(page)
    await settle(lambda: "city" not in rows_of(page))
    rows = rows_of(page)
    assert list(rows).index("state") < list(rows).index("country_code")
    assert set(before) ^ set(rows) == {"city", "state"}
    await at_rest(page)
