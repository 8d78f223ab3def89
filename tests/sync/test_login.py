"""A guest signs in: the ten states, what leads from one to the next, and what is never kept, repeated or told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from crmdesk.core.errors import (
    ForbiddenError,
    InDoubtError,
    KnownError,
    OfflineError,
    RateLimitedError,
    RejectedError,
    ServerFaultError,
)
from crmdesk.core.guest import CodeFault, CodeRefusedError, Guest, GuestAwayError, GuestDesk
from crmdesk.core.types import Account
from crmdesk.sync.login import REGISTER, LoginSession, LoginView, Step
from tests.helpers.clock import FakeClock
from tests.helpers.guest_desk import PASSWORD, WAYS, GuestServer, MemoryGuestDesk
from tests.helpers.guest_desk import REGISTER as REGISTER_FIELDS

T = TypeVar("T")

ANA = {"email": "ana@house.example"}
SIGN_IN = {**ANA, "password": PASSWORD}
CARD = {"number": "GC-1", "pin": "canary-pin-4711"}


class Door:
    """The entrance, without threads and without a data file."""

    def __init__(self, desk: GuestDesk) -> None:
        self.desk = desk
        self.offline = False
        self.faults: list[KnownError] = []  # of reading the profile
        self.entered: list[str] = []
        self.left: list[str] = []

    async def ask(self, fn: Callable[[GuestDesk], Awaitable[T]]) -> T:
        return await fn(self.desk)

    async def enter(self, guest: Guest) -> int:
        await asyncio.sleep(0)
        if self.faults:
            raise self.faults.pop(0)
        self.entered.append(guest.remote_id)
        return 7

    async def leave(self, guest: Guest) -> None:
        self.left.append(guest.remote_id)


class Dialog:
    """A session, its vendor, and every view that was shown."""

    def __init__(self, **server: Any) -> None:
        self.server, self.clock = GuestServer(**server), FakeClock()
        self.door = Door(MemoryGuestDesk(self.server))
        self.goodbyes: list[asyncio.Task[None]] = []
        account = Account(1, "guests", "House", "https://memory.example")
        self.session = LoginSession(
            account,
            "Guest House",
            self.door,
            self.clock,
            ways=WAYS,
            register_fields=REGISTER_FIELDS,
            goodbye=self.goodbye,
        )
        self.seen: list[LoginView] = []
        self.session.subscribe(lambda: self.seen.append(self.session.view))

    def goodbye(self, doing: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        self.goodbyes.append(asyncio.ensure_future(doing))
        return self.goodbyes[-1]

    @property
    def view(self) -> LoginView:
        return self.session.view

    def step(self) -> Step:
        return self.session.view.step

    @property
    def requests(self) -> list[str]:
        return self.server.requests

    async def asked(self, channel: str = "SMS") -> Dialog:
        """A code is on its way to Ana."""
        await self.session.ask("code", ANA, channel)
        assert self.step() is Step.CODE_SENT
        return self

    async def missed(self, times: int) -> None:
        for _ in range(times):
            self.clock.seconds = max(self.clock.seconds, self.view.wait_until)
            await self.session.verify("000000")


def steps(dialog: Dialog) -> list[Step]:
    return list(dict.fromkeys(view.step for view in dialog.seen))


# ── the way in ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_password_lets_in_at_once() -> None:
    dialog = Dialog()
    await dialog.session.ask("password", SIGN_IN)
    assert steps(dialog) == [Step.IDENTIFY, Step.REQUESTING, Step.DONE]
    assert dialog.view.guest == Guest("1", "Ana Ruiz", True)
    assert dialog.view.contact_id == 7
    assert dialog.door.entered == ["1"]


async def test_a_code_is_asked_for_and_typed() -> None:
    dialog = await Dialog().asked("EMAIL")
    view = dialog.view
    assert (view.asked, view.sent_to, view.length, view.channel) == (True, "a•••@house.example", 6, "EMAIL")
    assert (view.asked_at, view.resend_at, view.again) == (0.0, 30.0, False)
    await dialog.session.verify(f" Your code is {dialog.server.code[:3]} {dialog.server.code[3:]}!\n")
    assert steps(dialog) == [Step.IDENTIFY, Step.REQUESTING, Step.CODE_SENT, Step.VERIFYING, Step.DONE]
    assert dialog.requests == ["sign in code EMAIL", "verify"]


async def test_what_was_refused_stands_at_its_field() -> None:
    dialog = Dialog()
    await dialog.session.ask("password", {**ANA, "password": "canary-wrong-one"})
    assert dialog.step() is Step.IDENTIFY
    assert [problem.path for problem in dialog.view.problems] == ["password"]
    assert dict(dialog.view.values) == ANA, "what is typed stays, but for the password"
    assert "canary-wrong-one" not in f"{dialog.view.title} {dialog.view.problems} {dialog.view.details}"
    await dialog.session.ask("password", SIGN_IN)
    assert dialog.step() is Step.DONE
    assert dialog.view.problems == ()


async def test_a_password_answered_by_a_challenge_is_explained() -> None:
    dialog = Dialog(wants_code=True)
    await dialog.session.ask("password", SIGN_IN)
    assert dialog.step() is Step.CODE_SENT
    assert dialog.view.explained == "Guest House asks for a code besides the password."
    await dialog.session.verify(dialog.server.code)
    assert dialog.step() is Step.DONE


async def test_a_second_challenge_asks_for_one_more_code() -> None:
    dialog = await Dialog(second=True).asked()
    first = dialog.server.code
    await dialog.session.verify(first)
    assert dialog.step() is Step.CODE_SENT
    assert dialog.view.explained == "Guest House asks for one more code."
    assert not dialog.view.again, "nothing was replaced"
    await dialog.session.verify(first)
    assert dialog.step() is Step.WRONG
    await dialog.session.verify(dialog.server.code)
    assert dialog.step() is Step.DONE


async def test_nobody_is_told_whether_there_is_such_a_contact() -> None:
    """The vendor tells, and the dialog does not: known or not, it looks the same as with a silent vendor."""
    silent = await Dialog(silent=True).asked()
    unknown = Dialog()
    await unknown.session.ask("code", {"email": "nobody@house.example"}, "SMS")
    assert unknown.step() is silent.step() is Step.CODE_SENT
    assert unknown.view.sent_to == silent.view.sent_to == ""
    assert unknown.view.title == silent.view.title == ""
    await unknown.session.verify("123456")
    await silent.session.verify("000000")
    assert (
        (unknown.step(), unknown.view.title) == (silent.step(), silent.view.title) == (Step.WRONG, unknown.view.title)
    )
    assert "verify" not in unknown.requests, "there is nothing to be verified"


async def test_a_new_guest_registers_and_types_the_code() -> None:
    dialog = Dialog()
    await dialog.session.register({"email": "ana@house.example", "name": "Ana"})
    assert dialog.step() is Step.IDENTIFY
    assert (dialog.view.way, [problem.path for problem in dialog.view.problems]) == (REGISTER, ["email"])
    await dialog.session.register({"email": "cleo@house.example", "name": "Cleo"})
    assert dialog.step() is Step.CODE_SENT
    assert "who registers" in dialog.view.explained
    await dialog.session.verify(dialog.server.code)
    assert dialog.step() is Step.DONE


async def test_a_registration_is_never_repeated_for_a_new_code() -> None:
    dialog = Dialog()
    await dialog.session.register({"email": "cleo@house.example", "name": "Cleo"})
    dialog.clock.forward(30)
    await dialog.session.send_again()
    assert dialog.step() is Step.IDENTIFY
    assert "sign in" in dialog.view.title
    assert dialog.requests == ["register"]


# ── codes ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("text", "words"), [("123456 654321", "several codes"), ("hello", "no code"), ("", "no code")])
async def test_a_text_without_exactly_one_code_is_not_sent(text: str, words: str) -> None:
    dialog = await Dialog().asked()
    await dialog.session.verify(text)
    assert dialog.step() is Step.CODE_SENT
    assert words in dialog.view.title
    assert "verify" not in dialog.requests


async def test_a_wrong_code_says_which_one_counts() -> None:
    dialog = await Dialog().asked()
    await dialog.session.verify("000000")
    assert (dialog.step(), dialog.view.title) == (Step.WRONG, "That code is not right.")
    assert dialog.view.hint == "Use the newest message."
    assert dialog.view.tries_left is None
    await dialog.session.verify(dialog.server.code)
    assert dialog.step() is Step.DONE


async def test_an_older_code_after_a_resend_is_explained() -> None:
    dialog = await Dialog().asked()
    older = dialog.server.code
    dialog.clock.forward(30)
    await dialog.session.send_again()
    assert dialog.view.again
    await dialog.session.verify(older)
    assert dialog.step() is Step.WRONG
    assert dialog.view.hint == "Only the newest code counts: earlier ones no longer work."
    await dialog.session.verify(dialog.server.code)
    assert dialog.step() is Step.DONE


async def test_after_three_misses_a_wait_of_ours_grows() -> None:
    dialog = await Dialog().asked()
    await dialog.missed(2)
    assert dialog.step() is Step.WRONG
    for seconds in (5, 15, 60, 60):
        await dialog.missed(1)
        assert (dialog.step(), dialog.view.wait_is_ours) == (Step.WAIT, True)
        assert dialog.view.wait_until == dialog.clock.monotonic() + seconds
        sent = len(dialog.requests)
        await dialog.session.verify(dialog.server.code)
        assert len(dialog.requests) == sent, "no code is taken before"
        dialog.clock.forward(seconds - 0.001)
        assert dialog.step() is Step.WAIT
        dialog.clock.forward(0.001)
        assert dialog.step() is Step.CODE_SENT
    await dialog.session.verify(dialog.server.code)
    assert dialog.step() is Step.DONE


async def test_a_new_code_begins_to_count_anew() -> None:
    dialog = await Dialog().asked()
    await dialog.missed(3)
    dialog.clock.forward(30)
    await dialog.session.send_again()
    await dialog.missed(2)
    assert dialog.step() is Step.WRONG


async def test_tries_left_are_told_where_the_vendor_tells_them_and_then_no_wait_is_ours() -> None:
    dialog = await Dialog(counts=4).asked()
    for left in (3, 2, 1):
        await dialog.missed(1)
        assert (dialog.step(), dialog.view.tries_left) == (Step.WRONG, left)
    await dialog.missed(1)
    assert (dialog.step(), dialog.view.tries_left) == (Step.EXPIRED, None)


async def test_too_many_tries_wait_as_long_as_the_vendor_says() -> None:
    dialog = await Dialog(counts=0).asked()
    await dialog.session.verify("000000")
    assert (dialog.step(), dialog.view.title, dialog.view.wait_is_ours) == (Step.WAIT, "Too many tries.", False)
    assert dialog.view.wait_until == 30.0
    dialog.clock.forward(29)
    sent = len(dialog.requests)
    await dialog.session.send_again()
    dialog.session.use_another_way()
    await dialog.session.ask("code", {"email": "ben@house.example"}, "SMS")
    assert (len(dialog.requests), dialog.step()) == (sent, Step.WAIT), "nor is a new code asked for before"
    dialog.clock.forward(1)
    assert dialog.step() is Step.IDENTIFY
    await dialog.asked()


async def test_too_many_without_a_time_waits_a_minute_of_ours() -> None:
    dialog = await Dialog().asked()
    dialog.server.faults.append(CodeRefusedError("", fault=CodeFault.TOO_MANY))
    await dialog.session.verify("000000")
    assert (dialog.step(), dialog.view.wait_is_ours, dialog.view.wait_until) == (Step.WAIT, True, 60.0)


async def test_a_code_that_has_run_out_needs_a_new_one() -> None:
    dialog = await Dialog(expired=True).asked()
    await dialog.session.verify(dialog.server.code)
    assert (dialog.step(), dialog.view.title) == (Step.EXPIRED, "That code has run out.")
    sent = len(dialog.requests)
    await dialog.session.verify(dialog.server.code)
    assert len(dialog.requests) == sent
    dialog.clock.forward(30)
    dialog.server.expired = False
    await dialog.session.send_again()
    await dialog.session.verify(dialog.server.code)
    assert dialog.step() is Step.DONE


async def test_send_again_unlocks_after_30_60_and_120_seconds() -> None:
    dialog = await Dialog().asked()
    for seconds in (30, 60, 120, 120):
        assert dialog.view.resend_at == dialog.clock.monotonic() + seconds
        dialog.clock.forward(seconds - 0.001)
        sent = len(dialog.requests)
        await dialog.session.send_again()
        assert len(dialog.requests) == sent
        dialog.clock.forward(0.001)
        await dialog.session.send_again("EMAIL")
        assert dialog.requests[-1] == "sign in code EMAIL"
        assert dialog.view.again


async def test_another_way_is_no_back_door_around_the_waits() -> None:
    dialog = await Dialog().asked("SMS")
    await dialog.missed(3)
    dialog.session.use_another_way()
    assert dialog.step() is Step.IDENTIFY
    assert (dialog.view.way, dict(dialog.view.values), dialog.view.channel) == ("code", ANA, "SMS")
    sent = len(dialog.requests)
    await dialog.session.ask("code", ANA, "SMS")
    assert (len(dialog.requests), dialog.step()) == (sent, Step.WAIT)
    dialog.session.use_another_way()
    await dialog.session.ask("code", ANA, "EMAIL")
    assert (dialog.step(), dialog.requests[-1]) == (Step.CODE_SENT, "sign in code EMAIL"), "another channel is"
    assert dialog.view.resend_at == dialog.clock.monotonic() + 60
    dialog.session.use_another_way()
    await dialog.session.ask("code", {"email": "ben@house.example"}, "SMS")
    assert dialog.view.resend_at == dialog.clock.monotonic() + 30, "and somebody else is"


async def test_for_a_new_code_a_password_or_pin_is_typed_again() -> None:
    dialog = Dialog()
    await dialog.session.ask("card", CARD, "SMS")
    assert dialog.step() is Step.CODE_SENT
    dialog.clock.forward(30)
    await dialog.session.send_again()
    assert dialog.step() is Step.IDENTIFY
    assert dict(dialog.view.values) == {"number": "GC-1"}
    assert dialog.view.title == "For a new code, sign in again."
    assert dialog.requests == ["sign in card SMS"]


# ── what goes wrong ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_no_line_is_told_apart_from_trouble() -> None:
    dialog = Dialog()
    dialog.server.faults.append(OfflineError("No route."))
    await dialog.session.ask("code", ANA, "SMS")
    assert (dialog.step(), dialog.view.title) == (Step.OFFLINE, "No connection.")
    dialog.server.faults.append(ServerFaultError("It is broken there.", "Later.", details={"endpoint": "POST /otp"}))
    await dialog.session.retry()
    assert (dialog.step(), dialog.view.title, dialog.view.hint) == (Step.TROUBLE, "It is broken there.", "Later.")
    assert "POST /otp" in dialog.view.details
    assert "Guest House" in dialog.view.details
    await dialog.session.retry()
    assert (dialog.step(), dialog.view.title, dialog.view.details) == (Step.CODE_SENT, "", "")


async def test_a_password_is_never_sent_again_by_itself() -> None:
    for fault in (OfflineError("No route."), InDoubtError("Lost."), ServerFaultError("It is broken there.")):
        dialog = Dialog()
        dialog.server.faults.append(fault)
        await dialog.session.ask("password", SIGN_IN)
        await dialog.session.retry()
        assert dialog.step() is Step.IDENTIFY
        assert dict(dialog.view.values) == ANA
        assert dialog.requests == ["sign in password"]


async def test_a_code_is_never_sent_again_by_itself() -> None:
    for fault in (OfflineError("No route."), InDoubtError("Lost."), ServerFaultError("It is broken there.")):
        dialog = await Dialog().asked()
        dialog.server.faults.append(fault)
        await dialog.session.verify(dialog.server.code)
        assert dialog.step() in (Step.OFFLINE, Step.TROUBLE)
        await dialog.session.retry()
        assert dialog.step() is Step.CODE_SENT
        assert dialog.requests == ["sign in code SMS", "verify"]
        await dialog.session.verify(dialog.server.code)
        assert dialog.step() is Step.DONE


async def test_doubt_is_told_honestly() -> None:
    dialog = Dialog()
    dialog.server.lost.append(InDoubtError("The line dropped."))
    await dialog.session.ask("code", ANA, "SMS")
    assert dialog.step() is Step.TROUBLE
    assert "may have arrived" in dialog.view.title
    assert dialog.view.hint == "Nothing is sent again by itself."
    await dialog.session.retry()
    dialog.server.lost.append(InDoubtError("The line dropped."))
    await dialog.session.verify(dialog.server.code)
    assert dialog.step() is Step.TROUBLE
    assert "may or may not have been taken" in dialog.view.title
    await dialog.session.retry()
    await dialog.session.verify(dialog.server.code)
    assert dialog.step() is Step.WRONG, "it was taken"


async def test_a_vendor_that_asks_for_patience_gets_it() -> None:
    dialog = Dialog()
    dialog.server.faults.append(RateLimitedError("Slowly.", until=dialog.clock.now() + timedelta(seconds=40)))
    await dialog.session.ask("code", ANA, "SMS")
    assert (dialog.step(), dialog.view.wait_until, dialog.view.wait_is_ours) == (Step.WAIT, 40.0, False)
    dialog.clock.forward(40)
    assert dialog.step() is Step.IDENTIFY
    await dialog.asked()
    dialog.server.faults.append(RateLimitedError("Slowly."))
    await dialog.session.verify(dialog.server.code)
    assert (dialog.step(), dialog.view.wait_is_ours) == (Step.WAIT, True)
    dialog.clock.forward(60)
    await dialog.session.verify(dialog.server.code)
    assert dialog.step() is Step.DONE


async def test_a_resend_that_is_refused_leaves_the_code_that_was_sent() -> None:
    dialog = await Dialog().asked()
    dialog.clock.forward(30)
    dialog.server.faults.append(RejectedError("No more today."))
    await dialog.session.send_again()
    assert (dialog.step(), dialog.view.title) == (Step.CODE_SENT, "No more today.")
    await dialog.session.verify(dialog.server.code)
    assert dialog.step() is Step.DONE


async def test_working_offline_asks_nobody() -> None:
    dialog = Dialog()
    dialog.door.offline = True
    await dialog.session.ask("code", ANA, "SMS")
    assert (dialog.step(), dialog.view.title) == (Step.OFFLINE, "You are working offline.")
    with pytest.raises(OfflineError):
        await dialog.session.forgot_password("ana@house.example")
    assert dialog.requests == []
    dialog.door.offline = False
    await dialog.session.retry()
    assert dialog.step() is Step.CODE_SENT
    dialog.door.offline = True
    await dialog.session.verify(dialog.server.code)
    assert dialog.step() is Step.OFFLINE
    dialog.door.offline = False
    await dialog.session.retry()
    await dialog.session.verify(dialog.server.code)
    assert dialog.step() is Step.DONE


async def test_a_profile_that_cannot_be_read_is_asked_for_again_without_signing_in_again() -> None:
    dialog = Dialog()
    dialog.door.faults = [ServerFaultError("It is broken there."), OfflineError("No route.")]
    await dialog.session.ask("password", SIGN_IN)
    assert (dialog.step(), dialog.view.hint) == (Step.TROUBLE, "It is broken there.")
    assert dialog.view.title == "The guest is signed in, but the profile could not be read."
    await dialog.session.retry()
    assert dialog.step() is Step.OFFLINE
    await dialog.session.retry()
    assert dialog.step() is Step.DONE
    assert dialog.requests == ["sign in password"]


async def test_who_cannot_enter_is_signed_out_when_the_dialog_closes() -> None:
    dialog = Dialog()
    dialog.door.faults = [ForbiddenError("No profile.")]
    await dialog.session.ask("password", SIGN_IN)
    await dialog.session.aclose()
    assert (dialog.door.entered, dialog.door.left) == ([], ["1"])
    again = Dialog()
    again.door.faults = [ForbiddenError("No profile.")]
    await again.session.ask("password", SIGN_IN)
    again.session.use_another_way()
    await again.session.aclose()
    await asyncio.wait(again.goodbyes)
    assert again.door.left == ["1"]


async def test_a_session_that_ended_meanwhile_begins_anew() -> None:
    dialog = Dialog()
    dialog.door.faults = [GuestAwayError("The session has ended.")]
    await dialog.session.ask("password", SIGN_IN)
    assert (dialog.step(), dialog.view.title) == (Step.IDENTIFY, "The session has ended.")
    await dialog.session.ask("password", SIGN_IN)
    assert dialog.step() is Step.DONE


@pytest.mark.expect_log
async def test_a_mistake_of_ours_is_no_dead_end() -> None:
    dialog = Dialog()
    dialog.server.faults.append(ZeroDivisionError())
    await dialog.session.ask("code", ANA, "SMS")
    assert (dialog.step(), dialog.view.title) == (Step.TROUBLE, "Something went wrong inside crmdesk.")
    await dialog.session.retry()
    assert dialog.step() is Step.CODE_SENT


# ── stopping ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def under_way(dialog: Dialog, verb: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """The verb as the dialog starts it, hanging at the vendor."""
    dialog.server.hold = True
    task = asyncio.ensure_future(verb)
    for _ in range(10):
        await asyncio.sleep(0)
    assert dialog.step().busy
    assert dialog.server.running == 1
    return task


async def test_cancel_really_cancels_a_request() -> None:
    dialog = Dialog()
    task = await under_way(dialog, dialog.session.ask("code", ANA, "SMS"))
    dialog.session.cancel()
    assert (dialog.step(), dialog.view.title) == (Step.IDENTIFY, "Stopped.")
    assert dict(dialog.view.values) == ANA
    assert dialog.view.hint == "A code may be on its way all the same."
    await task
    assert dialog.server.running == 0
    dialog.server.hold = False
    await asyncio.sleep(0)
    assert dialog.step() is Step.IDENTIFY
    await dialog.asked()


async def test_a_cancelled_check_of_a_code_is_told_honestly() -> None:
    dialog = await Dialog().asked()
    task = await under_way(dialog, dialog.session.verify(dialog.server.code))
    dialog.session.cancel()
    assert dialog.step() is Step.CODE_SENT
    assert dialog.view.hint == "Whether the code was taken is not known. If it is refused now, send a new one."
    await task
    dialog.server.hold = False
    await dialog.session.verify(dialog.server.code)
    assert dialog.step() is Step.DONE


async def test_cancelled_while_the_profile_is_read_the_guest_is_signed_out() -> None:
    dialog = Dialog()
    asked = asyncio.Event()

    async def enter(guest: Guest) -> int:
        asked.set()
        await asyncio.Event().wait()
        return 7

    dialog.door.enter = enter  # type: ignore[method-assign]
    task = asyncio.ensure_future(dialog.session.ask("password", SIGN_IN))
    await asked.wait()
    dialog.session.cancel()
    await task
    await asyncio.sleep(0.01)
    assert dialog.step() is Step.IDENTIFY
    assert dialog.door.left == ["1"]


async def test_a_window_that_closes_during_a_sign_out_does_not_stop_it() -> None:
    """The guest would stay signed in, and nobody would see it."""
    dialog = Dialog()
    dialog.door.faults = [ForbiddenError("No profile.")]
    begun, answered, leave = asyncio.Event(), asyncio.Event(), dialog.door.leave

    async def slowly(guest: Guest) -> None:
        begun.set()
        await answered.wait()
        await leave(guest)

    dialog.door.leave = slowly  # type: ignore[method-assign]
    await dialog.session.ask("password", SIGN_IN)
    dialog.session.use_another_way()
    await begun.wait()
    await dialog.session.aclose()
    answered.set()
    await asyncio.wait(dialog.goodbyes)
    assert dialog.door.left == ["1"], "once, and to its end: a vendor's connector forgets whom it signs out"


async def test_a_session_is_over_even_where_nobody_can_be_signed_out() -> None:
    closed: list[LoginSession] = []
    dialog = Dialog()
    dialog.session._on_close = closed.append
    dialog.door.faults = [ForbiddenError("No profile.")]

    async def broken(guest: Guest) -> None:
        raise RuntimeError(guest.remote_id)

    dialog.door.leave = broken  # type: ignore[method-assign]
    await dialog.session.ask("password", SIGN_IN)
    with pytest.raises(RuntimeError):
        await dialog.session.aclose()
    assert closed == [dialog.session]


async def test_the_window_that_closes_ends_what_is_under_way() -> None:
    dialog = Dialog()
    task = await under_way(dialog, dialog.session.ask("code", ANA, "SMS"))
    seen = len(dialog.seen)
    await dialog.session.aclose()
    await task
    assert dialog.server.running == 0
    await dialog.session.ask("code", ANA, "SMS")
    assert len(dialog.requests) == 1
    assert len(dialog.seen) == seen, "nobody is told any more"


async def test_a_verb_whose_task_is_cancelled_stops_too() -> None:
    dialog = Dialog()
    task = await under_way(dialog, dialog.session.ask("code", ANA, "SMS"))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.01)
    assert dialog.server.running == 0
    assert dialog.step() is Step.IDENTIFY


async def test_one_request_at_a_time() -> None:
    dialog = Dialog()
    first = await under_way(dialog, dialog.session.ask("code", ANA, "SMS"))
    await dialog.session.ask("password", SIGN_IN)
    await dialog.session.verify("123456")
    await dialog.session.send_again()
    await dialog.session.retry()
    dialog.session.use_another_way()
    assert dialog.step() is Step.REQUESTING
    beside = asyncio.ensure_future(dialog.session.forgot_password("ana@house.example"))
    await asyncio.sleep(0.01)
    assert dialog.server.most == 1
    dialog.server.hold = False
    await asyncio.gather(first, beside)
    assert dialog.server.most == 1
    assert dialog.requests == ["sign in code SMS", "forgot password"]


# ── beside it ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_forgotten_passwords_and_links_leave_the_dialog_where_it_is() -> None:
    dialog = Dialog()
    await dialog.session.forgot_password("nobody@house.example")
    await dialog.session.change_password("canary-link-token", "a new one of ana")
    await dialog.session.verify_email("canary-link-token")
    with pytest.raises(RejectedError):
        await dialog.session.change_password("stale", "a new one of ana")
    assert dialog.view == LoginView()
    await dialog.session.ask("password", {**ANA, "password": "a new one of ana"})
    assert dialog.step() is Step.DONE


async def test_what_is_known_is_suggested_until_somebody_types() -> None:
    dialog = Dialog()
    dialog.session.suggest(ANA)
    assert dict(dialog.view.values) == ANA
    await dialog.asked()
    dialog.session.suggest({"email": "late@house.example"})
    assert dict(dialog.view.values) == ANA


async def test_no_secret_is_in_any_view() -> None:
    dialog = Dialog(wants_code=True)
    await dialog.session.ask("password", SIGN_IN)
    dialog.server.faults.append(ServerFaultError(f"The code {dialog.server.code} broke it."))
    code = dialog.server.code
    await dialog.session.verify(code)
    assert dialog.view.title == "The code ••• broke it."
    told = repr([(view, dict(view.values), view.title, view.details) for view in dialog.seen])
    assert PASSWORD not in told
    assert code not in told
    assert "canary-auth-otp" not in told
