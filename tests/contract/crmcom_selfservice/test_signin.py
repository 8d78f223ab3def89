"""Signing in: every way in, one-time codes, passwords, and a session that lasts."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import httpx
import pytest

from crmdesk.core.errors import (
    InDoubtError,
    KnownError,
    NotFoundError,
    OfflineError,
    ProtocolError,
    RejectedError,
    SignInNeededError,
)
from crmdesk.net.auth import Session
from crmdesk.sandbox.faults import Kind
from crmdesk.vendors.crmcom_selfservice.answers import Challenge, SignedIn
from crmdesk.vendors.crmcom_selfservice.bodies import Credential, GiftPass, Identity, Registration
from crmdesk.vendors.crmcom_selfservice.dialect import V1, V2, OtpForm
from tests.contract.crmcom_selfservice.tools import CONTACT_ID, PASSWORD, Vendor, refusal, session_answer
from tests.helpers.clock import FakeClock

both = pytest.mark.parametrize("version", ["v1", "v2"])
MAC = "01-23-45-67-89-AB"


def last_code(emulator) -> str:
    return emulator.codes()[-1]["code"]


# ── ways in ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@both
async def test_password_device_and_other_services_give_a_session(version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    signin, guest = open_api(emulator).signin, emulator.guest()
    for identity in (
        Identity("EMAIL", username=guest.email.upper(), password=guest.password),
        Identity("MAC_ADDRESS", mac_address=guest.mac),
        *(Identity(name, token=f"{name}-{guest.id}") for name in ("MW4", "FACEBOOK", "GOOGLE")),
    ):
        answer = await signin.authenticate(identity)
        assert isinstance(answer, SignedIn)
        assert answer.contact.id == guest.id


@both
async def test_phone_and_e_mail_without_password_give_a_code(version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    signin, guest = open_api(emulator).signin, emulator.guest()
    for identity in (
        Identity("PHONE", phone_number=guest.phone, country_code="CYP"),
        Identity("EMAIL", username=guest.email),
    ):
        emulator.now.pass_by(seconds=31)
        challenge = await signin.authenticate(identity)
        assert isinstance(challenge, Challenge)
        assert "***" in challenge.sent_to
        answer = await signin.validate_otp(challenge.auth_otp, last_code(emulator))
        assert isinstance(answer, SignedIn)
        assert answer.contact.id == guest.id


async def test_the_phone_sample_gives_a_session_where_the_vendor_does_so(make_emulator, open_api) -> None:
    emulator = make_emulator(phone_gives_session=True)
    answer = await open_api(emulator).signin.authenticate(
        Identity("PHONE", phone_number=emulator.guest().phone, country_code="CYP")
    )
    assert isinstance(answer, SignedIn)


@pytest.mark.parametrize(
    "identity",
    [
        Identity("EMAIL", username="guest1@example.org", password="wrong"),
        Identity("EMAIL", username="nobody@example.org", password="wrong"),
        Identity("MAC_ADDRESS", mac_address=MAC),
        Identity("MAC_ADDRESS", mac_address="x"),
        Identity("MW4", token="x"),
        Identity("OIDC_OAUTH", token="x"),
        Identity("PHONE", phone_number="1", country_code="ZZZ"),
    ],
)
async def test_a_wrong_way_in_is_refused_without_a_secret_in_the_words(identity: Identity, emulator, open_api) -> None:
    with pytest.raises((RejectedError, NotFoundError)) as caught:
        await open_api(emulator).signin.authenticate(identity)
    assert "wrong" not in str(caught.value).replace("name or password is wrong", "")
    assert "guest1@" not in str(caught.value)


def test_secrets_do_not_show() -> None:
    shown = repr(
        [
            Identity("EMAIL", "USER", "PASS", token="TOKEN", phone_number="PHONE"),
            Credential("CARD", "VALUE", GiftPass("MAIL", "", "CYP", "PIN")),
            Registration(Identity("EMAIL", "USER", "PASS"), pass_code="CODE"),
            SignedIn("ACCESS", "REFRESH"),
            Challenge("AUTH"),
        ]
    )
    for secret in ("USER", "PASS", "TOKEN", "'PHONE'", "VALUE", "'MAIL'", "PIN", "CODE", "ACCESS", "REFRESH", "AUTH"):
        assert secret not in shown


# ── one-time codes ───────────────────────────────────────────────────────────────────────────────────────────────────


def credentials(guest) -> dict[str, str]:
    people = guest.record["demographics"]
    born = people["date_of_birth"]
    return {
        "EMAIL": guest.email,
        "PHONE": guest.phone,
        "CARD": guest.card,
        "LOYALTY_IDENTIFIER": guest.loyalty,
        "BIRTHDATE": f"{born['year']}-{born['month']:02d}-{int(born['day']):02d}",
        "PASSPORT": "P00777",
        "ID_NUMBER": "000777",
        "STATUTORY_ID": "EF-777",
    }


@both
@pytest.mark.parametrize(
    "name",
    ["EMAIL", "PHONE", "CARD", "LOYALTY_IDENTIFIER", "BIRTHDATE", "PASSPORT", "ID_NUMBER", "STATUTORY_ID"],
)
async def test_a_code_can_be_asked_for_with_every_credential(name: str, version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    signin, guest = open_api(emulator).signin, emulator.guest()
    guest.record["demographics"] |= {
        "passport": {"passport_number": "P00777"},
        "id_details": {"id_number": "000777"},
    }
    guest.record["statutory_number"] = "EF-777"
    challenge = await signin.otp([Credential(name, credentials(guest)[name])], "EMAIL")
    assert challenge.sent_to.startswith(guest.email[:2] + "***")
    answer = await signin.validate_otp(challenge.auth_otp, last_code(emulator))
    assert isinstance(answer, SignedIn)
    assert answer.contact.id == guest.id


@both
@pytest.mark.parametrize(
    "gift",
    [
        GiftPass(email_address="friend@example.com", pin="{pin}"),
        GiftPass(phone_number="99123834", country_code="CYP", last_spend_amount=Decimal("17.5")),
    ],
)
async def test_a_gift_pass_sends_its_code_where_it_says(gift, version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    signin, guest = open_api(emulator).signin, emulator.guest()
    guest.last_spend = 17.5
    gift = replace(gift, pin=guest.gift_pin) if gift.pin else gift
    way, other = ("EMAIL", "SMS") if gift.email_address else ("SMS", "EMAIL")
    with pytest.raises(RejectedError, match="does not fit"):
        await signin.otp([Credential("GIFT_PASS", guest.gift_pass, gift)], other)
    challenge = await signin.otp([Credential("GIFT_PASS", guest.gift_pass, gift)], way)
    assert challenge.sent_to in ("fr***@example.com", "991***834")
    assert isinstance(await signin.validate_otp(challenge.auth_otp, last_code(emulator)), SignedIn)


@pytest.mark.parametrize(
    "gift",
    [
        None,
        GiftPass(email_address="a@b.example"),
        GiftPass(pin="1"),
        GiftPass(email_address="a@b.example", phone_number="1", pin="1"),
        GiftPass(phone_number="1", pin="1"),
        GiftPass(email_address="a@b.example", pin="1", last_spend_amount=Decimal(1)),
    ],
)
async def test_half_a_gift_pass_is_not_sent(gift: GiftPass | None, emulator, open_api) -> None:
    with pytest.raises(RejectedError):
        await open_api(emulator).signin.otp([Credential("GIFT_PASS", "GP", gift)], "SMS")
    assert not emulator.requests


async def test_what_cannot_be_asked_is_not_sent(emulator, open_api) -> None:
    signin = open_api(emulator).signin
    for given, method in (
        ([Credential("EMAIL_ADDRESS", "x")], "SMS"),
        ([Credential("AUTH_OTP", "x")], "SMS"),
        ([], "SMS"),
        ([Credential("EMAIL", "x")], "PIGEON"),
    ):
        with pytest.raises(RejectedError):
            await signin.otp(given, method)
    assert not emulator.requests


FORMS = [
    replace(V1, otp_form=OtpForm.AUTH_OTP),
    replace(V1, otp_form=OtpForm.CREDENTIAL),
    replace(V1, otp_form=OtpForm.FLAT),
]


@pytest.mark.parametrize("dialect", FORMS, ids=lambda dialect: dialect.otp_form.name)
async def test_a_code_is_entered_in_each_of_the_three_forms(dialect, emulator, open_api) -> None:
    signin, asked = open_api(emulator, dialect=dialect).signin, Credential("EMAIL", emulator.guest().email)
    challenge = await signin.otp([asked], "EMAIL")
    assert isinstance(await signin.validate_otp(challenge.auth_otp, last_code(emulator), asked), SignedIn)


async def test_another_credential_than_the_one_that_asked_is_refused(emulator, open_api) -> None:
    signin, guest = open_api(emulator, dialect=FORMS[1]).signin, emulator.guest()
    challenge = await signin.otp([Credential("EMAIL", guest.email)], "EMAIL")
    with pytest.raises(RejectedError):
        await signin.validate_otp(challenge.auth_otp, last_code(emulator), Credential("CARD", guest.card))
    with pytest.raises(RejectedError):
        await signin.validate_otp(challenge.auth_otp, last_code(emulator))


async def test_a_wrong_late_used_or_replaced_code_is_refused_in_the_vendors_words(emulator, now, open_api) -> None:
    signin, asked = open_api(emulator).signin, [Credential("EMAIL", emulator.guest().email)]
    first = await signin.otp(asked, "EMAIL")
    code = last_code(emulator)
    with pytest.raises(RejectedError, match="not right"):
        await signin.validate_otp(first.auth_otp, "000000" if code != "000000" else "000001")
    with pytest.raises(RejectedError, match="Wait"):
        await signin.otp(asked, "EMAIL")
    now.pass_by(seconds=31)
    second = await signin.otp(asked, "EMAIL")
    with pytest.raises(RejectedError, match="No code"):
        await signin.validate_otp(first.auth_otp, code)
    await signin.validate_otp(second.auth_otp, last_code(emulator))
    with pytest.raises(RejectedError, match="used"):
        await signin.validate_otp(second.auth_otp, last_code(emulator))
    third = await signin.otp(asked, "EMAIL")
    now.pass_by(minutes=5)
    with pytest.raises(RejectedError, match="run out"):
        await signin.validate_otp(third.auth_otp, last_code(emulator))


async def test_too_many_tries_end_a_code(emulator, open_api) -> None:
    signin = open_api(emulator).signin
    challenge = await signin.otp([Credential("EMAIL", emulator.guest().email)], "EMAIL")
    for _ in range(5):
        with pytest.raises(RejectedError, match="not right"):
            await signin.validate_otp(challenge.auth_otp, "x")
    with pytest.raises(RejectedError, match="Too many"):
        await signin.validate_otp(challenge.auth_otp, last_code(emulator))


async def test_a_wrong_key_is_named_by_every_call_without_a_token(emulator, open_api) -> None:
    signin = open_api(emulator, api_key="another-key").signin
    for call in (signin.otp([Credential("EMAIL", "x")], "SMS"), signin.forgot_password("x"), signin.refresh("x")):
        with pytest.raises(SignInNeededError, match="API key"):
            await call


NOBODY = [Credential("EMAIL", "nobody@example.org")]


async def test_nobody_is_told_whether_there_is_such_a_contact(emulator, open_api) -> None:
    signin = open_api(emulator).signin
    challenge = await signin.otp(NOBODY, "EMAIL")
    assert (challenge.sent_to, challenge.silent) == ("no***@example.org", False)
    with pytest.raises(RejectedError, match="not right"):
        await signin.validate_otp(challenge.auth_otp, last_code(emulator))


async def test_an_empty_answer_means_nobody(make_emulator, open_api) -> None:
    challenge = await open_api(make_emulator(unknown_contact="empty")).signin.otp(NOBODY, "EMAIL")
    assert challenge.silent


async def test_a_vendor_that_tells_is_heard(make_emulator, open_api) -> None:
    with pytest.raises((NotFoundError, RejectedError)):
        await open_api(make_emulator(unknown_contact="error")).signin.otp(NOBODY, "EMAIL")


async def test_credentials_of_two_contacts_are_refused(emulator, open_api) -> None:
    one, other = emulator.contacts()[:2]
    with pytest.raises(RejectedError, match="different contacts"):
        await open_api(emulator).signin.otp([Credential("CARD", one.card), Credential("CARD", other.card)], "SMS")


async def test_whether_a_contact_exists_can_be_asked(emulator, open_api) -> None:
    signin, guest = open_api(emulator).signin, emulator.guest()
    assert (await signin.find([Credential("CARD", guest.card)])).silent
    with pytest.raises((NotFoundError, RejectedError)):
        await signin.find([Credential("CARD", "nothing")])


# ── passwords, e-mail, registration ──────────────────────────────────────────────────────────────────────────────────


@both
async def test_a_forgotten_password_is_changed_by_the_mailed_link(version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    signin, guest = open_api(emulator).signin, emulator.guest()
    await signin.forgot_password("nobody@example.org")
    assert emulator.mailed() == []
    await signin.forgot_password(guest.email)
    (token,) = emulator.mailed()
    await signin.change_password(token, "new pässword")
    assert guest.password == "new pässword"
    with pytest.raises(RejectedError):
        await signin.change_password(token, "again")


async def test_the_own_password_is_changed_in_version_2_only(make_emulator, open_api) -> None:
    emulator = make_emulator(version="v2")
    await open_api(emulator).signin.change_own_password(emulator.guest().id, "new pässword")
    assert emulator.guest().password == "new pässword"
    first = make_emulator()
    with pytest.raises(RejectedError):
        await open_api(first).signin.change_own_password(first.guest().id, "x")
    assert not first.requests


@both
@pytest.mark.parametrize("page", [True, False])
async def test_an_address_is_verified_once(version: str, page: bool, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version, verify_page=page)
    signin = open_api(emulator).signin
    identity = Identity("EMAIL", username="new@example.org", password="pw-of-new", validation_required=True)
    answer = await signin.register(Registration(identity, "Ana", "Reis"))
    assert isinstance(answer, SignedIn)
    (token,) = emulator.mailed()
    await signin.verify_email(token)
    assert emulator.contacts()[-1].verified
    with pytest.raises(NotFoundError):
        await signin.verify_email(token)


@both
async def test_the_three_answers_of_a_registration(version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    signin = open_api(emulator).signin
    by_password = Identity("EMAIL", username="one@example.org", password="pw-of-one")
    by_code = Identity("EMAIL", username="two@example.org")
    by_phone = Identity("PHONE", phone_number="0022265577", country_code="cy")
    details = {
        "service_acceptance": True,
        "email_opt_out": False,
        "consent_state": "ACCEPTED",
        "country_of_agreement": "CY",
        "referral_code": "R1",
        "custom_fields": (("a", "b"),),
    }
    assert isinstance(await signin.register(Registration(by_password, "Ana", "Reis", **details)), SignedIn)
    made = emulator.contacts()[-1].record
    assert (made["service_acceptance"], made["country_of_agreement"], made["email_opt_out"]) == (True, "CYP", False)
    challenge = await signin.register(Registration(by_code, "Ana", "Reis"))
    assert isinstance(challenge, Challenge)
    assert not emulator.contacts()[-1].active
    assert isinstance(await signin.validate_otp(challenge.auth_otp, last_code(emulator)), SignedIn)
    assert emulator.contacts()[-1].active
    mixed = await signin.register(Registration(by_phone, "Ana", "Reis", pass_code="HHNSU32LNK"))
    assert isinstance(mixed, SignedIn)
    assert mixed.sent_to == "002***577"
    for wrong in (Registration(by_password, "Ana", "Reis"), Registration(by_phone, "A", "B", pass_code="x")):
        with pytest.raises(RejectedError):
            await signin.register(wrong)


# ── a session that lasts ─────────────────────────────────────────────────────────────────────────────────────────────


def signins(emulator) -> list[str]:
    names = [seen.path.rpartition("/")[2] for seen in emulator.requests]
    return [name for name in names if name in ("authenticate", "refresh")]


async def test_one_sign_in_serves_many_calls_at_once(emulator, open_api) -> None:
    api, guest = open_api(emulator), emulator.guest()
    await asyncio.gather(*(api.profile.get(guest.id) for _ in range(20)))
    assert signins(emulator) == ["authenticate"]


@both
async def test_a_refused_token_is_refreshed_once_for_all(version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    api, guest = open_api(emulator), emulator.guest()
    await api.profile.get(guest.id)
    emulator.drop_tokens(guest.id, refresh=False)
    await asyncio.gather(*(api.profile.get(guest.id) for _ in range(20)))
    assert signins(emulator) == ["authenticate", "refresh"]


async def test_refresh_tokens_rotate_and_each_is_used_once(emulator, open_api) -> None:
    api, guest = open_api(emulator), emulator.guest()
    await api.profile.get(guest.id)
    for _ in range(3):
        emulator.drop_tokens(guest.id, refresh=False)
        await api.profile.get(guest.id)
    assert signins(emulator) == ["authenticate", "refresh", "refresh", "refresh"]


async def test_the_password_steps_in_where_the_refresh_token_is_refused(emulator, open_api) -> None:
    api, guest = open_api(emulator), emulator.guest()
    await api.profile.get(guest.id)
    emulator.drop_tokens(guest.id)
    await api.profile.get(guest.id)
    assert signins(emulator) == ["authenticate", "refresh", "authenticate"]


async def test_without_refresh_tokens_the_password_is_used(make_emulator, open_api) -> None:
    emulator = make_emulator(refresh_tokens=False)
    api, guest = open_api(emulator), emulator.guest()
    await api.profile.get(guest.id)
    emulator.drop_tokens(guest.id)
    await api.profile.get(guest.id)
    assert signins(emulator) == ["authenticate", "authenticate"]


@pytest.mark.parametrize("fault", [Kind.CUT_AFTER, Kind.SERVER_ERROR_AFTER, Kind.CUT_BEFORE, Kind.SERVER_ERROR])
@pytest.mark.parametrize("times", [1, 2])
async def test_a_lost_refresh_signs_nobody_out(fault: Kind, times: int, emulator, open_api) -> None:
    """Its token may be used up by it: it is tried once more, then the password decides."""
    api, guest = open_api(emulator), emulator.guest()
    await api.profile.get(guest.id)
    emulator.drop_tokens(guest.id, refresh=False)
    emulator.faults.set(fault, target="/refresh", times=times)
    assert (await api.profile.get(guest.id)).remote_id == guest.id


async def test_a_lost_sign_in_is_not_repeated_by_itself(emulator, open_api) -> None:
    """It may have sent a message to the guest; and nothing about the account is wrong."""
    emulator.faults.set(Kind.CUT_AFTER, target="/authenticate")
    with pytest.raises(InDoubtError) as caught:
        await open_api(emulator).profile.get(emulator.guest().id)
    assert signins(emulator) == ["authenticate"]
    assert "Nothing was changed" in caught.value.hint


async def test_without_a_line_the_refresh_token_is_kept(open_api) -> None:
    down = stale = False

    def session(request: httpx.Request) -> httpx.Response:
        if down:
            raise httpx.ConnectError("no route", request=request)
        return httpx.Response(
            200, json=session_answer(access_token="token-2" if stale else "token-1", refresh_token="r")
        )

    def vendor_answers(request: httpx.Request) -> httpx.Response:
        refused = stale and request.headers["authorization"] == "Bearer token-1"
        return httpx.Response(401 if refused else 200, json={"id": CONTACT_ID})

    vendor = Vendor(vendor_answers, session)
    api = open_api(vendor)
    await api.profile.get(CONTACT_ID)
    down = stale = True
    with pytest.raises(OfflineError):
        await api.profile.get(CONTACT_ID)
    down = False
    await api.profile.get(CONTACT_ID)
    assert vendor.asked[-2:] == ["POST /contacts/refresh", f"GET /contacts/{CONTACT_ID}"]
    assert vendor.asked.count("POST /contacts/authenticate") == 1


async def test_two_refusals_are_the_vendors_last_word(emulator, open_api) -> None:
    emulator.faults.set(Kind.EXPIRE_TOKEN)
    with pytest.raises(SignInNeededError):
        await open_api(emulator).profile.get(emulator.guest().id)
    assert len(signins(emulator)) == 2


@pytest.mark.parametrize("exp", ["seconds", "milliseconds", "absent", "past"])
@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("claims", ["sub", "ciid"])
async def test_a_token_is_replaced_before_it_ends(exp: str, typed: bool, claims: str, make_emulator, now, open_api):
    """Two minutes early where the end is known; otherwise when it is refused. Either way the call succeeds."""
    emulator = make_emulator(exp=exp, typed=typed, claims=claims)
    clock = FakeClock(now.moment)
    api, guest = open_api(emulator, clock=clock), emulator.guest()
    await api.profile.get(guest.id)
    clock.forward(900 - 121)
    now.pass_by(seconds=900 - 121)
    await api.profile.get(guest.id)
    assert signins(emulator) == ["authenticate"]
    clock.forward(2)
    now.pass_by(seconds=2)
    await api.profile.get(guest.id)
    assert signins(emulator) == (["authenticate", "refresh"] if exp != "past" else ["authenticate"])
    clock.forward(130)
    now.pass_by(seconds=130)
    await api.profile.get(guest.id)
    assert signins(emulator) == ["authenticate", "refresh"]


@pytest.mark.parametrize("exp", ["", "soon", None, True, -1, 10**20, "1e9", [], {}, 5, float("inf")])
async def test_an_end_that_is_none_leaves_the_token_until_it_is_refused(exp: Any, open_api) -> None:
    body = json.dumps(session_answer(exp=exp)).replace("Infinity", "1e999").encode()
    vendor = Vendor(httpx.Response(200, json={"id": CONTACT_ID}), lambda _: httpx.Response(200, content=body))
    clock = FakeClock()
    api = open_api(vendor, clock=clock)
    try:
        await api.profile.get(CONTACT_ID)
    except ProtocolError:
        assert exp == float("inf")
        return
    clock.forward(10**6)
    await api.profile.get(CONTACT_ID)
    assert vendor.asked.count("POST /contacts/authenticate") == 1


def jwt(claims: bytes) -> str:
    return f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.sig"


CLAIMS = {
    "sub": (b'{"sub":"A1"}', "A1"),
    "ciid first": (b'{"sub":"A1","ciid":"B2"}', "B2"),
    "number": (b'{"sub":7}', "7"),
    "list": (b"[1]", ""),
    "no JSON": (b"x", ""),
    "not UTF-8": (b"\xff\xfe", ""),
    "deep": (b"[" * 10_000, ""),
    "nothing": (b"", ""),
}


@pytest.mark.parametrize(("claims", "contact_id"), CLAIMS.values(), ids=CLAIMS.keys())
async def test_who_signed_in_is_read_from_the_token_where_the_answer_is_silent(claims, contact_id, open_api) -> None:
    vendor = Vendor(
        lambda request: httpx.Response(200, json={"id": request.url.path.rpartition("/")[2]}),
        {"access_token": jwt(claims), "contact": {"id": ""}},
    )
    api = open_api(vendor)
    if contact_id:
        assert await api.contact_id() == contact_id
    else:
        with pytest.raises(ProtocolError, match="who signed in"):
            await api.contact_id()


@pytest.mark.parametrize("token", ["a b", "ümlaut", "x" * 20_000, "line\nbreak", "\u202e"])
async def test_a_token_that_no_header_can_hold_is_refused(token: str, open_api) -> None:
    with pytest.raises(ProtocolError) as caught:
        await open_api(Vendor(httpx.Response(200), {"access_token": token})).contact_id()
    assert token.strip() not in str(caught.value)


NO_SESSION: dict[str, Callable[[httpx.Request], httpx.Response]] = {
    "empty": lambda _: httpx.Response(200),
    "null": lambda _: httpx.Response(200, content=b"null"),
    "list": lambda _: httpx.Response(200, json=[]),
    "nothing in it": lambda _: httpx.Response(200, json={}),
    "a page": lambda _: httpx.Response(200, text="<html>Guest Wi-Fi</html>"),
    "an empty token": lambda _: httpx.Response(200, json={"access_token": " ", "refresh_token": "x"}),
    "token is a number": lambda _: httpx.Response(200, json={"access_token": 5}),
    "cut off": lambda _: httpx.Response(200, content=b'{"access_token": "x'),
    "redirect": lambda _: httpx.Response(302, headers={"Location": "https://evil.example/"}),
}


@pytest.mark.parametrize("answer", NO_SESSION.values(), ids=NO_SESSION.keys())
async def test_an_answer_that_is_no_session_is_an_error_in_words(answer, open_api) -> None:
    with pytest.raises(KnownError) as caught:
        await open_api(Vendor(httpx.Response(200), answer)).contact_id()
    assert isinstance(caught.value, ProtocolError)
    assert "evil" not in str(caught.value)


async def test_signing_out_ends_the_session_on_both_sides(emulator, open_api) -> None:
    api, guest = open_api(emulator), emulator.guest()
    await api.profile.get(guest.id)
    await api.sign_out()
    assert api.guest.contact_id == ""
    await api.profile.get(guest.id)
    assert signins(emulator) == ["authenticate", "authenticate"]


async def test_signing_out_without_a_line_forgets_the_session_here(emulator, open_api) -> None:
    api = open_api(emulator)
    await api.profile.get(emulator.guest().id)
    emulator.faults.set(Kind.CUT_BEFORE, target="/sign_out")
    with pytest.raises(InDoubtError):
        await api.sign_out()
    assert api.guest.contact_id == ""


async def test_a_session_made_by_a_code_is_taken_over(make_emulator, open_api) -> None:
    emulator = make_emulator(password_needs_code=True)
    api, guest = open_api(emulator), emulator.guest()
    challenge = await api.signin.authenticate(Identity("EMAIL", username=guest.email, password=guest.password))
    assert isinstance(challenge, Challenge)
    answer = await api.signin.validate_otp(challenge.auth_otp, last_code(emulator))
    assert isinstance(answer, SignedIn)
    api.guest.adopt(answer)
    assert (await api.profile.get(guest.id)).remote_id == guest.id
    assert signins(emulator) == ["authenticate"]
    emulator.drop_tokens(guest.id, refresh=False)
    await api.profile.get(guest.id)
    assert signins(emulator) == ["authenticate", "refresh"]


async def test_a_code_in_place_of_a_renewed_session_is_said_in_full(make_emulator, open_api) -> None:
    emulator = make_emulator()
    api, guest = open_api(emulator), emulator.guest()
    await api.profile.get(guest.id)
    emulator.drop_tokens(guest.id)
    object.__setattr__(emulator.quirks, "password_needs_code", True)
    with pytest.raises(SignInNeededError, match="one-time code"):
        await api.profile.get(guest.id)


async def test_a_refresh_that_wants_a_code_goes_on_with_the_password(open_api) -> None:
    def session(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/refresh"):
            return httpx.Response(200, json={"auth_otp": "x", "obfuscated_value": "y"})
        return httpx.Response(200, json=session_answer(refresh_token="r-1"))

    refused = iter([False, True, False])
    vendor = Vendor(lambda _: httpx.Response(401 if next(refused) else 200, json={"id": CONTACT_ID}), session)
    api = open_api(vendor)
    await api.profile.get(CONTACT_ID)
    vendor._session = lambda request: httpx.Response(  # a new token
        200, json={"auth_otp": "x"} if "refresh" in request.url.path else session_answer(access_token="token-2")
    )
    await api.profile.get(CONTACT_ID)
    assert vendor.asked[-4:] == [
        f"GET /contacts/{CONTACT_ID}",
        "POST /contacts/refresh",
        "POST /contacts/authenticate",
        f"GET /contacts/{CONTACT_ID}",
    ]


async def test_a_refresh_in_version_2_is_a_header_alone(open_api) -> None:
    vendor = Vendor(httpx.Response(200))
    await open_api(vendor, dialect=V2).signin.refresh("r-token")
    assert (vendor.requests[-1].headers["refresh_token"], vendor.requests[-1].content) == ("r-token", b"")


def test_the_session_type_is_that_of_all_vendors(open_api) -> None:
    assert isinstance(open_api(Vendor(httpx.Response(200))).session, Session)


async def test_no_error_holds_the_password(open_api) -> None:
    for answer in (refusal(400, "CRM.X", message=f"password was {PASSWORD}"), httpx.Response(500, text=PASSWORD)):
        with pytest.raises(KnownError) as caught:
            await open_api(Vendor(httpx.Response(200), lambda _, answer=answer: answer)).contact_id()
        assert PASSWORD not in f"{caught.value} {caught.value.details} {caught.value!r}"
