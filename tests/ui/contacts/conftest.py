"""A Contacts page over made-up contacts, shown in a window that is never on a screen."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtWidgets import QMainWindow
from shiboken6 import isValid

from crmdesk.core.tasks import TaskScope
from crmdesk.core.text import fold
from crmdesk.core.types import ContactDetail, ContactRow, SavedView
from crmdesk.store.in_order import InOrder, Order
from crmdesk.store.vectors import NOWHERE, rank_of
from crmdesk.ui.commands import Commands
from crmdesk.ui.contacts.page import ContactsPage
from crmdesk.ui.theme import theme
from crmdesk.vendors.bookingsync.fields import FIELDS
from tests.ui import fakes

BODY: dict[str, Any] = {
    "links": {"account": 71},
    "id": 902,
    "fullname": "Cornelia Nienow",
    "firstname": "Cornelia",
    "lastname": "Nienow",
    "email": "cornelia@nienow.co.uk",
    "phones": [{"label": "mobile", "number": "+33 6 12 31 23 12"}, {"label": "fax", "number": "+33 1 55 50 10 10"}],
    "spoken_languages": ["pt", "rs", "zh-TW"],
    "gender": "female",
    "website": "https://nienow.example.com/about",
    "private_notes": "Late arrival.\nAsks for a cot.",
    "address1": "Nilsa Crossroad 7",
    "address2": None,
    "city": "Nevers",
    "state": None,
    "zip": "44147",
    "country_code": "FR",
    "created_at": "2021-01-22T09:30:00Z",
    "updated_at": "2026-11-02T10:00:00Z",
    "canceled_at": None,
    "forget_me_at": None,
    "processing_restricted_at": "2026-03-12T08:00:00Z",
    "vip_level": 3,
}


class GateReader(fakes.FakeReader):
    """A reader whose answers a test can hold back, and whose JSON a test can choose."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.body: str = json.dumps(BODY)
        self.gate: dict[str, asyncio.Event] = {}
        self.asked_rows: list[list[int]] = []
        self.opened: list[int] = []
        self.vector: Callable[[Any], Any] = lambda ids: ids  # what the ids of a result are delivered in

    async def search(self, query: Any, **more: Any) -> Any:
        """Every word of the query starts a word of name or city."""
        hits = await super().search(replace(query, text=""), **more)
        self.searched[-1] = query.text
        if query.text in self.gate:
            await self.gate[query.text].wait()
        wanted = fold(query.text).split()
        rows = [self.contacts[int(number)] for number in hits.ids]
        kept = [row for row in rows if all(f" {word}" in f" {fold(row.name)} {fold(row.city)}" for word in wanted)]
        ids = np.array([row.id for row in kept], np.uint32)
        return fakes.FakeHits(self.vector(ids), hits.total, kept[: more.get("first", 80)], query)

    async def rows(self, ids: Any, query: Any = None) -> list[ContactRow]:
        self.asked_rows.append([int(number) for number in ids])
        if "rows" in self.gate:
            await self.gate["rows"].wait()
        return await super().rows(ids, query)

    async def detail(self, contact_id: int) -> ContactDetail | None:
        self.opened.append(contact_id)
        row = self.contacts.get(contact_id)
        return ContactDetail(row, self.body, row.fetched_at, self.ops_of(contact_id)) if row else None


def ordered_late(ids: Any) -> InOrder:
    """These ids as the search delivers a large result: no further ordered than its head. See `in_order.SORTED`."""
    rank = rank_of(ids, int(ids.max(initial=0)) + 1)
    return InOrder(ids, Order(ids, rank, rank != NOWHERE))


async def at_rest(page: Any) -> None:
    """Nothing is under way any more: a test must not end before, since Qt goes on when its loop is over."""
    for _ in range(400):
        await asyncio.sleep(0.01)
        if not page.scope._tasks:
            return
    raise AssertionError("something is still under way")


async def settle(condition: Callable[[], bool] | None = None) -> None:
    """Let Qt and the tasks work until `condition` holds (at most two seconds), or just a few rounds."""
    for _ in range(200 if condition else 6):
        await asyncio.sleep(0.01 if condition else 0)
        if condition is not None and condition():
            return
    assert condition is None, "what the test waits for did not come"


@pytest.fixture
def people() -> list[ContactRow]:
    """300 contacts with distinct names in order of their ids: name order is id order."""
    return [fakes.contact(number, name=f"Person {number:03}", city=f"City {number % 7}") for number in range(300)]


@pytest.fixture
def services(clock: fakes.FakeClock, people: list[ContactRow]) -> fakes.FakeServices:
    made = fakes.demo_services(clock)
    made.vendors = {"bookingsync": replace(fakes.vendor(), fields=FIELDS)}
    made.reader = GateReader(people, made.reader.account_list)
    return made


@pytest.fixture
def settings() -> Any:
    return fakes.settings(show_empty_fields=False, reduced_motion=False)


@pytest.fixture
async def page(
    qtbot: Any, services: fakes.FakeServices, settings: Any, scope: TaskScope, errors: list[Any]
) -> AsyncIterator[ContactsPage]:
    window = QMainWindow()
    made = ContactsPage(services, services.reader, settings, theme(), scope, Commands(window))
    window.setCentralWidget(made)
    window.resize(1200, 800)
    window.show()
    await settle(lambda: made.results.ready)
    yield made
    await scope.aclose()
    if isValid(window):
        window.deleteLater()  # and not by qtbot: it would be gone before its tasks have ended
    # pytest-qt lets Qt go on once more when the test's loop is over; a task that was under way then has none
    assert [one for one in errors if "no running event loop" not in str(one)] == []


VIEW = SavedView(7, "Berliners", "city:berlin", (), ("name", "email"))
