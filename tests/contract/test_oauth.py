"""BookingSync: signing in by OAuth, against the emulator. One refresh token is good once; a second use ends it all."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest

from crmdesk.core.errors import (
    ForbiddenError,
    KnownError,
    ProtocolError,
    ServerFaultError,
    SettingsError,
    SignInNeededError,
)
from crmdesk.core.fields import asked_for
from crmdesk.core.outbox import FieldChange, OpKind
from crmdesk.core.types import Account, Cursor
from crmdesk.core.vendor import Access
from crmdesk.sandbox.app import transport
from crmdesk.sandbox.faults import Answer, Kind
from crmdesk.sync import capabilities
from crmdesk.vendors.bookingsync import BASE_URL, VENDOR, connector
from crmdesk.vendors.bookingsync.oauth import authorize_address, server_of
from crmdesk.vendors.bookingsync.sandbox import BookingSyncSandbox, Quirks
from crmdesk.vendors.bookingsync.signin import Browser
from tests.contract.conftest import Now, streamed
from tests.helpers.kept import KeptSecrets

ACCOUNT = 71
OOB = "urn:ietf:wg:oauth:2.0:oob"
LOOPBACK = "http://127.0.0.1:49152/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
APPLICATION = {"client_id": "application-71"}
SECRET = {"client_secret": "demo-secret-71"}


def account(way: str = "browser", **config: str) -> Account:
    return Account(1, VENDOR.key, "Seaside", BASE_URL, {"sign_in": way, **APPLICATION, **config})


def browser(emulator: BookingSyncSandbox, *, secret: str = SECRET["client_secret"], **config: str) -> Browser:
    return Browser(account(**config), KeptSecrets({"client_secret": secret}), transport(emulator))


def at(emulator: BookingSyncSandbox) -> httpx.AsyncClient:
    """A person's browser."""
    return httpx.AsyncClient(transport=transport(emulator))


async def approved(emulator: BookingSyncSandbox, redirect: str = LOOPBACK, **config: str) -> str:
    """The code for somebody who pressed *Authorize*."""
    address = browser(emulator, **config).address(redirect, "a-state", CHALLENGE)
    emulator.oauth.approve_at_once = True
    async with at(emulator) as http:
        found = parse_qs(urlsplit((await http.get(address)).headers["location"]).query)
    assert redirect == OOB or found["state"] == ["a-state"]
    return found["code"][0]


async def signed_in(emulator: BookingSyncSandbox, redirect: str = LOOPBACK, **config: str) -> Mapping[str, str]:
    made = browser(emulator, **config)
    kept = await made.exchange(await approved(emulator, redirect, **config), redirect, VERIFIER)
    await made.aclose()
    return kept


Open = Callable[..., Access]


class Clock:
    """The emulator's clock is the desk's, too."""

    def __init__(self, now: Now) -> None:
        self.now = now

    def monotonic(self) -> float:
        return self.now().timestamp()


@pytest.fixture
async def opened(now: Now, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Open]:
    monkeypatch.setattr(connector, "SystemClock", lambda: Clock(now))
    monkeypatch.setattr("crmdesk.vendors.bookingsync.signin.SystemClock", lambda: Clock(now))
    made: list[Access] = []

    def opening(to: Any, secrets: KeptSecrets, **config: str) -> Access:
        line = transport(to) if isinstance(to, BookingSyncSandbox) else httpx.MockTransport(streamed(to))
        made.append(VENDOR.open_access(account(**config), secrets, line))
        return made[-1]

    yield opening
    for access in made:
        await access.aclose()


async def first_id(emulator: BookingSyncSandbox) -> str:
    return str(emulator.ids(ACCOUNT)[0])


def token_calls(emulator: BookingSyncSandbox) -> int:
    return len([seen for seen in emulator.requests if seen.path == "/oauth/token"])


# ── the address ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("base", "server"),
    [
        (BASE_URL, "https://www.bookingsync.com"),
        ("https://www.bookingsync.com:8443/api/v3", "https://www.bookingsync.com:8443"),
        ("http://127.0.0.1:8800/bookingsync/api/v3", "http://127.0.0.1:8800/bookingsync"),
        ("https://proxy.example/other/path", "https://proxy.example"),
    ],
)
def test_oauth_is_at_the_accounts_own_server(base: str, server: str) -> None:
    assert server_of(base) == server
    assert authorize_address(base, "x", "", OOB, "s", "c").startswith(f"{server}/oauth/authorize?")


def test_the_address_asks_as_documented_and_has_no_secret(emulator: BookingSyncSandbox) -> None:
    address = browser(emulator).address(LOOPBACK, "a-state", CHALLENGE)
    assert dict(parse_qsl(urlsplit(address).query)) == {
        "client_id": "application-71",
        "redirect_uri": LOOPBACK,
        "response_type": "code",
        "scope": "public rentals_write",
        "state": "a-state",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    assert "demo-secret" not in address
    assert VERIFIER not in address
    assert "scope=public&" in browser(emulator, rights="read").address(OOB, "s", CHALLENGE)


# ── a code for tokens ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("redirect", [LOOPBACK, OOB])
async def test_a_code_becomes_a_pair_that_reads_and_writes(
    redirect: str, emulator: BookingSyncSandbox, opened: Open
) -> None:
    kept = await signed_in(emulator, redirect)
    assert kept["redirect_uri"] == redirect
    assert kept["scope"] == "public rentals_write"
    access = opened(emulator, KeptSecrets(SECRET, kept))
    contact = await access.contacts.get(await first_id(emulator))
    assert access.writer is not None
    done = await access.writer.update(contact, [FieldChange("city", contact.raw["city"], "Porto")])
    assert done.contact.raw["city"] == "Porto"
    assert [step.ok for step in await access.check()] == [True, True, True]
    assert "rentals_write" in (await access.check())[2].text
    assert token_calls(emulator) == 1


async def test_a_code_is_good_once(emulator: BookingSyncSandbox) -> None:
    code = await approved(emulator)
    await browser(emulator).exchange(code, LOOPBACK, VERIFIER)
    with pytest.raises(SignInNeededError, match="does not accept this code"):
        await browser(emulator).exchange(code, LOOPBACK, VERIFIER)


@pytest.mark.parametrize(
    ("redirect", "verifier"), [(OOB, VERIFIER), ("http://127.0.0.1:1/callback", VERIFIER), (LOOPBACK, "w" * 43)]
)
async def test_a_stolen_code_is_worth_nothing(redirect: str, verifier: str, emulator: BookingSyncSandbox) -> None:
    with pytest.raises(SignInNeededError):
        await browser(emulator).exchange(await approved(emulator), redirect, verifier)


async def test_a_code_grows_old(emulator: BookingSyncSandbox, now: Now) -> None:
    code = await approved(emulator)
    now.pass_by(minutes=11)
    with pytest.raises(SignInNeededError):
        await browser(emulator).exchange(code, LOOPBACK, VERIFIER)


@pytest.mark.parametrize("status", [400, 401])
async def test_a_wrong_application_is_told_at_its_field(
    status: Any, make_emulator: Callable[..., BookingSyncSandbox]
) -> None:
    emulator = make_emulator(quirks=Quirks(token_errors=status))
    with pytest.raises(SettingsError, match="client id and client secret") as told:
        await browser(emulator, secret="canary-wrong").exchange(await approved(emulator), LOOPBACK, VERIFIER)
    assert told.value.field == "client_secret"
    assert "canary" not in str(told.value)


@pytest.mark.parametrize("code", ["", "two words", "ümlaut", "x" * 20_000])
async def test_what_can_be_no_code_is_not_sent(code: str, emulator: BookingSyncSandbox) -> None:
    with pytest.raises(SettingsError) as told:
        await browser(emulator).exchange(code, OOB, VERIFIER)
    assert told.value.field == "code"
    assert token_calls(emulator) == 0


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"access_token": 5}', b'{"access_token": "a b"}', b"[]"])
async def test_an_answer_that_is_none_is_no_sign_in(body: bytes, emulator: BookingSyncSandbox) -> None:
    code = await approved(emulator)
    emulator.faults.set(Kind.ANSWER, target="/oauth/token", answer=Answer(200, body))
    with pytest.raises(ProtocolError):
        await browser(emulator).exchange(code, LOOPBACK, VERIFIER)


# ── renewing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_pair_is_renewed_by_age_and_stored(emulator: BookingSyncSandbox, opened: Open, now: Now) -> None:
    secrets = KeptSecrets(SECRET, await signed_in(emulator))
    access = opened(emulator, secrets)
    now.pass_by(seconds=7200 - 121)
    await access.contacts.get(await first_id(emulator))
    assert len(secrets.history) == 1
    now.pass_by(seconds=1)
    await access.contacts.get(await first_id(emulator))
    assert len(secrets.history) == 2
    before, after = secrets.history
    assert before["refresh_token"] != after["refresh_token"]
    assert after["redirect_uri"] == LOOPBACK
    statuses = emulator.oauth.renewals, emulator.oauth.reused
    assert statuses == (1, 0)


async def test_it_is_renewed_on_refusal_also_for_a_write(emulator: BookingSyncSandbox, opened: Open) -> None:
    secrets = KeptSecrets(SECRET, await signed_in(emulator))
    access = opened(emulator, secrets)
    contact = await access.contacts.get(await first_id(emulator))
    emulator.oauth.expire()
    assert access.writer is not None
    assert (await access.writer.update(contact, [FieldChange("zip", None, "1000")])).contact.raw["zip"] == "1000"
    assert emulator.oauth.renewals == 1


async def hundred(emulator: BookingSyncSandbox, opened: Open) -> None:
    """100 calls at once meet an expired token."""
    secrets = KeptSecrets(SECRET, await signed_in(emulator))
    access = opened(emulator, secrets)
    contact_id = await first_id(emulator)
    emulator.oauth.expire()
    found = await asyncio.gather(*(access.contacts.get(contact_id) for _ in range(100)))
    assert {contact.remote_id for contact in found} == {contact_id}
    assert len(secrets.history) == 2


async def test_a_hundred_calls_that_meet_an_expired_token_make_one_renewal(
    make_emulator: Callable[..., BookingSyncSandbox], opened: Open
) -> None:
    emulator = make_emulator(20)
    await hundred(emulator, opened)
    assert (emulator.oauth.renewals, emulator.oauth.reused) == (1, 0)


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_a_thousand_times_a_hundred_calls_sign_nobody_out(
    make_emulator: Callable[..., BookingSyncSandbox], opened: Open
) -> None:
    """By command: `python -m pytest -n 0 -m long tests/contract/test_oauth.py`."""
    emulator = make_emulator(5, hourly=1_000_000)
    for number in range(1, 1001):
        await hundred(emulator, opened)
        assert (emulator.oauth.renewals, emulator.oauth.reused) == (number, 0)


LOST = [
    (Kind.CUT_BEFORE, {}),
    (Kind.SERVER_ERROR, {}),
    (Kind.HALF_BODY, {}),
    (Kind.HTML, {}),
    (Kind.CUT_AFTER, {}),
    (Kind.SERVER_ERROR_AFTER, {}),
]


@pytest.mark.parametrize(("kind", "more"), LOST, ids=[kind for kind, _ in LOST])
async def test_a_lost_renewal_signs_nobody_out(
    kind: Kind, more: dict[str, Any], make_emulator: Callable[..., BookingSyncSandbox], opened: Open
) -> None:
    """Where the vendor takes a refresh token until its successor is used, nothing is lost, whenever the line broke."""
    emulator = make_emulator(20, quirks=Quirks(reuse="until_used"))
    secrets = KeptSecrets(SECRET, await signed_in(emulator))
    access = opened(emulator, secrets)
    emulator.oauth.expire()
    emulator.faults.set(kind, target="/oauth/token", times=1, **more)
    await access.contacts.get(await first_id(emulator))
    assert secrets.now["refresh_token"] != secrets.history[0]["refresh_token"]


@pytest.mark.parametrize("kind", [Kind.CUT_BEFORE, Kind.SERVER_ERROR])
async def test_a_renewal_that_never_arrived_is_made_again_also_at_a_strict_vendor(
    kind: Kind, emulator: BookingSyncSandbox, opened: Open
) -> None:
    access = opened(emulator, KeptSecrets(SECRET, await signed_in(emulator)))
    emulator.oauth.expire()
    emulator.faults.set(kind, target="/oauth/token", times=1)
    await access.contacts.get(await first_id(emulator))
    assert (emulator.oauth.renewals, emulator.oauth.reused) == (1, 0)


async def test_where_the_vendor_ends_it_the_account_needs_a_sign_in(emulator: BookingSyncSandbox, opened: Open) -> None:
    """The renewal was done, its answer was lost, and this vendor takes no refresh token twice: its word decides."""
    secrets = KeptSecrets(SECRET, await signed_in(emulator))
    access = opened(emulator, secrets)
    emulator.oauth.expire()
    emulator.faults.set(Kind.CUT_AFTER, target="/oauth/token", times=1)
    with pytest.raises(SignInNeededError, match="signed this desk out"):
        await access.contacts.get(await first_id(emulator))
    assert secrets.now == secrets.history[0]  # nothing is thrown away


async def test_a_vendor_that_is_down_signs_nobody_out(emulator: BookingSyncSandbox, opened: Open) -> None:
    secrets = KeptSecrets(SECRET, await signed_in(emulator))
    access = opened(emulator, secrets)
    emulator.oauth.expire()
    emulator.faults.set(Kind.SERVER_ERROR, target="/oauth/token")
    with pytest.raises(ServerFaultError):
        await access.contacts.get(await first_id(emulator))
    emulator.faults.clear()
    await access.contacts.get(await first_id(emulator))


async def test_an_application_that_was_taken_out_needs_a_sign_in(emulator: BookingSyncSandbox, opened: Open) -> None:
    access = opened(emulator, KeptSecrets(SECRET, await signed_in(emulator)))
    emulator.oauth.uninstall(ACCOUNT)
    with pytest.raises(SignInNeededError, match="Your edits are safe"):
        await access.contacts.get(await first_id(emulator))
    assert [step.ok for step in await access.check()] == [True, False, None]


async def test_a_token_that_stays_refused_is_a_sign_in_and_no_loop(emulator: BookingSyncSandbox, opened: Open) -> None:
    access = opened(emulator, KeptSecrets(SECRET, await signed_in(emulator)))
    emulator.faults.set(Kind.EXPIRE_TOKEN, target="/contacts")
    with pytest.raises(SignInNeededError, match="signed this desk out"):
        await access.contacts.get(await first_id(emulator))
    assert emulator.oauth.renewals == 1


# ── rights ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_application_reads_and_renews_itself(emulator: BookingSyncSandbox, opened: Open, now: Now) -> None:
    secrets = KeptSecrets(SECRET)
    access = opened(emulator, secrets, way="application")
    await access.contacts.get(await first_id(emulator))
    await access.contacts.get(await first_id(emulator))
    assert token_calls(emulator) == 1
    now.pass_by(seconds=7200 - 119)
    await access.contacts.get(await first_id(emulator))
    assert token_calls(emulator) == 2
    emulator.oauth.expire()
    await access.contacts.get(await first_id(emulator))
    assert token_calls(emulator) == 3
    assert secrets.now == {}
    steps = await access.check()
    assert [step.ok for step in steps] == [True, True, True]
    assert "only reads" in steps[2].text


async def test_a_wrong_application_is_told_in_words(emulator: BookingSyncSandbox, opened: Open) -> None:
    access = opened(emulator, KeptSecrets({"client_secret": "canary-wrong"}), way="application")
    steps = await access.check()
    assert [step.ok for step in steps] == [True, False, None]
    assert "does not accept the client id and client secret" in steps[1].text
    with pytest.raises(SignInNeededError):
        await access.contacts.get("1")


@pytest.mark.parametrize("config", [{"way": "application"}, {"way": "browser", "rights": "read"}])
def test_who_may_only_read_has_no_writer_and_the_reason(config: dict[str, str], opened: Open) -> None:
    access = opened(lambda request: httpx.Response(500), KeptSecrets(SECRET), **config)
    assert access.writer is None
    vendors, one = {VENDOR.key: VENDOR}, account(**config)
    for action in ("create", "edit", "delete"):
        assert "BookingSync" in str(capabilities.of_account(vendors, one, action))
    assert capabilities.of_account(vendors, one, "refresh") is None


@pytest.mark.parametrize("config", [{}, {"sign_in": ""}, {"sign_in": "token"}, {"sign_in": "browser"}])
def test_who_may_write_has_one(config: dict[str, str]) -> None:
    one = Account(1, VENDOR.key, "x", BASE_URL, config)
    access = VENDOR.open_access(one, KeptSecrets({}), None)
    assert access.writer is not None
    assert access.writer.can == frozenset(OpKind)
    assert capabilities.of_account({VENDOR.key: VENDOR}, one, "edit") is None


async def test_a_right_that_was_not_given_is_told_before_the_first_change(
    emulator: BookingSyncSandbox, opened: Open
) -> None:
    kept = await signed_in(emulator, rights="read")
    assert kept["scope"] == "public"
    access = opened(emulator, KeptSecrets(SECRET, kept))
    assert "was not given" in (await access.check())[2].text
    contact = await access.contacts.get(await first_id(emulator))
    assert access.writer is not None
    with pytest.raises(ForbiddenError, match="rentals_write"):
        await access.writer.update(contact, [FieldChange("city", None, "Porto")])


@pytest.mark.parametrize(
    ("way", "asked"),
    [
        ("", ["base_url", "sign_in", "token"]),
        ("token", ["base_url", "sign_in", "token"]),
        ("browser", ["base_url", "sign_in", "client_id", "client_secret", "rights"]),
        ("application", ["base_url", "sign_in", "client_id", "client_secret"]),
    ],
)
def test_each_way_asks_for_its_own(way: str, asked: list[str]) -> None:
    assert [spec.path for spec in asked_for(VENDOR.credentials, {"sign_in": way})] == asked


# ── secrets ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_of_the_token_call_is_not_followed(status: int, opened: Open) -> None:
    hosts: set[str] = set()

    def moved(request: httpx.Request) -> httpx.Response:
        hosts.add(request.url.host)
        return httpx.Response(status, headers={"Location": "https://evil.example/oauth/token"})

    access = opened(moved, KeptSecrets(SECRET), way="application")
    with pytest.raises(KnownError):
        await access.contacts.get("1")
    assert hosts == {"www.bookingsync.com"}


async def test_links_to_another_host_get_no_secret(
    make_emulator: Callable[..., BookingSyncSandbox], opened: Open
) -> None:
    """`links` of the body and the `Link` header name another server; nobody there is asked anything."""
    from crmdesk.core.types import Cursor

    emulator = make_emulator(150, quirks=Quirks(links_to="https://evil.example"))
    line, hosts = transport(emulator), set()

    class Watched(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            hosts.add(request.url.host)
            return await line.handle_async_request(request)

    access = VENDOR.open_access(account(), KeptSecrets(SECRET, await signed_in(emulator)), Watched())
    emulator.oauth.expire()
    pages = [page async for page in access.contacts.pages(Cursor())]
    await access.aclose()
    assert sum(len(page.contacts) + len(page.removed) for page in pages) == 150
    assert hosts == {"www.bookingsync.com"}
    assert emulator.oauth.renewals == 1


async def test_no_secret_is_written_or_worded(
    emulator: BookingSyncSandbox, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    secrets = KeptSecrets(SECRET, await signed_in(emulator))
    told: list[str] = []
    with caplog.at_level(logging.DEBUG, logger="crmdesk"):
        access = opened(emulator, secrets)
        for kind in (Kind.SERVER_ERROR, Kind.HTML, Kind.CUT_BEFORE):
            emulator.oauth.expire()
            emulator.faults.set(kind, target="/oauth/token")
            with pytest.raises(KnownError) as caught:
                await access.contacts.get("1")
            told += [str(caught.value), repr(caught.value), str(caught.value.details)]
            emulator.faults.clear()
        told += [step.text for step in await access.check()]
    values = [*SECRET.values(), *(kept[name] for kept in secrets.history for name in ("access_token", "refresh_token"))]
    written = caplog.text + " ".join(told) + " ".join(str(seen) for seen in emulator.requests)
    assert not [value for value in values if value in written]


# ── a 403, by the way the account signs in ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("way", "reads", "writes"),
    [
        ("browser", "Sign in again on the Accounts page", "Sign in again on the Accounts page"),
        ("application", "in the browser", ""),
        ("token", "Ask for a token", "Ask BookingSync for a token"),
    ],
)
async def test_a_403_says_what_helps_the_way_the_account_signs_in(
    way: str, reads: str, writes: str, emulator: BookingSyncSandbox, opened: Open
) -> None:
    """Who signed in in the browser has no token to enter; the application's own sign-in has no other right."""
    secrets = KeptSecrets({**SECRET, "token": emulator.describe("https://x")["accounts"][0]["credentials"]["token"]})
    secrets = KeptSecrets(SECRET, await signed_in(emulator)) if way == "browser" else secrets
    access = opened(emulator, secrets, way=way)
    contact = await access.contacts.get(await first_id(emulator))
    if writes:
        emulator.faults.set(Kind.NO_RIGHT, method="PUT")
        with pytest.raises(ForbiddenError, match="rentals_write") as told:
            await access.writer.update(contact, [FieldChange("city", None, "Porto")])
        assert writes in told.value.hint and "rentals_write" in told.value.hint
    else:
        assert access.writer is None
    emulator.faults.set(Kind.ANSWER, method="GET", answer=Answer(403, b'{"errors": [{"code": "forbidden"}]}'))
    for reading in (access.contacts.get(contact.remote_id), anext(access.contacts.pages(Cursor()))):
        with pytest.raises(ForbiddenError) as told:
            await reading
        assert reads in told.value.hint
    assert reads in (await access.check())[2].text


async def test_an_application_that_is_not_accepted_has_nobody_to_sign_in(
    emulator: BookingSyncSandbox, opened: Open
) -> None:
    access = opened(emulator, KeptSecrets(SECRET), way="application")
    emulator.faults.set(Kind.EXPIRE_TOKEN, target="/contacts")
    with pytest.raises(SignInNeededError, match="does not accept the application’s own sign-in") as told:
        await access.contacts.get(await first_id(emulator))
    assert "client id and client secret" in told.value.hint
