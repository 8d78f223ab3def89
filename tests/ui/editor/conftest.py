"""A Contacts page over made-up contacts whose edits are kept in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from crmdesk.core.outbox import Draft, FieldChange
from crmdesk.core.seams import iso
from crmdesk.core.types import ContactDetail, ContactRow
from crmdesk.ui.contacts.page import ContactsPage
from crmdesk.ui.editor.editor import Editor
from crmdesk.vendors.bookingsync import VENDOR as BOOKINGSYNC
from crmdesk.vendors.prioticket.fields import FIELDS as PRIOTICKET_FIELDS
from tests.ui import fakes
from tests.ui.contacts.conftest import GateReader, page, people, settings, settle
from tests.ui.fake_edits import FakeEdits, Saved

__all__ = ["page", "people", "settings"]


@dataclass(frozen=True)
class Similar:
    """As sync.similar.Similar."""

    row: ContactRow
    why: str


class TypingReader(GateReader):
    """A detail has its draft with it."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.kept: dict[str, Draft] = {}

    async def detail(self, contact_id: int) -> ContactDetail | None:
        found = await super().detail(contact_id)
        draft = next((one for one in self.kept.values() if one.contact_id == contact_id), None)
        return replace(found, draft=draft) if found is not None else None

    async def drafts(self) -> list[Draft]:
        return list(self.kept.values())


class TypingEdits(FakeEdits):
    """`broken` is raised by every verb named in it."""

    def __init__(self, reader: TypingReader, clock: Any) -> None:
        super().__init__(reader, clock)
        self.broken: dict[str, BaseException] = {}
        self.alike: list[Similar] = []

    def _called(self, verb: str, *arguments: Any) -> None:
        super()._called(verb, *arguments)
        if verb in self.broken:
            raise self.broken[verb]

    def of(self, verb: str) -> list[tuple[Any, ...]]:
        """The arguments of its calls."""
        return [arguments for name, arguments in self.calls if name == verb]

    async def save(
        self, contact_id: int, changes: Sequence[FieldChange], *, orders: Sequence[str] = (), draft: str = ""
    ) -> Saved:
        self._called("save", contact_id, tuple(changes), tuple(orders), draft)
        self._reader.kept.pop(draft, None)
        return self._keep([(contact_id, tuple(changes))])

    async def create(self, account_id: int, values: Mapping[str, Any], *, draft: str = "") -> Saved:
        self._called("create", account_id, dict(values), draft)
        self._reader.kept.pop(draft, None)
        return Saved((7,), (5,), (9,), "create", "Ana Ruiz", "BookingSync")

    async def delete(self, contact_ids: Sequence[int]) -> Saved:
        self._called("delete", tuple(contact_ids))
        return Saved((8,), tuple(contact_ids), (1,), "delete", "Person 000", "BookingSync")

    async def change_op(self, op_id: int, changes: Sequence[FieldChange], *, seen: Any = None) -> Saved:
        self._called("change_op", op_id, tuple(changes))
        return Saved((op_id,), (1,), (4,), "correct", "Person 000", "BookingSync")

    async def discard(self, op_id: int) -> Saved:
        self._called("discard", op_id)
        return Saved((op_id,), (1,), (3,), "discard", "Person 000", "BookingSync")

    async def keep_draft(self, draft: Draft) -> None:
        self._called("keep_draft", draft)
        self._reader.kept[draft.key] = replace(draft, at=iso(self._clock.now()))

    async def drop_draft(self, key: str) -> None:
        self._called("drop_draft", key)
        self._reader.kept.pop(key, None)

    async def similar(self, values: Mapping[str, Any], account_id: int) -> list[Similar]:
        self._called("similar", dict(values), account_id)
        return list(self.alike)


@pytest.fixture
def services(clock: fakes.FakeClock, people: list[ContactRow]) -> fakes.FakeServices:
    """Account 1 at a vendor that takes changed fields, account 2 at one that takes whole contacts and makes none."""
    made = fakes.demo_services(clock)
    whole = replace(
        fakes.vendor("prioticket", "PrioTicket"),
        fields=PRIOTICKET_FIELDS,
        resends=True,
        orders="Also change these orders",
        lacks={"create": "PrioTicket makes no contacts."},
    )
    made.vendors = {"bookingsync": BOOKINGSYNC, "prioticket": whole}
    accounts = made.reader.account_list
    accounts[1] = replace(accounts[1], vendor="prioticket")
    made.reader = TypingReader(people, accounts)
    made._edits = TypingEdits(made.reader, clock)
    return made


@pytest.fixture
def edits(services: fakes.FakeServices) -> TypingEdits:
    made: Any = services.edits
    return made


class Typist:
    """Uses the page as a person does."""

    def __init__(self, page: ContactsPage) -> None:
        self.page = page

    @property
    def editor(self) -> Editor:
        found = self.page.detail.editor
        assert found is not None, "no editor is open"
        return found

    def find(self, name: str) -> Any:
        """The widget in sight with this name; one that is going away may still have it."""
        if name.startswith("editor.") and self.page.detail.editor is not None:
            assert self.page.detail.editor.form.boxes  # a person sees a field before typing into it
        found = sorted(self.page.findChildren(QWidget, name), key=lambda one: not one.isVisible())
        assert found, f"there is no {name}"
        return found[0]

    def there(self, name: str) -> bool:
        return any(one.isVisibleTo(self.page) for one in self.page.findChildren(QWidget, name))

    def field(self, path: str) -> Any:
        """The box around a field."""
        return self.editor.form.boxes[path]

    async def choose(self, row: int) -> None:
        self.page.table.choose(row)
        await settle(lambda: self.page.detail.detail is not None and self.page.detail.detail.row.id == row + 1)

    async def edit(self, row: int = 0) -> Editor:
        """Opens the editor over a contact of the list."""
        await self.choose(row)
        assert self.page.commands.run("contact.edit")
        await settle(lambda: self.page.detail.editor is not None)
        self.page.window().activateWindow()
        return self.editor

    async def new(self) -> Editor:
        assert self.page.commands.run("contact.new")
        await settle(lambda: self.page.detail.editor is not None)
        await settle()
        self.page.window().activateWindow()
        return self.editor

    def type(self, name: str, text: str) -> None:
        """In place of what stands there."""
        widget = self.find(name)
        widget.setFocus()
        QTest.keyClick(widget, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClick(widget, Qt.Key.Key_Delete)
        QTest.keyClicks(widget, text)

    def fill(self, path: str, text: str) -> None:
        self.type(f"editor.field.{path}", text)

    def key(self, name: str, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        widget = self.find(name)
        widget.setFocus()
        QTest.keyClick(widget, key, modifiers)

    async def leave(self, path: str) -> None:
        """On to another field."""
        self.find(f"editor.field.{path}").clearFocus()
        self.editor.save_button.setFocus()
        await settle()

    def click(self, name: str) -> None:
        QTest.mouseClick(self.find(name), Qt.MouseButton.LeftButton)

    async def save(self) -> None:
        self.click("editor.save")
        await settle()
        await settle()


@pytest.fixture
def typist(page: ContactsPage) -> Typist:
    return Typist(page)
