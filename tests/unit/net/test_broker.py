"""Kept tokens: one renewal at a time, stored first, and nobody is signed out by a broken line."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from crmdesk.core import seams
from crmdesk.core.errors import (
    KnownError,
    OfflineError,
    ProtocolError,
    ServerFaultError,
    SignInNeededError,
    StorageError,
)
from crmdesk.net.broker import ACCESS, REFRESH, RENEW_AT, UNTIL, Broker, early, life_of, pair
from tests.helpers.clock import FakeClock
from tests.helpers.kept import KeptSecrets

LOST = ServerFaultError("The line broke.")
ENDED = SignInNeededError("Signed out.")


def ended() -> SignInNeededError:
    return SignInNeededError("Nobody has signed in.")


class Vendor:
    """Gives access-1, access-2, …, each with a refresh token that is good once. `errors` come first, by call."""

    def __init__(self, clock: FakeClock, life: float = 7200) -> None:
        self.clock, self.life = clock, life
        self.calls: list[str] = []
        self.errors: list[KnownError | None] = []
        self.gate: asyncio.Event | None = None
        self.taken: set[str] = set()

    def first(self) -> dict[str, str]:
        return {**pair("access-0", "refresh-0", self.life, self.clock), "redirect_uri": "urn:x"}

    async def refresh(self, kept: Mapping[str, str]) -> Mapping[str, str]:
        self.calls.append(kept[REFRESH])
        await asyncio.sleep(0)
        if self.gate is not None:
            await self.gate.wait()
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        assert kept[REFRESH] not in self.taken, "a refresh token was used twice"
        self.taken.add(kept[REFRESH])
        number = len(self.calls)
        return {**kept, **pair(f"access-{number}", f"refresh-{number}", self.life, self.clock)}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def vendor(clock: FakeClock) -> Vendor:
    return Vendor(clock)


@pytest.fixture
def secrets(vendor: Vendor) -> KeptSecrets:
    return KeptSecrets({}, vendor.first())


@pytest.fixture
def broker(secrets: KeptSecrets, vendor: Vendor, clock: FakeClock) -> Broker:
    return Broker(secrets, vendor.refresh, clock, ended)


# ── by age ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_token_is_renewed_two_minutes_before_its_end(broker: Broker, vendor: Vendor, clock: FakeClock) -> None:
    clock.forward(7200 - 121)
    assert await broker.current() == "access-0"
    clock.forward(1)
    assert await broker.current() == "access-1"
    assert vendor.calls == ["refresh-0"]


async def test_a_short_life_is_used_for_three_quarters(clock: FakeClock) -> None:
    vendor = Vendor(clock, life=40)
    broker = Broker(KeptSecrets({}, vendor.first()), vendor.refresh, clock, ended)
    clock.forward(29)
    assert await broker.current() == "access-0"
    clock.forward(1)
    assert await broker.current() == "access-1"
    assert await broker.current() == "access-1"


async def test_also_a_token_that_ended_while_the_program_was_closed_is_renewed(
    broker: Broker, clock: FakeClock
) -> None:
    clock.forward(30 * 86400)
    assert await broker.current() == "access-1"


async def test_without_a_sign_in_nothing_is_asked(vendor: Vendor, clock: FakeClock) -> None:
    broker = Broker(KeptSecrets({}), vendor.refresh, clock, ended)
    for _ in range(2):
        with pytest.raises(SignInNeededError, match="Nobody"):
            await broker.current()
    assert vendor.calls == []


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (7200, 7200),
        ("7200", 7200),
        (3600.5, 3600.5),
        (" 60 ", 60),
        (None, 300),
        ("", 300),
        ("soon", 300),
        (0, 300),
        (-5, 300),
        (True, 300),
        ("nan", 300),
        ("inf", 300),
        (10**400, 300),
        (1e12, 300),
        ([7200], 300),
        ({}, 300),
    ],
)
def test_how_long_a_token_lasts_is_a_number_or_text_and_else_five_minutes(told: object, seconds: float) -> None:
    assert life_of(told) == seconds
    assert 0 < early(life_of(told)) <= 120


# ── on refusal, in parallel ──────────────────────────────────────────────────────────────────────────────────────────


async def test_a_hundred_refused_calls_make_one_renewal(broker: Broker, vendor: Vendor) -> None:
    assert set(await asyncio.gather(*(broker.renew("access-0") for _ in range(100)))) == {"access-1"}
    assert vendor.calls == ["refresh-0"]


async def test_a_refusal_of_an_older_token_is_answered_with_the_newer_one(broker: Broker, vendor: Vendor) -> None:
    assert await broker.renew("access-0") == "access-1"
    assert await broker.renew("access-0") == "access-1"
    assert len(vendor.calls) == 1


async def test_two_holders_of_one_account_take_turns(
    broker: Broker, secrets: KeptSecrets, vendor: Vendor, clock: FakeClock
) -> None:
    other = Broker(secrets, vendor.refresh, clock, ended)
    calls = [one.renew("access-0") for _ in range(20) for one in (broker, other)]
    assert set(await asyncio.gather(*calls)) == {"access-1"}
    assert vendor.calls == ["refresh-0"]


async def test_a_cancelled_caller_does_not_lose_the_answer(
    broker: Broker, vendor: Vendor, secrets: KeptSecrets
) -> None:
    vendor.gate = asyncio.Event()
    call = asyncio.ensure_future(broker.renew("access-0"))
    other = asyncio.ensure_future(broker.renew("access-0"))
    while not vendor.calls:
        await asyncio.sleep(0)
    call.cancel()
    vendor.gate.set()
    assert await other == "access-1"
    assert call.cancelled()
    assert secrets.now[REFRESH] == "refresh-1"


async def test_a_renewal_under_way_is_stored_when_the_account_is_closed(
    broker: Broker, vendor: Vendor, secrets: KeptSecrets
) -> None:
    vendor.gate = asyncio.Event()
    call = asyncio.ensure_future(broker.renew("access-0"))
    while not vendor.calls:
        await asyncio.sleep(0)
    closing = asyncio.ensure_future(broker.aclose())
    await asyncio.sleep(0)
    vendor.gate.set()
    await closing
    assert await call == "access-1"
    assert secrets.now[REFRESH] == "refresh-1"
    await broker.aclose()


async def test_closing_does_not_wait_for_ever(broker: Broker, vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waited is told, and not as if it had been cancelled itself."""
    monkeypatch.setattr("crmdesk.net.broker.GOODBYE", 0.01)
    vendor.gate = asyncio.Event()
    call = asyncio.ensure_future(broker.renew("access-0"))
    while not vendor.calls:
        await asyncio.sleep(0)
    await broker.aclose()
    with pytest.raises(OfflineError):
        await call
    with pytest.raises(OfflineError):
        await broker.renew("access-0")


# ── stored first ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_new_pair_is_stored_before_anybody_has_it(
    broker: Broker, secrets: KeptSecrets, vendor: Vendor
) -> None:
    seen: list[tuple[str, str]] = []
    seams.set_gate(lambda name: seen.append((name, secrets.now[ACCESS])))
    try:
        assert await broker.renew("access-0") == "access-1"
    finally:
        seams.set_gate(None)
    assert seen == [("broker.answered", "access-0"), ("broker.stored", "access-1")]
    assert secrets.now["redirect_uri"] == "urn:x"  # what the vendor keeps beside it stays


async def test_a_pair_that_cannot_be_stored_is_not_used_and_not_forgotten(
    broker: Broker, secrets: KeptSecrets, vendor: Vendor
) -> None:
    secrets.fail = StorageError("The disk is full.")
    with pytest.raises(StorageError):
        await broker.renew("access-0")
    assert secrets.now[ACCESS] == "access-0"
    assert await broker.renew("access-0") == "access-1"
    assert secrets.now[REFRESH] == "refresh-1"
    assert vendor.calls == ["refresh-0"]


async def test_a_sign_in_that_was_made_meanwhile_counts(broker: Broker, secrets: KeptSecrets, vendor: Vendor) -> None:
    vendor.gate = asyncio.Event()
    call = asyncio.ensure_future(broker.renew("access-0"))
    while not vendor.calls:
        await asyncio.sleep(0)
    secrets.now = {**vendor.first(), ACCESS: "signed-in-anew", REFRESH: "other"}
    vendor.gate.set()
    assert await call == "signed-in-anew"
    assert secrets.now[REFRESH] == "other"


async def test_an_account_that_is_gone_meanwhile_gets_nothing(
    broker: Broker, secrets: KeptSecrets, vendor: Vendor
) -> None:
    vendor.gate = asyncio.Event()
    call = asyncio.ensure_future(broker.renew("access-0"))
    while not vendor.calls:
        await asyncio.sleep(0)
    secrets.now = {}
    vendor.gate.set()
    with pytest.raises(SignInNeededError):
        await call
    assert secrets.now == {}


# ── a lost answer ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lost", [LOST, ProtocolError("A web page.")], ids=["line", "web page"])
async def test_a_lost_answer_is_tried_once_more(broker: Broker, vendor: Vendor, lost: KnownError) -> None:
    vendor.errors = [lost]
    assert await broker.renew("access-0") == "access-2"
    assert vendor.calls == ["refresh-0", "refresh-0"]


async def test_two_lost_answers_sign_nobody_out(broker: Broker, vendor: Vendor, secrets: KeptSecrets) -> None:
    vendor.errors = [LOST, LOST]
    with pytest.raises(ServerFaultError):
        await broker.renew("access-0")
    assert secrets.now[REFRESH] == "refresh-0"
    assert await broker.renew("access-0") == "access-3"


async def test_after_a_lost_answer_the_vendors_word_decides(broker: Broker, vendor: Vendor) -> None:
    vendor.errors = [LOST, ENDED]
    with pytest.raises(SignInNeededError, match="Signed out"):
        await broker.renew("access-0")
    assert len(vendor.calls) == 2


async def test_the_shelf_is_read_again_first(broker: Broker, vendor: Vendor, secrets: KeptSecrets) -> None:
    """Somebody else renewed it: no second use of the old refresh token."""

    async def lost(kept: Mapping[str, str]) -> Mapping[str, str]:
        vendor.calls.append(kept[REFRESH])
        secrets.now = {**kept, **pair("theirs", "their-refresh", 7200, vendor.clock)}
        raise LOST

    assert await Broker(secrets, lost, vendor.clock, ended).renew("access-0") == "theirs"
    assert vendor.calls == ["refresh-0"]


async def test_a_renewal_by_age_that_is_lost_leaves_the_old_token_while_it_lasts(
    broker: Broker, vendor: Vendor, clock: FakeClock
) -> None:
    clock.forward(7200 - 100)
    vendor.errors = [LOST]
    assert await broker.current() == "access-0"
    assert await broker.current() == "access-0"
    assert len(vendor.calls) == 1  # not with every call: each would wait
    clock.forward(20)
    assert await broker.current() == "access-2"


async def test_a_refusal_is_never_answered_with_the_token_that_was_refused(
    broker: Broker, vendor: Vendor, clock: FakeClock
) -> None:
    """Also where it joins a renewal by age whose answer was lost."""
    clock.forward(7200 - 100)
    vendor.gate, vendor.errors = asyncio.Event(), [LOST]
    by_age, refused = asyncio.ensure_future(broker.current()), asyncio.ensure_future(broker.renew("access-0"))
    while not vendor.calls:
        await asyncio.sleep(0)
    vendor.gate.set()
    assert await by_age == "access-0"
    assert await refused == "access-2"


async def test_offline_nothing_was_sent_and_nothing_is_tried_twice(
    broker: Broker, vendor: Vendor, clock: FakeClock
) -> None:
    vendor.errors = [OfflineError("No line."), OfflineError("No line.")]
    with pytest.raises(OfflineError):
        await broker.renew("access-0")
    assert len(vendor.calls) == 1
    clock.forward(7200 - 60)
    assert await broker.current() == "access-0"  # it may last until the line is back


async def test_a_clock_that_was_wrong_costs_one_renewal(broker: Broker, vendor: Vendor, clock: FakeClock) -> None:
    clock.forward(365 * 86400)
    assert await broker.current() == "access-1"
    clock.forward(-365 * 86400)
    assert await broker.current() == "access-1"
    assert await broker.renew("access-1") == "access-2"
    assert len(vendor.calls) == 2


@pytest.mark.parametrize("odd", ["", "soon", "-5", "12.5", "١٢"])
async def test_moments_that_cannot_be_read_are_over(
    odd: str, secrets: KeptSecrets, vendor: Vendor, clock: FakeClock
) -> None:
    secrets.now |= {RENEW_AT: odd, UNTIL: odd}
    assert await Broker(secrets, vendor.refresh, clock, ended).current() == "access-1"
