"""Guests who register, forget a password, verify an address."""

from __future__ import annotations

import pytest

from crmdesk.core.errors import RejectedError
from crmdesk.core.guest import Challenge, Guest
from crmdesk.vendors.crmcom_selfservice.ways import token_of
from tests.contract.crmcom_selfservice.tools import (
    last_code,
)

both = pytest.mark.parametrize("version", ["v1", "v2"])


# ── registering, passwords ───────────────────────────────────────────────────────────────────────────────────────────

NEW = {"first_name": "Ana", "last_name": "Reis"}


@both
async def test_somebody_new_registers_in_all_ways(version: str, make_emulator, connect) -> None:
    emulator = make_emulator(version=version)
    desk = connect(emulator).guests
    more = {
        "service_acceptance": "true", "email_opt_out": "false", "sms_opt_out": "true", "consent_state": "ACCEPTED",
        "referral_code": "R1", "country_of_agreement": "CY", "custom_fields": "drink = Tea\n\nfloor=2",
    }  # fmt: skip
    guest = await desk.register(NEW | more | {"email": "one@example.org", "password": "pw of one"})
    record = emulator.contacts()[-1].record
    assert isinstance(guest, Guest) and guest.name == "Ana Reis"
    assert (record["service_acceptance"], record["sms_opt_out"], record["country_of_agreement"]) == (True, True, "CYP")
    assert record["custom_fields"] == [{"key": "drink", "value": "Tea"}, {"key": "floor", "value": "2"}]
    for identity in ({"email": "two@example.org"}, {"phone_number": "99887766", "country_code": "CY"}):
        challenge = await desk.register(NEW | identity)
        assert isinstance(challenge, Challenge)
        assert isinstance(await desk.verify(challenge, last_code(emulator)), Guest)
    at_once = await desk.register(NEW | {"phone_number": "99887755", "country_code": "CY", "pass_code": "HHNSU32LNK"})
    assert isinstance(at_once, Guest)


@pytest.mark.parametrize(
    ("values", "paths"),
    [
        ({"email": "a@b.example"}, {"first_name", "last_name"}),
        (NEW, {"email"}),
        (NEW | {"email": "a@b.example", "phone_number": "1"}, {"email"}),
        (NEW | {"phone_number": "1"}, {"country_code"}),
        (NEW | {"email": "a@b.example", "custom_fields": "nothing"}, {"custom_fields"}),
    ],
)
async def test_half_a_registration_is_not_sent(values: dict[str, str], paths: set[str], emulator, connect) -> None:
    with pytest.raises(RejectedError) as caught:
        await connect(emulator).guests.register(values)
    assert {problem.path for problem in caught.value.problems} == paths
    assert not emulator.requests


async def test_whoever_exists_is_not_told_and_a_wrong_pass_code_is(emulator, connect) -> None:
    desk, known = connect(emulator).guests, emulator.contacts()[0]
    with pytest.raises(RejectedError, match="did not take this registration") as caught:
        await desk.register(NEW | {"email": known.email, "password": "canary pw"})
    assert "CONTACTEXISTS" not in f"{caught.value.details}" and not caught.value.problems
    with pytest.raises(RejectedError) as caught:
        await desk.register(NEW | {"email": "n@example.org", "pass_code": "wrong one"})
    assert [problem.path for problem in caught.value.problems] == ["pass_code"]


@both
@pytest.mark.parametrize("form", ["{}", "https://crm.example/reset/{}", "https://crm.example/r?token={}&x=1"])
async def test_a_forgotten_password_by_token_or_whole_link(form: str, version: str, make_emulator, connect) -> None:
    emulator = make_emulator(version=version, unknown_contact="error")
    desk, guest = connect(emulator).guests, emulator.contacts()[0]
    await desk.forgot_password("nobody@example.org")
    await desk.forgot_password(f" {guest.email} ")
    (token,) = emulator.mailed()
    await desk.change_password(form.format(token), "new pässword")
    assert guest.password == "new pässword"
    with pytest.raises(RejectedError, match="no longer good") as caught:
        await desk.change_password(form.format(token), "again")
    assert [problem.path for problem in caught.value.problems] == ["token"]


@both
async def test_an_address_is_verified_once(version: str, make_emulator, connect) -> None:
    emulator = make_emulator(version=version)
    desk = connect(emulator).guests
    values = NEW | {"email": "new@example.org", "password": "pw-of-new", "validation_required": "true"}
    await desk.register(values)
    (token,) = emulator.mailed()
    await desk.verify_email(f"<https://crm.example/verify/{token}>")
    assert emulator.contacts()[-1].verified
    with pytest.raises(RejectedError, match="no longer good"):
        await desk.verify_email(token)


@pytest.mark.parametrize("text", ["", "two words", "https://crm.example/", "https://crm.example/?", "ab"])
def test_what_is_no_link_is_refused_before_it_is_sent(text: str) -> None:
    with pytest.raises(RejectedError):
        token_of(text)


def test_a_token_is_found_in_any_link() -> None:
    for link in ("/v/abc%2Bd", "/v/abc%2Bd/", "/v?token=abc%2Bd", "/v?id=1&token=abc%2Bd#top", "/v?t=abc%2Bd"):
        assert token_of(f"https://crm.example{link}") == "abc+d"
    assert token_of(" ABCDEF0123 ") == "ABCDEF0123"
