"""PrioTicket over a real socket: lines that break, sign-in included. Nothing is written here: all may be repeated."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from crmdesk.core.errors import KnownError, OfflineError, ProtocolError, ServerFaultError
from crmdesk.core.types import Account, Cursor, Page
from crmdesk.core.vendor import Access
from crmdesk.sandbox.faults import Kind
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.vendors.prioticket import VENDOR
from crmdesk.vendors.prioticket.sandbox import PrioTicketSandbox
from tests.contract.prioticket.tools import API, CLIENT, Secrets
from tests.contract.tools import pull


@pytest.fixture
def server(emulator: PrioTicketSandbox) -> Iterator[LoopbackServer]:
    with LoopbackServer(emulator) as running:
        yield running


def access_to(base: str) -> Access:
    account = Account(1, VENDOR.key, "City Tours", VENDOR.check_base_url(base), {"client_id": CLIENT})
    return VENDOR.open_access(account, Secrets(), None)


@pytest.fixture
async def access(server: LoopbackServer) -> AsyncIterator[Access]:
    made = access_to(server.base_url)
    yield made
    await made.aclose()


async def test_everything_comes_over_a_socket(emulator, access) -> None:
    pages = await pull(access)
    assert [contact.remote_id for page in pages for contact in page.contacts] == emulator.uids(CLIENT)
    assert (await pull(access, Cursor(since=pages[-1].next_since)))[0].unchanged
    assert (await access.history.revisions(emulator.uids(CLIENT)[2]))[0].number == 3


async def gather(access: Access, pages: list[Page]) -> None:
    """Every page of a full listing into `pages`, one by one: what came before an error is kept."""
    async for page in access.contacts.pages(Cursor()):
        pages += [page]


@pytest.mark.parametrize("target", ["oauth2", "/contacts"])
@pytest.mark.parametrize("kind", [Kind.CUT_BEFORE, Kind.CUT_AFTER, Kind.HALF_BODY, Kind.SERVER_ERROR])
async def test_one_broken_answer_is_lived_through(kind: Kind, target: str, emulator, access) -> None:
    emulator.faults.set(kind, times=1, target=target)
    assert sum(len(page.contacts) for page in await pull(access)) == 250


@pytest.mark.parametrize("target", ["oauth2", "page=2"])
@pytest.mark.parametrize("kind", [Kind.CUT_BEFORE, Kind.CUT_AFTER, Kind.HALF_BODY, Kind.SERVER_ERROR_AFTER])
async def test_a_line_that_stays_broken_ends_in_a_named_error(kind: Kind, target: str, emulator, access) -> None:
    emulator.faults.set(kind, target=target)
    pages: list[Page] = []
    with pytest.raises(ServerFaultError):
        await gather(access, pages)
    assert len(pages) == (0 if target == "oauth2" else 1)
    emulator.faults.clear()
    after = pages[-1].after if pages else Cursor()
    assert sum(len(page.contacts) for page in [*pages, *await pull(access, after)]) == 250


async def test_half_an_answer_that_ends_with_the_line_is_no_page(emulator, access) -> None:
    emulator.faults.set(Kind.HALF_BODY, "close", target="/contacts")
    with pytest.raises(ServerFaultError):
        await pull(access)


@pytest.mark.parametrize("target", ["oauth2", "/contacts"])
async def test_a_slow_line_is_waited_for(target: str, emulator, access) -> None:
    emulator.faults.set(Kind.SLOW, 0.2, times=1, target=target)
    emulator.faults.set(Kind.DRIP, 0.2, times=1, target=target)
    assert sum(len(page.contacts) for page in await pull(access)) == 250


@pytest.mark.parametrize("target", ["oauth2", "/contacts"])
async def test_a_hotel_networks_page_is_named(target: str, emulator, access) -> None:
    emulator.faults.set(Kind.HTML, target=target)
    with pytest.raises(ProtocolError, match="web page"):
        await pull(access)


async def test_nobody_there_is_offline(server) -> None:
    base = server.base_url
    server.__exit__(None, None, None)
    access = access_to(base + API)
    with pytest.raises(OfflineError):
        await pull(access)
    assert [step.ok for step in await access.check()] == [False, None, None]
    await access.aclose()


async def test_an_endless_list_ends(emulator, access) -> None:
    emulator.faults.set(Kind.ENDLESS)
    for uid in emulator.uids(CLIENT)[50:]:
        emulator.remove(CLIENT, uid)
    with pytest.raises(KnownError, match="does not come to an end"):
        await pull(access)
