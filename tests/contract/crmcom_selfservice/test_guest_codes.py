"""One-time codes of guests at the desk: what is said of a refused one, and in which form one is sent."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from crmdesk.core.guest import Challenge, CodeFault, CodeRefusedError, Guest
from crmdesk.sandbox.faults import Kind
from crmdesk.vendors.crmcom_selfservice.dialect import V1, OtpForm
from crmdesk.vendors.crmcom_selfservice.sandbox import PRACTICE_CODE, sandbox
from tests.contract.crmcom_selfservice.tools import (
    NOT_FOUND,
    Vendor,
    a_code,
    forms_of,
    last_code,
    other_code,
    refusal,
    session_answer,
)

both = pytest.mark.parametrize("version", ["v1", "v2"])


# ── codes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def refused(desk, challenge: Challenge, code: str) -> CodeRefusedError:
    with pytest.raises(CodeRefusedError) as caught:
        await desk.verify(challenge, code)
    assert code not in f"{caught.value} {caught.value.details} {caught.value.problems}"
    return caught.value


async def test_wrong_expired_used_replaced_and_too_many_are_told_apart(emulator, now, connect) -> None:
    desk = connect(emulator).guests
    first = await a_code(emulator, desk)
    code = last_code(emulator)
    assert (await refused(desk, first, other_code(emulator))).fault is CodeFault.WRONG
    now.pass_by(seconds=31)
    second = await a_code(emulator, desk)
    assert (await refused(desk, first, code)).fault is CodeFault.EXPIRED
    now.pass_by(minutes=5)
    assert (await refused(desk, second, last_code(emulator))).fault is CodeFault.EXPIRED
    third = await a_code(emulator, desk)
    for _ in range(5):
        assert (await refused(desk, third, other_code(emulator))).fault is CodeFault.WRONG
    locked = await refused(desk, third, last_code(emulator))
    assert (locked.fault, locked.tries_left, locked.wait) == (CodeFault.TOO_MANY, None, None)


async def test_tries_left_and_the_wait_are_told_only_where_the_vendor_tells_them(make_emulator, connect) -> None:
    emulator = make_emulator(code_refusals="counted")
    desk = connect(emulator).guests
    challenge = await a_code(emulator, desk)
    assert [(await refused(desk, challenge, other_code(emulator))).tries_left for _ in range(5)] == [4, 3, 2, 1, 0]
    locked = await refused(desk, challenge, last_code(emulator))
    assert (locked.fault, locked.wait) == (CodeFault.TOO_MANY, 60.0)


async def test_a_vendor_that_does_not_tell_them_apart_makes_every_code_wrong(make_emulator, now, connect) -> None:
    emulator = make_emulator(code_refusals="together")
    desk = connect(emulator).guests
    challenge = await a_code(emulator, desk)
    now.pass_by(minutes=6)
    assert (await refused(desk, challenge, last_code(emulator))).fault is CodeFault.WRONG


SAID: list[tuple[str, str, tuple[str, ...], CodeFault, int | None, float | None]] = [
    ("CRM.OTP_EXPIRED_EXCEPTION", "", (), CodeFault.EXPIRED, None, None),
    ("CRM.OTPALREADYUSED", "", (), CodeFault.EXPIRED, None, None),
    ("CRM.OTPREFUSED", "", (), CodeFault.WRONG, None, None),
    ("CRM.INVALIDATTEMPT", "2 attempts left", (), CodeFault.WRONG, 2, None),
    ("CRM.TOOMANYATTEMPTS", "Try again in 2 minutes.", (), CodeFault.TOO_MANY, None, 120.0),
    ("CRM.MAXATTEMPTS", "", ("retry_after", "45"), CodeFault.TOO_MANY, None, 45.0),
    ("CRM.CONTACTBLOCKED", "", (), CodeFault.TOO_MANY, None, None),
    (NOT_FOUND, "Record not found.", ("contact", "1"), CodeFault.WRONG, None, None),
]


@pytest.mark.parametrize(("code", "words", "parameters", "fault", "left", "wait"), SAID)
async def test_the_words_of_the_error_decide(code, words, parameters, fault, left, wait, connect) -> None:
    """The documents list none of them."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/otp"):
            return httpx.Response(200, json={"auth_otp": "canary-otp", "obfuscated_value": "a***"})
        return refusal(400, code, *parameters, message=words)

    desk = connect(Vendor(answer)).guests
    error = await refused(desk, await desk.sign_in("otp.CARD", {"card": "1"}), "482913")
    assert (error.fault, error.tries_left, error.wait) == (fault, left, wait)
    assert "canary" not in f"{error} {error.details}"


@pytest.mark.parametrize("value", ["expired", "used", "unknown"])
async def test_faults_of_a_code_can_be_switched_on(value: str, emulator, connect) -> None:
    desk = connect(emulator).guests
    challenge = await a_code(emulator, desk)
    emulator.faults.set(Kind.REFUSE_VALUES, target="/validate-otp", value=value, times=1)
    assert (await refused(desk, challenge, last_code(emulator))).fault is CodeFault.EXPIRED
    assert isinstance(await desk.verify(challenge, last_code(emulator)), Guest)


@pytest.mark.parametrize("form", list(OtpForm))
@pytest.mark.parametrize("way", ["email", "otp.CARD"])
async def test_all_three_forms_of_a_code(form: OtpForm, way: str, emulator, open_api) -> None:
    """Also the one that names again what the code was asked with."""
    desk = open_api(emulator, dialect=replace(V1, otp_form=form)).desk
    guest = emulator.contacts()[0]
    challenge = await desk.sign_in(way, forms_of(guest)[way])
    assert isinstance(await desk.verify(challenge, last_code(emulator)), Guest)


async def test_what_a_code_was_asked_with_is_forgotten_once_it_is_used(emulator, open_api) -> None:
    desk = open_api(emulator).desk
    challenge = await a_code(emulator, desk)
    await desk.verify(challenge, last_code(emulator))
    assert desk._waiting == {}
    assert (await refused(desk, challenge, last_code(emulator))).fault is CodeFault.EXPIRED


async def test_a_password_that_wants_a_code_too_says_why(make_emulator, connect) -> None:
    emulator = make_emulator(password_needs_code=True)
    desk, guest = connect(emulator).guests, emulator.contacts()[0]
    challenge = await desk.sign_in("password", {"email": guest.email, "password": guest.password})
    assert "one-time code" in challenge.explained
    assert isinstance(await desk.verify(challenge, last_code(emulator)), Guest)


async def test_one_more_code_may_be_wanted(connect) -> None:
    answers = iter([{"auth_otp": "one"}, {"auth_otp": "two", "obfuscated_value": "b***"}, session_answer()])
    desk = connect(Vendor(lambda _: httpx.Response(200, json=next(answers)))).guests
    second = await desk.verify(await desk.sign_in("otp.CARD", {"card": "1"}), "111111")
    assert isinstance(second, Challenge)
    assert (second.sent_to, bool(second.explained)) == ("b***", True)
    assert isinstance(await desk.verify(second, "222222"), Guest)


@both
async def test_in_practice_every_code_is_the_same(version: str, make_emulator, connect) -> None:
    emulator = sandbox()
    desk = connect(emulator).guests
    assert emulator.describe("https://x.example")["accounts"][0]["code"] == PRACTICE_CODE
    first = emulator.describe("https://x.example")["accounts"][0]["guests"][0]
    challenge = await desk.sign_in("email", {"email": first["email"]})
    assert isinstance(await desk.verify(challenge, PRACTICE_CODE), Guest)
