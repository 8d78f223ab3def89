"""A Contacts page with its batch and cell commands, over made-up contacts of two vendors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtWidgets import QMainWindow
from shiboken6 import isValid

from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import ContactRow
from crmdesk.ui.commands import Commands
from crmdesk.ui.contacts.page import ContactsPage
from crmdesk.ui.theme import theme
from crmdesk.vendors import VENDORS
from tests.ui import fakes
from tests.ui.contacts.conftest import GateReader, settle


class BodyReader(GateReader):
    """Each contact has a body that its own row was made of."""

    async def detail(self, contact_id: int) -> Any:
        found = await super().detail(contact_id)
        return replace(found, body=body_of(found.row)) if found is not None else None


def body_of(row: ContactRow) -> str:
    import json

    first, _, last = row.name.partition(" ")
    if row.account_id == 1:
        return json.dumps(
            {
                "id": int(row.remote_id),
                "firstname": first,
                "lastname": last,
                "fullname": row.name,
                "email": row.email,
                "city": row.city,
                "country_code": row.country,
                "phones": [{"label": "mobile", "number": row.phone}, {"label": "fax", "number": "+33 1 55 50 10 10"}],
                "spoken_languages": ["en"],
            }
        )
    return json.dumps(
        {
            "contact_uid": row.remote_id,
            "contact_name_last": row.name,
            "contact_email": row.email,
            "contact_phone": row.phone,
            "contact_type": "GUEST",
            "contact_address": {"city": row.city, "country_code": row.country},
        }
    )


@pytest.fixture
def services(clock: fakes.FakeClock) -> fakes.FakeServices:
    people = [fakes.contact(number, name=f"Person {number:03}", city=f"City {number % 3}") for number in range(24)]
    made = fakes.FakeServices(clock)
    made.vendors = {vendor.key: vendor for vendor in VENDORS if vendor.key in ("bookingsync", "prioticket")}
    accounts = [fakes.account(1), fakes.account(2, "Harbour Tours", vendor="prioticket")]
    made.reader = BodyReader(people, accounts)
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
    await settle(lambda: made.results.ready and bool(made.desk.accounts))
    yield made
    if isValid(made.detail._rest):  # a test may have closed the window
        made.detail._rest.stop()  # else it comes when the loop has ended
    await scope.aclose()
    if isValid(window):
        window.deleteLater()  # and not by qtbot: it would be gone before its tasks have ended
    # pytest-qt lets Qt go on once more when the test's loop is over; a task that was under way then has none
    assert [one for one in errors if "no running event loop" not in str(one)] == []
