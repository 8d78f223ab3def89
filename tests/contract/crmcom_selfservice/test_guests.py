"""Guests at the desk: every way in, codes and what is said of a refused one, registration, passwords."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from crmdesk.core.errors import InDoubtError, KnownError, OfflineError, ProtocolError, RejectedError, SignInNeededError
from crmdesk.core.fields import FieldKind
from crmdesk.core.guest import Challenge, CodeFault, CodeRefusedError, Guest, GuestAwayError, GuestDesk, Tab
from crmdesk.sandbox.faults import Kind
from crmdesk.vendors.crmcom_selfservice.dialect import V1, V2
from crmdesk.vendors.crmcom_selfservice.ways import REGISTER, WAYS
from tests.contract.crmcom_selfservice.tools import (
    Vendor,
    a_code,
    forms_of,
    last_code,
)

both = pytest.mark.parametrize("version", ["v1", "v2"])


# ── the forms ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_field_says_where_it_comes_from_and_keeps_its_meaning() -> None:
    assert len({way.key for way in WAYS}) == len(WAYS)
    kinds: dict[str, FieldKind] = {}
    for fields in [*(way.fields for way in WAYS), REGISTER]:
        assert len({spec.path for spec in fields}) == len(fields)
        for spec in fields:
            assert spec.source and spec.label
            assert kinds.setdefault(spec.path, spec.kind) is spec.kind
    assert [way.tab for way in WAYS] == sorted([way.tab for way in WAYS], key=list(Tab).index)
    assert all(way.hint for way in WAYS if way.tab is Tab.OTHER)
    secret = {spec.path for way in WAYS for spec in way.fields if spec.kind.secret}
    assert secret == {"password", "pin", "token"}


def test_the_slot_is_filled(emulator, connect) -> None:
    desk: GuestDesk = connect(emulator).guests
    assert desk.ways == WAYS
    assert {"first_name", "service_acceptance", "pass_code"} <= {spec.path for spec in desk.register_fields}


@both
@pytest.mark.parametrize("way", [way.key for way in WAYS])
async def test_a_guest_comes_in_by_every_way(way: str, version: str, make_emulator, connect) -> None:
    emulator = make_emulator(version=version)
    guest, access = emulator.contacts()[0], connect(emulator)
    answer = await access.guests.sign_in(way, forms_of(guest)[way])
    if isinstance(answer, Challenge):
        assert answer.sent_to == emulator.codes()[-1]["sent_to"]
        assert answer.length == (6 if version == "v2" else 0)
        assert emulator.codes()[-1]["auth_otp"] not in (answer.id, repr(answer))
        answer = await access.guests.verify(answer, last_code(emulator))
    assert isinstance(answer, Guest)
    assert answer.remote_id == guest.id
    assert (answer.name, answer.organisations) == (summary_name(guest), ("Guest portal",))
    assert answer.verified in (True, False)
    assert (await access.contacts.get(guest.id)).raw == emulator.shown(guest.id)


def summary_name(guest) -> str:
    return f"{guest.record['first_name']} {guest.record['last_name']}"


@both
@pytest.mark.parametrize(("channel", "word"), [("SMS", "SMS"), ("EMAIL", "EMAIL"), ("", "EMAIL")])
async def test_a_code_travels_as_it_is_wished(channel: str, word: str, version: str, make_emulator, connect) -> None:
    emulator = make_emulator(version=version)
    guest = emulator.contacts()[0]
    answer = await connect(emulator).guests.sign_in("otp.CARD", {"card": guest.card}, channel)
    assert ("@" in answer.sent_to) == (word == "EMAIL")


@both
@pytest.mark.parametrize(
    "more",
    [
        {"email": "friend@example.com", "last_spend_amount": "17,5"},
        {"phone_number": "99123834", "country_code": "CYP", "pin": "{pin}"},
    ],
)
async def test_a_gift_pass_with_its_other_fields(more: dict[str, str], version: str, make_emulator, connect) -> None:
    emulator = make_emulator(version=version)
    guest = emulator.contacts()[0]
    guest.last_spend = 17.5
    values = {"gift_pass": guest.gift_pass} | more | ({"pin": guest.gift_pin} if "pin" in more else {})
    desk = connect(emulator).guests
    answer = await desk.sign_in("otp.GIFT_PASS", values, "SMS")
    assert answer.sent_to in ("fr***@example.com", "991***834")
    assert isinstance(await desk.verify(answer, last_code(emulator)), Guest)


HALF: list[tuple[str, dict[str, str], set[str]]] = [
    ("password", {"email": "", "password": "x"}, {"email"}),
    ("password", {"email": "a@b.example"}, {"password"}),
    ("phone", {"phone_number": "99"}, {"country_code"}),
    ("otp.CARD", {"card": "   "}, {"card"}),
    ("otp.BIRTHDATE", {"birth_date": "31.01.1990"}, {"birth_date"}),
    ("mac", {"mac_address": "01-23"}, {"mac_address"}),
    ("otp.GIFT_PASS", {"gift_pass": "1"}, {"email", "pin"}),
    ("otp.GIFT_PASS", {"gift_pass": "1", "email": "a", "phone_number": "1", "pin": "1"}, {"email", "country_code"}),
    ("otp.GIFT_PASS", {"gift_pass": "1", "email": "a", "last_spend_amount": "much"}, {"last_spend_amount"}),
    ("otp.GIFT_PASS", {"gift_pass": "1", "email": "a", "last_spend_amount": "1", "pin": "1"}, {"pin"}),
    ("email", {}, {"email"}),
    ("by pigeon", {}, set()),
]


@pytest.mark.parametrize(("way", "values", "paths"), HALF)
async def test_half_a_form_is_not_sent(way: str, values: dict[str, str], paths: set[str], emulator, connect) -> None:
    with pytest.raises(RejectedError) as caught:
        await connect(emulator).guests.sign_in(way, values)
    assert {problem.path for problem in caught.value.problems} == paths
    assert not emulator.requests


async def test_a_channel_that_there_is_not_is_refused_and_no_code_pretended(emulator, connect) -> None:
    with pytest.raises(RejectedError):
        await connect(emulator).guests.sign_in("otp.CARD", {"card": "1"}, "PIGEON")
    assert not emulator.requests


# ── nobody is told whether there is such a contact ───────────────────────────────────────────────────────────────────

UNKNOWN = {
    "password": {"email": "nobody@example.org", "password": "canary pass"},
    "email": {"email": "nobody@example.org"},
    "phone": {"phone_number": "555666777", "country_code": "CY"},
    "otp.CARD": {"card": "no such card"},
    "otp.BIRTHDATE": {"birth_date": "1900-01-01"},
    "mac": {"mac_address": "AA-AA-AA-AA-AA-AA"},
    "MW4": {"token": "canary-token"},
}


@both
@pytest.mark.parametrize("told", ["hidden", "error", "empty"])
@pytest.mark.parametrize("way", ["email", "phone", "otp.CARD", "otp.BIRTHDATE"])
async def test_a_code_for_nobody_looks_like_any_other(way: str, told: str, version: str, make_emulator, connect):
    emulator = make_emulator(version=version, unknown_contact=told)
    desk = connect(emulator).guests
    challenge = await desk.sign_in(way, UNKNOWN[way])
    assert isinstance(challenge, Challenge)
    assert bool(challenge.sent_to) == (told == "hidden")
    with pytest.raises(CodeRefusedError) as caught:
        await desk.verify(challenge, "123456")
    assert (caught.value.fault, caught.value.title) == (CodeFault.WRONG, "This code is not right.")


@pytest.mark.parametrize("status", [400, 401])
async def test_a_wrong_password_and_an_unknown_name_have_the_same_words(status, make_emulator, connect) -> None:
    emulator = make_emulator(wrong_password=status)
    desk, known = connect(emulator).guests, emulator.contacts()[0]
    said = []
    for email in (known.email, "nobody@example.org"):
        with pytest.raises(RejectedError) as caught:
            await desk.sign_in("password", {"email": email, "password": "canary pass"})
        error = caught.value
        shown = {name: text for name, text in error.details.items() if name != "time"}
        said.append((error.title, error.hint, error.problems, shown))
        assert "canary" not in f"{said} {error!r}" and email not in f"{said}"
    assert said[0] == said[1]


@pytest.mark.parametrize("way", ["mac", "MW4"])
async def test_an_unknown_device_or_token_is_only_not_accepted(way: str, emulator, connect) -> None:
    with pytest.raises(RejectedError, match="did not accept this") as caught:
        await connect(emulator).guests.sign_in(way, UNKNOWN[way])
    assert "found" not in f"{caught.value} {caught.value.details}".lower()


async def test_a_refusal_that_speaks_of_a_value_is_told_at_its_field(emulator, connect) -> None:
    with pytest.raises(RejectedError) as caught:
        await connect(emulator).guests.sign_in("phone", {"phone_number": "99", "country_code": "ZZZ"})
    assert [problem.path for problem in caught.value.problems] == ["country_code"]


async def test_asked_too_soon_is_told_alike_for_everybody(emulator, connect) -> None:
    desk = connect(emulator).guests
    for values in ({"email": emulator.contacts()[0].email}, UNKNOWN["email"]):
        await desk.sign_in("email", values)
        with pytest.raises(CodeRefusedError, match="no further code yet") as caught:
            await desk.sign_in("email", values)
        assert caught.value.fault is CodeFault.TOO_MANY


async def test_a_wrong_key_is_about_the_account(emulator, connect) -> None:
    desk = connect(emulator, api_key="another").guests
    for way in ("password", "email", "otp.CARD"):
        with pytest.raises(SignInNeededError, match="API key"):
            await desk.sign_in(way, UNKNOWN[way])
    with pytest.raises(SignInNeededError, match="API key"):
        await desk.forgot_password("x@example.org")


# ── lines that break ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", [Kind.CUT_AFTER, Kind.SERVER_ERROR_AFTER, Kind.HALF_BODY])
async def test_a_lost_answer_is_said_and_nothing_sent_again(fault: Kind, emulator, connect) -> None:
    desk = connect(emulator).guests
    emulator.faults.set(fault, target="/authenticate", times=1)
    with pytest.raises(InDoubtError, match="may be on its way"):
        await a_code(emulator, desk)
    emulator.now.pass_by(seconds=31)
    challenge = await a_code(emulator, desk)
    emulator.faults.set(fault, target="/validate-otp", times=1)
    with pytest.raises(InDoubtError, match="may be used up"):
        await desk.verify(challenge, last_code(emulator))
    assert len([seen for seen in emulator.requests if seen.path.endswith("/validate-otp")]) == 1


async def test_no_line_and_strangers_are_what_they_are(connect) -> None:
    def no_route(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no", request=request)

    for answer, kind in (
        (no_route, OfflineError),
        (lambda _: httpx.Response(200, text="<html>Guest Wi-Fi</html>"), ProtocolError),
        (lambda _: httpx.Response(404, text="<html>404</html>"), ProtocolError),
    ):
        for way in ("password", "email", "otp.CARD"):
            with pytest.raises(kind):
                await connect(Vendor(answer, answer)).guests.sign_in(way, UNKNOWN[way])


async def test_a_session_of_nobody_is_none(connect) -> None:
    vendor = Vendor(httpx.Response(200), {"access_token": "canary-token", "contact": {"id": ""}})
    with pytest.raises(ProtocolError, match="who signed in") as caught:
        await connect(vendor).guests.sign_in("mac", {"mac_address": "AA-AA-AA-AA-AA-AA"})
    assert "canary" not in str(caught.value)


async def test_what_a_version_lacks_is_said_in_sentences(open_api) -> None:
    for dialect, lacking in ((V1, {"change_password", "file", "comments"}), (V2, {"set_consent", "leave"})):
        lacks = open_api(Vendor(httpx.Response(200)), dialect=dialect).desk.lacks
        assert set(lacks) == lacking
        assert all("CRM.COM" in text and text.endswith(".") for text in lacks.values())


async def test_nobody_is_here_who_has_not_signed_in(emulator, connect) -> None:
    access, guest = connect(emulator), emulator.contacts()[0]
    for call in (lambda: access.guests.calls(guest.id), lambda: access.guests.calls("")):
        with pytest.raises(GuestAwayError):
            call()
    await access.guests.sign_out(guest.id)
    access.guests.forget(guest.id)
    assert not emulator.requests


async def test_no_secret_of_a_form_is_in_a_log(caplog: Any, emulator, connect) -> None:
    desk = connect(emulator).guests
    with caplog.at_level("DEBUG"):
        for way in UNKNOWN:
            try:
                await desk.sign_in(way, UNKNOWN[way])
            except KnownError as error:
                assert "canary" not in f"{error!r} {error.details}"
    assert "canary" not in caplog.text
