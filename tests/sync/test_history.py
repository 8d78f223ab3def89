"""Earlier states of a contact: asked for in the network thread, never stored."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from crmdesk.core.errors import ForbiddenError, KnownError, NotFoundError, OfflineError, ServerFaultError
from crmdesk.core.types import Account, Revision
from crmdesk.core.vendor import Access, Secrets, Vendor
from tests.helpers.memory_vendor import vendor_of
from tests.sync.test_services import Office, office

__all__ = ["office"]

KEPT = (Revision(2, "2026-01-02T00:00:00Z", {"name": "B"}), Revision(1, "2026-01-01T00:00:00Z", {"name": "A"}))


class Memory:
    """Keeps the same two states of every contact, and who asked from where."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.fails: KnownError | None = None

    async def revisions(self, remote_id: str) -> tuple[Revision, ...]:
        self.asked.append((remote_id, threading.current_thread().name))
        if self.fails is not None:
            raise self.fails
        return KEPT


def remembering(vendor: Vendor, memory: Memory) -> Vendor:
    """The vendor with a history."""

    def open_access(account: Account, secrets: Secrets, transport: Any) -> Access:
        return replace(vendor.open_access(account, secrets, transport), history=memory)

    return replace(vendor, open_access=open_access)


async def with_history(office: Office) -> tuple[Memory, int]:
    """The vendor remembers; the id of one of its contacts here."""
    memory = Memory()
    office.services.vendors["memory"] = remembering(office.services.vendors["memory"], memory)  # type: ignore[index]
    account = await office.add()
    await office.services.pull(account.id)
    return memory, office.ids()["5"]


async def test_the_vendor_is_asked_in_the_network_thread(office: Office) -> None:
    memory, contact_id = await with_history(office)
    assert await office.services.revisions(contact_id) == KEPT
    remote_id, thread = memory.asked[0]
    assert remote_id == "5"
    assert thread != threading.current_thread().name


async def test_a_vendor_without_a_history_gives_the_reason(office: Office) -> None:
    reason = "Memory forgets at once."
    office.services.vendors["memory"] = vendor_of(office.memories, lacks={"history": reason})  # type: ignore[index]
    account = await office.add()
    await office.services.pull(account.id)
    with pytest.raises(ForbiddenError, match=reason):
        await office.services.revisions(office.ids()["5"])


async def test_working_offline_asks_nobody(office: Office) -> None:
    memory, contact_id = await with_history(office)
    office.services.set_working_offline(True)
    with pytest.raises(OfflineError):
        await office.services.revisions(contact_id)
    assert memory.asked == []


async def test_a_contact_that_is_not_here_has_no_history(office: Office) -> None:
    memory, _ = await with_history(office)
    with pytest.raises(NotFoundError):
        await office.services.revisions(999_999)
    assert memory.asked == []


async def test_the_vendors_trouble_is_told_and_takes_nothing(office: Office) -> None:
    memory, contact_id = await with_history(office)
    memory.fails = ServerFaultError("Memory has a fault on its side.")
    before = office.ids()
    with pytest.raises(ServerFaultError):
        await office.services.revisions(contact_id)
    memory.fails = NotFoundError("This contact no longer exists at Memory.")
    with pytest.raises(NotFoundError):
        await office.services.revisions(contact_id)
    assert office.ids() == before
