"""The account's contact in the list, and *Test connection*."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from crmdesk.core.errors import (
    InDoubtError,
    KnownError,
    NotFoundError,
    ProtocolError,
    RateLimitedError,
    ServerFaultError,
    SettingsError,
    SignInNeededError,
)
from crmdesk.core.guest import GuestAwayError
from crmdesk.core.types import Cursor
from crmdesk.sandbox.faults import Kind
from tests.contract.crmcom_selfservice.tools import (
    API_KEY,
    CONTACT,
    CONTACT_ID,
    NOT_FOUND,
    PASSWORD,
    Vendor,
    refusal,
    session_answer,
)
from tests.contract.tools import pull
from tests.helpers.desk import Desk

both = pytest.mark.parametrize("version", ["v1", "v2"])

# ── the listing ──────────────────────────────────────────────────────────────────────────────────────────────────────


@both
@pytest.mark.parametrize("form", ["plain", "lists"])
async def test_the_listing_is_one_page_with_the_own_contact(version: str, form: str, make_emulator, connect) -> None:
    emulator = make_emulator(version=version, contact_form=form)
    guest = emulator.guest()
    access = connect(emulator)
    assert access.contacts.whole
    (page,) = await pull(access)
    (contact,) = page.contacts
    assert (contact.remote_id, contact.raw) == (guest.id, emulator.shown(guest.id))
    assert (page.number, page.after, page.total, page.pages, page.full) == (1, None, 1, 1, True)
    assert (page.removed, page.odd, page.unchanged, page.next_since) == ((), 0, False, "")


async def test_a_contact_is_kept_byte_for_byte(connect) -> None:
    (page,) = await pull(connect(Vendor(httpx.Response(200, content=b"\xef\xbb\xbf\n" + CONTACT))))
    assert page.contacts[0].body == CONTACT.strip()
    assert page.contacts[0].raw["x_unknown"]["big"] == 12345678901234567890123


async def test_where_the_listing_stood_before_does_not_matter(emulator, connect) -> None:
    for cursor in (Cursor(since="x", page=7, next_since="y"), Cursor()):
        (page,) = await pull(connect(emulator), cursor)
        assert len(page.contacts) == 1


@pytest.mark.parametrize("unknown_id", [404, 400])
async def test_a_contact_that_has_gone_leaves_an_empty_page_that_names_it(unknown_id, make_emulator, connect) -> None:
    emulator = make_emulator(unknown_id=unknown_id)
    access, guest = connect(emulator), emulator.guest()
    await pull(access)
    emulator.remove(guest.id)
    (page,) = await pull(access)
    assert (page.contacts, page.removed, page.total) == ((), (guest.id,), 0)
    with pytest.raises(NotFoundError):
        await access.contacts.get(guest.id)


async def test_a_contact_that_may_not_sign_in_any_more_is_not_removed(emulator, connect) -> None:
    """ "Unknown" in answer to a sign-in is about user name and password, never about a contact that is cached."""
    access, guest = connect(emulator), emulator.guest()
    emulator.remove(guest.id)
    with pytest.raises(SignInNeededError):
        await pull(access)
    unknown = Vendor(httpx.Response(200), lambda _: refusal(400, NOT_FOUND, "contact", "x"))
    with pytest.raises(SignInNeededError):
        await pull(connect(unknown))


async def test_one_contact_again(emulator, connect) -> None:
    access, guest = connect(emulator), emulator.guest()
    assert (await access.contacts.get(guest.id)).raw == emulator.shown(guest.id)


async def test_another_contact_is_not_even_asked_for(emulator, connect) -> None:
    other = emulator.contacts()[0]
    access = connect(emulator)
    with pytest.raises(GuestAwayError, match="not signed in here"):
        await access.contacts.get(other.id)
    assert not any(other.id in seen.path for seen in emulator.requests)


async def test_the_answer_must_be_about_the_contact_asked_for(connect) -> None:
    for body in ({"id": "somebody else"}, {"ok": True}, {}, [], None, "x"):
        with pytest.raises(ProtocolError):
            await pull(connect(Vendor(httpx.Response(200, json=body))))


async def test_a_contact_without_id_is_the_one_asked_for(connect) -> None:
    for raw in ({"id": "", "first_name": "Ana"}, {"first_name": "Ana"}, {"id": None, "email": "a@b.example"}):
        (page,) = await pull(connect(Vendor(httpx.Response(200, json=raw))))
        assert page.contacts[0].remote_id == CONTACT_ID


FAILING: dict[str, tuple[httpx.Response, type[KnownError]]] = {
    "proxy's 404": (httpx.Response(404, text="<html>404</html>"), ProtocolError),
    "portal": (httpx.Response(200, text="<html>Sign in</html>"), ProtocolError),
    "empty": (httpx.Response(200), ProtocolError),
    "204": (httpx.Response(204), ProtocolError),
    "304": (httpx.Response(304), ProtocolError),
    "cut": (httpx.Response(200, content=CONTACT[:-20]), ProtocolError),
    "goes on": (httpx.Response(200, content=CONTACT + b"{}"), ProtocolError),
    "server error": (httpx.Response(503, text="no"), ServerFaultError),
    "error inside": (httpx.Response(200, json={"status": 404, "error": NOT_FOUND, "message": "x"}), ProtocolError),
    "slow down": (httpx.Response(429), RateLimitedError),
    "redirect": (httpx.Response(302, headers={"Location": "https://evil.example/?token=1"}), ProtocolError),
}


@pytest.mark.parametrize(("answer", "kind"), FAILING.values(), ids=FAILING.keys())
async def test_any_other_failure_brings_no_page_at_all(answer: httpx.Response, kind: type[KnownError], connect) -> None:
    with pytest.raises(kind) as caught:
        await pull(connect(Vendor(answer)))
    assert "evil" not in str(caught.value)


async def test_a_code_instead_of_a_session_is_said_with_the_masked_place(make_emulator, connect) -> None:
    emulator = make_emulator(password_needs_code=True)
    with pytest.raises(SignInNeededError) as caught:
        await pull(connect(emulator))
    shown = f"{caught.value} {caught.value.details}"
    assert "one-time code" in shown
    assert emulator.codes()[-1]["sent_to"] in shown
    assert "at the desk" in shown
    for secret in (emulator.guest().password, emulator.codes()[-1]["auth_otp"], emulator.codes()[-1]["code"]):
        assert secret not in shown


async def test_two_accounts_of_one_emulator_see_each_their_own(connect) -> None:
    from crmdesk.vendors.crmcom_selfservice import VENDOR

    emulator = VENDOR.sandbox(counts=[5, 8])
    first, second = emulator.describe("https://crm.example")["accounts"]
    assert first["title"] == "Guest portal"
    for number, given in ((1, first), (2, second)):
        credentials = given["credentials"]
        plain = {path: value for path, value in credentials.items() if path != "password"}
        (page,) = await pull(connect(emulator, password=credentials["password"], **plain))
        assert page.contacts[0].remote_id == emulator.guest(number).id
        assert len(emulator.contacts(number)) == (5, 8)[number - 1]


async def test_the_cache_follows_the_contact(tmp_path, emulator, connect) -> None:
    """Through the program's own pull: it comes, it changes, and it goes when CRM.COM says that it has gone."""
    desk, guest = Desk(tmp_path / "desk.db"), emulator.guest()
    source = connect(emulator).contacts
    try:
        assert (await desk.pull(source=source)).contacts == 1
        emulator.edit(guest.id, first_name="Ana")
        await desk.pull(source=source)
        assert desk.cached() == {guest.id: emulator.shown(guest.id)}
        emulator.faults.set(Kind.HTML, times=1)
        assert (await desk.pull(source=source)).error is not None
        assert len(desk.cached()) == 1
        emulator.remove(guest.id)
        assert (await desk.pull(source=source)).error is None
        assert desk.cached() == {}
    finally:
        desk.close()


NOBODY = {"email": "", "password": ""}


@both
async def test_without_a_contact_of_its_own_an_account_lists_nobody_and_asks_about_nobody(
    version: str, make_emulator, connect
) -> None:
    emulator = make_emulator(version=version)
    (page,) = await pull(connect(emulator, **NOBODY))
    assert (page.contacts, page.removed, page.total, page.partial) == ((), (), None, True)
    assert [seen.path.rpartition("/")[2] for seen in emulator.requests] == ["authenticate"]
    assert emulator.codes() == []


async def test_without_a_contact_of_its_own_a_check_tells_line_and_key(emulator, connect) -> None:
    with pytest.raises(SignInNeededError, match="API key"):
        await pull(connect(emulator, api_key="another", **NOBODY))
    emulator.faults.set(Kind.CUT_AFTER, target="/authenticate", times=1)
    with pytest.raises(ServerFaultError):
        await pull(connect(emulator, **NOBODY))
    with pytest.raises(ProtocolError):
        await pull(connect(Vendor(httpx.Response(200), lambda _: httpx.Response(200, json={"ok": True})), **NOBODY))


@pytest.mark.parametrize("own", [True, False])
async def test_a_listing_never_takes_other_guests_away(own: bool, tmp_path, emulator, connect) -> None:
    """Their profiles were read when they signed in; the listing does not know them."""
    from crmdesk.core.types import Page

    desk, other = Desk(tmp_path / "desk.db"), emulator.contacts()[0]
    access = connect(emulator, **({} if own else NOBODY))
    await access.guests.sign_in("password", {"email": other.email, "password": other.password})
    profile = await access.contacts.get(other.id)

    class Both:
        whole = True
        get = access.contacts.get

        async def pages(self, cursor: Cursor):
            yield Page((profile,), number=1, total=1, pages=1, partial=True)

    try:
        await desk.pull(source=Both())
        for _ in range(2):
            assert (await desk.pull(source=access.contacts, full=True)).error is None
            assert other.id in desk.cached()
            assert (emulator.guest().id in desk.cached()) == own
    finally:
        desk.close()


async def test_without_a_contact_of_its_own_a_good_key_passes(emulator, connect) -> None:
    found, words = await steps(connect(emulator, **NOBODY))
    assert (found, "sign in at the desk" in words) == ([True, True, True], True)
    assert (await steps(connect(emulator, api_key="another", **NOBODY)))[0] == [True, False, None]


# ── test the connection ──────────────────────────────────────────────────────────────────────────────────────────────


async def steps(access) -> tuple[list[bool | None], str]:
    found = await access.check()
    assert [step.name for step in found] == ["Reachable", "Sign-in", "Rights"]
    assert all(step.text for step in found)
    return [step.ok for step in found], " ".join(step.text for step in found)


@both
async def test_a_good_account_passes_all_three(version: str, make_emulator, connect) -> None:
    emulator = make_emulator(version=version)
    assert (await steps(connect(emulator)))[0] == [True, True, True]
    assert [seen.method for seen in emulator.requests] == ["POST", "GET"]


async def test_every_check_signs_in_anew(emulator, connect) -> None:
    access = connect(emulator)
    await steps(access)
    emulator.guest().password = "changed meanwhile"
    assert (await steps(access))[0] == [True, False, None]


async def test_a_wrong_key_and_a_wrong_password_are_told_apart(emulator, connect) -> None:
    found, words = await steps(connect(emulator, api_key="test-key-of-somebody"))
    assert (found, "API key" in words, "test key" in words) == ([True, False, None], True, True)
    found, words = await steps(connect(emulator, password="wrong password"))
    assert (found, "e-mail address and password" in words) == ([True, False, None], True)
    assert "wrong password" not in words
    found, words = await steps(connect(emulator, email="nobody@example.org"))
    assert (found, "e-mail address and password" in words) == ([True, False, None], True)


async def test_a_vendor_that_does_not_tell_them_apart_is_described_so(make_emulator, connect) -> None:
    found, words = await steps(connect(make_emulator(wrong_password=401), password="wrong password"))
    assert (found, "wrong password in the same way" in words) == ([True, False, None], True)


@pytest.mark.parametrize("api_key", ["", "  ", "two words", "schlüssel"])
async def test_a_key_that_cannot_be_one_is_not_sent(api_key: str, emulator, connect) -> None:
    found, words = await steps(connect(emulator, api_key=api_key))
    assert (found, "API key" in words) == ([None, False, None], True)
    assert not emulator.requests


async def test_what_is_missing_is_named_before_anything_is_sent(emulator, connect) -> None:
    both = "leave the"
    for given, word in (({"email": ""}, both), ({"password": ""}, both), ({"dialect": "v9"}, "version")):
        found, words = await steps(connect(emulator, **given))
        assert found == [None, False, None]
        assert word in words
    assert not emulator.requests


async def test_a_version_that_does_not_fit_the_address_is_named(emulator, connect) -> None:
    access = connect(emulator, dialect="v2")
    found, words = await steps(access)
    assert (found, "address is that of v1" in words) == ([None, False, None], True)
    assert access.contacts is not None
    with pytest.raises(SettingsError, match="address is that of v1"):
        [page async for page in access.contacts.pages(Cursor())]
    with pytest.raises(SettingsError):
        await access.contacts.get("whoever")
    assert not emulator.requests


def test_plain_http_is_refused_where_it_is_typed() -> None:
    from crmdesk.vendors.crmcom_selfservice import VENDOR

    with pytest.raises(SettingsError, match="http://"):
        VENDOR.check_base_url("http://app.crm.com/self-service/v1")
    assert VENDOR.check_base_url("https://pr6.crm.com") == "https://pr6.crm.com/self-service/v1"


def refuse_connection(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def never_answer(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("late", request=request)


UNREACHABLE: dict[str, tuple[Callable[[httpx.Request], httpx.Response], str]] = {
    "no route": (refuse_connection, "cannot be reached"),
    "no answer": (never_answer, "did not arrive"),
    "hotel network": (lambda _: httpx.Response(200, text="<html>Sign in</html>"), "web page"),
    "redirect": (lambda _: httpx.Response(302, headers={"Location": "https://x.example/"}), "redirect"),
    "other path": (lambda _: httpx.Response(404, text="<html>404</html>"), "/self-service/v1"),
    "other service": (lambda _: httpx.Response(200, json={"ok": True}), "neither a token"),
    "fault": (lambda _: httpx.Response(502, text="bad gateway"), "502"),
}


@pytest.mark.parametrize(("answer", "words"), UNREACHABLE.values(), ids=UNREACHABLE.keys())
async def test_what_is_not_the_vendor_fails_at_the_first_step(answer, words: str, connect) -> None:
    found, said = await steps(connect(Vendor(httpx.Response(200), answer)))
    assert found == [False, None, None]
    assert words in said


async def test_a_missing_right_fails_at_the_last_step(connect) -> None:
    for answer in (refusal(403, "CRM.X"), refusal(404, NOT_FOUND, "contact", CONTACT_ID)):
        assert (await steps(connect(Vendor(answer))))[0] == [True, True, False]


async def test_a_code_instead_of_a_session_fails_at_sign_in(make_emulator, connect) -> None:
    found, words = await steps(connect(make_emulator(password_needs_code=True)))
    assert (found, "one-time code" in words) == ([True, False, None], True)


async def test_a_busy_vendor_leaves_sign_in_open(emulator, connect) -> None:
    emulator.faults.set(Kind.RATE_LIMITED)
    found, words = await steps(connect(emulator))
    assert (found, "slow down" in words) == ([True, None, None], True)


async def test_no_text_holds_a_secret(connect) -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        said = json.dumps({"status": 400, "error": "CRM.X", "message": request.content.decode() + str(request.headers)})
        return httpx.Response(400, content=said.encode())

    for vendor in (Vendor(httpx.Response(200), echo), Vendor(echo, session_answer(access_token="canary-token-77"))):
        _, words = await steps(connect(vendor))
        for secret in (PASSWORD, json.dumps(PASSWORD)[1:-1], "canary-token-77"):
            assert secret not in words
        assert API_KEY in str(vendor.requests[0].headers["api_key"])


async def test_a_lost_sign_in_is_tried_again_only_by_the_next_check(emulator, connect) -> None:
    emulator.faults.set(Kind.CUT_AFTER, target="/authenticate", times=1)
    access = connect(emulator)
    with pytest.raises(InDoubtError):
        await pull(access)
    assert len(await pull(access)) == 1
