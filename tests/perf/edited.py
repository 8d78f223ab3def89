"""A copy of the benchmarks' data folder that may be written to, with some PrioTicket contacts besides."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crmdesk.core.changes import ChangeFeed
from crmdesk.core.seams import SystemClock
from crmdesk.core.types import Account, AccountState, Page, RemoteContact
from crmdesk.folder import CACHE
from crmdesk.net.key_record import FILE as KEY_FILE
from crmdesk.net.secrets import open_key
from crmdesk.sandbox.people import people
from crmdesk.settings import FILE_NAME, Settings
from crmdesk.store import accounts, contacts
from crmdesk.store.database import Database
from crmdesk.vendors.prioticket import VENDOR, sandbox_shape
from tests.perf.build import NOW
from tests.perf.cache import Cache

GUESTS = 200  # of PrioTicket
OPERATOR = "Benchmark"  # nobody is asked who is at the desk


@contextmanager
def copied(cache: Cache) -> Iterator[Path]:
    """The folder; it is deleted at the end. Its key is the cache's."""
    with tempfile.TemporaryDirectory(prefix="copy-", dir=cache.folder.parent) as name:
        folder = Path(name)
        for file in (CACHE, KEY_FILE):
            shutil.copyfile(cache.folder / file, folder / file)
        _add_guests(folder)
        made = Settings(working_offline=True, operator=OPERATOR, file=folder / FILE_NAME)
        made.write(made.as_text())
        yield folder


def _add_guests(folder: Path) -> None:
    database = Database.open(folder / CACHE, open_key(folder).value, ChangeFeed(), SystemClock())
    new = Account(0, VENDOR.key, "Tickets", VENDOR.default_base_url, state=AccountState.GOOD)
    try:
        account = database.write_sync(lambda connection, touched: accounts.add(connection, touched, new))
        generation = database.write_sync(lambda connection, _: contacts.begin_listing(connection, account.id, True))
        page = Page(tuple(_guests()), 1)
        summaries = [VENDOR.summarise(contact.raw) for contact in page.contacts]
        database.write_sync(
            lambda connection, touched: contacts.apply_page(
                connection, touched, account.id, generation, page, summaries, NOW
            )
        )
        database.write_sync(
            lambda connection, touched: contacts.finish_listing(connection, touched, account.id, generation, NOW, NOW)
        )
    finally:
        database.close()


def _guests() -> Iterator[RemoteContact]:
    for number, person in enumerate(people(GUESTS, seed=3, start=0), 1):
        raw = sandbox_shape.contact(person, number, number)
        yield RemoteContact(raw["contact_uid"], json.dumps(raw, ensure_ascii=False).encode(), raw)
