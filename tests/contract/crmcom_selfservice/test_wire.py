"""On a real socket: lines that break, answers that do not end, and what is never sent twice."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest

from crmdesk.core.errors import InDoubtError, ServerFaultError
from crmdesk.core.seams import SystemClock
from crmdesk.core.types import Account, Cursor
from crmdesk.sandbox.faults import Kind
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.vendors.crmcom_selfservice.api import SelfService
from crmdesk.vendors.crmcom_selfservice.connector import Contacts
from crmdesk.vendors.crmcom_selfservice.dialect import V1
from crmdesk.vendors.crmcom_selfservice.sandbox import CrmComSandbox, sandbox
from tests.contract.crmcom_selfservice.tools import Secrets, account


class Desk:
    """The emulator behind a socket, and an account at it."""

    def __init__(self, emulator: CrmComSandbox, api: SelfService, where: Account) -> None:
        self.emulator, self.api, self.guest = emulator, api, emulator.guest()
        self.contacts = Contacts(api, where)

    def sent(self, method: str, ending: str) -> int:
        """How many such requests arrived."""
        seen = self.emulator.requests
        return sum(one.method == method and one.path.endswith(ending) for one in seen)


@contextmanager
def serving(emulator: CrmComSandbox) -> Iterator[str]:
    with LoopbackServer(emulator) as server:
        yield server.base_url


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    emulator = sandbox()
    with serving(emulator) as address:
        described = emulator.describe(address)
        given = described["accounts"][0]["credentials"]
        plain = {path: value for path, value in given.items() if path != "password"}
        where = account(described["base_url"], **plain)
        api = SelfService(where, Secrets(given["password"]), V1, SystemClock(), deadline=2.0)
        yield Desk(emulator, api, where)
        await api.aclose()


async def test_the_profile_comes_over_a_real_line(desk: Desk) -> None:
    pages = [page async for page in desk.contacts.pages(Cursor())]
    assert [page.contacts[0].raw for page in pages] == [desk.emulator.shown(desk.guest.id)]


@pytest.mark.parametrize("fault", [Kind.CUT_BEFORE, Kind.CUT_AFTER, Kind.HALF_BODY, Kind.SERVER_ERROR])
async def test_a_broken_read_is_repeated(fault: Kind, desk: Desk) -> None:
    await desk.api.contact_id()
    desk.emulator.faults.set(fault, times=1)
    assert (await desk.api.profile.get(desk.guest.id)).remote_id == desk.guest.id


@pytest.mark.parametrize("value", ["length", "close"])
async def test_half_a_profile_is_never_a_page(value: str, desk: Desk) -> None:
    await desk.api.contact_id()
    desk.emulator.faults.set(Kind.HALF_BODY, value)
    with pytest.raises(ServerFaultError):
        _ = [page async for page in desk.contacts.pages(Cursor())]


WRITES: dict[str, tuple[str, str, Callable[[Desk], Awaitable[object]]]] = {
    "profile": ("PUT", "", lambda desk: desk.api.profile.update(desk.guest.id, {"first_name": "Ana"})),
    "consent": ("PUT", "/consents", lambda desk: desk.api.profile.set_consent(desk.guest.id, "REJECTED")),
    "leaving": ("DELETE", "", lambda desk: desk.api.profile.unregister(desk.guest.id)),
    "approval": (
        "POST",
        "/actions",
        lambda desk: desk.api.inbox.answer_approval(next(iter(desk.guest.approvals)), accept=True),
    ),
    "file": ("POST", "/files", lambda desk: desk.api.documents.upload("a", b"x", "text/plain")),
    "sign-in": ("POST", "/authenticate", lambda desk: desk.api.contact_id()),
    "forgotten": ("POST", "/forgot_password", lambda desk: desk.api.signin.forgot_password(desk.guest.email)),
}


FAULTS = (Kind.CUT_AFTER, Kind.SERVER_ERROR_AFTER, Kind.HALF_BODY, Kind.SLOW)
EMPTY = ("leaving", "forgotten")  # there is no half of an empty answer


@pytest.mark.parametrize(
    ("name", "fault"),
    [(name, fault) for name in WRITES for fault in FAULTS if not (name in EMPTY and fault is Kind.HALF_BODY)],
)
async def test_a_write_without_an_answer_is_in_doubt_and_sent_once(name: str, fault: Kind, desk: Desk) -> None:
    method, ending, act = WRITES[name]
    if name not in ("sign-in", "forgotten"):
        await desk.api.contact_id()
    path = ending or f"/{desk.guest.id}"
    desk.emulator.faults.set(fault, 2.6 if fault is Kind.SLOW else None, target=path)
    with pytest.raises(InDoubtError):
        await act(desk)
    assert desk.sent(method, path) <= 1


async def test_a_write_that_never_arrived_is_in_doubt_too(desk: Desk) -> None:
    """From here it looks the same as one that did."""
    await desk.api.contact_id()
    desk.emulator.faults.set(Kind.CUT_BEFORE, method="PUT")
    with pytest.raises(InDoubtError):
        await desk.api.profile.update(desk.guest.id, {"first_name": "Ana"})
    assert desk.sent("PUT", desk.guest.id) == 0
    assert desk.guest.record["first_name"] != "Ana"


async def test_a_refused_token_does_not_make_a_write_two(desk: Desk) -> None:
    """A request that was refused did nothing, so it is sent again with a new token: done once."""
    await desk.api.contact_id()
    desk.emulator.drop_tokens(desk.guest.id, refresh=False)
    before = len(desk.guest.files)
    await desk.api.documents.upload("a", b"x", "text/plain")
    assert len(desk.guest.files) == before + 1


async def test_a_slow_answer_within_the_deadline_is_waited_for(desk: Desk) -> None:
    await desk.api.contact_id()
    desk.emulator.faults.set(Kind.DRIP, 0.5)
    assert (await desk.api.profile.get(desk.guest.id)).remote_id == desk.guest.id
