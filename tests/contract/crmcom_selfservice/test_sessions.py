"""Sessions of guests at the desk: several at once, renewed once, lost by nobody, and gone when they are over."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from crmdesk.core.errors import (
    ForbiddenError,
    InDoubtError,
    KnownError,
    OfflineError,
    ProtocolError,
    ServerFaultError,
    SignInNeededError,
)
from crmdesk.core.guest import Address, GuestAwayError
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Cursor
from crmdesk.sandbox.faults import Kind
from crmdesk.vendors.crmcom_selfservice.answers import SessionContact, SignedIn
from crmdesk.vendors.crmcom_selfservice.session import GuestTokens
from tests.contract.crmcom_selfservice.tools import CONTACT_ID, Vendor, come_in, refusal, sent, session_answer, two
from tests.helpers.clock import FakeClock

both = pytest.mark.parametrize("version", ["v1", "v2"])


# ── several at once ──────────────────────────────────────────────────────────────────────────────────────────────────


@both
async def test_two_guests_are_here_at_once_each_with_a_session_of_their_own(version: str, make_emulator, connect):
    emulator = make_emulator(version=version)
    access, (one, other) = connect(emulator), two(emulator)
    await come_in(access.guests, one)
    await come_in(access.guests, other)
    for guest in (one, other, emulator.guest()):
        assert (await access.contacts.get(guest.id)).raw == emulator.shown(guest.id)
    await access.guests.sign_out(one.id)
    with pytest.raises(GuestAwayError):
        await access.contacts.get(one.id)
    assert (await access.contacts.get(other.id)).remote_id == other.id


async def test_a_connection_that_is_slow_to_close_holds_up_nobody_who_comes_in(emulator, connect) -> None:
    """Whoever gives up meanwhile would leave a session at the vendor that nobody here knows of."""
    access, (one, other) = connect(emulator), two(emulator)
    await come_in(access.guests, one)
    closed = asyncio.Event()
    access.guests.seat(one.id).aclose = closed.wait
    access.guests.forget(one.id)
    async with asyncio.timeout(10):
        await come_in(access.guests, other)
    assert access.guests.seat(other.id) is not None
    closed.set()


async def test_a_guests_token_is_never_tried_on_another(emulator, connect) -> None:
    access, (one, other) = connect(emulator, email="", password=""), two(emulator)
    await come_in(access.guests, one)
    before = len(emulator.requests)
    with pytest.raises(GuestAwayError):
        await access.contacts.get(other.id)
    assert len(emulator.requests) == before


async def test_a_guest_who_signs_in_again_goes_on_with_the_new_session(emulator, connect) -> None:
    access, (one, _) = connect(emulator), two(emulator)
    await come_in(access.guests, one)
    calls = access.guests.calls(one.id)
    await calls.addresses()
    emulator.drop_tokens(one.id)
    await come_in(access.guests, one)
    await calls.addresses()
    assert sent(emulator, "/refresh") == 0


# ── renewal ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def a_crowd(emulator, desk, guests, calls: int) -> None:
    """So many calls in parallel, that all meet an expired token."""
    for guest in guests:
        await desk.calls(guest.id).approvals(1)
        emulator.drop_tokens(guest.id, refresh=False)
    emulator.requests.clear()
    found = await asyncio.gather(*(desk.calls(guest.id).approvals(1) for guest in guests for _ in range(calls)))
    assert len(found) == calls * len(guests)
    assert sent(emulator, "/refresh") == len(guests)
    assert all(desk.seat(guest.id) is not None for guest in guests)


@both
async def test_a_hundred_calls_that_meet_an_expired_token_renew_it_once(version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    desk, guests = open_api(emulator).desk, two(emulator)
    for guest in guests:
        await come_in(desk, guest)
    await a_crowd(emulator, desk, guests, 50)


@pytest.mark.long
@pytest.mark.timeout(7200)  # a hundred thousand calls: half an hour on a quiet machine
async def test_a_thousand_times_a_hundred_calls_and_nobody_is_signed_out(emulator, open_api) -> None:
    desk, guests = open_api(emulator).desk, two(emulator)
    for guest in guests:
        await come_in(desk, guest)
    for _ in range(1000):
        await a_crowd(emulator, desk, guests, 50)


async def test_a_hundred_calls_without_a_line_share_one_renewal(open_api) -> None:
    down, asked = False, 0

    def session(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        if request.url.path.endswith("/refresh"):
            asked += 1
            raise httpx.ConnectError("no route", request=request)
        return httpx.Response(200, json=session_answer(refresh_token="r-1"))

    def vendor(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(401 if down else 200, json={"content": []})

    desk = open_api(Vendor(vendor, session)).desk
    await desk.sign_in("mac", {"mac_address": "AA-AA-AA-AA-AA-AA"})
    calls = desk.calls(CONTACT_ID)
    await calls.approvals(1)
    down = True
    found = await asyncio.gather(*(calls.approvals(1) for _ in range(100)), return_exceptions=True)
    assert {type(one) for one in found} == {OfflineError}
    assert asked <= 2  # a read is tried twice
    down = False
    await calls.approvals(1)


async def test_refresh_tokens_rotate_and_each_is_used_once(emulator, open_api) -> None:
    desk, (one, _) = open_api(emulator).desk, two(emulator)
    await come_in(desk, one)
    for _ in range(3):
        await a_crowd(emulator, desk, [one], 3)


async def test_a_token_is_replaced_two_minutes_before_its_end(emulator, now, open_api) -> None:
    clock = FakeClock(now.moment)
    desk, (one, _) = open_api(emulator, clock=clock).desk, two(emulator)
    await come_in(desk, one)
    for seconds, renewals in ((779, 0), (2, 1), (700, 1), (100, 2)):
        clock.forward(seconds)
        now.pass_by(seconds=seconds)
        await desk.calls(one.id).approvals(1)
        assert sent(emulator, "/refresh") == renewals


async def test_a_token_that_is_still_good_serves_where_it_cannot_be_replaced(emulator, now, open_api) -> None:
    clock = FakeClock(now.moment)
    desk, (one, _) = open_api(emulator, clock=clock).desk, two(emulator)
    await come_in(desk, one)
    clock.forward(800)
    now.pass_by(seconds=800)
    emulator.faults.set(Kind.SERVER_ERROR, target="/refresh")
    await desk.calls(one.id).approvals(1)
    await desk.calls(one.id).approvals(1)
    assert sent(emulator, "/refresh") == 0  # the fault answered; two tries at most are made in a while
    clock.forward(100)
    now.pass_by(seconds=100)
    with pytest.raises(ServerFaultError):
        await desk.calls(one.id).approvals(1)
    emulator.faults.clear()
    await desk.calls(one.id).approvals(1)


@pytest.mark.parametrize("fault", [Kind.CUT_BEFORE, Kind.SERVER_ERROR])
async def test_a_renewal_that_did_not_arrive_signs_nobody_out(fault: Kind, emulator, open_api) -> None:
    for times in (1, 2):
        desk, (one, _) = open_api(emulator).desk, two(emulator)
        await come_in(desk, one)
        emulator.drop_tokens(one.id, refresh=False)
        emulator.faults.set(fault, target="/refresh", times=times)
        if times == 2:  # both tries: the call fails, the session stays
            with pytest.raises(ServerFaultError, match="did not answer"):
                await desk.calls(one.id).set_consent("PENDING")
        await desk.calls(one.id).approvals(1)


@pytest.mark.parametrize("fault", [Kind.CUT_AFTER, Kind.SERVER_ERROR_AFTER, Kind.HALF_BODY])
async def test_a_renewal_whose_answer_was_lost_is_asked_for_again(fault: Kind, make_emulator, open_api) -> None:
    """The old refresh token is good until the new one is used: nobody notices."""
    emulator = make_emulator(refresh_reuse=True)
    desk, (one, _) = open_api(emulator).desk, two(emulator)
    await come_in(desk, one)
    emulator.drop_tokens(one.id, refresh=False)
    emulator.faults.set(fault, target="/refresh", times=1)
    await desk.calls(one.id).approvals(1)
    await a_crowd(emulator, desk, [one], 2)


async def test_where_a_lost_answer_used_the_token_up_the_guest_is_away_and_nothing_was_sent(emulator, open_api) -> None:
    """There is nothing else to sign in with: no password is kept."""
    desk, (one, _) = open_api(emulator).desk, two(emulator)
    await come_in(desk, one)
    emulator.drop_tokens(one.id, refresh=False)
    emulator.faults.set(Kind.CUT_AFTER, target="/refresh", times=1)
    with pytest.raises(GuestAwayError, match="ended"):
        await desk.calls(one.id).set_consent("REJECTED")
    assert one.record.get("consent_state") != "REJECTED" and sent(emulator, "/refresh") == 2
    with pytest.raises(GuestAwayError):
        desk.calls(one.id)


async def test_a_call_that_is_given_up_does_not_take_the_renewal_with_it(emulator, open_api) -> None:
    desk, (one, _) = open_api(emulator).desk, two(emulator)
    await come_in(desk, one)
    emulator.drop_tokens(one.id, refresh=False)
    emulator.faults.set(Kind.SLOW, value=0.05, target="/refresh", times=1)
    given_up = asyncio.get_running_loop().create_task(desk.calls(one.id).approvals(1))
    while not sent(emulator, "/refresh") and not given_up.done():
        await asyncio.sleep(0.001)
        if sent(emulator, "/approval_requests"):
            break
    await asyncio.sleep(0.01)
    given_up.cancel()
    await asyncio.wait([given_up])
    assert given_up.cancelled()
    await desk.calls(one.id).approvals(1)
    assert sent(emulator, "/refresh") == 1


ENDS: dict[str, Any] = {
    "refused": lambda _: refusal(401, "CRM.X"),
    "unknown": lambda _: refusal(400, "CRM.EXCEPTIONS.NOTFOUNDEXCEPTION"),
    "forbidden": lambda _: refusal(403, "CRM.X"),
    "a code is wanted": lambda _: httpx.Response(200, json={"auth_otp": "x"}),
}


@pytest.mark.parametrize("answer", ENDS.values(), ids=ENDS.keys())
async def test_the_vendors_word_ends_a_session(answer, open_api) -> None:
    await ended(open_api, answer, GuestAwayError, stays=False)


STAYS: dict[str, tuple[Any, type[KnownError]]] = {
    "a proxy's 403": (lambda _: httpx.Response(403, text="<html>no</html>"), ForbiddenError),
    "a page": (lambda _: httpx.Response(200, text="<html>Wi-Fi</html>"), ProtocolError),
    "a 404": (lambda _: httpx.Response(404, text="<html>no</html>"), ProtocolError),
    "a fault": (lambda _: httpx.Response(502), ServerFaultError),
}


@pytest.mark.parametrize(("answer", "kind"), STAYS.values(), ids=STAYS.keys())
async def test_nobody_elses_word_does(answer, kind: type[KnownError], open_api) -> None:
    await ended(open_api, answer, kind, stays=True)


async def test_a_renewal_for_somebody_else_is_not_taken(open_api) -> None:
    other = session_answer(access_token="other", refresh_token="r") | {"contact": {"id": "somebody else"}}
    await ended(open_api, lambda _: httpx.Response(200, json=other), ProtocolError, stays=False)


async def ended(open_api, answer, kind: type[KnownError], *, stays: bool) -> None:
    good = True

    def session(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/refresh"):
            return answer(request)
        return httpx.Response(200, json=session_answer(refresh_token="r-1"))

    desk = open_api(Vendor(lambda _: httpx.Response(200 if good else 401, json={"content": []}), session)).desk
    await desk.sign_in("mac", {"mac_address": "AA-AA-AA-AA-AA-AA"})
    calls = desk.calls(CONTACT_ID)
    good = False
    with pytest.raises(kind):
        await calls.approvals(1)
    assert (desk.seat(CONTACT_ID) is not None) == stays
    if not stays:
        with pytest.raises(GuestAwayError):
            await calls.approvals(1)


async def test_a_fresh_token_that_is_refused_too_is_the_last_word(emulator, open_api) -> None:
    desk, (one, _) = open_api(emulator).desk, two(emulator)
    await come_in(desk, one)
    emulator.faults.set(Kind.EXPIRE_TOKEN)
    with pytest.raises(GuestAwayError, match="ended"):
        await desk.calls(one.id).approvals(1)
    assert desk.seat(one.id) is None


# ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@both
async def test_signing_out_ends_it_on_both_sides(version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    desk, (one, other) = open_api(emulator).desk, two(emulator)
    await come_in(desk, one)
    await come_in(desk, other)
    calls = desk.calls(one.id)
    await desk.sign_out(one.id)
    assert sent(emulator, f"{one.id}/sign_out") == 1
    before = len(emulator.requests)
    for call in (
        calls.approvals(1), calls.communications(1), calls.addresses(), calls.file("x"), calls.leave(),
        calls.add_address(Address("HOME", "Street 1")), calls.authorise_wifi("01-23-45-67-89-AB", "e", "p"),
        calls.change_password("x"), calls.set_consent("ACCEPTED"), calls.answer_approval("x", accept=True),
    ):  # fmt: skip
        with pytest.raises(GuestAwayError):
            await call
    assert len(emulator.requests) == before
    await desk.calls(other.id).approvals(1)


async def test_signing_out_without_a_line_forgets_it_here(emulator, open_api) -> None:
    desk, (one, _) = open_api(emulator).desk, two(emulator)
    await come_in(desk, one)
    emulator.faults.set(Kind.CUT_BEFORE, target="/sign_out")
    with pytest.raises(InDoubtError):
        await desk.sign_out(one.id)
    with pytest.raises(GuestAwayError):
        desk.calls(one.id)


async def test_signing_out_of_a_session_that_is_over_is_no_error(emulator, open_api) -> None:
    desk, (one, _) = open_api(emulator).desk, two(emulator)
    await come_in(desk, one)
    await desk.calls(one.id).approvals(1)
    emulator.drop_tokens(one.id)
    await desk.sign_out(one.id)
    assert desk.seat(one.id) is None


async def test_forgetting_asks_nobody(emulator, open_api) -> None:
    desk, (one, _) = open_api(emulator).desk, two(emulator)
    await come_in(desk, one)
    before = len(emulator.requests)
    desk.forget(one.id)
    with pytest.raises(GuestAwayError):
        desk.calls(one.id)
    await desk.aclose()
    assert len(emulator.requests) == before


async def test_whoever_closes_the_account_leaves_no_session(emulator, open_api) -> None:
    api, (one, other) = open_api(emulator), two(emulator)
    await come_in(api.desk, one)
    await come_in(api.desk, other)
    await api.aclose()
    for guest in (one, other):
        with pytest.raises(GuestAwayError):
            api.desk.calls(guest.id)


async def test_leaving_the_organisation_ends_the_session(emulator, make_emulator, open_api) -> None:
    desk, (one, _) = open_api(emulator).desk, two(emulator)
    await come_in(desk, one)
    await desk.calls(one.id).leave()
    assert one.id not in [contact.id for contact in emulator.contacts()]
    with pytest.raises(GuestAwayError):
        desk.calls(one.id)
    second = make_emulator(version="v2")
    desk = open_api(second).desk
    await come_in(desk, two(second)[0])
    with pytest.raises(ForbiddenError):
        await desk.calls(two(second)[0].id).leave()


async def test_who_signs_in_again_during_a_sign_out_is_not_signed_out_by_it(emulator, open_api) -> None:
    desk, (one, _) = open_api(emulator).desk, two(emulator)
    await come_in(desk, one)
    before = desk.seat(one.id)
    emulator.faults.set(Kind.SLOW, value=0.05, target="/sign_out", times=1)
    leaving = asyncio.get_running_loop().create_task(desk.sign_out(one.id))
    await asyncio.sleep(0.01)
    assert not leaving.done()
    await come_in(desk, one)
    await leaving
    assert before is not None and before.over
    assert desk.seat(one.id) not in (None, before)


async def test_two_sign_outs_at_once_are_one(emulator, open_api) -> None:
    desk, (one, _) = open_api(emulator).desk, two(emulator)
    await come_in(desk, one)
    await asyncio.gather(desk.sign_out(one.id), desk.sign_out(one.id))
    assert sent(emulator, f"{one.id}/sign_out") == 1


async def test_a_session_that_ends_as_its_renewal_arrives_is_away_and_no_trouble_of_the_account(open_api) -> None:
    """An empty token would count as a setting that is wrong, and stop the whole account."""

    class SignIn:
        async def refresh(self, _token: str) -> Any:
            task = asyncio.current_task()
            assert task is not None
            task.add_done_callback(lambda _: tokens.end())
            return given

    given = SignedIn("token", "r-1", contact=SessionContact(CONTACT_ID))
    tokens = GuestTokens(CONTACT_ID, given, SignIn(), FakeClock(), TaskScope(print))  # type: ignore[arg-type]
    with pytest.raises(GuestAwayError):
        await tokens.renew("token")


@pytest.mark.parametrize("late", ["refused", "lost, then refused", "given"])
async def test_a_sign_in_during_a_renewal_counts(late: str) -> None:
    """Whatever becomes of the older session."""
    asked: list[str] = []
    go_on = asyncio.Event()

    class SignIn:
        async def refresh(self, token: str) -> Any:
            asked.append(token)
            await go_on.wait()
            if late == "given":
                return SignedIn("old-2", "r-old-2", contact=SessionContact(CONTACT_ID))
            if late != "refused" and len(asked) == 1:
                raise InDoubtError("The line dropped.")
            raise SignInNeededError("No.", details={"error": "CRM.X"})

    old, new = (SignedIn(name, f"r-{name}", contact=SessionContact(CONTACT_ID)) for name in ("old", "new"))
    tokens = GuestTokens(CONTACT_ID, old, SignIn(), FakeClock(), TaskScope(print))  # type: ignore[arg-type]
    renewing = asyncio.get_running_loop().create_task(tokens.renew("old"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    tokens.adopt(new)
    go_on.set()
    assert await renewing == "new"
    assert (tokens.over, await tokens.current(), set(asked)) == (False, "new", {"r-old"})


async def test_others_wait_for_their_guest_whatever_becomes_of_the_accounts_own_sign_in(emulator, connect) -> None:
    """Else the edit of somebody who is not here would stop the account for all who are."""
    access, other, own = connect(emulator), two(emulator)[1], emulator.guest()
    await access.contacts.get(own.id)
    emulator.drop_tokens(own.id)
    own.password = "another one"
    with pytest.raises(SignInNeededError):
        await access.contacts.get(own.id)
    before = len(emulator.requests)
    with pytest.raises(GuestAwayError):
        await access.contacts.get(other.id)
    assert len(emulator.requests) == before


async def test_nobody_waits_for_an_own_sign_in_that_was_never_good(emulator, connect) -> None:
    """Refused from the start, nobody knows whose it is. It is told where the account is checked, and concerns nobody
    else; it is asked once, for a refusal that is repeated may lock that contact out."""
    access, here, other = connect(emulator, password="not the right one"), *two(emulator)
    await access.guests.sign_in("password", {"email": here.email, "password": here.password})
    for _ in range(3):
        with pytest.raises(GuestAwayError):
            await access.contacts.get(other.id)
    tried = [seen for seen in emulator.requests if seen.path.endswith("/authenticate")]
    assert len(tried) == 2, "the guest's sign-in and one of the account's own"
    assert (await access.contacts.get(here.id)).remote_id == here.id
    with pytest.raises(SignInNeededError):
        _ = [page async for page in access.contacts.pages(Cursor())]


async def test_a_refused_key_stays_the_matter_of_all(connect, make_emulator) -> None:
    emulator = make_emulator()
    access = connect(emulator, api_key="another-key")
    with pytest.raises(SignInNeededError):
        await access.contacts.get(two(emulator)[1].id)
