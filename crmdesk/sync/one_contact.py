"""One contact that was read from its vendor, kept here like a page of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmdesk.core.errors import NotFoundError
from crmdesk.core.seams import Clock, iso
from crmdesk.core.types import Account, Page, RemoteContact
from crmdesk.core.vendor import Vendor
from crmdesk.store.commits import Touched
from crmdesk.store.database import Connection

if TYPE_CHECKING:
    from crmdesk.store.database import Database


async def keep(
    database: Database, vendor: Vendor, account: Account, contact: RemoteContact, clock: Clock, *, back: bool = False
) -> int:
    """Stores it as its base, edits that wait stay over it; its id here, 0 where it is not kept (deleted here, or to be
    forgotten). `back`: its guest has just signed in, so that what waits for that goes now, and who was erased here is
    welcome again. NotFoundError where the account was removed meanwhile."""
    from crmdesk.store import accounts, contacts, erased, incoming, ops
    from crmdesk.store.database import driver_of

    page, now = Page((contact,), number=0), iso(clock.now())

    def store(connection: Connection, touched: Touched) -> int:
        if accounts.account(connection, account.id) is None:
            raise NotFoundError("This account no longer exists.", "Choose another one.")
        desk = incoming.desk_of(connection, touched, vendor, account.id, now)
        if back:
            erased.welcome(desk.driver, account.id, contact.remote_id)
        incoming.take_in(connection, desk, 0, page, lambda one: vendor.summarise(one.raw))
        contact_id = contacts.id_of(driver_of(connection), account.id, contact.remote_id)
        if back and contact_id:
            ops.make_due_of(driver_of(connection), touched, contact_id, now)
        return contact_id

    return await database.write(store)
